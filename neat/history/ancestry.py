"""A genome's line of ancestors: which operators made each of them, and how they changed its fitness.

Every generation stores the parents of its genomes (`neat.genes.table.LINEAGE`). At a crossover, the line follows the
fitter parent, whose disjoint and excess genes the child has (2002 paper, section 3.2), or the mother if both are
equally fit.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neat.genes.table import Genome, Genomes
from neat.operators.registry import Operator

__all__ = [
    "Ancestor",
    "Births",
    "Gained",
    "Relatives",
    "ancestral_line",
    "gained_genes",
    "kept_relatives",
]

Gained = Mapping[int, tuple[Sequence[int], Sequence[int]]]
"""For each genome by index: innovation numbers of the nodes and of the connections that its fitter parent lacks."""


@dataclass(frozen=True)
class Relatives:
    """The genomes of one generation that matter to later ones, and the highest innovation numbers so far.

    Attributes:
        generation: Its number.
        nodes: Highest innovation number of a node so far.
        connections: Highest innovation number of a connection so far, -1 without connections.
        genomes: By index in the generation: mother, father (indices in the previous generation, -1 for none),
            `Operator`
            flags and fitness.
        gained: The new genes of the next generation's children, for those that have any; None if not stored.
    """

    generation: int
    nodes: int
    connections: int
    genomes: Mapping[int, tuple[int, int, int, float]]
    gained: Gained | None = None


@dataclass(frozen=True)
class Ancestor:
    """One genome of a line of ancestors.

    Attributes:
        generation: The generation it lived in.
        fitness: Its training fitness there.
        operators: The operators that made it.
        gain: Its fitness minus that of its parent on the line; NaN for the first. If episodes differ between
            generations,
            part of it is chance.
        partner: Fitness of the other parent, NaN without one.
        nodes: Innovation numbers of its node genes that the parent lacks, ascending.
        connections: The same for connection genes.
    """

    generation: int
    fitness: float
    operators: Operator
    gain: float = math.nan
    partner: float = math.nan
    nodes: tuple[int, ...] = ()
    connections: tuple[int, ...] = ()


def gained_genes(genomes: Genomes, children: Genomes, fitness: ArrayLike) -> Gained:
    """Return the genes of each child that its fitter parent lacks (the mother if both are equally fit).

    Args:
        genomes: A generation.
        children: The next one, with its ``lineage``. Children without parents are left out.
        fitness: Fitness of ``genomes``.
    """
    lineage = children.lineage
    if lineage is None or len(lineage) == 0:
        return {}
    scores = np.asarray(fitness, np.float64)
    mother, father = lineage["mother"].astype(np.int64), lineage["father"].astype(np.int64)
    parent = np.where((father >= 0) & (scores[father] > scores[mother]), father, mother)
    gained: dict[int, tuple[list[int], list[int]]] = {}
    for place, name in enumerate(("nodes", "connections")):
        # Each gene of each genome as one number, so that one sorted array holds all parents' genes for searching.
        old = np.repeat(np.arange(len(genomes)), np.diff(getattr(genomes, f"{name[:-1]}_offsets"))) << 32
        old += getattr(genomes, name)["innovation"]
        owner = np.repeat(np.arange(len(children)), np.diff(getattr(children, f"{name[:-1]}_offsets")))
        numbers = getattr(children, name)["innovation"]
        wanted = (parent[owner] << 32) + numbers
        at = np.minimum(np.searchsorted(old, wanted), max(0, len(old) - 1))
        new = (parent[owner] >= 0) & (old[at] != wanted if len(old) else True)
        for index, number in zip(owner[new].tolist(), numbers[new].tolist(), strict=True):
            gained.setdefault(index, ([], []))[place].append(number)
    return gained


def kept_relatives(
    generation: int,
    highest: tuple[int, int],
    lineage: NDArray[np.void],
    fitness: ArrayLike,
    children: NDArray[np.void] | None,
    others: Sequence[int] = (),
    gained: Gained | None = None,
) -> Relatives:
    """Return the genomes of a generation to store: the parents of the next one, the fittest, and ``others``.

    Args:
        generation: Its number.
        highest: Highest innovation numbers of nodes and of connections.
        lineage: Its own parents and operators, dtype `neat.genes.table.LINEAGE`.
        fitness: Fitness of its genomes.
        children: Lineage of the next generation; None if there is none.
        others: Indices of more genomes to store.
        gained: New genes of the next generation (`gained_genes`).
    """
    values = np.asarray(fitness, np.float64)
    kept = [np.array([int(np.argmax(values)), *others], np.int64)]
    if children is not None:
        kept += [children["mother"].astype(np.int64), children["father"].astype(np.int64)]
    genomes = {}
    for index in np.unique(np.concatenate(kept)).tolist():
        if index >= 0:
            row = lineage[index]
            genomes[index] = (int(row["mother"]), int(row["father"]), int(row["operators"]), float(values[index]))
    return Relatives(generation, *highest, genomes, gained)


def ancestral_line(history: Sequence[Relatives], generation: int, fitness: float) -> list[Ancestor]:
    """Return a genome and its ancestors, oldest first.

    Args:
        history: The relatives of every generation, in order.
        generation: The genome's generation.
        fitness: Its fitness there; if no genome has it, the fittest genome of the generation is used.
    """
    known = {relatives.generation: relatives.genomes for relatives in history}
    gains = {relatives.generation + 1: relatives.gained or {} for relatives in history}
    genomes = known.get(generation)
    if not genomes:
        return []
    index = min(genomes, key=lambda i: (genomes[i][3] != fitness, -genomes[i][3], i))
    line = []
    while True:
        mother, father, operators, own = known[generation][index]
        before = known.get(generation - 1, {})
        parents = [parent for parent in (mother, father) if parent in before]
        parents.sort(key=lambda parent: -before[parent][3])  # stable: the mother if both are equally fit
        gain = own - before[parents[0]][3] if parents else math.nan
        partner = before[parents[1]][3] if len(parents) > 1 else math.nan
        nodes, connections = gains.get(generation, {}).get(index, ((), ())) if parents else ((), ())
        line.append(Ancestor(generation, own, Operator(operators), gain, partner, tuple(nodes), tuple(connections)))
        if not parents:
            return line[::-1]
        generation, index = generation - 1, parents[0]


@dataclass(frozen=True)
class Births:
    """The generation in which each gene of a genome appeared, in the run (`of`) or in its line of ancestors (`along`).

    Attributes:
        nodes: Generation of each node gene, int64[nodes], in the genome's order; -1 if unknown.
        connections: Generation of each connection gene, int64[connections], likewise.
    """

    nodes: NDArray[np.int64]
    connections: NDArray[np.int64]

    @classmethod
    def of(cls, genome: Genome, history: Sequence[Relatives]) -> Births:
        """Return the generation of each gene in the run: innovation numbers increase from generation to generation."""
        generations = np.array([*(relatives.generation for relatives in history), -1], np.int64)
        found = []
        for name, genes in (("nodes", genome.nodes), ("connections", genome.connections)):
            highest = np.array([getattr(relatives, name) for relatives in history], np.int64)
            highest = np.maximum.accumulate(highest) if len(highest) else highest
            found.append(generations[np.searchsorted(highest, genes["innovation"])])
        return cls(*found)

    @classmethod
    def along(cls, genome: Genome, line: Sequence[Ancestor]) -> Births:
        """Return the generation in which each gene entered a genome's line of ancestors for good.

        Genes that the first ancestor has get its generation. The result can be later than in the run: the same mutation
        may happen again, or crossover with an equally fit parent may bring the gene in.
        """
        start = line[0].generation if line else -1
        nodes, connections = np.full(len(genome.nodes), start), np.full(len(genome.connections), start)
        for ancestor in line:
            nodes[np.isin(genome.nodes["innovation"], ancestor.nodes)] = ancestor.generation
            connections[np.isin(genome.connections["innovation"], ancestor.connections)] = ancestor.generation
        return cls(nodes.astype(np.int64), connections.astype(np.int64))
