"""The settings of mutation in the form that compiled code uses."""

from __future__ import annotations

import collections
import math
import typing
from typing import Any, Literal, NamedTuple

import numpy as np

from neat.functions.activations import activation_index
from neat.functions.aggregations import aggregation_index
from neat.genes.schema import VALUES
from neat.genes.settings import GenomeConfig
from neat.operators.registry import MutationConfig
from neat.settings.ranges import Setting

__all__ = ["MutationRates", "ValueRates", "mutation_rates"]


class ValueRates(NamedTuple):
    """How one node value mutates (`neat.genes.schema.Evolution`), in the form that compiled code uses."""

    rate: float
    """Probability per child."""
    step: float
    """Size of a perturbation."""
    low: float
    high: float
    """Values are clipped to the range from ``low`` to ``high``."""
    start: float
    """The initial value."""
    scale: float
    """Width of new values around it, if they are ``drawn``; otherwise all new values are the initial value."""
    drawn: bool


_PLAIN = (bool, int, float)
_KINDS = {
    name: kind
    for name, kind in typing.get_type_hints(MutationConfig).items()
    if kind in _PLAIN or typing.get_origin(kind) is Literal
}
_OF_GENOMES = (
    "weight_init",
    "weight_scale",
    "weight_limit",
    "acyclic",
    "activations",
    "aggregations",
    "values",
)
_named_tuple: Any = collections.namedtuple
MutationRates = _named_tuple("MutationRates", (*_KINDS, *_OF_GENOMES))
"""`neat.config.MutationConfig` and the required genome settings, in the form that compiled code uses. A choice is the
index of its word in the annotation. ``values`` has a `ValueRates` for every node value (`neat.genes.schema.VALUES`). It
is not an array of records, because compiled code would count references to it at every call."""


def mutation_rates(m: MutationConfig, g: GenomeConfig, *, acyclic: bool) -> Any:
    """Return the settings of mutation for compiled code, as `MutationRates`.

    Args:
        m: Settings of mutation.
        g: Settings of genomes.
        acyclic: Whether genomes are kept acyclic.

    Raises:
        ConfigError: An activation or aggregation is unknown.
    """
    plain = {name: _number(kind, getattr(m, name)) for name, kind in _KINDS.items()}
    return MutationRates(
        **plain,
        weight_init=("uniform", "normal").index(g.weight_init),
        weight_scale=float(g.weight_scale),
        weight_limit=float(g.weight_limit),
        acyclic=acyclic,
        activations=np.array([activation_index(name, load=True) for name in g.activations], np.uint8),
        aggregations=np.array([aggregation_index(name) for name in g.aggregations], np.uint8),
        values=_values(m, g),
    )


def _number(kind: Any, value: Any) -> float | int | bool:
    """Return a setting as a number: a choice as its index."""
    choices = typing.get_args(kind)
    return choices.index(value) if choices else kind(value)


def _values(m: MutationConfig, g: GenomeConfig) -> tuple[ValueRates, ...]:
    """Return how node values mutate, in the order of the schema."""

    def of_genome(setting: Setting | None, otherwise: Any) -> float:
        return float(otherwise if setting is None else getattr(g, setting.name))

    found = []
    for attribute, evolution in VALUES:
        limit = of_genome(evolution.limit, math.inf)
        found.append(
            ValueRates(
                rate=float(getattr(m, evolution.rate.name)),
                step=float(getattr(m, evolution.step.name)),
                low=float(max(attribute.low, -limit)),
                high=float(min(attribute.high, limit)),
                start=of_genome(evolution.start, attribute.first),
                scale=of_genome(evolution.scale, 0.0),
                drawn=evolution.scale is not None,
            )
        )
    return tuple(found)
