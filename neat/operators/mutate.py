"""Mutation of one genome: every operator of the list, one after the other (2002 paper, sections 3.1 and 4.1).

Parameters are changed and genes deleted in place; new structure is only proposed (`neat.operators.growth`).
"""

from __future__ import annotations

from collections.abc import Iterator

from neat.compiled.kernel import inlined_uncounted
from neat.compiled.random import uniform
from neat.compiled.written import written
from neat.operators import MUTATIONS
from neat.operators.add_connection import ADD_CONNECTION, propose_connection
from neat.operators.add_node import ADD_NODE, propose_node

__all__ = ["chain", "mutate"]


_ARGUMENTS = "(nodes, n, genes, m, rates, proposal, rng)"


def _lines() -> Iterator[str]:
    """Yield the source of the chain. Impossible mutations are not called: passing arrays costs more than a test."""
    yield "happened = 0"
    for name, mutation in MUTATIONS.items():
        possible = " or ".join(f"rates.{flag.lower()} > 0.0" for flag in mutation.flags)
        yield f"if {'True' if mutation.always else possible}:"
        yield f"    n, m, flags = {name}{_ARGUMENTS}"
        yield "    happened |= flags"
    yield "return n, m, happened"


_KERNELS = {name: mutation.kernel for name, mutation in MUTATIONS.items()}
chain = inlined_uncounted(written(f"chain{_ARGUMENTS}", _lines(), _KERNELS, module=__name__, file=__file__))
"""All mutations, one after the other; arguments and result are those of `mutate`."""


@inlined_uncounted
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
        The numbers of remaining nodes and connections, and the `neat.operators.registry.Operator` flags of what
            happened.
    """
    if rates.structure_exclusive:
        if uniform(rng) < rates.add_node:
            return n, m, ADD_NODE * propose_node(nodes[:n], genes[:m], rates, proposal, rng)
        if uniform(rng) < rates.add_connection:
            return n, m, ADD_CONNECTION * propose_connection(nodes[:n], genes[:m], rates, proposal, rng)
    return chain(nodes, n, genes, m, rates, proposal, rng)
