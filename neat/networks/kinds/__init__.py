"""The kinds of network: how values move through a plan when an observation comes.

A kind is one file here, named as the kind, with its step rule and its number of passes; one row of `KINDS`, with its
traits; and one line in `neat.networks.kinds.dispatch`, which calls the step rule. Code that treats kinds differently
asks for a trait, never for a name. This table is plain data: settings are read without a compiler.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from neat.errors import ConfigError, did_you_mean

__all__ = ["KINDS", "Kind", "KindName", "kind_number", "kind_of"]


@dataclass(frozen=True)
class Kind:
    """What the rest of the project has to know about a kind of network.

    Attributes:
        name: How settings call it, and the file of this folder that has its step rule.
        acyclic: Whether genomes must be kept free of cycles; then nodes are evaluated in topological order.
        keeps_state: Whether a network remembers earlier observations of an episode.
        differentiable: Whether, on a genome without cycles, outputs are those of one pass in topological order, so
            that backpropagation through that pass gives their gradients.
        attributes: Attributes of node genes (`neat.genes.schema`) that mean something to this kind only.
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
"""All kinds; a kind's number on a tape is its place here."""

if TYPE_CHECKING:
    KindName = str
else:
    KindName = Literal[tuple(kind.name for kind in KINDS)]  # the type of a setting that names a kind


def kind_number(name: str) -> int:
    """Return the place of a kind in `KINDS`.

    Raises:
        ConfigError: No such kind.
    """
    names = [kind.name for kind in KINDS]
    if name not in names:
        raise ConfigError(f"network.kind: expected one of {', '.join(names)}, got {name!r}{did_you_mean(name, names)}")
    return names.index(name)


def kind_of(name: str) -> Kind:
    """Return the kind of that name.

    Raises:
        ConfigError: No such kind.
    """
    return KINDS[kind_number(name)]
