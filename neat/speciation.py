"""Speciation: genomes within the compatibility threshold of a species' representative belong to it.

A genome joins the first species, in order of age, whose representative it is compatible with, and founds a new one
where there is none (2002 paper, section 3.3).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neat.compatibility import assign, assign_all, coefficients
from neat.config import CompatibilityConfig, Config
from neat.genes import CONNECTION, ConnectionGenes
from neat.genome import Genomes
from neat.parallel import run_shards
from neat.random import Stream, below, make_generator

__all__ = ["SPECIES", "Speciation", "by_species"]

SPECIES = np.dtype(
    [
        ("id", np.int64),
        ("born", np.int64),
        ("best", np.float64),
        ("improved", np.int64),
    ],
    align=True,
)
"""A species: its number, the generation it appeared in, its best fitness ever, and when that last improved."""


class Speciation:
    """The species of a population, kept from generation to generation.

    Attributes:
        species: Living species, oldest first, dtype `SPECIES`.
        members: int64, shape (genomes,): place in ``species`` of each genome of the current table.
        representatives: Connection genes of each species' representative.
        threshold: The compatibility threshold δt now.
        next_id: Number of the next new species.
    """

    def __init__(self, config: Config, next_id: int = 1) -> None:
        """Start with no species; the first new one gets number ``next_id``."""
        self.config = config
        self.species = np.empty(0, SPECIES)
        self.members = np.empty(0, np.int64)
        self.representatives: list[ConnectionGenes] = []
        self.threshold = float(config.compatibility.threshold)
        self.next_id = next_id
        self._weights: list[NDArray[np.float64]] = []

    def assign(self, genomes: Genomes, generation: int, threads: int = 1) -> None:
        """Give each genome of a new table its species; species left without members end."""
        count = len(genomes)
        members = np.full(count, -1, np.int64)
        c = coefficients(self.config.compatibility)
        genes, offsets = genomes.connections, genomes.connection_offsets
        tables = self._weight_tables(genomes, max(1, threads))

        known = np.concatenate([np.empty(0, CONNECTION), *self.representatives])
        bounds = np.cumsum([0, *map(len, self.representatives)], dtype=np.int64)

        def compare(start: int, stop: int, shard: int) -> None:
            assign_all(genes, offsets, start, stop, members, known, bounds, self.threshold, c, tables[shard])

        run_shards(compare, count, threads)
        founders: list[int] = []
        for g in np.flatnonzero(members < 0):
            if members[g] < 0:
                founders.append(int(g))
                number = len(self.representatives)
                self.representatives.append(genomes[int(g)].connections)
                own = self.representatives[number]
                members[g] = number
                assign(genes, offsets, int(g) + 1, count, members, own, number, self.threshold, c, tables[0])
        born = np.zeros(len(founders), SPECIES)
        born["id"] = self.next_id + np.arange(len(founders))
        born["born"] = born["improved"] = generation
        born["best"] = -np.inf
        self.next_id += len(founders)
        self.species = np.concatenate([self.species, born])
        self._keep(np.bincount(members, minlength=len(self.species)) > 0, members)
        self.threshold = steered_threshold(self.threshold, len(self.species), self.config.compatibility)

    def choose_representatives(self, genomes: Genomes, fitness: NDArray[np.float64], seed: int) -> None:
        """Let a random member, or the fittest, of each species of this generation stand for it in the next one."""
        everyone = np.argsort(-fitness, kind="stable") if self._by_champion else np.arange(len(fitness))
        order = by_species(self.members, everyone)
        starts = np.searchsorted(self.members[order], np.arange(len(self.species) + 1))
        rng = make_generator(seed, Stream.REPRESENTATIVES, genomes.generation)
        picks = [0 if self._by_champion else int(below(rng, int(n))) for n in np.diff(starts)]
        chosen = order[starts[:-1] + np.array(picks, np.int64)]
        self.representatives = [genomes[int(g)].connections for g in chosen]

    def keep(self, survivors: NDArray[np.bool_]) -> None:
        """End the species that are not survivors (before the next `assign`)."""
        self.species = self.species[survivors]
        self.representatives = [r for r, alive in zip(self.representatives, survivors, strict=True) if alive]

    @property
    def _by_champion(self) -> bool:
        return self.config.species.representative == "champion"

    def _keep(self, alive: NDArray[np.bool_], members: NDArray[np.int64]) -> None:
        self.keep(alive)
        self.members = (np.cumsum(alive) - 1)[members]

    def _weight_tables(self, genomes: Genomes, threads: int) -> list[NDArray[np.float64]]:
        """Return one table of NaN per thread, longer than every innovation number in play."""
        last = max(
            [int(genomes.connections["innovation"].max(initial=-1))]
            + [int(r["innovation"][-1]) for r in self.representatives if len(r)]
        )
        if len(self._weights) < threads or len(self._weights[0]) <= last:
            self._weights = [np.full(2 * last + 64, np.nan) for _ in range(threads)]
        return self._weights


def by_species(members: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return ``order`` (indices of genomes) sorted by species, otherwise as it was."""
    keys = members[order]
    if len(keys) and keys.max() < np.iinfo(np.int16).max:
        keys = keys.astype(np.int16)  # few species: NumPy then sorts by radix, in linear time
    return order[np.argsort(keys, kind="stable")]


def steered_threshold(threshold: float, species: int, config: CompatibilityConfig) -> float:
    """Return the threshold for the next generation: a step towards ``target_species``, or the same where fixed."""
    if config.target_species == 0 or species == config.target_species:
        return threshold
    step = config.threshold_step if species > config.target_species else -config.threshold_step
    return max(config.threshold_min, threshold + step)
