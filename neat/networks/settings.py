"""The settings of networks: decoding and computation."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from neat.networks.decoders.settings import SubstrateConfig
from neat.networks.kinds import KindName, kind_of
from neat.settings.checking import check, check_fields, from_table

__all__ = ["NetworkConfig"]


@dataclass(frozen=True, kw_only=True)
class NetworkConfig:
    """How a genome is decoded into a network, and how the network is computed."""

    encoding: str = "direct"
    """How a genome is decoded (`neat.networks.decoders`): ``direct``, genes are the nodes and connections of the
    network; ``hyperneat``, the genome is a CPPN that generates the connections of a substrate; ``es-hyperneat``, the
    CPPN also places the hidden nodes; or your own decoder, ``module:name`` (`neat.register_decoder`)."""
    kind: KindName = "feedforward"
    """``feedforward``: one pass, genomes are kept acyclic. ``settling``: time steps from the inputs until no value
    changes (Creutzig 2022, section 7). ``recurrent``: node values persist between observations. ``ctrnn``: a
    continuous-time recurrent network, whose nodes approach their input at the rate of an evolvable time constant
    (``genome.time_constant``)."""
    max_steps: int = 20
    """``settling``: maximum number of time steps, since cycles may never settle (never less than the depth of an
    acyclic genome). The values of the last step are used."""
    passes: int = 1
    """``recurrent`` and ``ctrnn``: synchronous updates of all nodes per observation; each covers one ``time_step``.
    More passes let a signal travel further before the action."""
    settle_first: bool = False
    """``recurrent`` and ``ctrnn``: whether the first observation of an episode is repeated until every reachable output
    is active, for at most ``max_steps`` passes (C++ program)."""
    sigmoid_slope: float = 4.9
    """Slope s of the sigmoid 1 / (1 + exp(-s x)) (2002 paper: 4.9; C++ program: 4.924273). Larger values make it closer
    to a step."""
    bias_value: float = 1.0
    """Constant output of the bias node."""
    time_step: float = 1.0
    """``ctrnn``: duration of one pass Δt, in the unit of the time constants; only the ratio matters."""
    substrate: SubstrateConfig = field(default_factory=SubstrateConfig)
    """Indirect encodings: positions of the nodes, and how CPPN outputs become connections."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "substrate", from_table(SubstrateConfig, self.substrate, "network.substrate"))
        check_fields(self, "network")
        kind_of(self.kind)
        check(1 <= self.max_steps <= 1_000_000, "network.max_steps", "from 1 to 1,000,000", self.max_steps)
        check(1 <= self.passes <= 10_000, "network.passes", "from 1 to 10,000", self.passes)
        for name in ("sigmoid_slope", "bias_value"):
            check(math.isfinite(getattr(self, name)), f"network.{name}", "a finite number", getattr(self, name))
        check(0.0 < self.time_step < math.inf, "network.time_step", "a finite number above 0", self.time_step)
