"""NEAT as scikit-learn estimators (extra ``sklearn``).

Example:
    >>> from neat.sklearn import NEATClassifier
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.model_selection import cross_val_score
    >>> cross_val_score(NEATClassifier(random_state=0), *load_iris(return_X_y=True))

A fraction of the examples (``validation_fraction``) is not used for training: it chooses the champion and stops
evolution early. After evolution the champion is trained by gradients, unless ``epochs`` is 0.
"""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from neat.config import Config, replace
from neat.errors import MissingExtraError
from neat.genes.table import Genomes
from neat.networks.batch import outputs_of
from neat.networks.network import Network
from neat.supervised import Fitted, Loss, fit

try:
    from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
    from sklearn.model_selection import train_test_split
    from sklearn.utils import check_random_state
    from sklearn.utils.multiclass import check_classification_targets
    from sklearn.utils.validation import check_is_fitted, validate_data
except ImportError:
    raise MissingExtraError(
        'neat.sklearn needs a package that is not installed: pip install "neat-arena[sklearn]"'
    ) from None

__all__ = ["NEATClassifier", "NEATRegressor"]

Array = NDArray[np.float64]


class _NEATEstimator(BaseEstimator):  # type: ignore[misc]
    """The common base of both estimators.

    Args:
        population: Number of genomes in every generation.
        generations: Maximum number of generations.
        patience: Generations without a better champion after which evolution stops.
        epochs: Maximum number of epochs of gradient training of the champion; 0: none.
        validation_fraction: Fraction of the examples that chooses the champion; 0: all examples train and choose.
        settings: Other NEAT settings by section (`neat.Config`): ``{"network": {"kind": "settling"}}``.
        random_state: Seed, generator or None, as in scikit-learn.

    Attributes:
        genome_: The champion (`neat.Genome`).
        network_: Its network (`neat.Network`), for standardised inputs.
        n_iter_: Number of generations.
        history_: Validation loss of the best genome of each generation.
    """

    def __init__(
        self,
        population: int = 150,
        generations: int = 100,
        *,
        patience: int = 20,
        epochs: int = 300,
        validation_fraction: float = 0.2,
        settings: dict[str, dict[str, Any]] | None = None,
        random_state: Any = None,
    ) -> None:
        self.population = population
        self.generations = generations
        self.patience = patience
        self.epochs = epochs
        self.validation_fraction = validation_fraction
        self.settings = settings
        self.random_state = random_state

    def _fit(self, x: Array, y: Array, loss: Loss, stratify: Any = None) -> Fitted:
        """Evolve on inputs (rows, inputs) and targets (rows, outputs)."""
        random = check_random_state(self.random_state)
        self._mean = x.mean(axis=0)
        deviation = x.std(axis=0)
        self._deviation = np.where(deviation > 0.0, deviation, 1.0)
        x = self._scaled(x)
        config = Config.preset(
            population={"size": self.population},
            genome={
                "inputs": x.shape[1], "outputs": y.shape[1], "activations": ("tanh",), "output_activation": "identity",
                "weight_scale": 1.0 / max(1.0, float(np.sqrt(x.shape[1]))),
            },
        )  # fmt: skip
        self._config = replace(config, self.settings or {})
        validation = None
        seed = int(random.randint(2**31 - 1))
        held = round(self.validation_fraction * len(x))
        if held >= y.shape[1] and held >= 2 and len(x) - held >= 2:
            counts = None if stratify is None else np.unique(stratify, return_counts=True)[1]
            stratify = stratify if counts is not None and counts.min() >= 2 else None
            x, validation_x, y, validation_y = train_test_split(
                x, y, test_size=held, random_state=seed, stratify=stratify
            )
            validation = np.ascontiguousarray(validation_x), np.ascontiguousarray(validation_y)
        fitted = fit(
            self._config, np.ascontiguousarray(x), np.ascontiguousarray(y), loss=loss, seed=seed, validation=validation,
            generations=self.generations, patience=self.patience, epochs=self.epochs,
        )  # fmt: skip
        self.genome_ = fitted.genome
        self.network_ = Network(fitted.genome, self._config.network)
        self.n_iter_ = fitted.generations
        self.history_ = fitted.history
        return fitted

    def _scaled(self, x: Array) -> Array:
        scaled: Array = (x - self._mean) / self._deviation
        return scaled

    def _outputs(self, x: Any) -> Array:
        check_is_fitted(self)
        x = validate_data(self, x, reset=False, dtype=np.float64)
        found: Array = outputs_of(Genomes.of([self.genome_]), self._config.network, self._scaled(x))[0]
        return found


class NEATClassifier(ClassifierMixin, _NEATEstimator):  # type: ignore[misc]
    """Classifier with an evolved network: one output per class, softmax, cross-entropy loss.

    Parameters and other attributes are those of `_NEATEstimator`.

    Attributes:
        classes_: The classes, shape (classes,).
    """

    def fit(self, X: Any, y: Any) -> Self:
        """Evolve on examples: X of shape (rows, inputs), y of shape (rows,)."""
        X, y = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(y)
        self.classes_, labels = np.unique(y, return_inverse=True)
        self._fit(X, np.eye(max(len(self.classes_), 1))[labels], "softmax", labels)
        return self

    def predict_proba(self, X: Any) -> Array:
        """Return the probability of each class, float64, shape (rows, classes)."""
        outputs = self._outputs(X)
        raised = np.exp(outputs - outputs.max(axis=1, keepdims=True))
        shares: Array = raised / raised.sum(axis=1, keepdims=True)
        return shares

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the most probable class of each row, shape (rows,)."""
        found: NDArray[Any] = self.predict_proba(X).argmax(axis=1)
        return self.classes_[found]  # type: ignore[no-any-return]


class NEATRegressor(RegressorMixin, _NEATEstimator):  # type: ignore[misc]
    """Regressor with an evolved network: one output per target, squared error.

    Parameters and attributes are those of `_NEATEstimator`.
    """

    def __sklearn_tags__(self) -> Any:
        """Tell scikit-learn that there may be several targets."""
        tags = super().__sklearn_tags__()
        tags.target_tags.multi_output = True
        return tags

    def fit(self, X: Any, y: Any) -> Self:
        """Evolve on examples: X of shape (rows, inputs), y of shape (rows,) or (rows, targets)."""
        X, y = validate_data(self, X, y, dtype=np.float64, multi_output=True, y_numeric=True)
        y = np.asarray(y, np.float64)
        self._flat = y.ndim == 1
        y = y.reshape(len(y), -1)
        self._target_mean, deviation = y.mean(axis=0), y.std(axis=0)
        self._target_deviation = np.where(deviation > 0.0, deviation, 1.0)
        self._fit(X, (y - self._target_mean) / self._target_deviation, "squared")
        return self

    def predict(self, X: Any) -> Array:
        """Return the prediction for each row, float64, shape (rows,) or (rows, targets)."""
        outputs: Array = self._outputs(X) * self._target_deviation + self._target_mean
        return outputs[:, 0] if self._flat else outputs
