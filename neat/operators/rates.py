"""The settings of mutation as compiled code takes them."""

from __future__ import annotations

import collections
import math
import typing
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from numpy.typing import NDArray

from neat.functions.activations import activation_index
from neat.functions.aggregations import aggregation_index
from neat.genes.schema import VALUES
from neat.operators.registry import MutationConfig
from neat.settings.ranges import Setting

if TYPE_CHECKING:
    from neat.config import Config

__all__ = ["VALUE", "MutationRates", "mutation_rates"]

VALUE = np.dtype(
    [
        *((name, np.float64) for name in ("rate", "step", "low", "high", "start", "scale")),
        ("drawn", np.bool_),
    ],
    align=True,
)
"""How one value of nodes mutates (`neat.genes.schema.Evolution`): probability per child, size of a perturbation, least
and largest value, the first value, and how wide new ones are drawn around that, where they are ``drawn``."""

_PLAIN = (bool, int, float)
_KINDS = {
    name: kind
    for name, kind in typing.get_type_hints(MutationConfig).items()
    if kind in _PLAIN or typing.get_origin(kind) is Literal
}
_OF_GENOMES = ("weight_init", "weight_scale", "weight_limit", "acyclic", "activations", "aggregations", "values")
_named_tuple: Any = collections.namedtuple
MutationRates = _named_tuple("MutationRates", (*_KINDS, *_OF_GENOMES))
"""`neat.config.MutationConfig` and the genome settings it needs, as compiled code takes them.

One of several words is the number of the word, in the order in which its annotation has them. ``values`` has a row of
dtype `VALUE` for every value of nodes (`neat.genes.schema.VALUES`).
"""


def mutation_rates(config: Config) -> Any:
    """Return the mutation settings for compiled code, as `MutationRates`.

    Raises:
        ConfigError: An activation or aggregation is unknown.
    """
    m, g = config.mutation, config.genome
    plain = {name: _number(kind, getattr(m, name)) for name, kind in _KINDS.items()}
    return MutationRates(
        **plain,
        weight_init=("uniform", "normal").index(g.weight_init),
        weight_scale=float(g.weight_scale),
        weight_limit=float(g.weight_limit),
        acyclic=config.acyclic,
        activations=np.array([activation_index(name, load=True) for name in g.activations], np.uint8),
        aggregations=np.array([aggregation_index(name) for name in g.aggregations], np.uint8),
        values=_values(config),
    )


def _number(kind: Any, value: Any) -> float | int | bool:
    """Return a setting as a number: a word as its place among the choices."""
    choices = typing.get_args(kind)
    return choices.index(value) if choices else kind(value)


def _values(config: Config) -> NDArray[np.void]:
    """Return how the values of nodes mutate, a row of `VALUE` for each."""

    def of_genome(setting: Setting | None, otherwise: Any) -> float:
        return float(otherwise if setting is None else getattr(config.genome, setting.name))

    rows = np.zeros(len(VALUES), VALUE)
    for row, (attribute, evolution) in zip(rows, VALUES, strict=True):
        row["rate"] = getattr(config.mutation, evolution.rate.name)
        row["step"] = getattr(config.mutation, evolution.step.name)
        limit = of_genome(evolution.limit, math.inf)
        row["low"], row["high"] = max(attribute.low, -limit), min(attribute.high, limit)
        row["start"] = of_genome(evolution.start, attribute.first)
        row["scale"], row["drawn"] = of_genome(evolution.scale, 0.0), evolution.scale is not None
    return rows
