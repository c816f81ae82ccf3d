"""Making a generation: each emitter makes its share, NEAT's reproduction the rest, in one table of genomes."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

from numpy.typing import NDArray

from neat.breeding import EMITTERS
from neat.breeding.emitter import Emitter, Parents
from neat.breeding.reproduction import Reproduction
from neat.config import Config
from neat.genes.innovation import InnovationRegister
from neat.genes.table import Genomes

__all__ = ["Breeding"]


class Breeding:
    """The emitters of one population.

    In a table of genomes, those of reproduction come first, then those of the other emitters in order.

    Attributes:
        reproduction: NEAT's reproduction, which makes what the others leave.
        emitters: The other emitters, by name.
        emitted: Number of genomes that these make in every generation but the first.
    """

    def __init__(self, config: Config, register: InnovationRegister, seed: int) -> None:
        """Create the emitters named in the settings.

        Raises:
            ConfigError: An emitter, an activation or an aggregation is unknown.
        """
        self._counts = config.emitted
        self.emitted = sum(self._counts.values())
        self._bred = config.population.size - self.emitted
        self.reproduction = Reproduction(config, register, seed)
        self.emitters: dict[str, Emitter] = {
            name: EMITTERS.find(name, "breeding.emitters")(config, register, seed) for name in self._counts
        }

    def next(self, parents: Parents) -> Genomes:
        """Return the next generation."""
        made = [self.reproduction.offspring(parents, int(parents.quotas.sum()))] if self._bred else []
        for name, rows in self._rows(parents.genomes).items():
            own = dataclasses.replace(parents, rows=rows)
            made.append(self.emitters[name].offspring(own, self._counts[name]))
        return functools.reduce(Genomes.followed_by, made)

    def favourite(self, parents: Parents) -> int | None:
        """Return the genome that an emitter expects to do best on other episodes, or None."""
        for name, rows in self._rows(parents.genomes).items():
            index = self.emitters[name].favourite(dataclasses.replace(parents, rows=rows))
            if index is not None:
                return index
        return None

    def _rows(self, genomes: Genomes) -> dict[str, slice]:
        """Return the rows of the present generation that each emitter made; none in a first generation."""
        if not self._counts:
            return {}
        born = genomes.lineage
        begun = born is None or not ((born["mother"] >= 0) | (born["operators"] != 0)).any()
        rows, end = {}, self._bred
        for name, count in self._counts.items():
            first, end = end, end + count
            rows[name] = slice(first, first if begun else end)
        return rows

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the state of all emitters; array names start with the emitter's name."""
        return {
            f"{emitter}_{name}": array
            for emitter, made in self.emitters.items()
            for name, array in made.to_arrays().items()
        }

    def restore(self, arrays: Mapping[str, NDArray[Any]], genomes: Genomes) -> None:
        """Restore the state that `to_arrays` returned; emitters without arrays start afresh.

        Args:
            arrays: The arrays.
            genomes: The present generation.

        Raises:
            NeatError: The arrays are not a valid state.
        """
        for name, rows in self._rows(genomes).items():
            own = {k.removeprefix(f"{name}_"): a for k, a in arrays.items() if k.startswith(f"{name}_")}
            if own:
                self.emitters[name].restore(own, genomes, rows)
