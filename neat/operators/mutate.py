"""Mutation of one genome: every operator of the list, one after the other (2002 paper, sections 3.1 and 4.1).

Parameters change and genes go in place; new structure is proposed only (`neat.operators.growth`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from neat.compiled.kernel import inlined
from neat.compiled.random import uniform
from neat.operators import MUTATIONS
from neat.operators.add_connection import ADD_CONNECTION, propose_connection
from neat.operators.add_node import ADD_NODE, propose_node

__all__ = ["chain", "mutate"]


def _chained(kernels: dict[str, Callable[..., Any]]) -> Callable[..., Any]:
    """Return a function that calls kernels one after the other, and collects their flags.

    It is written from the list of mutations, as `dataclasses` writes ``__init__``: a loop over functions is either no
    compiled code or a jump for every step of every child.
    """
    lines = ["def chain(nodes, n, genes, m, rates, proposal, rng):", "    happened = 0"]
    for name in kernels:
        lines += [f"    n, m, flags = {name}(nodes, n, genes, m, rates, proposal, rng)", "    happened |= flags"]
    names: dict[str, Any] = {**kernels, "__name__": __name__}
    exec(compile("\n".join([*lines, "    return n, m, happened"]), __file__, "exec"), names)
    return names["chain"]  # type: ignore[no-any-return]


chain = inlined(_chained({name: mutation.kernel for name, mutation in MUTATIONS.items()}))
"""Every mutation, one after the other; arguments and result are those of `mutate`."""


@inlined
def mutate(nodes, n, genes, m, rates, proposal, rng):  # type: ignore[no-untyped-def]
    """Mutate one genome in place and propose new structure.

    Args:
        nodes: Node genes, with the genome in the first ``n``.
        n: Number of node genes.
        genes: Connection genes, with the genome in the first ``m``.
        m: Number of connection genes.
        rates: `neat.operators.rates.MutationRates`.
        proposal: `neat.operators.growth.PROPOSAL`, shape (1,): receives the proposals.
        rng: Generator of the child.

    Returns:
        Numbers of nodes and connections left, and the `neat.operators.registry.Operator` flags of what happened.
    """
    if rates.structure_exclusive:
        if uniform(rng) < rates.add_node:
            return n, m, ADD_NODE * propose_node(nodes[:n], genes[:m], rates, proposal, rng)
        if uniform(rng) < rates.add_connection:
            return n, m, ADD_CONNECTION * propose_connection(nodes[:n], genes[:m], rates, proposal, rng)
    return chain(nodes, n, genes, m, rates, proposal, rng)
