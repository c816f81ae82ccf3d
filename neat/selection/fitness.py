"""Fitness as the score: what does better breeds more (2002 paper, section 3.3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neat.genes.table import Genomes
from neat.selection.score import Evaluated, Score

__all__ = ["Fitness"]


class Fitness(Score):
    """The fitness itself."""

    def score(self, genomes: Genomes, evaluation: Evaluated) -> NDArray[np.float64]:
        """Return the fitness."""
        return evaluation.fitness
