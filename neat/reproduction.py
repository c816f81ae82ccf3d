"""Reproduction: a new table of genomes from the parents of the last one, at any number of threads the same.

Three passes: *plan* (who are the parents of each child), *breed* (crossover and mutation of every child, on all
threads, into a table with room to spare), *grow* (one serial pass, in the order of the children, that numbers
innovations and inserts the new genes). Then the genes are moved together.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neat.activations import activation_index
from neat.aggregations import aggregation_index
from neat.config import Config
from neat.crossover import CrossoverRates, crossover, crossover_rates
from neat.genes import CONNECTION, NODE
from neat.genome import LINEAGE, Genomes
from neat.innovation import InnovationRegister
from neat.kernel import kernel
from neat.mutation import PROPOSAL, MutationRates, Operator, apply_proposal, mutate, mutation_rates
from neat.parallel import run_shards
from neat.random import Stream, below, rekey, uniform
from neat.speciation import by_species

__all__ = ["Reproduction"]

_ELITE, _CROSSOVER, _INTERSPECIES, _MATE_ONLY = (
    int(Operator.ELITE),
    int(Operator.CROSSOVER),
    int(Operator.INTERSPECIES),
    1 << 31,
)
_PARENTS, _OFFSPRING = int(Stream.PARENTS), int(Stream.OFFSPRING)
_NEW_NODES, _NEW_GENES = 1, 3  # most that one child's proposals add


@kernel
def _plan(  # type: ignore[no-untyped-def]
    parents, first_parent, parent_counts, first_child, elites, mutate_only, mate_only, interspecies, seed, generation,
    lineage,
):  # fmt: skip
    """Choose the parents of every child, and how it is made; only parents' places in the last table are written."""
    rng = np.empty(2, np.uint64)
    species = parent_counts.size
    for s in range(species):
        for child in range(first_child[s], first_child[s + 1]):
            rank = child - first_child[s]
            lineage[child].father = -1
            if rank < elites[s]:
                lineage[child].mother = parents[first_parent[s] + rank]
                lineage[child].operators = _ELITE
                continue
            rekey(rng, seed, _PARENTS, generation, child)
            mother = below(rng, parent_counts[s])
            lineage[child].mother = parents[first_parent[s] + mother]
            operators = 0
            if uniform(rng) >= mutate_only:
                if interspecies > 0.0 and species > 1 and uniform(rng) < interspecies:
                    other = (s + 1 + below(rng, species - 1)) % species
                    lineage[child].father = parents[first_parent[other] + below(rng, parent_counts[other])]
                    operators = _CROSSOVER | _INTERSPECIES
                elif parent_counts[s] > 1:  # another one: crossed with itself a genome would only be copied
                    father = (mother + 1 + below(rng, parent_counts[s] - 1)) % parent_counts[s]
                    lineage[child].father = parents[first_parent[s] + father]
                    operators = _CROSSOVER
                if operators and mate_only > 0.0 and uniform(rng) < mate_only:
                    operators |= _MATE_ONLY
            lineage[child].operators = operators


@kernel
def _breed(  # type: ignore[no-untyped-def]
    start, stop, nodes, node_offsets, genes, gene_offsets, fitness, lineage, crossing, rates, seed, generation,
    new_nodes, node_room, new_genes, gene_room, counts, proposals,
):  # fmt: skip
    """Make children ``start … stop - 1``: crossover or a copy, then mutation in place; structure is proposed only."""
    rng = np.empty(2, np.uint64)
    for child in range(start, stop):
        rekey(rng, seed, _OFFSPRING, generation, child)
        own_nodes = new_nodes[node_room[child] : node_room[child + 1]]
        own_genes = new_genes[gene_room[child] : gene_room[child + 1]]
        mother, father = lineage[child].mother, lineage[child].father
        operators = np.int64(lineage[child].operators)
        proposals[child].split = -1
        proposals[child].source = -1
        if father >= 0:
            if fitness[father] > fitness[mother]:
                mother, father = father, mother
            n, m = crossover(
                nodes[node_offsets[mother] : node_offsets[mother + 1]],
                genes[gene_offsets[mother] : gene_offsets[mother + 1]],
                nodes[node_offsets[father] : node_offsets[father + 1]],
                genes[gene_offsets[father] : gene_offsets[father + 1]],
                fitness[mother] == fitness[father],
                crossing,
                own_nodes,
                own_genes,
                rng,
            )
        else:
            n = node_offsets[mother + 1] - node_offsets[mother]
            m = gene_offsets[mother + 1] - gene_offsets[mother]
            for i in range(n):
                own_nodes[i] = nodes[node_offsets[mother] + i]
            for c in range(m):
                own_genes[c] = genes[gene_offsets[mother] + c]
        if operators & (_ELITE | _MATE_ONLY) == 0:
            n, m, flags = mutate(own_nodes, n, own_genes, m, rates, proposals[child : child + 1], rng)
            operators |= flags
        lineage[child].operators = operators & ~_MATE_ONLY
        counts[child, 0] = n
        counts[child, 1] = m


@kernel
def _grow(  # type: ignore[no-untyped-def]
    nodes, node_room, genes, gene_room, counts, proposals, activation, aggregation, counters, pair_keys, pair_values,
    split_keys, split_values,
):  # fmt: skip
    """Number and insert the proposed genes, child by child."""
    for child in range(proposals.size):
        if proposals[child].split >= 0 or proposals[child].source >= 0:
            n, m = apply_proposal(
                nodes[node_room[child] : node_room[child + 1]],
                counts[child, 0],
                genes[gene_room[child] : gene_room[child + 1]],
                counts[child, 1],
                proposals[child],
                activation,
                aggregation,
                counters,
                pair_keys,
                pair_values,
                split_keys,
                split_values,
            )
            counts[child, 0] = n
            counts[child, 1] = m


@kernel
def _move_together(start, stop, nodes, node_room, genes, gene_room, new_nodes, node_offsets, new_genes, gene_offsets):  # type: ignore[no-untyped-def]
    """Copy children ``start … stop - 1`` to where they stay."""
    for child in range(start, stop):
        source, target = node_room[child], node_offsets[child]
        for i in range(node_offsets[child + 1] - target):
            new_nodes[target + i] = nodes[source + i]
        source, target = gene_room[child], gene_offsets[child]
        for i in range(gene_offsets[child + 1] - target):
            new_genes[target + i] = genes[source + i]


class Reproduction:
    """Makes each generation from the last.

    Attributes:
        register: Innovation numbers given so far.
    """

    def __init__(self, config: Config, register: InnovationRegister, seed: int) -> None:
        """Take the settings.

        Raises:
            ConfigError: An activation or aggregation is unknown.
        """
        self.config = config
        self.register = register
        self.seed = seed
        self._rates: MutationRates = mutation_rates(config)
        self._crossing: CrossoverRates = crossover_rates(config)
        self._activation = activation_index(config.genome.activations[0])
        self._aggregation = aggregation_index(config.genome.aggregations[0])
        # Room for children before they are moved together, kept: fresh pages cost more than filling them.
        self._nodes = np.empty(0, NODE)
        self._genes = np.empty(0, CONNECTION)

    def offspring(
        self,
        genomes: Genomes,
        fitness: NDArray[np.float64],
        members: NDArray[np.int64],
        quotas: NDArray[np.int64],
        threads: int = 1,
    ) -> Genomes:
        """Return the next generation.

        Args:
            genomes: The last generation.
            fitness: float64, shape (genomes,).
            members: int64, shape (genomes,): species of each genome.
            quotas: int64, shape (species,): offspring of each species; 0 for those that may not reproduce.
            threads: Threads to use; the result does not depend on it.
        """
        count = int(quotas.sum())
        lineage = self._choose_parents(genomes, fitness, members, quotas, count)
        nodes, node_room, genes, gene_room, counts = self._breed(genomes, fitness, lineage, count, threads)
        node_offsets = _ends(counts[:, 0])
        gene_offsets = _ends(counts[:, 1])
        new_nodes = np.empty(node_offsets[-1], NODE)
        new_genes = np.empty(gene_offsets[-1], CONNECTION)

        def move(start: int, stop: int, _: int) -> None:
            _move_together(
                start, stop, nodes, node_room, genes, gene_room, new_nodes, node_offsets, new_genes, gene_offsets
            )

        run_shards(move, count, threads, smallest=2048)
        return Genomes(new_nodes, node_offsets, new_genes, gene_offsets, genomes.generation + 1, lineage)

    def _choose_parents(
        self,
        genomes: Genomes,
        fitness: NDArray[np.float64],
        members: NDArray[np.int64],
        quotas: NDArray[np.int64],
        count: int,
    ) -> NDArray[np.void]:
        """Return the lineage of the children to come: within each species the best are parents, the champions stay."""
        settings = self.config.reproduction
        ranked = by_species(members, np.argsort(-fitness, kind="stable"))
        sizes = np.bincount(members, minlength=len(quotas))
        first_parent = _ends(sizes)[:-1]
        breeding = quotas > 0
        parent_counts = np.maximum(1, np.ceil(settings.survival * sizes).astype(np.int64))
        crowd = sizes if settings.elite_by == "members" else quotas
        elites = np.where(crowd >= settings.elite_species_size, np.minimum(settings.elites, sizes), 0)
        lineage = np.zeros(count, LINEAGE)
        _plan(
            ranked, first_parent[breeding], parent_counts[breeding], _ends(quotas[breeding]),
            np.minimum(elites, quotas)[breeding], float(settings.mutate_only), float(settings.mate_only),
            float(settings.interspecies), self.seed, genomes.generation, lineage,
        )  # fmt: skip
        return lineage

    def _breed(
        self, genomes: Genomes, fitness: NDArray[np.float64], lineage: NDArray[np.void], count: int, threads: int
    ) -> tuple[NDArray[np.void], NDArray[np.int64], NDArray[np.void], NDArray[np.int64], NDArray[np.int64]]:
        """Return the children in tables with room to spare, and how many nodes and connections each has."""
        mother, father = lineage["mother"], lineage["father"]
        node_counts, gene_counts = np.diff(genomes.node_offsets), np.diff(genomes.connection_offsets)
        crossed = father >= 0
        node_room = _ends(node_counts[mother] + np.where(crossed, node_counts[father], 0) + _NEW_NODES)
        gene_room = _ends(gene_counts[mother] + np.where(crossed, gene_counts[father], 0) + _NEW_GENES)
        nodes = self._nodes = _at_least(self._nodes, int(node_room[-1]))
        genes = self._genes = _at_least(self._genes, int(gene_room[-1]))
        counts = np.empty((count, 2), np.int64)
        proposals = np.empty(count, PROPOSAL)

        def breed(start: int, stop: int, _: int) -> None:
            _breed(
                start, stop, genomes.nodes, genomes.node_offsets, genomes.connections, genomes.connection_offsets,
                fitness, lineage, self._crossing, self._rates, self.seed, genomes.generation, nodes, node_room, genes,
                gene_room, counts, proposals,
            )  # fmt: skip

        run_shards(breed, count, threads)
        if self.config.population.innovation_scope == "generation":
            self.register.forget()
        splits = int(np.count_nonzero(proposals["split"] >= 0))
        self.register.reserve(2 * splits + int(np.count_nonzero(proposals["source"] >= 0)), 2 * splits + 64)
        r = self.register
        _grow(
            nodes, node_room, genes, gene_room, counts, proposals, self._activation, self._aggregation, r.counters,
            r.pair_keys, r.pair_values, r.split_keys, r.split_values,
        )  # fmt: skip
        return nodes, node_room, genes, gene_room, counts


def _at_least(room: NDArray[np.void], size: int) -> NDArray[np.void]:
    """Return ``room``, or a larger one where it does not hold ``size`` genes."""
    return room if len(room) >= size else np.empty(size + size // 4, room.dtype)


def _ends(lengths: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return offsets, from 0, of rows of the given lengths."""
    offsets = np.zeros(len(lengths) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    return offsets
