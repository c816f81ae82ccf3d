"""Mutation of one genome: operators on the slices of its genes (2002 paper, sections 3.1 and 4.1).

Parameters change and genes go in place; new structure is proposed only (`neat.growth`).
"""

from __future__ import annotations

from enum import IntFlag

from neat.genes.structure import drop_idle_nodes
from neat.growth import propose_connection, propose_node
from neat.kernel import inlined, kernel
from neat.random import below, uniform
from neat.rates import perturbed, random_value, renewed

__all__ = ["Operator", "mutate"]

_OUTPUT, _HIDDEN = 2, 3  # NodeKind
_TAILED = 10  # connections from which on a genome has a tail


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
    SEARCH = 16384


_CROSSOVER, _WEIGHTS, _BIASES, _RESPONSES = 1, 2, 4, 8
_ACTIVATION, _AGGREGATION, _TOGGLE, _REENABLE = 16, 32, 64, 128
_DELETE_NODE, _DELETE_CONNECTION, _ADD_NODE, _ADD_CONNECTION = 256, 512, 1024, 2048


@inlined
def mutate_weights(genes, rates, rng):  # type: ignore[no-untyped-def]
    """Perturb, replace or leave each weight.

    Inlined, as all that every child goes through: handing rates and rows to functions costs a fifth of breeding.
    """
    perturb, change = rates.weight_perturb, rates.weight_perturb + rates.weight_replace
    body = float(genes.size)
    if rates.severe > 0.0 and uniform(rng) < rates.severe:
        perturb, change = rates.severe_perturb, rates.severe_perturb + rates.severe_replace
    elif genes.size >= _TAILED:
        body = (1.0 - rates.tail) * genes.size
    for c in range(genes.size):
        if c > body:
            perturb, change = rates.tail_perturb, rates.tail_perturb + rates.tail_replace
        u = uniform(rng)
        if u < perturb:
            w = perturbed(genes[c].weight, rates.distribution, rates.weight_step, rates.weight_limit, rng)
            genes[c].weight = w
        elif u < change:
            genes[c].weight = renewed(rates, rng)


@kernel
def mutate_biases(nodes, rates, rng):  # type: ignore[no-untyped-def]
    """Perturb, replace or leave the bias of each hidden and output node, by the shares of weights."""
    for i in range(nodes.size):
        if nodes[i].kind >= _OUTPUT:
            u = uniform(rng)
            if u < rates.weight_perturb:
                b = perturbed(nodes[i].bias, rates.distribution, rates.bias_step, rates.bias_limit, rng)
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
                r = perturbed(nodes[i].response, rates.distribution, rates.response_step, rates.response_limit, rng)
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
def toggle(genes, last, rng):  # type: ignore[no-untyped-def]
    """Flip ``enabled`` of one connection chosen at random; return whether that happened.

    Without ``last`` it does not where the connection is the only one enabled out of its source.
    """
    if genes.size == 0:
        return False
    c = below(rng, genes.size)
    if genes[c].enabled and not last:
        others = 0
        for d in range(genes.size):
            others += d != c and genes[d].enabled and genes[d].source == genes[c].source
        if others == 0:
            return False
    genes[c].enabled = 1 - genes[c].enabled
    return True


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
            flags |= _ADD_NODE * propose_node(nodes[:n], genes[:m], rates, proposal, rng)
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
        flags |= _TOGGLE * toggle(genes[:m], rates.toggle_last, rng)
    if rates.reenable > 0.0 and uniform(rng) < rates.reenable:
        flags |= _REENABLE * reenable(genes[:m])
    if not rates.structure_exclusive:
        if uniform(rng) < rates.add_node:
            flags |= _ADD_NODE * propose_node(nodes[:n], genes[:m], rates, proposal, rng)
        if uniform(rng) < rates.add_connection:
            flags |= _ADD_CONNECTION * propose_connection(nodes[:n], genes[:m], rates, proposal, rng)
    return n, m, flags
