"""Speciation: a genome belongs to a species if it is compatible with the species' representative.

A genome joins the first species, in order of age, whose representative it is compatible with. If there is none, it
founds a new species (2002 paper, section 3.3).
"""

from __future__ import annotations

import itertools

import numpy as np
from numpy.typing import NDArray

from neat.compiled.kernel import kernel
from neat.compiled.parallel import SMALL_WORK, run_shards
from neat.compiled.random import Stream, below, rekey
from neat.config import CompatibilityConfig, Config
from neat.genes.schema import CONNECTION, ConnectionGenes
from neat.genes.table import Genomes
from neat.species.distance import assign, coefficients

__all__ = ["SPECIES", "Speciation", "by_species"]

_REPRESENTATIVES = int(Stream.REPRESENTATIVES)

SPECIES = np.dtype(
    [
        ("id", np.int64),
        ("born", np.int64),
        ("best", np.float64),
        ("improved", np.int64),
    ],
    align=True,
)
"""A species: its number, the generation in which it appeared, its best fitness so far, and when that last improved."""


@kernel
def by_species(members, order, species):  # type: ignore[no-untyped-def]
    """Sort genomes by species, in linear time.

    Args:
        members: int64, shape (genomes,): species of each genome.
        order: int64, shape (genomes,): indices of genomes, in the order that is kept within a species.
        species: Number of species.

    Returns:
        The indices, int64, shape (genomes,), and the start of each species among them, int64, shape (species + 1,).
    """
    starts = np.zeros(species + 1, np.int64)
    for g in range(members.size):
        starts[members[g] + 1] += 1
    for s in range(species):
        starts[s + 1] += starts[s]
    place = np.empty(species, np.int64)
    for s in range(species):
        place[s] = starts[s]
    grouped = np.empty(order.size, np.int64)
    for k in range(order.size):
        own = members[order[k]]
        grouped[place[own]] = order[k]
        place[own] += 1
    return grouped, starts


@kernel
def _copied(genes, offsets, chosen):  # type: ignore[no-untyped-def]
    """Return the genes of the chosen genomes in one array, and the offset of each."""
    bounds = np.zeros(chosen.size + 1, np.int64)
    for k in range(chosen.size):
        bounds[k + 1] = bounds[k] + offsets[chosen[k] + 1] - offsets[chosen[k]]
    copied = np.empty(bounds[-1], genes.dtype)
    for k in range(chosen.size):
        for i in range(bounds[k], bounds[k + 1]):
            copied[i] = genes[offsets[chosen[k]] + i - bounds[k]]
    return copied, bounds


@kernel
def _choose(genes, offsets, members, order, species, drawn, seed, generation):  # type: ignore[no-untyped-def]
    """Return the genes of one member of each species in one array, and the offset of each.

    The member is ``drawn`` at random, or the first one in ``order`` (see `by_species`).
    """
    rng = np.empty(2, np.uint64)
    rekey(rng, seed, _REPRESENTATIVES, generation, 0)
    grouped, starts = by_species(members, order, species)
    chosen = np.empty(species, np.int64)
    for s in range(species):
        place = below(rng, starts[s + 1] - starts[s]) if drawn else 0
        chosen[s] = grouped[starts[s] + place]
    return _copied(genes, offsets, chosen)


@kernel
def _highest(genes, offsets, known, bounds):  # type: ignore[no-untyped-def]
    """Return the highest innovation number: genes are sorted, so each genome's highest is its last gene."""
    last = np.int32(0)
    for g in range(offsets.size - 1):
        if offsets[g + 1] > offsets[g] and genes[offsets[g + 1] - 1].innovation > last:
            last = genes[offsets[g + 1] - 1].innovation
    for s in range(bounds.size - 1):
        if bounds[s + 1] > bounds[s] and known[bounds[s + 1] - 1].innovation > last:
            last = known[bounds[s + 1] - 1].innovation
    return last


@kernel
def _settle(genes, offsets, members, known, bounds, threshold, c, rows):  # type: ignore[no-untyped-def]
    """Let genomes without a species found new ones, which later genomes may join; then number the species with members.

    Args:
        genes: Connection genes of the table.
        offsets: Connection offsets of the table.
        members: int64, shape (genomes,): species of each genome, -1 for none; written to.
        known: Connection genes of the representatives, one species after the other.
        bounds: int64, shape (species + 1,): offset of each.
        threshold: δt.
        c: `Coefficients`.
        rows: See `assign`.

    Returns:
        The number of new species, which of all species have members, and `known` and `bounds` of these. The founder of
            a species represents it.
    """
    species = bounds.size - 1
    founders = np.empty(members.size, np.int64)
    count = 0
    for g in range(members.size):
        if members[g] < 0:
            members[g] = species + count
            own = genes[offsets[g] : offsets[g + 1]]
            own_bounds = np.zeros(2, np.int64)
            own_bounds[1] = own.size
            assign(genes, offsets, g + 1, members.size, members, own, own_bounds, species + count, threshold, c, rows)
            founders[count] = g
            count += 1
    place = np.zeros(species + count, np.int64)
    for g in range(members.size):
        place[members[g]] = 1
    alive = np.empty(species + count, np.bool_)
    size, left = 0, 0
    for s in range(species + count):
        alive[s] = place[s] > 0
        place[s] = left
        if alive[s]:
            left += 1
            size += (
                bounds[s + 1] - bounds[s]
                if s < species
                else (offsets[founders[s - species] + 1] - offsets[founders[s - species]])
            )
    for g in range(members.size):
        members[g] = place[members[g]]
    kept = np.empty(size, genes.dtype)
    kept_bounds = np.zeros(left + 1, np.int64)
    k, end = 0, 0
    for s in range(species + count):
        if alive[s]:
            if s < species:
                for i in range(bounds[s], bounds[s + 1]):
                    kept[end] = known[i]
                    end += 1
            else:
                founder = founders[s - species]
                for i in range(offsets[founder], offsets[founder + 1]):
                    kept[end] = genes[i]
                    end += 1
            k += 1
            kept_bounds[k] = end
    return count, alive, kept, kept_bounds


class Speciation:
    """The species of a population, kept from generation to generation.

    Attributes:
        species: Living species, oldest first, dtype `SPECIES`.
        members: int64, shape (genomes,): index in ``species`` of each genome of the current table.
        threshold: The current compatibility threshold δt.
        next_id: Number of the next new species.
    """

    def __init__(self, config: Config, next_id: int = 1) -> None:
        """Start without species; the first new one gets number ``next_id``."""
        self.config = config
        self.species = np.empty(0, SPECIES)
        self.members = np.empty(0, np.int64)
        self._known, self._bounds = np.empty(0, CONNECTION), np.zeros(1, np.int64)
        self.threshold = float(config.compatibility.threshold)
        self.next_id = next_id
        self._coefficients = coefficients(config.compatibility)
        self._rows: list[NDArray[np.int32]] = []

    @property
    def representatives(self) -> list[ConnectionGenes]:
        """Connection genes of each species' representative."""
        return [self._known[first:end] for first, end in itertools.pairwise(self._bounds.tolist())]

    @representatives.setter
    def representatives(self, genes: list[ConnectionGenes]) -> None:
        self._known = _joined(genes)
        self._bounds = np.cumsum([0, *map(len, genes)], dtype=np.int64)

    def assign(self, genomes: Genomes, generation: int, threads: int = 1) -> None:
        """Assign each genome of a new table to a species; species without members are removed."""
        count = len(genomes)
        members = np.empty(count, np.int64)
        members.fill(-1)
        genes, offsets, c = genomes.connections, genomes.connection_offsets, self._coefficients
        known, bounds, threshold = self._known, self._bounds, self.threshold
        rows = self._row_tables(_highest(genes, offsets, known, bounds), max(1, threads))

        def compare(start: int, stop: int, shard: int) -> None:
            assign(genes, offsets, start, stop, members, known, bounds, 0, threshold, c, rows[shard])

        run_shards(compare, count, threads, smallest=SMALL_WORK)
        founded, alive, self._known, self._bounds = _settle(
            genes, offsets, members, known, bounds, threshold, c, rows[0]
        )
        if founded:
            born = np.zeros(founded, SPECIES)
            born["id"] = self.next_id + np.arange(founded)
            born["born"] = born["improved"] = generation
            born["best"] = -np.inf
            self.next_id += founded
            self.species = _joined([self.species, born])
        self.members = members
        if len(self._bounds) <= len(alive):
            self.species = self.species[alive]
        self.threshold = steered_threshold(threshold, len(self.species), self.config.compatibility)

    def choose_representatives(self, genomes: Genomes, fitness: NDArray[np.float64], seed: int) -> None:
        """Choose the representative of each species from this generation: a random member, or the fittest."""
        drawn = self.config.species.representative != "champion"
        order = np.arange(len(fitness)) if drawn else (-fitness).argsort(kind="stable")
        self._known, self._bounds = _choose(
            genomes.connections, genomes.connection_offsets, self.members, order, len(self.species), drawn, seed,
            genomes.generation,
        )  # fmt: skip

    def keep(self, survivors: NDArray[np.bool_]) -> None:
        """Remove the species that are not survivors (before the next `assign`)."""
        if not survivors.all():
            self.species = self.species[survivors]
            self._known, self._bounds = _copied(self._known, self._bounds, np.flatnonzero(survivors))

    def _row_tables(self, last: int, threads: int) -> list[NDArray[np.int32]]:
        """Return one table of zeros per thread, longer than the innovation number ``last``."""
        if len(self._rows) < threads or len(self._rows[0]) <= last:
            self._rows = [np.zeros(2 * last + 64, np.int32) for _ in range(threads)]
        return self._rows


def _joined(rows: list[NDArray[np.void]]) -> NDArray[np.void]:
    """Return rows of genes, or of species, in one array; as bytes, since NumPy would first compare all their fields."""
    if not rows:
        return np.empty(0, CONNECTION)
    return np.concatenate([np.ascontiguousarray(row).view(np.uint8) for row in rows]).view(rows[0].dtype)


def steered_threshold(threshold: float, species: int, config: CompatibilityConfig) -> float:
    """Return the threshold for the next generation: one step towards ``target_species``, or unchanged if fixed."""
    if config.target_species == 0 or species == config.target_species:
        return threshold
    step = config.threshold_step if species > config.target_species else -config.threshold_step
    return max(config.threshold_min, threshold + step)
