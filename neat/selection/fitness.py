"""Fitness as the score: what does better breeds more (2002 paper, section 3.3)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neat.genes.table import Genomes
from neat.selection.score import Evaluated, Score

__all__ = ["Fitness"]


class Fitness(Score):
    """The fitness itself, or what the evaluator has made of it for training (``shaped``)."""

    def score(self, genomes: Genomes, evaluation: Evaluated) -> NDArray[np.float64]:
        """Return the fitness, or the shaped one."""
        shaped: NDArray[np.float64] | None = getattr(evaluation, "shaped", None)
        return evaluation.fitness if shaped is None else shaped
