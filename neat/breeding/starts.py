"""Several starts: independent weight searches one after another, of which the best continues.

What a search ends at often depends on what it finds first: the gait of a walker, say. Each start begins with initial
genomes of its own, and ``search.start_generations`` generations follow. After the last start, the search with the
highest smoothed mean score continues where it stopped. All starts belong to the same run, so that all of their
evaluations count. They share running statistics of observations (``task.observation_scaling``).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neat.breeding.emitter import Parents
from neat.breeding.initial import initial_population
from neat.breeding.weight_search import WeightSearch
from neat.config import Config
from neat.errors import DataError
from neat.genes.innovation import InnovationRegister
from neat.genes.table import Genomes

__all__ = ["Starts"]

_NO_PARENT = -1
_KEPT = "kept_"


class Starts(WeightSearch):
    """The weight search of a population with ``search.starts`` above 1.

    Attributes:
        start: Number of finished starts.
        begun: Generation of the initial genomes of the present start.
        kept: State of the best finished start, as arrays; empty before there is one.
    """

    STATE: ClassVar[Mapping[str, Any]] = {
        **WeightSearch.STATE,
        **{_KEPT + name: dtype for name, dtype in WeightSearch.STATE.items()},
        "start": np.int64,
    }

    def __init__(self, config: Config, register: InnovationRegister, seed: int) -> None:
        """Begin the first start.

        Raises:
            ConfigError: The method is unknown, or gets too few genomes.
        """
        super().__init__(config, register, seed)
        self.start = self.begun = 0
        self.kept: dict[str, NDArray[Any]] = {}

    def offspring(self, parents: Parents, count: int) -> Genomes:
        """Learn from an evaluated generation, and return samples, or the initial genomes of the next start."""
        generation = parents.genomes.generation
        if self.base is None:
            self.begun = generation
        drawn = super().offspring(parents, count)
        search = self.config.search
        if self.start == search.starts or generation - self.begun < search.start_generations:
            return drawn
        if not self.kept or self.smoothed > self._fitness_kept:
            self.kept = {name: array.copy() for name, array in super().to_arrays().items()}
        self.start += 1
        if self.start < search.starts:
            self.clear()
            return initial_population(self.config, self.register, self.seed, generation + 1)
        self.load(self.kept, parents.genomes)
        self.improved = generation
        self.kept = {}
        return self._draw(generation, _NO_PARENT, count)

    @property
    def _fitness_kept(self) -> float:
        return float(self.kept["values"][1])

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the state for `restore`."""
        nothing = {name: np.empty(0, dtype) for name, dtype in WeightSearch.STATE.items()}
        kept = {_KEPT + name: array for name, array in (self.kept or nothing).items()}
        return {**super().to_arrays(), **kept, "start": np.array([self.start, self.begun], np.int64)}

    def restore(self, arrays: Mapping[str, NDArray[Any]], genomes: Genomes, rows: slice) -> None:
        """Restore the state that `to_arrays` returned.

        Raises:
            NeatError: The arrays are not a valid state.
        """
        counts = arrays["start"]
        if counts.shape != (2,):
            raise DataError("the starts of the weight search are not of the shape that they should be")
        self.start, self.begun = (int(v) for v in counts)
        if not (0 <= self.start <= self.config.search.starts and 0 <= self.begun <= genomes.generation):
            raise DataError("the counts of the starts of the weight search are out of range")
        kept = {name: arrays[_KEPT + name] for name in WeightSearch.STATE}
        if len(kept["nodes"]):
            self.load(kept, genomes)  # checks it
            self.kept = kept
            self.clear()
        if bool(self.kept) != (0 < self.start < self.config.search.starts):
            raise DataError("the weight search has no state of the best of its finished starts, or one too many")
        super().restore(arrays, genomes, rows)
