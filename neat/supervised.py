"""Evolving networks on examples: fitness measures their predictions, and separate examples choose the champion.

Inputs are standardised to mean 0 and standard deviation 1. Evolution finds the relevant inputs and the wiring. If the
network has gradients, the genome that is best on the validation examples is then trained by gradient descent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neat.backprop.genome import GenomeNetwork, obstacle_to_gradients
from neat.backprop.losses import SoftmaxCrossEntropy, SquaredError
from neat.backprop.optimizers import Adam
from neat.backprop.training import train
from neat.config import Config
from neat.genes.table import Genome
from neat.networks.batch import outputs_by_parts, outputs_of
from neat.population import Population

__all__ = ["Fitted", "Loss", "fit", "loss_of"]

Array = NDArray[np.float64]
Loss = Literal["squared", "softmax"]


@dataclass(frozen=True)
class Fitted:
    """The result of evolution on examples.

    Attributes:
        genome: The champion.
        loss: Its loss on the validation examples (on all, if there are none).
        generations: Number of generations.
        history: Validation loss of the best genome of each generation.
    """

    genome: Genome
    loss: float
    generations: int
    history: list[float]


def loss_of(outputs: Array, targets: Array, loss: Loss) -> float:
    """Return the mean loss of outputs: squared error, or cross-entropy of their softmax (shapes (rows, outputs))."""
    if loss == "squared":
        return float(np.square(outputs - targets).mean())
    top = outputs.max(axis=1, keepdims=True)
    logs = outputs - top - np.log(np.exp(outputs - top).sum(axis=1, keepdims=True))
    return float(-(logs * targets).sum(axis=1).mean())


def fit(
    config: Config,
    x: Array,
    y: Array,
    *,
    loss: Loss,
    seed: int,
    validation: tuple[Array, Array] | None = None,
    generations: int = 100,
    patience: int = 20,
    epochs: int = 200,
    tell: Callable[[int, float], None] | None = None,
) -> Fitted:
    """Evolve networks on examples.

    Args:
        config: Settings; ``genome.inputs`` and ``genome.outputs`` match the examples.
        x: Inputs, float64, shape (rows, inputs).
        y: Targets, float64, shape (rows, outputs); one-hot for classes.
        loss: The loss to minimise.
        seed: Seed of the run.
        validation: Examples that choose the champion, and stop evolution early.
        generations: Maximum number of generations.
        patience: Generations without a better champion after which evolution stops.
        epochs: Maximum number of epochs of gradient training of the champion; 0: none.
        tell: Called with the number and validation loss of each generation.
    """
    population = Population(config, seed=seed)
    judge_x, judge_y = (x, y) if validation is None else validation
    best, lowest, since, history = None, np.inf, 0, []
    while population.generation < generations and not population.done and since <= patience:
        genomes = population.ask()
        parts = outputs_by_parts(genomes, config.network, x, y.shape[1])
        losses = np.array([loss_of(outputs, y, loss) for part in parts for outputs in part])
        losses[~np.isfinite(losses)] = 1e300
        g = int(losses.argmin())
        judged = losses[g]
        if validation is not None:
            judged = loss_of(outputs_of(genomes.shard(g, g + 1), config.network, judge_x)[0], judge_y, loss)
        history.append(float(judged))
        since += 1
        if judged < lowest or best is None:
            best, lowest, since = genomes[g].copy(), float(judged), 0
        if tell is not None:
            tell(population.generation, float(judged))
        population.tell(-losses)
    assert best is not None
    if epochs and not obstacle_to_gradients(config.network):
        best, lowest = _trained(best, config, x, y, judge_x, judge_y, loss, epochs, lowest)
    return Fitted(best, lowest, len(history), history)


def _trained(
    genome: Genome, config: Config, x: Array, y: Array, judge_x: Array, judge_y: Array, loss: Loss, epochs: int,
    lowest: float,
) -> tuple[Genome, float]:  # fmt: skip
    """Train a genome by gradient descent for as long as it improves on the validation examples."""
    network = GenomeNetwork(genome, config.network, trainable=("weights", "biases"))
    best, since = genome, 0

    def after(epoch: int, _: float) -> bool:
        nonlocal best, lowest, since
        now = loss_of(network.predict(judge_x), judge_y, loss)
        since += 1
        if now < lowest:
            best, lowest, since = network.tuned_genome(), now, 0
        return since > 20

    cost = SquaredError() if loss == "squared" else SoftmaxCrossEntropy()
    train(network, x, y, cost, Adam(0.02), epochs=epochs, batch_size=None if len(x) <= 400 else 200, after_epoch=after)
    return best, lowest
