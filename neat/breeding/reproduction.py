"""Reproduction: a new table of genomes from the parents of the previous generation.

There are three passes. *Plan* chooses the parents of each child. *Breed* applies crossover and mutation to every child,
on all threads, and leaves room for the structure it proposes. *Grow* is one serial pass in the order of the children;
it assigns innovation numbers and inserts the new genes, so that results do not depend on the number of threads.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neat.breeding.emitter import Emitter, Parents
from neat.compiled.kernel import kernel, uncounted
from neat.compiled.parallel import SMALL_WORK, run_shards
from neat.compiled.random import Stream, below, rekey, uniform
from neat.config import Config
from neat.genes.innovation import InnovationRegister
from neat.genes.schema import CONNECTION, NODE
from neat.genes.table import LINEAGE, Genomes
from neat.operators.add_connection import ADD_CONNECTION, propose_connection
from neat.operators.crossover import CROSSOVER, CrossoverRates, crossover, crossover_rates, mixes
from neat.operators.growth import PROPOSAL, apply_proposal, new_connection, new_nodes
from neat.operators.mutate import mutate
from neat.operators.own import OwnMutations
from neat.operators.rates import mutation_rates
from neat.operators.registry import ELITE, INTERSPECIES
from neat.operators.weights import WEIGHTS, mutate_weights
from neat.species.speciation import by_species

__all__ = ["Reproduction"]

_MATE_ONLY, _DELTA = 1 << 31, 1 << 30  # in addition to the operator flags, while a generation is bred
_DELTA_WEIGHTS = 0.8  # fraction of delta coding's children with mutated weights
_PARENTS, _OFFSPRING = int(Stream.PARENTS), int(Stream.OFFSPRING)
_NEW_NODES, _NEW_GENES = 1, 3  # most nodes and connections that a child's proposals add


class _Parenthood(NamedTuple):
    """`neat.config.ReproductionConfig` in the form that compiled code uses."""

    survival: float
    beyond: bool
    elites: int
    elite_species_size: int
    elite_by_members: bool
    mutate_only: float
    mate_only: float
    interspecies: float
    selfing: bool


@kernel
def _part(share, size):  # type: ignore[no-untyped-def]
    """Return ``share`` of ``size``; within rounding error of a whole number, that number (0.28 of 25 is 7)."""
    exact = share * size
    return round(exact) if abs(exact - round(exact)) < 1e-9 * max(1.0, exact) else exact


@kernel
def _plan(members, order, quotas, rates, seed, generation, delta, lineage):  # type: ignore[no-untyped-def]
    """Choose the parents of every child and how it is made: the best of each species are parents, elites are copied.

    Args:
        members: int64, shape (genomes,): species of each genome of the previous generation.
        order: int64, shape (genomes,): indices of these genomes, fittest first.
        quotas: int64, shape (species,): offspring of each species; 0: it may not reproduce.
        rates: `_Parenthood`.
        seed: Seed of the run.
        generation: Number of the previous generation.
        delta: Whether all children come from champions alone (``species.delta_coding``).
        lineage: dtype `LINEAGE`, shape (children,): written to.
    """
    rng = np.empty(2, np.uint64)
    ranked, starts = by_species(members, order, quotas.size)
    breeding = np.empty(quotas.size, np.int64)
    count = 0
    for s in range(quotas.size):
        if quotas[s]:
            breeding[count] = s
            count += 1
    breeding = breeding[:count]
    parents = np.empty(count, np.int64)
    for b in range(count):
        size = starts[breeding[b] + 1] - starts[breeding[b]]
        if rates.beyond:
            parents[b] = min(size, math.floor(_part(rates.survival, size)) + 1)
        else:
            parents[b] = max(1, math.ceil(_part(rates.survival, size)))
    child = 0
    for b in range(breeding.size):
        s = breeding[b]
        size = starts[s + 1] - starts[s]
        crowd = size if rates.elite_by_members else quotas[s]
        elites = min(rates.elites, size) if crowd >= rates.elite_species_size else 0
        for rank in range(quotas[s]):
            lineage[child].father = -1
            if delta:
                lineage[child].mother = ranked[starts[s]]
                lineage[child].operators = _DELTA if rank < quotas[s] - 1 else ELITE
                child += 1
                continue
            if rank < elites:
                lineage[child].mother = ranked[starts[s] + rank]
                lineage[child].operators = ELITE
                child += 1
                continue
            rekey(rng, seed, _PARENTS, generation, child)
            mother = below(rng, parents[b])
            lineage[child].mother = ranked[starts[s] + mother]
            operators = 0
            if uniform(rng) >= rates.mutate_only:
                if rates.interspecies > 0.0 and breeding.size > 1 and uniform(rng) < rates.interspecies:
                    other = (b + 1 + below(rng, breeding.size - 1)) % breeding.size
                    lineage[child].father = ranked[starts[breeding[other]] + below(rng, parents[other])]
                    operators = CROSSOVER | INTERSPECIES
                elif parents[b] > 1:
                    if rates.selfing:
                        father = below(rng, parents[b])
                    else:  # a different one: crossover of a genome with itself is a copy
                        father = (mother + 1 + below(rng, parents[b] - 1)) % parents[b]
                    lineage[child].father = ranked[starts[s] + father]
                    operators = CROSSOVER
                alone = lineage[child].father == lineage[child].mother
                if operators and rates.mate_only > 0.0 and uniform(rng) < rates.mate_only and not alone:
                    operators |= _MATE_ONLY
            lineage[child].operators = operators
            child += 1


@kernel
def _room(node_offsets, gene_offsets, fitness, lineage, crossing):  # type: ignore[no-untyped-def]
    """Return, for each child, offsets of nodes and of genes with room for every possible result."""
    node_room = np.zeros(lineage.size + 1, np.int64)
    gene_room = np.zeros(lineage.size + 1, np.int64)
    for child in range(lineage.size):
        mother, father = lineage[child].mother, lineage[child].father
        nodes = node_offsets[mother + 1] - node_offsets[mother]
        genes = gene_offsets[mother + 1] - gene_offsets[mother]
        if father >= 0:
            others = node_offsets[father + 1] - node_offsets[father], gene_offsets[father + 1] - gene_offsets[father]
            if mixes(fitness[mother] == fitness[father], crossing):
                nodes, genes = nodes + others[0], genes + others[1]
            else:
                nodes, genes = max(nodes, others[0]), max(genes, others[1])
        node_room[child + 1] = node_room[child] + nodes + _NEW_NODES
        gene_room[child + 1] = gene_room[child] + genes + _NEW_GENES
    return node_room, gene_room


@uncounted
def _breed(  # type: ignore[no-untyped-def]
    start, stop, nodes, node_offsets, genes, gene_offsets, fitness, lineage, crossing, rates, seed, generation,
    new_nodes, node_room, new_genes, gene_room, sizes, proposals, rng,
):  # fmt: skip
    """Make children ``start … stop - 1``: crossover or a copy, then mutation in place; new structure is only proposed.

    The children are stored one after the other from the offset of the first, each with just the room for its proposal.
    """
    node_place, gene_place = node_room[start], gene_room[start]
    for child in range(start, stop):
        rekey(rng, seed, _OFFSPRING, generation, child)
        own_nodes = new_nodes[node_place:]
        own_genes = new_genes[gene_place:]
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
        if operators & _DELTA:
            operators = np.int64(0)
            if rates.add_connection == 0.0 or uniform(rng) < _DELTA_WEIGHTS:
                mutate_weights(own_genes[:m], rates, rng)
                operators |= WEIGHTS
            elif propose_connection(own_nodes[:n], own_genes[:m], rates, proposals[child : child + 1], rng):
                operators |= ADD_CONNECTION
        elif operators & (ELITE | _MATE_ONLY) == 0:
            n, m, flags = mutate(own_nodes, n, own_genes, m, rates, proposals[child : child + 1], rng)
            operators |= flags
        lineage[child].operators = operators & ~_MATE_ONLY
        splits = proposals[child].split >= 0
        sizes[child, 0] = n + splits
        sizes[child, 1] = m + 2 * splits + (proposals[child].source >= 0)
        node_place += sizes[child, 0]
        gene_place += sizes[child, 1]


@kernel
def _pack(genes, starts, room, sizes):  # type: ignore[no-untyped-def]
    """Close the gaps between the shards of a table, in place; return the offset of each child.

    Every thread writes the children of its shard one after the other, starting at ``room[first child]``. The same in
    plain Python is::

        offsets = [0, *itertools.accumulate(sizes)]
        packed = []
        for first, after in itertools.pairwise([*starts, len(sizes)]):
            count = offsets[after] - offsets[first]                    # genes of this shard
            packed += genes[room[first] : room[first] + count]
        genes[: len(packed)] = packed

    Args:
        genes: Node or connection genes, changed in place.
        starts: int64, first child of each shard.
        room: int64, shape (children + 1,): where the genes of a shard start.
        sizes: int64, shape (children,): number of genes of each child.
    """
    offsets = np.zeros(sizes.size + 1, np.int64)
    for child in range(sizes.size):
        offsets[child + 1] = offsets[child] + sizes[child]
    for k in range(1, starts.size):
        end = offsets[starts[k + 1]] if k + 1 < starts.size else offsets[-1]
        away = room[starts[k]] - offsets[starts[k]]
        for i in range(offsets[starts[k]], end):
            genes[i] = genes[i + away]
    return offsets


@kernel
def _gather(nodes, genes, starts, node_room, gene_room, sizes, proposals):  # type: ignore[no-untyped-def]
    """Pack both tables; return both arrays of offsets, and the numbers of proposed nodes and connections."""
    node_offsets = _pack(nodes, starts, node_room, sizes[:, 0])
    gene_offsets = _pack(genes, starts, gene_room, sizes[:, 1])
    splits, connections = 0, 0
    for child in range(proposals.size):
        splits += proposals[child].split >= 0
        connections += proposals[child].source >= 0
    return node_offsets, gene_offsets, splits, connections


@kernel
def _grow(  # type: ignore[no-untyped-def]
    nodes, node_offsets, genes, gene_offsets, proposals, new_node, new_connection, counters, pair_keys, pair_values,
    split_keys, split_values, first, weights,
):  # fmt: skip
    """Number and insert the proposed genes, one child after the other."""
    for child in range(proposals.size):
        splits, connects = proposals[child].split >= 0, proposals[child].source >= 0
        if splits or connects:
            apply_proposal(
                nodes[node_offsets[child] : node_offsets[child + 1]],
                node_offsets[child + 1] - node_offsets[child] - splits,
                genes[gene_offsets[child] : gene_offsets[child + 1]],
                gene_offsets[child + 1] - gene_offsets[child] - 2 * splits - connects,
                proposals[child],
                new_node,
                new_connection,
                counters,
                pair_keys,
                pair_values,
                split_keys,
                split_values,
                first,
                weights,
            )


class Reproduction(Emitter):
    """Makes genomes by crossover and mutation within each species."""

    def __init__(self, config: Config, register: InnovationRegister, seed: int) -> None:
        """Prepare the settings for compiled code.

        Raises:
            ConfigError: An activation, an aggregation or a mutation of your own is unknown, or that cannot be compiled.
        """
        super().__init__(config, register, seed)
        self._own = OwnMutations(config.mutation.own, weight_limit=config.genome.weight_limit, acyclic=config.acyclic)
        self._rates = mutation_rates(config.mutation, config.genome, acyclic=config.acyclic)
        self._crossing: CrossoverRates = crossover_rates(
            config.crossover,
            acyclic=config.acyclic,
            check_pairs=config.population.innovation_scope == "generation",
        )
        r = config.reproduction
        self._parenthood = _Parenthood(
            survival=float(r.survival),
            beyond=r.survivors == "beyond",
            elites=int(r.elites),
            elite_species_size=int(r.elite_species_size),
            elite_by_members=r.elite_by == "members",
            mutate_only=float(r.mutate_only),
            mate_only=float(r.mate_only),
            interspecies=float(r.interspecies),
            selfing=bool(r.selfing),
        )
        self._new = new_nodes(config.genome), new_connection()

    def offspring(self, parents: Parents, count: int) -> Genomes:
        """Return ``count`` children; each species has as many as ``parents.quotas`` says."""
        genomes, score = parents.genomes, parents.score
        lineage = np.empty(count, LINEAGE)
        _plan(
            parents.species, (-score).argsort(kind="stable"), parents.quotas, self._parenthood, self.seed,
            genomes.generation, parents.champions_only, lineage,
        )  # fmt: skip
        spared = (lineage["operators"] & (ELITE | _MATE_ONLY)) != 0 if self._own else None
        before = (genomes.nodes, genomes.node_offsets, genomes.connections, genomes.connection_offsets)
        node_room, gene_room = _room(genomes.node_offsets, genomes.connection_offsets, score, lineage, self._crossing)
        nodes, genes = _table(node_room[-1], NODE), _table(gene_room[-1], CONNECTION)
        sizes = np.empty((count, 2), np.int64)
        proposals = np.empty(count, PROPOSAL)

        def breed(start: int, stop: int, _: int) -> None:
            _breed(
                start, stop, *before, score, lineage, self._crossing, self._rates, self.seed, genomes.generation,
                nodes, node_room, genes, gene_room, sizes, proposals, np.empty(2, np.uint64),
            )  # fmt: skip

        starts = run_shards(breed, count, parents.threads, smallest=SMALL_WORK)
        node_offsets, gene_offsets, splits, connections = _gather(
            nodes, genes, starts, node_room, gene_room, sizes, proposals
        )
        nodes, genes = nodes[: node_offsets[-1]], genes[: gene_offsets[-1]]
        register = self.register
        if self.config.population.innovation_scope == "generation":
            register.forget()
        register.reserve(2 * splits + connections, 2 * splits + 64)
        shared = 2 * splits + connections if self.config.mutation.shared_weight else 0
        first, weights = int(register.counters[0]), np.empty(shared)
        weights.fill(np.nan)
        _grow(
            nodes, node_offsets, genes, gene_offsets, proposals, *self._new,
            register.counters, register.pair_keys, register.pair_values, register.split_keys, register.split_values,
            first, weights,
        )  # fmt: skip
        made = Genomes(nodes, node_offsets, genes, gene_offsets, genomes.generation + 1, lineage)
        if spared is not None:
            self._own.apply(made, spared, self.seed, parents.threads)
        return made


def _table(rows: int, dtype: np.dtype[np.void]) -> NDArray[np.void]:
    """Return a table with room for at least that many genes, in one of a few sizes.

    Genomes grow. If each table were slightly larger than the one freed before it, the allocator would take new pages
    from the system in every generation, which costs as much as filling them.
    """
    step = max(64, 1 << max(0, int(rows).bit_length() - 4))
    return np.empty(-(-int(rows) // step) * step, dtype)
