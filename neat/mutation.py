"""Mutation of one genome: operators on the slices of its genes (2002 paper, sections 3.1 and 4.1).

Parameters change in place. Structure is only *proposed* (`PROPOSAL`), because innovation numbers are given afterwards,
in the order of the children; `apply_proposal` then grows the genome.
"""

from __future__ import annotations

import dataclasses
from enum import IntFlag
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neat.activations import activation_index
from neat.aggregations import aggregation_index
from neat.config import Config
from neat.crossover import drop_idle_nodes
from neat.innovation import connection_number, split_number
from neat.kernel import inlined, kernel
from neat.phenotype import place_of
from neat.random import below, normal, uniform
from neat.walks import link, reaches

__all__ = ["PROPOSAL", "MutationRates", "Operator", "apply_proposal", "mutate", "mutation_rates", "random_value"]

_BIAS, _OUTPUT, _HIDDEN = 1, 2, 3  # NodeKind
_UNIFORM, _NORMAL, _SCALE = range(3)
_DISTRIBUTIONS = ("uniform", "normal", "scale")

PROPOSAL = np.dtype(
    [("split", np.int32), ("source", np.int32), ("target", np.int32), ("weight", np.float64)], align=True
)
"""What a child wants to grow: a node on connection number ``split``, a connection ``source`` → ``target`` of
``weight``; -1 where it wants none."""


class Operator(IntFlag):
    """The operators that made a genome, as its lineage tells."""

    CROSSOVER = 1
    WEIGHTS = 2
    BIASES = 4
    RESPONSES = 8
    ACTIVATION = 16
    AGGREGATION = 32
    TOGGLE = 64
    REENABLE = 128
    DELETE_NODE = 256
    DELETE_CONNECTION = 512
    ADD_NODE = 1024
    ADD_CONNECTION = 2048
    ELITE = 4096
    INTERSPECIES = 8192


_CROSSOVER, _WEIGHTS, _BIASES, _RESPONSES = 1, 2, 4, 8
_ACTIVATION, _AGGREGATION, _TOGGLE, _REENABLE = 16, 32, 64, 128
_DELETE_NODE, _DELETE_CONNECTION, _ADD_NODE, _ADD_CONNECTION = 256, 512, 1024, 2048


class MutationRates(NamedTuple):
    """`neat.config.MutationConfig` and the genome settings it needs, as compiled code takes them."""

    add_node: float
    add_connection: float
    connection_tries: int
    recurrent: float
    recurrent_only: float
    toggle: float
    reenable: float
    delete_node: float
    delete_connection: float
    structure_exclusive: bool
    weights: float
    weight_perturb: float
    weight_replace: float
    weight_step: float
    distribution: int
    severe: float
    severe_perturb: float
    severe_replace: float
    biases: float
    bias_step: float
    responses: float
    response_step: float
    activation: float
    aggregation: float
    weight_init: int
    weight_scale: float
    weight_limit: float
    bias_scale: float
    bias_limit: float
    response_limit: float
    acyclic: bool
    activations: NDArray[np.uint8]
    aggregations: NDArray[np.uint8]


def mutation_rates(config: Config) -> MutationRates:
    """Return the mutation settings for compiled code.

    Raises:
        ConfigError: An activation or aggregation is unknown.
    """
    m, g = config.mutation, config.genome
    plain = {"float": float, "int": int, "bool": bool}
    same = {f.name: plain[str(f.type)](getattr(m, f.name)) for f in dataclasses.fields(m) if f.type in plain}
    return MutationRates(
        **same,
        distribution=_DISTRIBUTIONS.index(m.weight_distribution),
        weight_init=_DISTRIBUTIONS.index(g.weight_init),
        weight_scale=float(g.weight_scale),
        weight_limit=float(g.weight_limit),
        bias_scale=float(g.bias_scale),
        bias_limit=float(g.bias_limit),
        response_limit=float(g.response_limit),
        acyclic=config.acyclic,
        activations=np.array([activation_index(name, load=True) for name in g.activations], np.uint8),
        aggregations=np.array([aggregation_index(name) for name in g.aggregations], np.uint8),
    )


@inlined
def random_value(distribution, scale, limit, rng):  # type: ignore[no-untyped-def]
    """Draw a first weight or bias, within ±limit."""
    value = scale * normal(rng) if distribution == _NORMAL else scale * (2.0 * uniform(rng) - 1.0)
    return min(limit, max(-limit, value))


@inlined
def _perturbed(value, distribution, step, limit, rng):  # type: ignore[no-untyped-def]
    """Return a value a little away from ``value``, within ±limit."""
    if distribution == _UNIFORM:
        value += step * (2.0 * uniform(rng) - 1.0)
    elif distribution == _NORMAL:
        value += step * normal(rng)
    else:
        value *= 2.0 * uniform(rng)
    return min(limit, max(-limit, value))


@inlined
def mutate_weights(genes, rates, rng):  # type: ignore[no-untyped-def]
    """Perturb, replace or leave each weight.

    Inlined, as `mutate` is: handing all rates to a function costs as much as a fifth of the genome's weights.
    """
    perturb, change = rates.weight_perturb, rates.weight_perturb + rates.weight_replace
    if rates.severe > 0.0 and uniform(rng) < rates.severe:
        perturb, change = rates.severe_perturb, rates.severe_perturb + rates.severe_replace
    for c in range(genes.size):
        u = uniform(rng)
        if u < perturb:
            w = _perturbed(genes[c].weight, rates.distribution, rates.weight_step, rates.weight_limit, rng)
            genes[c].weight = w
        elif u < change:
            genes[c].weight = random_value(rates.weight_init, rates.weight_scale, rates.weight_limit, rng)


@kernel
def mutate_biases(nodes, rates, rng):  # type: ignore[no-untyped-def]
    """Perturb, replace or leave the bias of each hidden and output node, by the shares of weights."""
    for i in range(nodes.size):
        if nodes[i].kind >= _OUTPUT:
            u = uniform(rng)
            if u < rates.weight_perturb:
                b = _perturbed(nodes[i].bias, rates.distribution, rates.bias_step, rates.bias_limit, rng)
                nodes[i].bias = b
            elif u < rates.weight_perturb + rates.weight_replace:
                nodes[i].bias = random_value(rates.weight_init, rates.bias_scale, rates.bias_limit, rng)


@kernel
def mutate_responses(nodes, rates, rng):  # type: ignore[no-untyped-def]
    """Perturb the response of each hidden and output node, or set it to 1, by the shares of weights."""
    for i in range(nodes.size):
        if nodes[i].kind >= _OUTPUT:
            u = uniform(rng)
            if u < rates.weight_perturb:
                r = _perturbed(nodes[i].response, rates.distribution, rates.response_step, rates.response_limit, rng)
                nodes[i].response = r
            elif u < rates.weight_perturb + rates.weight_replace:
                nodes[i].response = 1.0


@kernel
def _another(choices, current, rng):  # type: ignore[no-untyped-def]
    """Draw one of ``choices`` other than ``current``; give ``current`` back where there is no other."""
    others = 0
    for k in range(choices.size):
        others += choices[k] != current
    pick = below(rng, others) if others > 0 else 0
    for k in range(choices.size):
        if choices[k] != current:
            if pick == 0:
                return choices[k]
            pick -= 1
    return current


@kernel
def mutate_functions(nodes, rates, rng):  # type: ignore[no-untyped-def]
    """Let hidden nodes choose other activation and aggregation functions; return the flags of what changed."""
    flags = 0
    for i in range(nodes.size):
        if nodes[i].kind == _HIDDEN:
            if rates.activation > 0.0 and uniform(rng) < rates.activation:
                chosen = _another(rates.activations, nodes[i].activation, rng)
                flags |= _ACTIVATION * (chosen != nodes[i].activation)
                nodes[i].activation = chosen
            if rates.aggregation > 0.0 and uniform(rng) < rates.aggregation:
                chosen = _another(rates.aggregations, nodes[i].aggregation, rng)
                flags |= _AGGREGATION * (chosen != nodes[i].aggregation)
                nodes[i].aggregation = chosen
    return flags


@kernel
def toggle(genes, rng):  # type: ignore[no-untyped-def]
    """Flip ``enabled`` of one connection chosen at random."""
    if genes.size:
        c = below(rng, genes.size)
        genes[c].enabled = 1 - genes[c].enabled


@kernel
def reenable(genes):  # type: ignore[no-untyped-def]
    """Enable the oldest disabled connection, if there is one."""
    for c in range(genes.size):
        if genes[c].enabled == 0:
            genes[c].enabled = 1
            return True
    return False


@kernel
def delete_connection(nodes, n, genes, m, rng):  # type: ignore[no-untyped-def]
    """Remove one connection, and hidden nodes left without any; return the numbers of nodes and connections left."""
    if m == 0:
        return n, m
    victim = below(rng, m)
    for c in range(victim, m - 1):
        genes[c] = genes[c + 1]
    return drop_idle_nodes(nodes, n, genes, m - 1), m - 1


@kernel
def delete_node(nodes, n, genes, m, rng):  # type: ignore[no-untyped-def]
    """Remove one hidden node with its connections; return the numbers of nodes and connections left."""
    first = 0
    while first < n and nodes[first].kind != _HIDDEN:
        first += 1
    if first == n:
        return n, m
    victim = nodes[first + below(rng, n - first)].innovation
    left = 0
    for c in range(m):
        if genes[c].source != victim and genes[c].target != victim:
            genes[left] = genes[c]
            left += 1
    return drop_idle_nodes(nodes, n, genes, left), left


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


@kernel
def propose_node(nodes, genes, proposal, rng):  # type: ignore[no-untyped-def]
    """Propose to split an enabled connection that does not come from the bias node (a split would only copy it)."""
    candidates = 0
    for c in range(genes.size):
        if genes[c].enabled and nodes[place_of(nodes, genes[c].source)].kind != _BIAS:
            candidates += 1
    if candidates == 0:
        return False
    chosen = below(rng, candidates)
    for c in range(genes.size):
        if genes[c].enabled and nodes[place_of(nodes, genes[c].source)].kind != _BIAS:
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


@inlined
def mutate(nodes, n, genes, m, rates, proposal, rng):  # type: ignore[no-untyped-def]
    """Mutate one genome in place and propose new structure.

    Args:
        nodes: Node genes, with the genome in the first ``n``.
        n: Number of node genes.
        genes: Connection genes, with the genome in the first ``m``.
        m: Number of connection genes.
        rates: `MutationRates`.
        proposal: `PROPOSAL`, shape (1,): receives the proposals.
        rng: Generator of the child.

    Returns:
        Numbers of nodes and connections left, and the `Operator` flags of what happened.
    """
    flags = 0
    if rates.structure_exclusive:
        if uniform(rng) < rates.add_node:
            flags |= _ADD_NODE * propose_node(nodes[:n], genes[:m], proposal, rng)
            return n, m, flags
        if uniform(rng) < rates.add_connection:
            flags |= _ADD_CONNECTION * propose_connection(nodes[:n], genes[:m], rates, proposal, rng)
            return n, m, flags
    if rates.delete_connection > 0.0 and uniform(rng) < rates.delete_connection:
        flags |= _DELETE_CONNECTION
        n, m = delete_connection(nodes, n, genes, m, rng)
    if rates.delete_node > 0.0 and uniform(rng) < rates.delete_node:
        flags |= _DELETE_NODE
        n, m = delete_node(nodes, n, genes, m, rng)
    if uniform(rng) < rates.weights:
        flags |= _WEIGHTS
        mutate_weights(genes[:m], rates, rng)
    if rates.biases > 0.0 and uniform(rng) < rates.biases:
        flags |= _BIASES
        mutate_biases(nodes[:n], rates, rng)
    if rates.responses > 0.0 and uniform(rng) < rates.responses:
        flags |= _RESPONSES
        mutate_responses(nodes[:n], rates, rng)
    if rates.activation > 0.0 or rates.aggregation > 0.0:
        flags |= mutate_functions(nodes[:n], rates, rng)
    if rates.toggle > 0.0 and uniform(rng) < rates.toggle:
        flags |= _TOGGLE
        toggle(genes[:m], rng)
    if rates.reenable > 0.0 and uniform(rng) < rates.reenable:
        flags |= _REENABLE * reenable(genes[:m])
    if not rates.structure_exclusive:
        if uniform(rng) < rates.add_node:
            flags |= _ADD_NODE * propose_node(nodes[:n], genes[:m], proposal, rng)
        if uniform(rng) < rates.add_connection:
            flags |= _ADD_CONNECTION * propose_connection(nodes[:n], genes[:m], rates, proposal, rng)
    return n, m, flags


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
    nodes, n, genes, m, proposal, activation, aggregation, counters, pair_keys, pair_values, split_keys, split_values
):
    """Grow one genome as it proposed, with numbers from the register; return its numbers of nodes and connections.

    The split connection is disabled; the connection into the new node has weight 1, the one out of it the old weight.
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
        _insert_gene(genes, m, number, proposal.source, proposal.target, proposal.weight)
        m += 1
    return n, m
