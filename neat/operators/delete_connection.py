"""Delete connection: one connection is removed, and any hidden node that this leaves without connections."""

from __future__ import annotations

from neat.compiled.kernel import inlined_uncounted, uncounted
from neat.compiled.random import below, uniform
from neat.genes.structure import drop_idle_nodes
from neat.operators.operator import Mutation
from neat.settings.ranges import Share

__all__ = ["MUTATION"]

_DELETE_CONNECTION = 512


class Settings:
    """Settings of the delete-connection mutation."""

    delete_connection: Share = 0.0
    """Probability per child that one connection is removed, and any hidden node that this leaves without connections.
    """


@uncounted
def _delete_connection(nodes, n, genes, m, rng):  # type: ignore[no-untyped-def]
    """Remove one connection, and hidden nodes without connections; return the remaining nodes and connections."""
    if m == 0:
        return n, m
    victim = below(rng, m)
    for c in range(victim, m - 1):
        genes[c] = genes[c + 1]
    return drop_idle_nodes(nodes, n, genes, m - 1), m - 1


@inlined_uncounted
def _kernel(nodes, n, genes, m, rates, proposal, rng):  # type: ignore[no-untyped-def]
    flags = 0
    if uniform(rng) < rates.delete_connection:
        flags = _DELETE_CONNECTION
        n, m = _delete_connection(nodes, n, genes, m, rng)
    return n, m, flags


MUTATION = Mutation(kernel=_kernel, settings=Settings, flags={"DELETE_CONNECTION": _DELETE_CONNECTION}, group="delete")
