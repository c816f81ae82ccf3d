"""Delete node: one hidden node is removed, with its connections."""

from __future__ import annotations

from neat.compiled.kernel import inlined_uncounted, uncounted
from neat.compiled.random import below, uniform
from neat.genes.kinds import HIDDEN
from neat.genes.structure import drop_idle_nodes
from neat.operators.operator import Mutation
from neat.settings.ranges import Share

__all__ = ["MUTATION"]

_DELETE_NODE = 256


class Settings:
    """Settings of the delete-node mutation."""

    delete_node: Share = 0.0
    """Probability per child that one hidden node is removed, with its connections."""


@uncounted
def _delete_node(nodes, n, genes, m, rng):  # type: ignore[no-untyped-def]
    """Remove one hidden node with its connections; return the numbers of remaining nodes and connections."""
    first = 0
    while first < n and nodes[first].kind != HIDDEN:
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


@inlined_uncounted
def _kernel(nodes, n, genes, m, rates, proposal, rng):  # type: ignore[no-untyped-def]
    flags = 0
    if uniform(rng) < rates.delete_node:
        flags = _DELETE_NODE
        n, m = _delete_node(nodes, n, genes, m, rng)
    return n, m, flags


MUTATION = Mutation(kernel=_kernel, settings=Settings, flags={"DELETE_NODE": _DELETE_NODE}, group="delete")
