"""Speciation: genomes within the compatibility threshold of a species' representative belong to it.

A genome joins the first species, in order of age, whose representative it is compatible with, and founds a new one
where there is none (2002 paper, section 3.3).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neat.compiled.kernel import kernel
from neat.compiled.parallel import SMALL_WORK, run_shards
from neat.compiled.random import Stream, below, make_generator
from neat.config import CompatibilityConfig, Config
from neat.genes.schema import CONNECTION, ConnectionGenes
from neat.genes.table import Genomes
from neat.species.distance import assign, coefficients

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


@kernel
def by_species(members, order, species):  # type: ignore[no-untyped-def]
    """Sort genomes by species, in linear time.

    Args:
        members: int64, shape (genomes,): species of each genome.
        order: int64, shape (genomes,): indices of genomes, in the order that is kept within a species.
        species: Number of species.

    Returns:
        The indices, int64, shape (genomes,), and where each species begins among them, int64, shape (species + 1,).
    """
    starts = np.zeros(species + 1, np.int64)
    for g in range(members.size):
        starts[members[g] + 1] += 1
    for s in range(species):
        starts[s + 1] += starts[s]
    place = starts.copy()
    grouped = np.empty(order.size, np.int64)
    for k in range(order.size):
        own = members[order[k]]
        grouped[place[own]] = order[k]
        place[own] += 1
    return grouped, starts


@kernel
def _draw_members(grouped, starts, rng):  # type: ignore[no-untyped-def]
    """Draw one member of each species."""
    drawn = np.empty(starts.size - 1, np.int64)
    for s in range(drawn.size):
        drawn[s] = grouped[starts[s] + below(rng, starts[s + 1] - starts[s])]
    return drawn


@kernel
def _found(genes, offsets, members, species, threshold, c, rows):  # type: ignore[no-untyped-def]
    """Let each genome that has no species found one, which those after it may join; return the founders.

    New species are numbered from ``species`` on.
    """
    founders = np.empty(members.size, np.int64)
    count = 0
    for g in range(members.size):
        if members[g] < 0:
            members[g] = species + count
            own = genes[offsets[g] : offsets[g + 1]]
            bounds = np.array([0, own.size])
            assign(genes, offsets, g + 1, members.size, members, own, bounds, species + count, threshold, c, rows)
            founders[count] = g
            count += 1
    return founders[:count]


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
        self._rows: list[NDArray[np.int32]] = []

    def assign(self, genomes: Genomes, generation: int, threads: int = 1) -> None:
        """Give each genome of a new table its species; species left without members end."""
        count, species = len(genomes), len(self.species)
        members = np.full(count, -1, np.int64)
        c = coefficients(self.config.compatibility)
        genes, offsets = genomes.connections, genomes.connection_offsets
        rows = self._row_tables(genomes, max(1, threads))
        known = _joined(self.representatives)
        bounds = np.cumsum([0, *map(len, self.representatives)], dtype=np.int64)

        def compare(start: int, stop: int, shard: int) -> None:
            assign(genes, offsets, start, stop, members, known, bounds, 0, self.threshold, c, rows[shard])

        run_shards(compare, count, threads, smallest=SMALL_WORK)
        founders = _found(genes, offsets, members, species, self.threshold, c, rows[0])
        if len(founders):
            self.representatives += [genes[offsets[g] : offsets[g + 1]] for g in founders.tolist()]
            born = np.zeros(len(founders), SPECIES)
            born["id"] = self.next_id + np.arange(len(founders))
            born["born"] = born["improved"] = generation
            born["best"] = -np.inf
            self.next_id += len(founders)
            self.species = np.concatenate([self.species, born])
        self.members = members
        alive = np.bincount(members, minlength=len(self.species)) > 0
        if not alive.all():
            self.keep(alive)
            self.members = (np.cumsum(alive) - 1)[members]
        self.threshold = steered_threshold(self.threshold, len(self.species), self.config.compatibility)

    def choose_representatives(self, genomes: Genomes, fitness: NDArray[np.float64], seed: int) -> None:
        """Let a random member, or the fittest, of each species of this generation stand for it in the next one."""
        everyone = np.argsort(-fitness, kind="stable") if self._by_champion else np.arange(len(fitness))
        grouped, starts = by_species(self.members, everyone, len(self.species))
        if self._by_champion:
            chosen = grouped[starts[:-1]]
        else:
            chosen = _draw_members(grouped, starts, make_generator(seed, Stream.REPRESENTATIVES, genomes.generation))
        genes, offsets = genomes.connections, genomes.connection_offsets
        bounds = zip(offsets[chosen].tolist(), offsets[chosen + 1].tolist(), strict=True)
        self.representatives = [genes[first:end] for first, end in bounds]

    def keep(self, survivors: NDArray[np.bool_]) -> None:
        """End the species that are not survivors (before the next `assign`)."""
        self.species = self.species[survivors]
        self.representatives = [r for r, alive in zip(self.representatives, survivors, strict=True) if alive]

    @property
    def _by_champion(self) -> bool:
        return self.config.species.representative == "champion"

    def _row_tables(self, genomes: Genomes, threads: int) -> list[NDArray[np.int32]]:
        """Return one table of zeros per thread, longer than every innovation number in play."""
        ends = [r["innovation"][-1] for r in self.representatives if len(r)]
        if len(genomes.connections):  # genes are in order: each genome's last number is its highest
            ends.append(genomes.connections["innovation"][genomes.connection_offsets[1:] - 1].max())
        last = int(max(ends, default=0))
        if len(self._rows) < threads or len(self._rows[0]) <= last:
            self._rows = [np.zeros(2 * last + 64, np.int32) for _ in range(threads)]
        return self._rows


def _joined(rows: list[ConnectionGenes]) -> ConnectionGenes:
    """Return rows of genes in one array; as bytes, since NumPy compares the fields of every row's dtype first."""
    if not rows:
        return np.empty(0, CONNECTION)
    return np.concatenate([np.ascontiguousarray(row).view(np.uint8) for row in rows]).view(CONNECTION)


def steered_threshold(threshold: float, species: int, config: CompatibilityConfig) -> float:
    """Return the threshold for the next generation: a step towards ``target_species``, or the same where fixed."""
    if config.target_species == 0 or species == config.target_species:
        return threshold
    step = config.threshold_step if species > config.target_species else -config.threshold_step
    return max(config.threshold_min, threshold + step)
