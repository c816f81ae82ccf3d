"""Values of nodes change: biases, responses, and every other value that the gene schema says evolves."""

from __future__ import annotations

from numba import literal_unroll

from neat.compiled.kernel import inlined_uncounted, uncounted
from neat.compiled.random import uniform
from neat.genes.kinds import OUTPUT
from neat.genes.schema import VALUES
from neat.operators.draws import first_value, perturbed
from neat.operators.operator import Mutation
from neat.settings.ranges import Amount, Share, part

__all__ = ["MUTATION"]

_NAMES = tuple(row.name for row, _ in VALUES)
_FLAGS = tuple(evolution.flag for _, evolution in VALUES)


@uncounted
def _mutate(kinds, values, how, rates, rng):  # type: ignore[no-untyped-def]
    """Perturb, replace or leave the value of each hidden and output node, by the shares of weights.

    Args:
        kinds: Kind of each node.
        values: float64, shape (nodes,): the values, changed in place.
        how: One of ``rates.values``.
        rates: `neat.operators.rates.MutationRates`.
        rng: Generator of the child.
    """
    for i in range(values.size):
        if kinds[i] >= OUTPUT:
            u = uniform(rng)
            if u < rates.weight_perturb:
                v = perturbed(values[i], rates.weight_distribution, how.step, how.low, how.high, rng)
                values[i] = v
            elif u < rates.weight_perturb + rates.weight_replace:
                values[i] = first_value(how, rates, rng)


@uncounted
def _mutate_values(nodes, rates, rng):  # type: ignore[no-untyped-def]
    """Mutate each value of nodes with its probability; return the flags of those that were."""
    flags, k = 0, 0
    for name in literal_unroll(_NAMES):
        rate = rates.values[k].rate
        if rate > 0.0 and uniform(rng) < rate:
            flags |= _FLAGS[k]
            _mutate(nodes["kind"], nodes[name], rates.values[k], rates, rng)
        k += 1  # noqa: SIM113 (compiled code unrolls names, not pairs)
    return flags


@inlined_uncounted
def _kernel(nodes, n, genes, m, rates, proposal, rng):  # type: ignore[no-untyped-def]
    return n, m, _mutate_values(nodes[:n], rates, rng)


MUTATION = Mutation(
    kernel=_kernel,
    settings=part("Settings", [pair for _, e in VALUES for pair in ((e.rate, Share), (e.step, Amount))]),
    flags={evolution.rate.name.upper(): evolution.flag for _, evolution in VALUES},
    group="weights",
    changes=_NAMES,
)
