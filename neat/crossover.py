"""Crossover: two genomes aligned by innovation number make one (2002 paper, section 3.2 and figure 4).

Genes with the same number match; the others are disjoint (within the other parent's range of numbers) or excess
(beyond it). The child is always a valid genome: no dangling connection, no (source, target) twice, no cycle where
genomes are kept acyclic.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neat.config import Config
from neat.kernel import kernel
from neat.phenotype import place_of
from neat.random import below, uniform
from neat.walks import link, mark_depths, reaches

__all__ = ["CrossoverRates", "crossover", "crossover_rates", "drop_idle_nodes", "is_acyclic"]

_HIDDEN = 3  # NodeKind.HIDDEN


class CrossoverRates(NamedTuple):
    """`neat.config.CrossoverConfig` as compiled code takes it."""

    both: bool
    smaller: bool
    average: float
    disable: float
    acyclic: bool
    check_pairs: bool


def crossover_rates(config: Config) -> CrossoverRates:
    """Return the crossover settings for compiled code."""
    c = config.crossover
    return CrossoverRates(
        both=c.unmatched == "both",
        smaller=c.equal_fitness == "smaller",
        average=float(c.average),
        disable=float(c.disable),
        acyclic=config.acyclic,
        check_pairs=config.population.innovation_scope == "generation",
    )


@kernel
def _inherit_nodes(mother, father, out, rng):  # type: ignore[no-untyped-def]
    """Copy the mother's node genes, each matching one from either parent at random; return their number."""
    k = 0
    for i in range(mother.size):
        number = mother[i].innovation
        while k < father.size and father[k].innovation < number:
            k += 1
        if k < father.size and father[k].innovation == number and below(rng, 2):
            out[i] = father[k]
        else:
            out[i] = mother[i]
    return mother.size


@kernel
def _merge_nodes(mother, father, out, rng):  # type: ignore[no-untyped-def]
    """Copy the union of both parents' node genes, matching ones from either at random; return their number."""
    i, k, n = 0, 0, 0
    while i < mother.size or k < father.size:
        if k == father.size or (i < mother.size and mother[i].innovation < father[k].innovation):
            out[n] = mother[i]
            i += 1
        elif i == mother.size or father[k].innovation < mother[i].innovation:
            out[n] = father[k]
            k += 1
        else:
            if below(rng, 2):
                out[n] = father[k]
            else:
                out[n] = mother[i]
            i += 1
            k += 1
        n += 1
    return n


@kernel
def _match(mother, father, average, disable, out, rng):  # type: ignore[no-untyped-def]
    """Write the child's copy of a matching gene into ``out`` (a slice of one)."""
    disabled = mother[0].enabled == 0 or father[0].enabled == 0
    if below(rng, 2):
        out[0] = father[0]
    else:
        out[0] = mother[0]
    if average:
        out[0].weight = 0.5 * (mother[0].weight + father[0].weight)
    out[0].enabled = 0 if disabled and uniform(rng) < disable else 1


@kernel
def _pass_on(parent, disable, out, rng):  # type: ignore[no-untyped-def]
    """Write the child's copy of a disjoint or excess gene into ``out`` (a slice of one)."""
    out[0] = parent[0]
    if out[0].enabled == 0:
        out[0].enabled = 0 if uniform(rng) < disable else 1


@kernel
def is_acyclic(genes, count, nodes):  # type: ignore[no-untyped-def]
    """Tell whether the first ``count`` genes form no cycle."""
    n = nodes.size
    scratch = np.empty(4 * n + 3 * count, np.int64)
    source, target, following = scratch[:count], scratch[count : 2 * count], scratch[2 * count : 3 * count]
    rest = scratch[3 * count :]
    used = np.ones(count, np.bool_)
    for c in range(count):
        source[c] = place_of(nodes, genes[c].source)
        target[c] = place_of(nodes, genes[c].target)
    link(source, used, rest[:n], following)
    return mark_depths(target, used, rest[:n], following, rest[n : 2 * n], rest[2 * n : 3 * n], rest[3 * n :])


@kernel
def _repair(genes, count, foreign, nodes, rates):  # type: ignore[no-untyped-def]
    """Drop the father's genes that repeat a (source, target) or close a cycle; return how many genes are left.

    ``foreign`` marks genes that only the father has: the mother's alone are valid.
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


@kernel
def drop_idle_nodes(nodes, count, genes, gene_count):  # type: ignore[no-untyped-def]
    """Remove hidden nodes that no connection gene names, in place; return how many nodes are left."""
    used = np.zeros(count, np.bool_)
    for c in range(gene_count):
        used[place_of(nodes[:count], genes[c].source)] = True
        used[place_of(nodes[:count], genes[c].target)] = True
    left = 0
    for i in range(count):
        if nodes[i].kind != _HIDDEN or used[i]:
            nodes[left] = nodes[i]
            left += 1
    return left


@kernel
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
        out_nodes: Receives the child's node genes; room for those of both parents.
        out_genes: Receives the child's connection genes; room for those of both parents.
        rng: Generator of the child (`neat.random`).
    """
    average = rates.average > 0.0 and uniform(rng) < rates.average
    if equal and rates.smaller and father_genes.size < mother_genes.size:
        mother_nodes, father_nodes = father_nodes, mother_nodes
        mother_genes, father_genes = father_genes, mother_genes
    either = rates.both or (equal and not rates.smaller)
    m, k = 0, 0
    if not either:
        for i in range(mother_genes.size):
            number = mother_genes[i].innovation
            while k < father_genes.size and father_genes[k].innovation < number:
                k += 1
            if k < father_genes.size and father_genes[k].innovation == number:
                _match(mother_genes[i : i + 1], father_genes[k : k + 1], average, rates.disable, out_genes[i:], rng)
            else:
                _pass_on(mother_genes[i : i + 1], rates.disable, out_genes[i:], rng)
        return _inherit_nodes(mother_nodes, father_nodes, out_nodes, rng), mother_genes.size
    foreign = np.zeros(mother_genes.size + father_genes.size, np.bool_)
    mixed = False
    i = 0
    while i < mother_genes.size or k < father_genes.size:
        if k == father_genes.size or (
            i < mother_genes.size and mother_genes[i].innovation < father_genes[k].innovation
        ):
            if rates.both or below(rng, 2):
                _pass_on(mother_genes[i : i + 1], rates.disable, out_genes[m:], rng)
                m += 1
            i += 1
        elif i == mother_genes.size or father_genes[k].innovation < mother_genes[i].innovation:
            if rates.both or below(rng, 2):
                _pass_on(father_genes[k : k + 1], rates.disable, out_genes[m:], rng)
                foreign[m] = True
                mixed = True
                m += 1
            k += 1
        else:
            _match(mother_genes[i : i + 1], father_genes[k : k + 1], average, rates.disable, out_genes[m:], rng)
            i += 1
            k += 1
            m += 1
    n = _merge_nodes(mother_nodes, father_nodes, out_nodes, rng)
    if mixed:
        m = _repair(out_genes, m, foreign, out_nodes[:n], rates)
    return drop_idle_nodes(out_nodes, n, out_genes, m), m
