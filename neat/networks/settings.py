"""The settings of networks: how a genome becomes one."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from neat.networks.decoders.settings import SubstrateConfig
from neat.networks.kinds import KindName, kind_of
from neat.settings.checking import check, check_fields, from_table

__all__ = ["NetworkConfig"]


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """How a genome becomes a network."""

    encoding: str = "direct"
    """What genes stand for (`neat.networks.decoders`): ``direct``, the nodes and connections of the network;
    ``hyperneat``, a CPPN that is asked for the connections of a substrate; ``es-hyperneat``, one that also says where
    hidden nodes lie; or one of your own, ``module:name`` (`neat.register_decoder`)."""
    kind: KindName = "feedforward"
    """``feedforward``: one pass, genomes kept acyclic. ``settling``: time steps from the inputs outward until nothing
    changes (Creutzig 2022, section 7). ``recurrent``: state kept between observations. ``ctrnn``: the same in
    continuous time; every node follows its inputs at the pace of its time constant, a gene (``genome.time_constant``).
    """
    max_steps: int = 20
    """``settling``: cap on the time steps, so that cycles cannot run for ever; at least the depth of an acyclic
    genome is always granted. The values of the last step count when the cap is reached."""
    passes: int = 1
    """``recurrent`` and ``ctrnn``: synchronous passes per observation, each of which takes a ``time_step``."""
    settle_first: bool = False
    """``recurrent`` and ``ctrnn``: the first observation of an episode is passed on until every output that can be
    reached has been activated once, at most ``max_steps`` passes (the C++ program)."""
    sigmoid_slope: float = 4.9
    """Slope of the sigmoid (2002 paper: 4.9; C++ program: 4.924273)."""
    bias_value: float = 1.0
    """What the bias node emits."""
    time_step: float = 1.0
    """``ctrnn``: time that a pass takes, in the unit of the time constants; only their ratio matters."""
    substrate: SubstrateConfig = field(default_factory=SubstrateConfig)
    """Indirect encodings: where the network's nodes lie, and how answers become connections."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "substrate", from_table(SubstrateConfig, self.substrate, "network.substrate"))
        check_fields(self, "network")
        kind_of(self.kind)
        check(1 <= self.max_steps <= 1_000_000, "network.max_steps", "from 1 to 1,000,000", self.max_steps)
        check(1 <= self.passes <= 10_000, "network.passes", "from 1 to 10,000", self.passes)
        for name in ("sigmoid_slope", "bias_value"):
            check(math.isfinite(getattr(self, name)), f"network.{name}", "a finite number", getattr(self, name))
        check(0.0 < self.time_step < math.inf, "network.time_step", "a finite number above 0", self.time_step)
