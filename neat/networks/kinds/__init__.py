"""The kinds of network: how an observation is processed by a plan.

A kind is one file in this folder with its step rule and number of passes, one row of `KINDS` with its traits, and one
line in `neat.networks.kinds.dispatch`, which calls the step rule. Other code asks for a trait, never for a name. This
table is plain data: settings are read without a compiler.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from neat.errors import ConfigError, did_you_mean

__all__ = ["KINDS", "Kind", "KindName", "kind_number", "kind_of"]


@dataclass(frozen=True)
class Kind:
    """The traits of a kind of network.

    Attributes:
        name: Name in settings, and of the file in this folder with its step rule.
        acyclic: Whether genomes must be kept acyclic; then nodes are evaluated in topological order.
        keeps_state: Whether node values persist between the observations of an episode.
        differentiable: Whether, for an acyclic genome, the outputs are those of one pass in topological order, so that
            backpropagation through that pass gives their gradients.
        attributes: Attributes of node genes (`neat.genes.schema`) that only this kind uses.
    """

    name: str
    acyclic: bool
    keeps_state: bool
    differentiable: bool
    attributes: tuple[str, ...] = ()


KINDS = (
    Kind("feedforward", acyclic=True, keeps_state=False, differentiable=True),
    Kind("settling", acyclic=False, keeps_state=False, differentiable=True),
    Kind("recurrent", acyclic=False, keeps_state=True, differentiable=False),
    Kind("ctrnn", acyclic=False, keeps_state=True, differentiable=False, attributes=("time_constant",)),
)
"""All kinds; the number of a kind on a tape is its index here."""

if TYPE_CHECKING:
    KindName = str
else:
    KindName = Literal[tuple(kind.name for kind in KINDS)]  # the type of a setting that names a kind


def kind_number(name: str) -> int:
    """Return the index of a kind in `KINDS`.

    Raises:
        ConfigError: The kind is unknown.
    """
    names = [kind.name for kind in KINDS]
    if name not in names:
        raise ConfigError(f"network.kind: expected one of {', '.join(names)}, got {name!r}{did_you_mean(name, names)}")
    return names.index(name)


def kind_of(name: str) -> Kind:
    """Return the kind with that name.

    Raises:
        ConfigError: The kind is unknown.
    """
    return KINDS[kind_number(name)]
