"""Growth: the structure that one child wants, and how its genome gets it (2002 paper, section 3.1 and figure 3).

Structure is first *proposed*, on all threads, because innovation numbers are given afterwards, in the order of the
children; then it is applied.
"""

from __future__ import annotations

import math

import numpy as np

from neat.genes.structure import link, place_of, reaches
from neat.innovation import connection_number, split_number
from neat.kernel import inlined, kernel
from neat.random import below, uniform
from neat.rates import random_value

__all__ = ["PROPOSAL", "apply_proposal", "propose_connection", "propose_node"]

_BIAS, _OUTPUT, _HIDDEN = 1, 2, 3  # NodeKind
_SMALL = 15  # connections below which `split_oldest` counts

PROPOSAL = np.dtype(
    [("split", np.int32), ("source", np.int32), ("target", np.int32), ("weight", np.float64)], align=True
)
"""What a child wants to grow: a node on connection number ``split``, a connection ``source`` → ``target`` of
``weight``; -1 where it wants none."""


@kernel
def _leads_to(genes, nodes, start, goal):  # type: ignore[no-untyped-def]
    """Tell whether connections, disabled ones included, lead from node place ``start`` to node place ``goal``."""
    if start == goal:
        return True
    source = np.empty(genes.size, np.int64)
    target = np.empty(genes.size, np.int64)
    following = np.empty(genes.size, np.int64)
    used = np.ones(genes.size, np.bool_)
    for c in range(genes.size):
        source[c] = place_of(nodes, genes[c].source)
        target[c] = place_of(nodes, genes[c].target)
    first = np.empty(nodes.size, np.int64)
    link(source, used, first, following)
    return reaches(
        start, goal, target, first, following, np.empty(nodes.size, np.bool_), np.empty(nodes.size, np.int64)
    )


@inlined
def _splittable(nodes, gene):  # type: ignore[no-untyped-def]
    return gene.enabled and nodes[place_of(nodes, gene.source)].kind != _BIAS


@kernel
def _propose_old_split(nodes, genes, rates, proposal, rng):  # type: ignore[no-untyped-def]
    """Propose to split an old connection, as Stanley's program does for small genomes.

    From the first on that can be split, each is taken with a probability, also one that turns out to be disabled:
    then there is no split.
    """
    c = 0
    while c < genes.size and not _splittable(nodes, genes[c]):
        c += 1
    while c < genes.size:
        if uniform(rng) < rates.split_oldest and nodes[place_of(nodes, genes[c].source)].kind != _BIAS:
            break
        c += 1
    if c == genes.size or not genes[c].enabled:
        return False
    proposal[0].split = genes[c].innovation
    return True


@kernel
def propose_node(nodes, genes, rates, proposal, rng):  # type: ignore[no-untyped-def]
    """Propose to split an enabled connection that does not come from the bias node (a split would only copy it)."""
    if rates.split_oldest > 0.0 and genes.size < _SMALL:
        return _propose_old_split(nodes, genes, rates, proposal, rng)
    candidates = 0
    for c in range(genes.size):
        if _splittable(nodes, genes[c]):
            candidates += 1
    if candidates == 0:
        return False
    chosen = below(rng, candidates)
    for c in range(genes.size):
        if _splittable(nodes, genes[c]):
            if chosen == 0:
                proposal[0].split = genes[c].innovation
                break
            chosen -= 1
    return True


@kernel
def propose_connection(nodes, genes, rates, proposal, rng):  # type: ignore[no-untyped-def]
    """Propose a connection between two nodes that have none; give up after ``connection_tries`` random pairs."""
    sensors = 0
    while sensors < nodes.size and nodes[sensors].kind <= _BIAS:
        sensors += 1
    only, allowed = False, False
    if not rates.acyclic:
        only = rates.recurrent_only > 0.0 and uniform(rng) < rates.recurrent_only
        allowed = only or (rates.recurrent > 0.0 and uniform(rng) < rates.recurrent)
    for _ in range(rates.connection_tries):
        s = below(rng, nodes.size)
        t = sensors + below(rng, nodes.size - sensors)
        if only and rates.loops > 0.0 and uniform(rng) < rates.loops:
            s = t
        source, target = nodes[s].innovation, nodes[t].innovation
        if not allowed and (nodes[s].kind == _OUTPUT or s == t):
            continue
        exists = False
        for c in range(genes.size):
            if genes[c].source == source and genes[c].target == target:
                exists = True
                break
        if exists:
            continue
        if not allowed or only:
            closes = nodes[s].kind > _BIAS and _leads_to(genes, nodes, t, s)
            if closes != only:
                continue
        proposal[0].source = source
        proposal[0].target = target
        proposal[0].weight = random_value(rates.weight_init, rates.weight_scale, rates.weight_limit, rng)
        return True
    return False


@kernel
def _insert_gene(genes, m, number, source, target, weight):  # type: ignore[no-untyped-def]
    """Insert an enabled connection gene in order of its number among the first ``m``."""
    c = m
    while c > 0 and genes[c - 1].innovation > number:
        genes[c] = genes[c - 1]
        c -= 1
    genes[c].innovation = number
    genes[c].source = source
    genes[c].target = target
    genes[c].enabled = 1
    genes[c].weight = weight


@kernel
def apply_proposal(  # type: ignore[no-untyped-def]
    nodes, n, genes, m, proposal, activation, aggregation, counters, pair_keys, pair_values, split_keys, split_values,
    first, weights,
):  # fmt: skip
    """Grow one genome as it proposed, with numbers from the register; return its numbers of nodes and connections.

    The split connection is disabled; the connection into the new node has weight 1, the one out of it the old weight.
    An added connection has the weight proposed, or that in ``weights``, where it does not stand at NaN: by its number
    from ``first`` on, those that were given in this generation. It is entered there for later genomes.
    """
    if proposal.split >= 0:
        c = 0
        while genes[c].innovation != proposal.split:
            c += 1
        k = 0
        number = split_number(counters, split_keys, split_values, proposal.split, k)
        place = place_of(nodes[:n], number)
        while place < n and nodes[place].innovation == number:
            k += 1
            number = split_number(counters, split_keys, split_values, proposal.split, k)
            place = place_of(nodes[:n], number)
        for i in range(n, place, -1):
            nodes[i] = nodes[i - 1]
        nodes[place].innovation = number
        nodes[place].kind = _HIDDEN
        nodes[place].activation = activation
        nodes[place].aggregation = aggregation
        nodes[place].bias = 0.0
        nodes[place].response = 1.0
        n += 1
        source, target, weight = genes[c].source, genes[c].target, genes[c].weight
        genes[c].enabled = 0
        into = connection_number(counters, pair_keys, pair_values, source, number)
        _insert_gene(genes, m, into, source, number, 1.0)
        out = connection_number(counters, pair_keys, pair_values, number, target)
        _insert_gene(genes, m + 1, out, number, target, weight)
        m += 2
    if proposal.source >= 0:
        number = connection_number(counters, pair_keys, pair_values, proposal.source, proposal.target)
        weight = proposal.weight
        if 0 <= number - first < weights.size:
            if math.isnan(weights[number - first]):
                weights[number - first] = weight
            weight = weights[number - first]
        _insert_gene(genes, m, number, proposal.source, proposal.target, weight)
        m += 1
    return n, m
