"""A finished generation: its genomes, scores and record. `neat.Population.tell` returns it."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neat.genes.table import LINEAGE, Genomes
from neat.history.records import GenerationRecord

__all__ = ["Generation"]


@dataclass(frozen=True)
class Generation:
    """One generation after its evaluation.

    Attributes:
        genomes: Its genomes; ``genomes.species`` holds the species number of each.
        fitness: float64, shape (genomes,).
        score: float64, shape (genomes,): the selection score; with ``selection.method = "fitness"``, the fitness.
        mean: Index of the weight search's mean; None without one.
        record: The statistics of the generation.
    """

    genomes: Genomes
    fitness: NDArray[np.float64]
    score: NDArray[np.float64]
    mean: int | None
    record: GenerationRecord

    @property
    def number(self) -> int:
        """Number of the generation, from 0."""
        return self.genomes.generation

    @property
    def fittest(self) -> int:
        """Index of the fittest genome."""
        return int(np.argmax(self.fitness))

    @property
    def favourite(self) -> int:
        """Index of the genome that is expected to do best on other episodes: the search's mean, or else the fittest."""
        return self.fittest if self.mean is None else self.mean

    @property
    def lineage(self) -> NDArray[np.void]:
        """Parents and operators of each genome, dtype `neat.genes.table.LINEAGE`, shape (genomes,)."""
        if self.genomes.lineage is None:
            return np.array([(-1, -1, 0)] * len(self.genomes), LINEAGE)
        return self.genomes.lineage

    def __getattr__(self, name: str) -> Any:
        """Return a field of the record: before version 0.2, `tell` returned the record itself."""
        if name not in GenerationRecord.__dataclass_fields__ and name != "as_dict":
            raise AttributeError(f"{type(self).__name__!r} has no attribute {name!r}")
        warnings.warn(f"tell() returns the generation: write .record.{name}", DeprecationWarning, stacklevel=2)
        return getattr(self.record, name)
