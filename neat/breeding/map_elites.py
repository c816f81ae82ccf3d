"""MAP-Elites over genomes (Mouret & Clune 2015): NEAT's operators make children of the elites of a repertoire.

Every evaluated genome competes for the cell of its behaviour. Parents are drawn uniformly from all elites; fitness and
species play no role. A fraction ``repertoire.reevaluate`` of the emitted genomes are elites that are evaluated again,
those with the fewest evaluations first: if episodes differ, this finds elites that were merely lucky.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neat.breeding.emitter import Emitter, Parents
from neat.breeding.reproduction import Reproduction
from neat.config import Config, replace
from neat.errors import DataError, EvaluationError
from neat.genes.innovation import InnovationRegister
from neat.genes.table import LINEAGE, Genomes
from neat.operators.registry import ELITE
from neat.repertoires.cells import cells_of, check_number
from neat.repertoires.repertoire import Repertoire
from neat.selection.novelty import behaviours_of

__all__ = ["MapElites"]

_APART = 0x5EED_E117E5
"""Separates this emitter's random numbers from those of reproduction in the same generation."""


class MapElites(Emitter):
    """Fills a repertoire.

    Attributes:
        repertoire: The elites found so far.
    """

    STATE: ClassVar[Mapping[str, Any]] = {**Repertoire.STATE, "again": np.int64}

    def __init__(self, config: Config, register: InnovationRegister, seed: int) -> None:
        """Start with an empty repertoire.

        Raises:
            ConfigError: The bounds of the descriptors are not set.
        """
        super().__init__(config, register, seed)
        self.repertoire = Repertoire(cells_of(config.repertoire), len(config.repertoire.low))
        own = {"survival": 1.0, "elites": 0, "interspecies": 0.0}
        self._reproduction = Reproduction(replace(config, {"reproduction": own}), register, (seed + _APART) % 2**63)
        self._again = np.empty(0, np.int64)  # cells whose elites come first among the emitted genomes

    @classmethod
    def needs_behaviours(cls, config: Config) -> bool:
        """Return True: behaviours are the descriptors."""
        return True

    def offspring(self, parents: Parents, count: int) -> Genomes:
        """Add a generation to the repertoire, and return elites to evaluate again, followed by children of elites."""
        self._learn(parents)
        cells = self.repertoire.filled
        elites = self.repertoire.table(parents.genomes.generation)
        share = min(len(cells), round(self.config.repertoire.reevaluate * count))
        again = np.argsort(self.repertoire.evaluations[cells], kind="stable")[:share]
        self._again = cells[again]
        made = Genomes.of([elites[int(i)] for i in again], parents.genomes.generation + 1)
        made.lineage = np.array([(-1, -1, ELITE)] * share, LINEAGE)
        one = np.zeros(len(elites), np.int64)
        fitness = self.repertoire.fitness
        pairs = Parents(elites, fitness, fitness, one, np.array([count - share]), threads=parents.threads)
        children = self._reproduction.offspring(pairs, count - share)
        if children.lineage is not None:  # parents are elites, which need not be of the last generation
            children.lineage["mother"] = children.lineage["father"] = -1
        return made.followed_by(children)

    def _learn(self, parents: Parents) -> None:
        if parents.evaluation is None:
            raise EvaluationError("the emitter 'map-elites' needs an evaluation with behaviours")
        genomes = parents.genomes
        descriptors = behaviours_of(parents.evaluation, len(genomes), "map-elites")
        check_number(descriptors, self.config.repertoire)
        first = parents.rows.start
        fitness = np.asarray(parents.fitness)
        for row, cell in enumerate(self._again.tolist(), start=first):
            if cell in self.repertoire.genomes and self.repertoire.genomes[cell] == genomes[row]:
                self.repertoire.again(cell, float(fitness[row]), descriptors[row])
        rest = np.r_[0:first, first + len(self._again) : len(genomes)]
        fresh = Genomes.of([genomes[int(i)] for i in rest], genomes.generation)
        self.repertoire.add(fresh, fitness[rest], descriptors[rest])

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the repertoire, and the elites that are being evaluated again."""
        return {**self.repertoire.to_arrays(), "again": self._again.copy()}

    def restore(self, arrays: Mapping[str, NDArray[Any]], genomes: Genomes, rows: slice) -> None:
        """Restore the state that `to_arrays` returned.

        Raises:
            NeatError: The arrays are not a valid state.
        """
        self.repertoire.restore(arrays, genomes[0], acyclic=self.config.acyclic)
        again = arrays["again"]
        if again.ndim != 1 or len(again) > len(genomes) - rows.start:
            raise DataError("more elites are evaluated again than there are genomes")
        if len(again) and (again.min() < 0 or again.max() >= self.repertoire.cells.total):
            raise DataError("an elite is evaluated again of a cell that is not there")
        self._again = again.copy()
