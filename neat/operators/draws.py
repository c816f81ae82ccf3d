"""The random values of mutation: new ones, and perturbations of old ones."""

from __future__ import annotations

import math

from neat.compiled.kernel import inlined_uncounted
from neat.compiled.random import normal, uniform

__all__ = ["first_value", "perturbed", "random_value"]

_UNIFORM, _NORMAL = 0, 1  # numbers of the distributions in `neat.operators.rates`


@inlined_uncounted
def random_value(distribution, scale, limit, rng):  # type: ignore[no-untyped-def]
    """Draw an initial weight or bias, clipped to ±limit."""
    value = scale * normal(rng) if distribution == _NORMAL else scale * (2.0 * uniform(rng) - 1.0)
    return min(limit, max(-limit, value))


@inlined_uncounted
def first_value(how, rates, rng):  # type: ignore[no-untyped-def]
    """Return an initial value of a node: the fixed one, or one drawn around it like a weight.

    Args:
        how: One of ``rates.values``.
        rates: `neat.operators.rates.MutationRates`.
        rng: Generator of the child.
    """
    if not how.drawn:
        return how.start
    value = random_value(rates.weight_init, how.scale, math.inf, rng)
    if how.start != 0.0:
        value += how.start
    return min(how.high, max(how.low, value))


@inlined_uncounted
def perturbed(value, distribution, step, low, high, rng):  # type: ignore[no-untyped-def]
    """Return ``value`` with a random perturbation, clipped to ``low`` … ``high``."""
    if distribution == _UNIFORM:
        value += step * (2.0 * uniform(rng) - 1.0)
    elif distribution == _NORMAL:
        value += step * normal(rng)
    else:
        value *= 2.0 * uniform(rng)
    return min(high, max(low, value))
