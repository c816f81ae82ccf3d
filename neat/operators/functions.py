"""Mutation of functions: hidden nodes get another activation or aggregation function."""

from __future__ import annotations

from neat.compiled.kernel import inlined_uncounted, uncounted
from neat.compiled.random import below, uniform
from neat.genes.kinds import HIDDEN
from neat.operators.operator import Mutation
from neat.settings.ranges import Share

__all__ = ["MUTATION"]

ACTIVATION, AGGREGATION = 16, 32


class Settings:
    """Settings of the mutation of functions."""

    activation: Share = 0.0
    """Probability per hidden node of a new activation function, from ``genome.activations``."""
    aggregation: Share = 0.0
    """Probability per hidden node of a new aggregation function, from ``genome.aggregations``."""


@uncounted
def _another(choices, current, rng):  # type: ignore[no-untyped-def]
    """Draw one of ``choices`` other than ``current``; return ``current`` if there is no other."""
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


@uncounted
def _mutate_functions(nodes, rates, rng):  # type: ignore[no-untyped-def]
    """Change activation and aggregation functions of hidden nodes; return the flags of what changed."""
    flags = 0
    for i in range(nodes.size):
        if nodes[i].kind == HIDDEN:
            if rates.activation > 0.0 and uniform(rng) < rates.activation:
                chosen = _another(rates.activations, nodes[i].activation, rng)
                flags |= ACTIVATION * (chosen != nodes[i].activation)
                nodes[i].activation = chosen
            if rates.aggregation > 0.0 and uniform(rng) < rates.aggregation:
                chosen = _another(rates.aggregations, nodes[i].aggregation, rng)
                flags |= AGGREGATION * (chosen != nodes[i].aggregation)
                nodes[i].aggregation = chosen
    return flags


@inlined_uncounted
def _kernel(nodes, n, genes, m, rates, proposal, rng):  # type: ignore[no-untyped-def]
    return n, m, _mutate_functions(nodes[:n], rates, rng)


MUTATION = Mutation(
    kernel=_kernel,
    settings=Settings,
    flags={"ACTIVATION": ACTIVATION, "AGGREGATION": AGGREGATION},
    group="function",
    changes=("activation", "aggregation"),
)
