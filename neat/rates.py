"""The settings of mutation as compiled code takes them, and the values drawn by them."""

from __future__ import annotations

import dataclasses
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neat.config import Config
from neat.functions.activations import activation_index
from neat.functions.aggregations import aggregation_index
from neat.kernel import inlined
from neat.random import normal, uniform

__all__ = ["MutationRates", "mutation_rates", "perturbed", "random_value", "renewed"]

_UNIFORM, _NORMAL, _SCALE = range(3)
_DISTRIBUTIONS = ("uniform", "normal", "scale")


class MutationRates(NamedTuple):
    """`neat.config.MutationConfig` and the genome settings it needs, as compiled code takes them."""

    add_node: float
    add_connection: float
    connection_tries: int
    recurrent: float
    recurrent_only: float
    toggle: float
    toggle_last: bool
    reenable: float
    loops: float
    split_oldest: float
    shared_weight: bool
    delete_node: float
    delete_connection: float
    structure_exclusive: bool
    weights: float
    weight_perturb: float
    weight_replace: float
    weight_step: float
    tail: float
    tail_perturb: float
    tail_replace: float
    distribution: int
    renewal_by_step: bool
    severe: float
    severe_perturb: float
    severe_replace: float
    biases: float
    bias_step: float
    responses: float
    response_step: float
    activation: float
    aggregation: float
    weight_init: int
    weight_scale: float
    weight_limit: float
    bias_scale: float
    bias_limit: float
    response_limit: float
    acyclic: bool
    activations: NDArray[np.uint8]
    aggregations: NDArray[np.uint8]


def mutation_rates(config: Config) -> MutationRates:
    """Return the mutation settings for compiled code.

    Raises:
        ConfigError: An activation or aggregation is unknown.
    """
    m, g = config.mutation, config.genome
    plain = {"float": float, "int": int, "bool": bool}
    same = {f.name: plain[str(f.type)](getattr(m, f.name)) for f in dataclasses.fields(m) if f.type in plain}
    return MutationRates(
        **same,
        distribution=_DISTRIBUTIONS.index(m.weight_distribution),
        renewal_by_step=m.weight_renewal == "step",
        weight_init=_DISTRIBUTIONS.index(g.weight_init),
        weight_scale=float(g.weight_scale),
        weight_limit=float(g.weight_limit),
        bias_scale=float(g.bias_scale),
        bias_limit=float(g.bias_limit),
        response_limit=float(g.response_limit),
        acyclic=config.acyclic,
        activations=np.array([activation_index(name, load=True) for name in g.activations], np.uint8),
        aggregations=np.array([aggregation_index(name) for name in g.aggregations], np.uint8),
    )


@inlined
def random_value(distribution, scale, limit, rng):  # type: ignore[no-untyped-def]
    """Draw a first weight or bias, within ±limit."""
    value = scale * normal(rng) if distribution == _NORMAL else scale * (2.0 * uniform(rng) - 1.0)
    return min(limit, max(-limit, value))


@inlined
def renewed(rates, rng):  # type: ignore[no-untyped-def]
    """Draw a weight that replaces another, within ±weight_limit."""
    if rates.renewal_by_step:
        return random_value(_UNIFORM, rates.weight_step, rates.weight_limit, rng)
    return random_value(rates.weight_init, rates.weight_scale, rates.weight_limit, rng)


@inlined
def perturbed(value, distribution, step, limit, rng):  # type: ignore[no-untyped-def]
    """Return a value a little away from ``value``, within ±limit."""
    if distribution == _UNIFORM:
        value += step * (2.0 * uniform(rng) - 1.0)
    elif distribution == _NORMAL:
        value += step * normal(rng)
    else:
        value *= 2.0 * uniform(rng)
    return min(limit, max(-limit, value))
