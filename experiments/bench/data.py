"""Small data sets: NEAT's estimators beside scikit-learn's perceptrons and linear models, on the same folds.

Cross-validation is repeated with different folds. Inputs are scaled to mean 0 and standard deviation 1 over the
training rows, and so are targets in regression. The perceptron *of the same size* has one hidden layer. Its number of
nodes is chosen so that its number of weights and biases is nearest to NEAT's for the same fold (enabled connections,
and biases that are not 0). Perceptrons are fitted by L-BFGS, which scikit-learn recommends for small data sets; their
other parameters are scikit-learn's defaults.

The scores of folds are not independent, since they share training rows. So intervals are those of Nadeau & Bengio
(2003): the variance is (1 / n + held-out rows / training rows) times the variance of the n scores.
"""

from __future__ import annotations

import math
import time
import warnings
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from environments.playing.intervals import student_quantile
from experiments.bench.options import DataOptions
from experiments.bench.report import Report, Table, number
from neat.errors import ConfigError, MissingExtraError

__all__ = ["DATA_SETS", "interval", "measure", "size_of"]

DATA_SETS = ("iris", "wine", "digits", "diabetes")
"""Data sets that come with scikit-learn."""
Numbers = NDArray[np.float64]


@dataclass
class _Model:
    """The results of one model for each fold."""

    scores: list[float] = field(default_factory=list)
    seconds: list[float] = field(default_factory=list)
    parameters: list[int] = field(default_factory=list)


def measure(options: DataOptions) -> Report:
    """Run the benchmark.

    Raises:
        MissingExtraError: scikit-learn is not installed.
        ConfigError: No such data set.
    """
    try:
        import sklearn
    except ImportError:
        raise MissingExtraError(
            'neat bench data needs a package that is not installed: pip install "neat-arena[sklearn]"'
        ) from None
    unknown = [name for name in options.sets if name not in DATA_SETS]
    if unknown or not options.sets:
        raise ConfigError(f"--sets: expected some of {', '.join(DATA_SETS)}, got {', '.join(options.sets) or 'none'}")
    report = Report("data", versions={"scikit-learn": sklearn.__version__})
    report.tables = [_compare(name, options, report) for name in options.sets]
    return report


def _compare(name: str, options: DataOptions, report: Report) -> Table:
    from sklearn import datasets
    from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold

    x, y = getattr(datasets, f"load_{name}")(return_X_y=True)
    classes = name != "diabetes"
    folds = (RepeatedStratifiedKFold if classes else RepeatedKFold)(
        n_splits=options.folds, n_repeats=options.repeats, random_state=options.seed
    )
    models: dict[str, _Model] = {}
    for number_, (fitted, held) in enumerate(folds.split(x, y)):
        _fold(models, options, classes, options.seed + number_, (x[fitted], y[fitted]), (x[held], y[held]))
    measure_ = "accuracy" if classes else "R²"
    title = f"{name}: {len(x):,} rows, {x.shape[1]} inputs, {f'{len(set(y))} classes' if classes else 'a number'}; "
    title += f"{options.repeats} x {options.folds} folds"
    table = Table(title, ("model", measure_, "NEAT better by", "parameters", "seconds a fit"))
    ours = np.array(models["NEAT"].scores)
    for model, found in models.items():
        scores = np.array(found.scores)
        mean, half = interval(scores, options.folds)
        better, apart = interval(ours - scores, options.folds)
        beside = "" if model == "NEAT" else f"{better:+.4f} ± {apart:.4f}"
        size, seconds = float(np.mean(found.parameters)), float(np.median(found.seconds))
        table.rows.append((model, f"{mean:.4f} ± {half:.4f}", beside, f"{size:,.0f}", number(seconds)))
        report.figures.setdefault(name, []).append(
            {"model": model, "measure": measure_, "mean": mean, "half_interval": half, "scores": found.scores,
             "better_by": better, "better_half_interval": apart, "parameters": found.parameters,
             "seconds": found.seconds}
        )  # fmt: skip
    return table


def _fold(
    models: dict[str, _Model], options: DataOptions, classes: bool, seed: int, fitted: tuple[Any, Any],
    held: tuple[Any, Any],
) -> None:  # fmt: skip
    """Fit every model to the training rows of a fold, and score it on the held-out rows."""
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.linear_model import LogisticRegression, RidgeCV
    from sklearn.neural_network import MLPClassifier, MLPRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    from neat.sklearn import NEATClassifier, NEATRegressor

    inputs, outputs = fitted[0].shape[1], len(set(fitted[1])) if classes else 1
    neat_estimator = NEATClassifier if classes else NEATRegressor
    perceptron = MLPClassifier if classes else MLPRegressor

    def layer(nodes: int) -> Any:
        return perceptron(hidden_layer_sizes=(nodes,), solver="lbfgs", max_iter=1000, random_state=seed)

    def fit(model: str, estimator: Any, size: Callable[[Any], int]) -> int:
        scaled = estimator if classes else TransformedTargetRegressor(estimator, transformer=StandardScaler())
        line = make_pipeline(StandardScaler(), scaled)
        begin = time.perf_counter()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # 1,000 steps are enough, also without convergence
            line.fit(*fitted)
        kept = models.setdefault(model, _Model())
        kept.seconds.append(time.perf_counter() - begin)
        kept.scores.append(float(line.score(*held)))
        kept.parameters.append(size(estimator if classes else scaled.regressor_))
        return kept.parameters[-1]

    own = fit("NEAT", neat_estimator(options.population, options.generations, random_state=seed), size_of)
    hidden = max(1, round((own - outputs) / (inputs + 1 + outputs)))
    fit("perceptron of the same size", layer(hidden), _perceptron_size)
    fit("perceptron, 100 hidden nodes", layer(100), _perceptron_size)
    linear = LogisticRegression(max_iter=1000) if classes else RidgeCV(np.logspace(-3, 3, 13))
    fit("logistic regression" if classes else "ridge regression", linear, lambda _: (inputs + 1) * outputs)


def size_of(estimator: Any) -> int:
    """Return the number of parameters of a fitted NEAT estimator: enabled connections, and biases that are not 0."""
    genome = estimator.genome_
    return int(genome.enabled + np.count_nonzero(genome.nodes["bias"]))


def _perceptron_size(estimator: Any) -> int:
    return int(sum(part.size for part in (*estimator.coefs_, *estimator.intercepts_)))


def interval(scores: Numbers, folds: int) -> tuple[float, float]:
    """Return the mean of cross-validated scores and half of its 95% interval (Nadeau & Bengio 2003, section 3).

    Args:
        scores: float64, shape (repeats * folds,).
        folds: Number of folds; the held-out rows are 1 / (folds - 1) of the training rows.
    """
    n = len(scores)
    variance = (1.0 / n + 1.0 / (folds - 1)) * float(scores.var(ddof=1))
    return float(scores.mean()), student_quantile(n - 1) * math.sqrt(variance)
