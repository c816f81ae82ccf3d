"""Crossover: two genomes, aligned by innovation number, make one (2002 paper, section 3.2 and figure 4).

Genes with the same number match; the others are disjoint (within the other parent's range of numbers) or excess (beyond
it). The child is always a valid genome: no dangling connection, no duplicate (source, target), and no cycle if genomes
are kept acyclic. In this module the *mother* is the fitter parent and the *father* the other one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

from neat.compiled.kernel import inlined_uncounted, kernel, uncounted
from neat.compiled.random import below, uniform
from neat.compiled.written import written
from neat.genes.kinds import OUTPUT
from neat.genes.schema import attributes_of
from neat.genes.structure import drop_idle_nodes, is_acyclic, link, place_of, reaches
from neat.settings.checking import check_fields
from neat.settings.ranges import Share, check_ranges

__all__ = [
    "CROSSOVER",
    "CrossoverConfig",
    "CrossoverRates",
    "crossover",
    "crossover_rates",
    "mixes",
]

CROSSOVER = 1


@dataclass(frozen=True, kw_only=True)
class CrossoverConfig:
    """How two genomes are combined, aligned by innovation number (2002 paper, section 3.2)."""

    unmatched: Literal["fitter", "both"] = "fitter"
    """Source of disjoint and excess genes: the ``fitter`` parent, or ``both`` parents."""
    equal_fitness: Literal["random", "smaller"] = "random"
    """Parents of equal fitness: ``random``, each disjoint or excess gene is inherited at random (2002 paper);
    ``smaller``, the parent with fewer connections counts as the fitter one (C++ program)."""
    average: Share = 0.0
    """Probability that a crossover averages the weights of matching genes instead of choosing one parent's (C++
    program: 0.4)."""
    disable: Share = 0.75
    """Probability that an inherited connection is disabled if it is disabled in either parent."""
    enabled: Literal["drawn", "inherited"] = "drawn"
    """If such a connection is not disabled by ``disable``: ``drawn``, it is enabled (2002 paper); ``inherited``, it
    keeps the state of the inherited gene, so one that only one parent has stays disabled (C++ program)."""

    def __post_init__(self) -> None:
        check_fields(self, "crossover")
        check_ranges(self, "crossover")


class CrossoverRates(NamedTuple):
    """`CrossoverConfig` in the form that compiled code uses."""

    both: bool
    smaller: bool
    average: float
    disable: float
    inherited: bool
    acyclic: bool
    check_pairs: bool


def crossover_rates(c: CrossoverConfig, *, acyclic: bool, check_pairs: bool) -> CrossoverRates:
    """Return the settings for compiled code.

    Args:
        c: The settings.
        acyclic: Whether genomes are kept acyclic.
        check_pairs: Whether parents may have the same (source, target) under two numbers, which happens if the register
            of innovations is cleared.
    """
    return CrossoverRates(
        both=c.unmatched == "both",
        smaller=c.equal_fitness == "smaller",
        average=float(c.average),
        disable=float(c.disable),
        inherited=c.enabled == "inherited",
        acyclic=acyclic,
        check_pairs=check_pairs,
    )


@inlined_uncounted
def _either(coin, a, b):  # type: ignore[no-untyped-def]
    """Return ``a`` for a coin of 0, ``b`` for 1, and their mean for 0.5.

    This is arithmetic instead of a branch: a coin flip is unpredictable, and a misprediction costs more than the whole
    gene. The result is exact, since values are finite.
    """
    return (1 - coin) * a + coin * b


_take_attributes = inlined_uncounted(
    written(
        "take_attributes(child, mother, father, coin)",
        [f"child.{row.name} = either(coin, mother.{row.name}, father.{row.name})" for row in attributes_of("node")],
        {"either": _either},
        module=__name__,
        file=__file__,
    )
)
"""Set every schema attribute of a node gene to that of one parent, by coin flips (`_either`)."""


@inlined_uncounted
def _flag(share, a, b, rates):  # type: ignore[no-untyped-def]
    """Return ``enabled`` of a matching gene that is not disabled by chance.

    It is 1, or the flag of the parent that gave the weight. A gene with averaged weights is enabled (C++ program).
    """
    if not rates.inherited or share == 0.5:
        return 1
    return int(a) if share == 0.0 else int(b)


@inlined_uncounted
def _cross_nodes(mother, father, mixing, out, rng):  # type: ignore[no-untyped-def]
    """Write the mother's node genes; matching ones come from either parent at random. Return their number.

    The loop body is inlined: passing arrays to a function for each gene would cost more than the gene.
    """
    i, k, n = 0, 0, 0
    while i < mother.size or (mixing and k < father.size):
        if i < mother.size and k < father.size and mother[i].innovation == father[k].innovation:
            out[n] = mother[i]
            if mother[i].kind >= OUTPUT:  # inputs and the bias node are the same in all genomes
                coin = below(rng, 2)
                _take_attributes(out[n], mother[i], father[k], coin)
            i += 1
            k += 1
        elif k == father.size or (i < mother.size and mother[i].innovation < father[k].innovation):
            out[n] = mother[i]
            i += 1
        else:
            k += 1
            if not mixing:
                continue
            out[n] = father[k - 1]
        n += 1
    return n


@inlined_uncounted
def _inherit(mother, father, rates, out, rng):  # type: ignore[no-untyped-def]
    """Write the mother's connection genes, with matching ones mixed with the father's; return their number."""
    for c in range(mother.size):
        out[c] = mother[c]
    average = rates.average > 0.0 and uniform(rng) < rates.average
    k = 0
    for c in range(mother.size):
        while k < father.size and father[k].innovation < mother[c].innovation:
            k += 1
        disabled = mother[c].enabled == 0
        otherwise = 0 if disabled and rates.inherited else 1
        if k < father.size and father[k].innovation == mother[c].innovation:
            share = 0.5 if average else float(below(rng, 2))
            out[c].weight = _either(share, mother[c].weight, father[k].weight)
            otherwise = _flag(share, mother[c].enabled, father[k].enabled, rates)
            disabled = disabled or father[k].enabled == 0
            k += 1
        if disabled:
            out[c].enabled = 0 if uniform(rng) < rates.disable else otherwise
    return mother.size


@uncounted
def _mix(mother, father, rates, out, foreign, rng):  # type: ignore[no-untyped-def]
    """Write connection genes of both parents, in order of innovation number.

    In plain Python, with genes as dictionaries by innovation number::

        for number in sorted({*mother, *father}):
            if number in mother and number in father:
                gene = random.choice([mother[number], father[number]])     # or the mean of both weights
                disabled = not (mother[number].enabled and father[number].enabled)
            elif rates.both or random.random() < 0.5:                      # disjoint or excess
                gene = mother.get(number) or father[number]
                disabled = not gene.enabled
            else:
                continue
            if disabled:
                gene.enabled = False if random.random() < rates.disable else otherwise(gene)
            out.append(gene)

    ``otherwise`` is the setting ``crossover.enabled``. Tests of each rule are in ``tests/operators/test_crossover.py``.

    Args:
        mother: Connection genes of one parent.
        father: Connection genes of the other parent.
        rates: `CrossoverRates`.
        out: Receives the genes.
        foreign: bool, all False: marks the genes that only the father has.
        rng: Generator of the child.

    Returns:
        The number of genes, and whether any is foreign.
    """
    average = rates.average > 0.0 and uniform(rng) < rates.average
    i, k, m = 0, 0, 0
    mixed = False
    while i < mother.size or k < father.size:
        if i < mother.size and k < father.size and mother[i].innovation == father[k].innovation:
            share = 0.5 if average else float(below(rng, 2))
            out[m] = mother[i]
            out[m].weight = _either(share, mother[i].weight, father[k].weight)
            disabled = mother[i].enabled == 0 or father[k].enabled == 0
            otherwise = _flag(share, mother[i].enabled, father[k].enabled, rates)
            i += 1
            k += 1
        elif k == father.size or (i < mother.size and mother[i].innovation < father[k].innovation):
            i += 1
            if not rates.both and below(rng, 2) == 0:
                continue
            out[m] = mother[i - 1]
            disabled = mother[i - 1].enabled == 0
            otherwise = 0 if disabled and rates.inherited else 1
        else:
            k += 1
            if not rates.both and below(rng, 2) == 0:
                continue
            out[m] = father[k - 1]
            disabled = father[k - 1].enabled == 0
            otherwise = 0 if disabled and rates.inherited else 1
            foreign[m] = True
            mixed = True
        if disabled:
            out[m].enabled = 0 if uniform(rng) < rates.disable else otherwise
        m += 1
    return m, mixed


@kernel
def _repair(genes, count, foreign, nodes, rates):  # type: ignore[no-untyped-def]
    """Remove the father's genes that repeat a (source, target) or close a cycle; return the number of genes left.

    ``foreign`` marks genes that only the father has: the mother's own genes are valid.
    """
    check_cycles = rates.acyclic and not is_acyclic(genes, count, nodes)
    if not (check_cycles or rates.check_pairs):
        return count
    kept = np.empty(count, np.bool_)
    source = np.empty(count, np.int64)
    target = np.empty(count, np.int64)
    following = np.empty(count, np.int64)
    first = np.empty(nodes.size, np.int64)
    queue = np.empty(nodes.size, np.int64)
    seen = np.empty(nodes.size, np.bool_)
    for c in range(count):
        kept[c] = not foreign[c]
        source[c] = place_of(nodes, genes[c].source)
        target[c] = place_of(nodes, genes[c].target)
    link(source, kept, first, following)
    for c in range(count):
        if foreign[c]:
            keep = True
            if rates.check_pairs:
                d = first[source[c]]
                while d >= 0:
                    keep = keep and target[d] != target[c]
                    d = following[d]
            if keep and check_cycles:
                keep = not reaches(target[c], source[c], target, first, following, seen, queue)
            if keep:
                kept[c] = True
                following[c] = first[source[c]]
                first[source[c]] = c
    left = 0
    for c in range(count):
        if kept[c]:
            genes[left] = genes[c]
            left += 1
    return left


@inlined_uncounted
def mixes(equal, rates):  # type: ignore[no-untyped-def]
    """Return whether disjoint and excess genes of both parents may be combined, so that a child can exceed both."""
    return rates.both or (equal and not rates.smaller)


@kernel
def _cross_mixing(mother_nodes, mother_genes, father_nodes, father_genes, rates, out_nodes, out_genes, rng):  # type: ignore[no-untyped-def]
    """The same as `crossover`, if genes of both parents may be combined."""
    foreign = np.zeros(mother_genes.size + father_genes.size, np.bool_)
    m, mixed = _mix(mother_genes, father_genes, rates, out_genes, foreign, rng)
    n = _cross_nodes(mother_nodes, father_nodes, True, out_nodes, rng)
    if mixed:
        m = _repair(out_genes, m, foreign, out_nodes[:n], rates)
    return drop_idle_nodes(out_nodes, n, out_genes, m), m


@inlined_uncounted
def crossover(  # type: ignore[no-untyped-def]
    mother_nodes, mother_genes, father_nodes, father_genes, equal, rates, out_nodes, out_genes, rng
):
    """Write the child of two genomes; return its numbers of nodes and connections.

    Args:
        mother_nodes: Node genes of the fitter parent.
        mother_genes: Its connection genes.
        father_nodes: Node genes of the other parent.
        father_genes: Its connection genes.
        equal: Whether both have the same fitness.
        rates: `CrossoverRates`.
        out_nodes: Receives the child's node genes; must have room for those of the larger parent, or of both if it
            `mixes`.
        out_genes: Receives the child's connection genes; likewise.
        rng: Generator of the child (`neat.compiled.random`).
    """
    if equal and rates.smaller and father_genes.size < mother_genes.size:
        mother_nodes, father_nodes = father_nodes, mother_nodes
        mother_genes, father_genes = father_genes, mother_genes
    if mixes(equal, rates):
        return _cross_mixing(mother_nodes, mother_genes, father_nodes, father_genes, rates, out_nodes, out_genes, rng)
    m = _inherit(mother_genes, father_genes, rates, out_genes, rng)
    return _cross_nodes(mother_nodes, father_nodes, False, out_nodes, rng), m
