"""A repertoire: the elite of each cell, with the results of its evaluations so far.

The fitness and descriptor of an elite are the means over its evaluations. So an elite that was merely lucky loses its
cell, or moves to another, when it is evaluated again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neat.errors import DataError
from neat.genes.arrays import TABLE, arrays_of, table_of
from neat.genes.table import Genome, Genomes
from neat.repertoires.cells import Cells

__all__ = ["Repertoire"]

Vector = NDArray[np.float64]


class Repertoire:
    """The elites of a division of descriptor space.

    Attributes:
        cells: The division.
        genomes: The elite of each cell that has one.
        sums: For each cell the sum of its elite's fitness, then of each of its descriptors, float64, shape (cells, 1 +
            d).
        evaluations: Number of evaluations of each cell's elite, int64, shape (cells,); 0: no elite.
        found: Generation in which each elite was found, int64, shape (cells,).
    """

    STATE: ClassVar[Mapping[str, Any]] = {**TABLE, "cells": np.int64, "sums": np.float64, "numbers": np.int64}

    def __init__(self, cells: Cells, descriptors: int) -> None:
        """Start empty, with this many descriptors."""
        self.cells = cells
        self.genomes: dict[int, Genome] = {}
        self.sums = np.zeros((cells.total, 1 + descriptors))
        self.evaluations = np.zeros(cells.total, np.int64)
        self.found = np.zeros(cells.total, np.int64)

    @property
    def filled(self) -> NDArray[np.int64]:
        """Cells with an elite, in order."""
        return np.flatnonzero(self.evaluations)

    @property
    def fitness(self) -> Vector:
        """Mean fitness of each filled cell's elite, float64, shape (filled,)."""
        mean: Vector = self.sums[self.filled, 0] / self.evaluations[self.filled]
        return mean

    @property
    def descriptors(self) -> Vector:
        """Mean descriptors of each filled cell's elite, float64, shape (filled, d)."""
        mean: Vector = self.sums[self.filled, 1:] / self.evaluations[self.filled, None]
        return mean

    @property
    def coverage(self) -> float:
        """Fraction of cells with an elite."""
        return len(self.genomes) / self.cells.total

    def score(self, offset: float) -> float:
        """Return the QD score: the sum over all elites of fitness minus ``offset``."""
        return float(np.sum(self.fitness - offset))

    def worth(self, cell: int) -> float:
        """Return the mean fitness of a cell's elite; minus infinity for an empty cell."""
        return float(self.sums[cell, 0] / self.evaluations[cell]) if self.evaluations[cell] else -np.inf

    def add(self, genomes: Genomes, fitness: Vector, descriptors: Vector) -> None:
        """Add genomes, each evaluated once: a genome takes its cell if it is empty or its elite has lower fitness.

        Args:
            genomes: The table.
            fitness: float64, shape (genomes,).
            descriptors: float64, shape (genomes, d).
        """
        places = self.cells.place(descriptors)
        for i, cell in enumerate(places.tolist()):
            if fitness[i] > self.worth(cell):
                row = np.concatenate([[fitness[i]], descriptors[i]])
                self._put(cell, genomes[i].copy(), row, 1, genomes.generation)

    def again(self, cell: int, fitness: float, descriptors: Vector) -> None:
        """Add another evaluation of a cell's elite, which may lose its cell or move to another."""
        row = self.sums[cell] + np.concatenate([[fitness], descriptors])
        count, found = int(self.evaluations[cell]) + 1, int(self.found[cell])
        target = int(self.cells.place(row[None, 1:] / count)[0])
        if target == cell:
            self.sums[cell], self.evaluations[cell] = row, count
            return
        genome = self.genomes.pop(cell)
        self.sums[cell], self.evaluations[cell], self.found[cell] = 0.0, 0, 0
        if row[0] / count > self.worth(target):
            self._put(target, genome, row, count, found)

    def _put(self, cell: int, genome: Genome, sums: Vector, count: int, found: int) -> None:
        self.genomes[cell] = genome
        self.sums[cell], self.evaluations[cell], self.found[cell] = sums, count, found

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the state for `restore`."""
        filled = self.filled
        return {
            **arrays_of(self.table()),
            "cells": filled,
            "sums": self.sums[filled],
            "numbers": np.stack([self.evaluations[filled], self.found[filled]], axis=1),
        }

    def table(self, generation: int = 0) -> Genomes:
        """Return the elites, in the order of their cells."""
        return Genomes.of([self.genomes[cell] for cell in self.filled.tolist()], generation)

    def restore(self, arrays: Mapping[str, NDArray[Any]], like: Genome, *, acyclic: bool) -> None:
        """Restore the state that `to_arrays` returned.

        Args:
            arrays: Arrays from a file; their dtypes are right, but their values are not checked yet.
            like: A valid genome with the inputs, bias and outputs that all genomes must have.
            acyclic: Whether genomes must be acyclic.

        Raises:
            NeatError: The arrays are not a valid state.
        """
        table = table_of(arrays, like, acyclic=acyclic)
        filled, sums, numbers = arrays["cells"], arrays["sums"], arrays["numbers"]
        n = len(table)
        if filled.shape != (n,) or sums.shape != (n, self.sums.shape[1]) or numbers.shape != (n, 2):
            raise DataError("the repertoire is not of the shape that it should be")
        if n and (filled[0] < 0 or filled[-1] >= self.cells.total or (np.diff(filled) <= 0).any()):
            raise DataError("the cells of the repertoire are out of order")
        if not np.isfinite(sums).all() or (numbers[:, 0] < 1).any() or (numbers[:, 1] < 0).any():
            raise DataError("the repertoire holds what no run leaves there")
        if n and (self.cells.place(sums[:, 1:] / numbers[:, :1]) != filled).any():
            raise DataError("an elite of the repertoire does not belong to its cell")
        self.genomes = {int(cell): genome.copy() for cell, genome in zip(filled, table, strict=True)}
        self.sums[:], self.evaluations[:], self.found[:] = 0.0, 0, 0
        self.sums[filled] = sums
        self.evaluations[filled], self.found[filled] = numbers.T
