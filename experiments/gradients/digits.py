"""The digits study: how learning rate and batch size affect the training of a small perceptron.

A network pixels-32-16-10 of sigmoid units is trained with squared error for each pair of learning rate and batch size.
Pairs are compared by accuracy on the validation set. With the best pair, networks are then trained on the training and
validation sets together, with several seeds. These are evaluated on the test set, which was not used for any choice.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from experiments.gradients.digits_data import CLASSES, DigitsData, Examples
from neat.backprop.losses import cost_named, one_hot
from neat.backprop.mlp import MLP
from neat.backprop.optimizers import optimizer_named
from neat.backprop.training import accuracy, train
from neat.errors import ConfigError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["Cell", "SweepConfig", "SweepResult", "heat_map", "sweep", "table"]


@dataclass(frozen=True, kw_only=True)
class SweepConfig:
    """Settings of the digits study."""

    hidden: tuple[int, ...] = (32, 16)
    """Units of each hidden layer."""
    activation: str = "sigmoid"
    """Activation of the hidden layers."""
    cost: str = "squared_error"
    """``squared_error``, ``cross_entropy`` (both with sigmoid outputs) or ``softmax_cross_entropy``."""
    optimizer: str = "sgd"
    """``sgd``, ``momentum`` or ``adam``."""
    initialisation: str = "glorot_uniform"
    """Distribution of the initial weights (see `neat.backprop.initialisation`)."""
    learning_rates: tuple[float, ...] = (0.1, 0.3, 0.9, 2.0, 4.0, 8.0)
    """Rows of the sweep."""
    batch_sizes: tuple[int, ...] = (5, 10, 20, 40, 80)
    """Columns of the sweep."""
    epochs: int = 30
    """Number of passes over the training set."""
    repeats: int = 5
    """Number of seeds for the evaluation of the best pair."""
    seed: int = 0
    """Seed of the initial weights and of the order of the examples."""

    def __post_init__(self) -> None:
        for name in ("epochs", "repeats"):
            if getattr(self, name) < 1:
                raise ConfigError(f"digits.{name}: expected at least 1, got {getattr(self, name)!r}")
        for name in ("learning_rates", "batch_sizes"):
            if not getattr(self, name) or min(getattr(self, name)) <= 0:
                raise ConfigError(f"digits.{name}: expected positive numbers, at least one, got {getattr(self, name)}")


@dataclass(frozen=True)
class Cell:
    """One pair of the sweep."""

    learning_rate: float
    batch_size: int
    accuracy: float
    """Accuracy on the validation set, a fraction."""
    cost: float
    """Mean training cost in the last epoch."""
    seconds: float


@dataclass(frozen=True)
class SweepResult:
    """The result of the digits study.

    Attributes:
        config: The settings.
        data: Name of the data.
        sizes: Layer sizes of the network.
        cells: The sweep, row by row.
        best: The pair with the highest validation accuracy (the first one, if several are equal).
        test_accuracies: Accuracy of the best pair on the test set, a fraction for each seed.
    """

    config: SweepConfig
    data: str
    sizes: tuple[int, ...]
    cells: tuple[Cell, ...]
    best: Cell
    test_accuracies: tuple[float, ...]

    @property
    def accuracies(self) -> NDArray[np.float64]:
        """Validation accuracies, float64, shape (learning rates, batch sizes)."""
        shape = len(self.config.learning_rates), len(self.config.batch_sizes)
        return np.array([cell.accuracy for cell in self.cells]).reshape(shape)

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain data."""
        return asdict(self)


def sweep(data: DigitsData, config: SweepConfig, *, after_cell: Callable[[Cell], None] | None = None) -> SweepResult:
    """Run the sweep, choose the best pair on the validation set, and evaluate it on the test set.

    Args:
        data: The three data sets.
        config: The settings.
        after_cell: Called with the result of each pair.

    Raises:
        ConfigError: The name of an activation, a cost, an optimizer or an initialisation is unknown.
    """
    cells = []
    for rate, size in _pairs(config):
        start = time.perf_counter()
        network, history = _trained(data.train, config, rate, size, config.seed)
        score = accuracy(network.predict(data.validation.images), data.validation.labels)
        cells.append(Cell(rate, size, score, history[-1], time.perf_counter() - start))
        if after_cell is not None:
            after_cell(cells[-1])
    best = max(cells, key=lambda cell: cell.accuracy)
    everything = data.train.and_also(data.validation)
    tests = []
    for repeat in range(config.repeats):
        network, _ = _trained(everything, config, best.learning_rate, best.batch_size, (config.seed, repeat))
        tests.append(accuracy(network.predict(data.test.images), data.test.labels))
    return SweepResult(config, data.name, network.sizes, tuple(cells), best, tuple(tests))


def _pairs(config: SweepConfig) -> Iterator[tuple[float, int]]:
    return ((rate, size) for rate in config.learning_rates for size in config.batch_sizes)


def _trained(
    examples: Examples, config: SweepConfig, rate: float, size: int, seed: int | tuple[int, int]
) -> tuple[MLP, list[float]]:
    rng = np.random.default_rng(seed)
    output = "identity" if config.cost == "softmax_cross_entropy" else "sigmoid"
    network = MLP(
        (examples.images.shape[1], *config.hidden, CLASSES),
        [*[config.activation] * len(config.hidden), output],
        initialisation=config.initialisation,
        seed=rng,
    )
    history = train(
        network,
        examples.images,
        one_hot(examples.labels, CLASSES),
        cost_named(config.cost),
        optimizer_named(config.optimizer, rate),
        epochs=config.epochs,
        batch_size=size,
        seed=rng,
    )
    return network, history


def table(result: SweepResult) -> str:
    """Return the sweep as a text table: validation accuracy in percent, with a mark at the best pair."""
    corner = "learning rate"
    lines = [f"{corner:>13} | " + " ".join(f"batch {size:>4}" for size in result.config.batch_sizes)]
    lines.append("-" * 14 + "+" + "-" * (len(lines[0]) - 15))
    for rate, row in zip(result.config.learning_rates, _rows(result), strict=True):
        marks = ("*" if cell is result.best else " " for cell in row)
        cells = (f"{100 * cell.accuracy:>9.2f}{mark}" for cell, mark in zip(row, marks, strict=True))
        lines.append(f"{rate:>13g} | " + " ".join(cells))
    return "\n".join(line.rstrip() for line in lines)


def _rows(result: SweepResult) -> Iterator[Sequence[Cell]]:
    width = len(result.config.batch_sizes)
    return (result.cells[start : start + width] for start in range(0, len(result.cells), width))


def heat_map(result: SweepResult) -> Figure:
    """Return the sweep as a heat map of the validation accuracy in percent, with a frame around the best pair."""
    from matplotlib.figure import Figure
    from matplotlib.patches import Rectangle

    values = 100 * result.accuracies
    rows, columns = values.shape
    figure = Figure(figsize=(2.2 + 0.85 * columns, 1.8 + 0.55 * rows), layout="constrained")
    axes = figure.subplots()
    picture = axes.imshow(values, cmap="viridis", aspect="auto", origin="lower")
    axes.set_xticks(range(columns), [str(size) for size in result.config.batch_sizes])
    axes.set_yticks(range(rows), [f"{rate:g}" for rate in result.config.learning_rates])
    axes.set(xlabel="batch size", ylabel="learning rate η")
    axes.set_title(
        f"{result.data}: {'-'.join(map(str, result.sizes))}, {result.config.epochs} epochs\n"
        f"test accuracy of the framed pair {100 * np.mean(result.test_accuracies):.2f} %",
        fontsize=10,
    )
    middle = 0.5 * (values.min() + values.max())
    for row, column in np.ndindex(rows, columns):
        colour = "black" if values[row, column] > middle else "white"
        axes.text(column, row, f"{values[row, column]:.1f}", ha="center", va="center", color=colour, fontsize=9)
    row, column = divmod(result.cells.index(result.best), columns)
    axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, fill=False, edgecolor="red", linewidth=2))
    figure.colorbar(picture, label="validation accuracy [%]")
    return figure
