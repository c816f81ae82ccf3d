"""Several objectives at once: NSGA-II's rank and crowding as the score, and the Pareto front of the run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neat.errors import DataError, EvaluationError
from neat.genes.arrays import TABLE, arrays_of, table_of
from neat.genes.table import Genome, Genomes
from neat.selection.neighbours import nearest
from neat.selection.novelty import behaviours_of, novelty
from neat.selection.nsga import crowded_scores, crowding_distances, dominates, ranks
from neat.selection.score import Evaluated, Score

if TYPE_CHECKING:
    from neat.config import Config

__all__ = ["LARGEST_FRONT", "Pareto"]

Vector = NDArray[np.float64]

LARGEST_FRONT = 200
"""Maximum number of genomes in the front; beyond it, the most crowded are dropped."""


class Pareto(Score):
    """Rank and crowding distance for ``selection.goals`` (Deb et al. 2002).

    The **front** holds the genomes that no genome of the run has dominated so far, one for each combination of values.
    Fitness of different generations may come from different episodes, so its members should be verified.

    Attributes:
        front: The genomes.
        values: Their objectives, maximised, float64, shape (genomes, objectives).
        found: Generation of each, int64, shape (genomes,).
    """

    STATE: ClassVar[Mapping[str, Any]] = {**TABLE, "values": np.float64, "found": np.int64}
    COMPARABLE = False

    def __init__(self, config: Config, seed: int) -> None:
        """Start without a front."""
        super().__init__(config, seed)
        self.front: list[Genome] = []
        self.values = np.empty((0, 0))
        self.found = np.empty(0, np.int64)

    @classmethod
    def needs_behaviours(cls, config: Config) -> bool:
        """Return whether novelty is one of the objectives."""
        return "novelty" in config.selection.goals

    def score(self, genomes: Genomes, evaluation: Evaluated) -> Vector:
        """Return each genome's score, and add non-dominated genomes to the front."""
        goals = self._goals(genomes, evaluation)
        self._extend(genomes, goals)
        return crowded_scores(goals)

    def _goals(self, genomes: Genomes, evaluation: Evaluated) -> Vector:
        columns = [self._goal(name, genomes, evaluation) for name in self.config.selection.goals]
        goals = np.concatenate([np.float64(column).reshape(len(genomes), -1) for column in columns], axis=1)
        if not np.isfinite(goals).all():
            raise EvaluationError("selection.method = 'pareto': a goal is not a finite number")
        return goals

    def _goal(self, name: str, genomes: Genomes, evaluation: Evaluated) -> NDArray[Any]:
        if name == "fitness":
            return np.asarray(evaluation.fitness)
        if name == "connections":
            enabled = np.concatenate([[0], np.cumsum(genomes.connections["enabled"], dtype=np.int64)])
            return -np.diff(enabled[genomes.connection_offsets])
        if name == "hidden":
            return -np.diff(genomes.node_offsets)  # all other nodes are the same
        if name == "novelty":
            behaviours = behaviours_of(evaluation, len(genomes), "pareto")
            none = np.empty((0, behaviours.shape[1]))
            return novelty(nearest(behaviours, none, self.config.selection.neighbours, threads=self.threads))
        found = getattr(evaluation, "objectives", None)
        if found is None:
            raise EvaluationError("selection.goals: 'objectives' needs those of the game: set task.objectives")
        return np.asarray(found)

    def _extend(self, genomes: Genomes, goals: Vector) -> None:
        rows = goals if not self.front else np.concatenate([self.values, goals])
        _, first = np.unique(rows, axis=0, return_index=True)  # of equal ones, the first
        first = np.sort(first)
        best = first[ranks(np.ascontiguousarray(rows[first])) == 0]
        if len(best) > LARGEST_FRONT:
            crowding = crowding_distances(np.ascontiguousarray(rows[best]), np.zeros(len(best), np.int64))
            best = np.sort(best[np.argsort(-crowding, kind="stable")[:LARGEST_FRONT]])
        old = len(self.front)
        self.front = [self.front[i] if i < old else genomes[i - old].copy() for i in best.tolist()]
        when = np.concatenate([self.found, np.full(len(goals), genomes.generation, np.int64)])
        self.values, self.found = rows[best], when[best]

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the front."""
        return {**arrays_of(Genomes.of(self.front)), "values": self.values.copy(), "found": self.found.copy()}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Restore the state that `to_arrays` returned.

        Raises:
            NeatError: The arrays are not a valid state.
        """
        table = table_of(arrays, None, acyclic=self.config.acyclic)
        g = self.config.genome
        if len(table) and (table[0].inputs, table[0].outputs) != (g.inputs, g.outputs):
            raise DataError("the genomes of the front have other inputs or outputs than those of the population")
        values, found = arrays["values"], arrays["found"]
        if values.ndim != 2 or len(values) != len(table) or found.shape != (len(table),) or (found < 0).any():
            raise DataError("the front is not of the shape that it should be")
        if not np.isfinite(values).all() or len(table) > LARGEST_FRONT:
            raise DataError("the front holds what no run leaves there")
        if any(dominates(a, b) for a in values for b in values):
            raise DataError("a genome of the front dominates another")
        self.front, self.values, self.found = [genome.copy() for genome in table], values.copy(), found.copy()
