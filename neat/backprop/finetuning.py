"""Learning within a lifetime: an evolved network trained by gradients on examples.

Lamarckian: learned weights are written into the genome and inherited. Baldwinian: the genome is unchanged, and learning
affects only its fitness (Hinton & Nowlan 1987; Whitley, Gordon & Mathias 1994 compare the two).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neat.backprop.genome import PARAMETER_KINDS, GenomeNetwork
from neat.backprop.losses import cost_named
from neat.backprop.optimizers import optimizer_named
from neat.backprop.training import minibatches
from neat.config import GenomeConfig, NetworkConfig
from neat.errors import ConfigError
from neat.genes.table import Genome, Genomes

__all__ = ["FineTuned", "FineTuningConfig", "fine_tune", "fine_tune_all", "write_back"]


@dataclass(frozen=True, kw_only=True)
class FineTuningConfig:
    """How evolved networks learn."""

    inheritance: Literal["lamarckian", "baldwinian"] = "lamarckian"
    """Whether genomes keep what was learned."""
    epochs: int = 100
    """Passes over the examples."""
    batch_size: int = 0
    """Examples per step; 0 means all."""
    optimizer: str = "adam"
    """``sgd``, ``momentum`` or ``adam``."""
    learning_rate: float = 0.05
    """η."""
    cost: str = "squared_error"
    """``squared_error``, ``cross_entropy`` or ``softmax_cross_entropy``."""
    trainable: tuple[str, ...] = PARAMETER_KINDS
    """Which genes learn: some of ``weights``, ``biases``, ``responses``."""

    def __post_init__(self) -> None:
        if self.inheritance not in ("lamarckian", "baldwinian"):
            raise ConfigError(
                f"fine_tuning.inheritance: expected 'lamarckian' or 'baldwinian', got {self.inheritance!r}"
            )
        if self.epochs < 0 or self.batch_size < 0:
            raise ConfigError(
                f"fine_tuning: expected epochs and batch_size of at least 0, got {self.epochs} and {self.batch_size}"
            )
        cost_named(self.cost)
        optimizer_named(self.optimizer, self.learning_rate)


@dataclass(frozen=True)
class FineTuned:
    """What learning made of a genome.

    Attributes:
        genome: A new genome of the same topology.
        before: Cost on all examples before learning.
        after: Cost on all examples of ``genome``, never above ``before``.
    """

    genome: Genome
    before: float
    after: float


def fine_tune(
    genome: Genome,
    x: NDArray[Any],
    y: NDArray[Any],
    config: FineTuningConfig | None = None,
    *,
    network: NetworkConfig | None = None,
    limits: GenomeConfig | None = None,
    seed: int = 0,
) -> FineTuned:
    """Train a feed-forward genome on examples and return the best it was at the end of any epoch.

    Args:
        genome: The genome; it is not changed.
        x: Inputs, shape (examples, inputs).
        y: Targets, shape (examples, outputs).
        config: How to learn.
        network: Network settings.
        limits: Settings whose ``weight_limit``, ``bias_limit`` and ``response_limit`` are kept after every step.
        seed: Seed of the mini-batches' order.

    Raises:
        ConfigError: A recurrent network, or a cost that is undefined for the network's outputs.
        GenomeError: The genome has a cycle.
        ValueError: Shapes that do not fit.
    """
    config = config or FineTuningConfig()
    learner = GenomeNetwork(genome, network, trainable=config.trainable)
    cost, optimizer = cost_named(config.cost), optimizer_named(config.optimizer, config.learning_rate)
    x, y = np.asarray(x, np.float64), np.asarray(y, np.float64)
    rng = np.random.default_rng(seed)
    before = after = cost(learner, x, y)
    best = learner.parameters.copy()
    for _ in range(config.epochs):
        for batch in minibatches(len(x), config.batch_size or None, rng):
            _, gradient = cost.gradient(learner, x[batch], y[batch])
            optimizer.step(learner.parameters, gradient)
            if limits is not None:
                learner.clip(limits)
        value = cost(learner, x, y)
        if value < after:
            after, best = value, learner.parameters.copy()
    learner.parameters[:] = best
    return FineTuned(learner.tuned_genome() if after < before else genome.copy(), before, after)


def fine_tune_all(
    genomes: Genomes,
    x: NDArray[Any],
    y: NDArray[Any],
    config: FineTuningConfig | None = None,
    *,
    network: NetworkConfig | None = None,
    limits: GenomeConfig | None = None,
    seed: int = 0,
) -> Genomes:
    """Train every genome of a table; see `fine_tune`. The table itself is not changed: see `write_back`."""
    tuned = [fine_tune(g, x, y, config, network=network, limits=limits, seed=seed).genome for g in genomes]
    return Genomes.of(tuned, genomes.generation)


def write_back(genomes: Genomes, tuned: Genomes) -> None:
    """Write what was learned into the genes of the table it came from (Lamarckian inheritance).

    Args:
        genomes: The table that `fine_tune_all` was given, changed in place.
        tuned: What it returned.

    Raises:
        ValueError: The tables are not of the same genomes.
    """
    same = np.array_equal(genomes.node_offsets, tuned.node_offsets)
    if not same or not np.array_equal(genomes.connection_offsets, tuned.connection_offsets):
        raise ValueError("expected a table with the same genomes, but their numbers of genes differ")
    genomes.connections["weight"] = tuned.connections["weight"]
    for field in ("bias", "response"):
        genomes.nodes[field] = tuned.nodes[field]
