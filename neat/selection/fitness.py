"""Fitness as the score, what does better breeds more (2002 paper, section 3.3), and chance, to compare with."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neat.compiled.random import Stream, make_generator, uniform
from neat.genes.table import Genomes
from neat.selection.score import Evaluated, Score

__all__ = ["Chance", "Fitness"]


class Fitness(Score):
    """The fitness itself, or what the evaluator has made of it for training (``shaped``)."""

    def score(self, genomes: Genomes, evaluation: Evaluated) -> NDArray[np.float64]:
        """Return the fitness, or the shaped one."""
        shaped: NDArray[np.float64] | None = getattr(evaluation, "shaped", None)
        return evaluation.fitness if shaped is None else shaped


class Chance(Score):
    """A number drawn for each genome: selection without any pressure, as a baseline."""

    COMPARABLE = False

    def score(self, genomes: Genomes, evaluation: Evaluated) -> NDArray[np.float64]:
        """Return uniform numbers from [0, 1), drawn from the seed and the generation."""
        rng = make_generator(self.seed, Stream.CHANCE, genomes.generation)
        return np.array([uniform(rng) for _ in range(len(genomes))])
