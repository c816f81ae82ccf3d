"""Scores based on behaviour instead of fitness: novelty search and its successors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neat.errors import EvaluationError
from neat.genes.table import Genomes
from neat.selection.archive import Archive
from neat.selection.neighbours import Neighbours, nearest
from neat.selection.nsga import crowded_scores
from neat.selection.score import Evaluated, Score

if TYPE_CHECKING:
    from neat.config import Config

__all__ = ["Blend", "DominatedNovelty", "LocalCompetition", "Novelty", "behaviours_of"]

Vector = NDArray[np.float64]


_LARGEST = 1e100
"""Largest number in a behaviour: squares of greater ones overflow."""


def behaviours_of(evaluation: Evaluated, genomes: int, method: str) -> Vector:
    """Return the behaviours of a generation, float64, shape (genomes, d).

    Raises:
        EvaluationError: There are none, or not one for each genome.
    """
    found = getattr(evaluation, "behaviours", None)
    if found is None:
        raise EvaluationError(
            f"selection.method = {method!r} needs behaviours: set task.behaviour = 'auto', or tell() an "
            "evaluation that has fitness, steps and behaviours"
        )
    behaviours = np.asarray(found, np.float64)
    if behaviours.ndim != 2 or len(behaviours) != genomes or not np.isfinite(behaviours).all():
        raise EvaluationError(
            f"expected behaviours of shape ({genomes}, d), all of them finite numbers, got shape {behaviours.shape}"
        )
    if len(behaviours) and np.abs(behaviours).max(initial=0.0) > _LARGEST:
        raise EvaluationError(
            f"expected behaviours of at most {_LARGEST:g} in size, whose distances can be computed, got "
            f"{np.abs(behaviours).max():g}"
        )
    return behaviours


class Novelty(Score):
    """Mean distance to the k nearest behaviours in population and archive (Lehman & Stanley 2011, equation 1).

    With ``selection.minimum``, genomes with lower fitness score 0 (minimal criteria: Lehman & Stanley 2010).

    Attributes:
        archive: Behaviours that were novel when they were seen.
    """

    STATE: ClassVar[Mapping[str, Any]] = Archive.STATE
    COMPARABLE = False

    @classmethod
    def needs_behaviours(cls, config: Config) -> bool:
        """Return True."""
        return True

    def __init__(self, config: Config, seed: int) -> None:
        """Start with an empty archive."""
        super().__init__(config, seed)
        self.archive = Archive(config.selection)

    def score(self, genomes: Genomes, evaluation: Evaluated) -> Vector:
        """Return each genome's score, and add novel behaviours to the archive."""
        selection = self.config.selection
        behaviours = behaviours_of(evaluation, len(genomes), selection.method)
        self.archive.fit(behaviours)
        near = nearest(behaviours, self.archive.behaviours, selection.neighbours, threads=self.threads)
        fitness = np.asarray(evaluation.fitness, np.float64)
        viable = np.ones(len(genomes), np.bool_) if selection.minimum is None else fitness >= selection.minimum
        score = self._of(np.where(viable, novelty(near), 0.0), near, fitness)
        self.archive.admit(behaviours, fitness, viable)
        return np.where(viable, score, 0.0)

    def _of(self, novelty: Vector, near: Neighbours, fitness: Vector) -> Vector:
        """Return the scores for given novelty, neighbours and fitness, none below 0."""
        return novelty

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the archive."""
        return self.archive.to_arrays()

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on with an archive.

        Raises:
            DataError: No run can have left these arrays.
        """
        self.archive.restore(arrays)


class LocalCompetition(Novelty):
    """Novelty, and the number of neighbours with lower fitness, as two objectives (Lehman & Stanley 2011, GECCO)."""

    def _of(self, novelty: Vector, near: Neighbours, fitness: Vector) -> Vector:
        known = np.concatenate([fitness, self.archive.fitness, [np.inf]])  # the last one is for a missing neighbour
        beaten = (known[near.places] < fitness[:, None]).sum(axis=1)
        return crowded_scores(np.stack([novelty, beaten.astype(np.float64)], axis=1))


class Blend(Novelty):
    """A weighted sum of novelty and fitness, each scaled to 0 … 1 within the generation (Cuccu & Gomez 2011)."""

    def _of(self, novelty: Vector, near: Neighbours, fitness: Vector) -> Vector:
        share = self.config.selection.blend
        return share * _unit(novelty) + (1.0 - share) * _unit(fitness)


class DominatedNovelty(Score):
    """Mean distance to the k nearest behaviours among fitter genomes (Bahlous-Boldi et al. 2025); no archive.

    The fittest genome has no fitter neighbours; it gets twice the largest distance of the others.
    """

    COMPARABLE = False

    @classmethod
    def needs_behaviours(cls, config: Config) -> bool:
        """Return True."""
        return True

    def score(self, genomes: Genomes, evaluation: Evaluated) -> Vector:
        """Return each genome's score."""
        behaviours = behaviours_of(evaluation, len(genomes), self.config.selection.method)
        fitness = np.asarray(evaluation.fitness, np.float64)
        none = np.empty((0, behaviours.shape[1]))
        near = nearest(behaviours, none, self.config.selection.neighbours, levels=fitness, threads=self.threads)
        score = novelty(near)
        score[near.counts == 0] = 2.0 * score.max() if score.max() > 0.0 else 1.0
        return score


def novelty(near: Neighbours) -> Vector:
    """Return the mean distance to the neighbours, summed from the nearest on; 0 without any (float64, shape (n,))."""
    total = np.zeros(len(near.counts))
    for k in range(near.distances.shape[1]):
        total += np.where(near.counts > k, near.distances[:, k], 0.0)
    return total / np.maximum(near.counts, 1)


def _unit(values: Vector) -> Vector:
    """Return values scaled linearly to 0 … 1; 0 if all are equal."""
    low, high = values.min(), values.max()
    spread = high / 2.0 - low / 2.0  # halves, since the difference of huge values could overflow
    unit: Vector = np.zeros(len(values)) if not spread > 0.0 else (values / 2.0 - low / 2.0) / spread
    return unit
