"""A policy as plain data, from an observation to an action, independent of this program."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Literal, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from neat.errors import ConfigError
from neat.genes.table import Genome
from neat.networks.network import Network
from neat.networks.plan import NetworkPlan
from neat.networks.settings import NetworkConfig

__all__ = ["Amounts", "Choice", "HasPolicyPlan", "PolicyPlan", "Source", "policy_plan"]

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Choice:
    """A discrete action: the index of the largest output, the first one at a tie.

    Attributes:
        begin: The first of its outputs.
        count: Number of values, and of outputs.
        start: The first value.
    """

    begin: int
    count: int
    start: int = 0

    @property
    def size(self) -> int:
        """Numbers in the action: one."""
        return 1


@dataclass(frozen=True)
class Amounts:
    """Continuous actions: each of n outputs is scaled to the bounds of its element, and clipped to them.

    Attributes:
        begin: The first of its outputs.
        table: float64, shape (n, 5): whether tanh comes first (0 or 1), factor, offset, lower bound, upper bound.
        rounding: Conversion of a number: none, to float32 (``single``), to the nearest integer (``integer``), or to 1
            above 0.5
            and otherwise 0 (``binary``).
    """

    begin: int
    table: Vector
    rounding: Literal["none", "single", "integer", "binary"] = "none"

    @property
    def size(self) -> int:
        """Numbers in the action: n."""
        return len(self.table)


@dataclass(frozen=True, kw_only=True)
class PolicyPlan:
    """A policy as plain data.

    Attributes:
        network: The plan of its network.
        name: Name of files and identifiers: letters, digits and underscores.
        title: One-line description.
        scaling: Observation scaling, float64, shape (3, inputs): ``(x - shift) * factor``, clipped to ± a limit that
            may be infinite; or None.
        actions: Decoding of the outputs, part by part; empty if the outputs are the result. An action has the numbers
            of all parts, in order.
        input_names: A name for each input.
        output_names: A name for each output.
    """

    network: NetworkPlan
    name: str = "policy"
    title: str = "a policy"
    scaling: Vector | None = None
    actions: tuple[Choice | Amounts, ...] = ()
    input_names: tuple[str, ...] = ()
    output_names: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]{0,63}", self.name):
            raise ConfigError(f"the name of a policy has letters, digits and underscores only, got {self.name[:80]!r}")
        if len(self.network.sensors) != 1:
            raise ConfigError(f"expected the plan of one network, got that of {len(self.network.sensors)}")
        for what, names, count in (
            ("input", self.input_names, self.network.inputs),
            ("output", self.output_names, self.network.outputs),
        ):
            if len(names) != count:
                found = tuple(f"{what} {i}" for i in range(count))
                object.__setattr__(self, f"{what}_names", found)

    @property
    def action_size(self) -> int:
        """Numbers in an action."""
        return sum(part.size for part in self.actions)


@runtime_checkable
class HasPolicyPlan(Protocol):
    """What knows its policy: a run, a champion, a policy of `environments`."""

    def policy_plan(self) -> PolicyPlan:
        """Return the policy as plain data."""


Source = PolicyPlan | HasPolicyPlan | Network | Genome


def policy_plan(source: Source, network: NetworkConfig | None = None) -> PolicyPlan:
    """Return what is to be exported as a plan.

    Args:
        source: A plan, a network, a genome, or anything that knows its plan (a run's folder, a champion).
        network: How a genome becomes a network; feed-forward where nothing is said.

    Raises:
        ConfigError: It is something else.
        GenomeError: A feed-forward network is asked for and the genome has a cycle.
    """
    if isinstance(source, PolicyPlan):
        return source
    if isinstance(source, Genome):
        source = Network(source, network)
    if isinstance(source, Network):
        return PolicyPlan(network=source.plan, title="a network")
    if isinstance(source, HasPolicyPlan):
        return source.policy_plan()
    raise ConfigError(f"expected a run, a champion, a network or a genome to export, got {_kind(source)}")


def _kind(thing: Any) -> str:
    return type(thing).__name__
