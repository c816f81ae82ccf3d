"""Fitness as the score (2002 paper, section 3.3), and a random score as a baseline."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neat.compiled.random import Stream, make_generator, uniform
from neat.genes.table import Genomes
from neat.selection.score import Evaluated, Score

__all__ = ["Chance", "Fitness"]


class Fitness(Score):
    """The fitness itself, or the evaluator's shaped fitness for training (``shaped``).

    Shaping counts from ``selection.shaping_after`` environment steps on.
    """

    SHAPED = True

    def score(self, genomes: Genomes, evaluation: Evaluated) -> NDArray[np.float64]:
        """Return the fitness, or the shaped fitness."""
        shaped: NDArray[np.float64] | None = getattr(evaluation, "shaped", None)
        early = self.total_steps < self.config.selection.shaping_after
        return evaluation.fitness if shaped is None or early else shaped

    def rescored(self, steps: int) -> bool:
        """Return whether shaping begins in this generation."""
        return self.total_steps - steps < self.config.selection.shaping_after <= self.total_steps


class Chance(Score):
    """A random number for each genome: no selection pressure, as a baseline."""

    COMPARABLE = False

    def score(self, genomes: Genomes, evaluation: Evaluated) -> NDArray[np.float64]:
        """Return uniform random numbers in [0, 1), keyed by seed and generation."""
        rng = make_generator(self.seed, Stream.CHANCE, genomes.generation)
        return np.array([uniform(rng) for _ in range(len(genomes))])
