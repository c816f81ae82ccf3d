"""Mutation of node values: biases, responses, and every other evolvable value of the gene schema."""

from __future__ import annotations

from collections.abc import Iterator

from neat.compiled.kernel import inlined_uncounted, uncounted
from neat.compiled.random import uniform
from neat.compiled.written import written
from neat.genes.kinds import OUTPUT
from neat.genes.schema import VALUES
from neat.operators.draws import first_value, perturbed
from neat.operators.operator import Mutation
from neat.settings.ranges import Amount, Share, part

__all__ = ["MUTATION"]

_NAMES = tuple(row.name for row, _ in VALUES)


@uncounted
def _mutate(kinds, values, how, rates, rng):  # type: ignore[no-untyped-def]
    """Perturb, replace or keep the value of each hidden and output node, with the probabilities of weights.

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


def _lines() -> Iterator[str]:
    yield "flags = 0"
    for k, (row, evolution) in enumerate(VALUES):
        yield f"if rates.values[{k}].rate > 0.0 and uniform(rng) < rates.values[{k}].rate:"
        yield f"    flags |= {evolution.flag}"
        yield f"    mutate(nodes['kind'], nodes['{row.name}'], rates.values[{k}], rates, rng)"
    yield "return flags"


_mutate_values = uncounted(
    written(
        "mutate_values(nodes, rates, rng)", _lines(), {"uniform": uniform, "mutate": _mutate}, module=__name__,
        file=__file__,
    )
)  # fmt: skip
"""Mutate each node value with its probability; return the flags of those that were mutated."""


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
