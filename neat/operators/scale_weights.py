"""Scale weights: multiply all weights of a genome, which changes how strongly nodes respond but not the wiring."""

from __future__ import annotations

import math

from neat.compiled.kernel import inlined_uncounted, uncounted
from neat.compiled.random import uniform
from neat.operators.operator import Mutation
from neat.settings.ranges import Share

__all__ = ["MUTATION"]

_SCALE_WEIGHTS = 32768
_LOG_2 = math.log(2.0)


class Settings:
    """Settings of the scale-weights mutation."""

    scale_weights: Share = 0.0
    """Probability per child that all weights are multiplied by one random factor, log-uniform between 1/2 and 2."""


@uncounted
def _scale(genes, limit, rng):  # type: ignore[no-untyped-def]
    """Multiply the weights of all connections, including disabled ones, by one factor, clipped to ±limit."""
    factor = math.exp(_LOG_2 * (2.0 * uniform(rng) - 1.0))
    for c in range(genes.size):
        weight = min(limit, max(-limit, factor * genes[c].weight))
        genes[c].weight = weight
    return genes.size > 0


@inlined_uncounted
def _kernel(nodes, n, genes, m, rates, proposal, rng):  # type: ignore[no-untyped-def]
    flags = 0
    if uniform(rng) < rates.scale_weights:
        flags = _SCALE_WEIGHTS * _scale(genes[:m], rates.weight_limit, rng)
    return n, m, flags


MUTATION = Mutation(
    kernel=_kernel,
    settings=Settings,
    flags={"SCALE_WEIGHTS": _SCALE_WEIGHTS},
    group="weights",
    changes=("weight",),
)
