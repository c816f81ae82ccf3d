"""The settings of mutation as compiled code takes them."""

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
    """How one value of nodes mutates (`neat.genes.schema.Evolution`), as compiled code takes it."""

    rate: float
    """Probability per child."""
    step: float
    """Size of a perturbation."""
    low: float
    high: float
    """Values stay between these."""
    start: float
    """The first value."""
    scale: float
    """How wide new values are drawn around it, where they are ``drawn``; otherwise they all are the first one."""
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
"""`neat.config.MutationConfig` and the genome settings it needs, as compiled code takes them.

One of several words is the number of the word, in the order in which its annotation has them. ``values`` has a
`ValueRates` for every value of nodes (`neat.genes.schema.VALUES`): no array of records, since compiled code counts
references to arrays wherever it hands the rates on.
"""


def mutation_rates(m: MutationConfig, g: GenomeConfig, *, acyclic: bool) -> Any:
    """Return the settings of mutation for compiled code, as `MutationRates`.

    Args:
        m: The settings of mutation.
        g: Those of genomes.
        acyclic: Whether genomes are kept free of cycles.

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
    """Return a setting as a number: a word as its place among the choices."""
    choices = typing.get_args(kind)
    return choices.index(value) if choices else kind(value)


def _values(m: MutationConfig, g: GenomeConfig) -> tuple[ValueRates, ...]:
    """Return how the values of nodes mutate, in the order of the schema."""

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
