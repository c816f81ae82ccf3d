"""The network of a policy node by node, named, in an order in which any program can evaluate it."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from neat.errors import ConfigError
from neat.functions.activations import ACTIVATIONS
from neat.functions.aggregations import AGGREGATIONS
from neat.networks.kinds.dispatch import module_of
from neat.networks.motion import Motion
from neat.networks.plan import NetworkPlan

__all__ = ["Node", "Unfolded", "unfold"]

_LARGEST_INPUT = 1e100
"""Observations beyond this are not thought of."""
_LIMIT = 1e30
"""Values of nodes stay within this (`neat.functions.activations.bounded`)."""
_SAFE = 1e290


@dataclass(frozen=True)
class Node:
    """One active node.

    Attributes:
        name: An identifier: ``y0`` for the first output, ``h7`` for the hidden node with innovation number 7.
        slot: Where its value stands (`neat.networks.plan`).
        place: Its place in the plan.
        first_edge: Place of its first edge in the plan.
        activation: Number of its activation function in the registry.
        aggregation: Name of its aggregation.
        bias: Its bias.
        response: Its response.
        sources: Slot that each edge reads.
        weights: Weight of each edge.
        wave: The pass that first reaches it.
        share: Part of the way that it goes in a pass, where networks lag.
        guarded: Whether its value may leave ±1e30 or be no number, so that it has to be bounded.
    """

    name: str
    slot: int
    place: int
    first_edge: int
    activation: int
    aggregation: str
    bias: float
    response: float
    sources: tuple[int, ...]
    weights: tuple[float, ...]
    wave: int
    share: float
    guarded: bool


@dataclass(frozen=True)
class Unfolded:
    """One network, node by node.

    Attributes:
        motion: How values move. A network that settles and has no cycle is said as what it settles on: one pass.
        nodes: In the order of evaluation.
        inputs: Number of inputs; their slots come first.
        bias_slot: Slot of the bias node, or None.
        zero: The slot that stays 0.
        outputs: Slot of each output.
        passes: Passes of an observation.
        first_passes: Passes of the first observation of an episode.
        waves: The greatest wave of a node; from that pass on all take part.
        slope: Slope of sigmoid nodes.
        bias_value: What the bias node emits.
    """

    motion: Motion
    nodes: tuple[Node, ...]
    inputs: int
    bias_slot: int | None
    zero: int
    outputs: tuple[int, ...]
    passes: int
    first_passes: int
    waves: int
    slope: float
    bias_value: float

    @property
    def keeps_state(self) -> bool:
        """Whether values of one observation are there for the next."""
        return self.motion.at_once and not self.motion.settles

    @property
    def counts_passes(self) -> bool:
        """Whether it matters how many passes an episode has taken."""
        return self.keeps_state and (self.waves > 1 or self.first_passes != self.passes)


def unfold(plan: NetworkPlan) -> Unfolded:
    """Return the one network of a plan, node by node.

    Raises:
        ConfigError: It is of a kind that does not say how its values move.
    """
    module = module_of(plan.kind)
    motion = getattr(module, "MOTION", None)
    if motion is None:
        raise ConfigError(f"networks of kind {plan.kind!r} cannot be exported: the kind does not say how values move")
    places = np.arange(len(plan.nodes))
    if motion.settles and (plan.depth >= 0).all():
        motion = Motion(at_once=False)
        places = np.argsort(plan.depth, kind="stable")
    shares = module.constants(plan.nodes, plan.time_step)[:, 0] if motion.lags else np.ones(len(plan.nodes))
    sensors = int(plan.sensors[0])
    names = _names(plan, sensors)
    nodes = tuple(_node(plan, int(j), sensors, names[j], float(shares[j])) for j in places)
    return Unfolded(
        motion=motion,
        nodes=nodes,
        inputs=plan.inputs,
        bias_slot=plan.inputs if sensors > plan.inputs else None,
        zero=sensors,
        outputs=tuple(plan.output_slot[0].tolist()),
        passes=int(plan.passes[0]),
        first_passes=int(plan.first_passes[0]),
        waves=int(plan.wave.max(initial=1)),
        slope=plan.slope,
        bias_value=plan.bias_value,
    )


def _names(plan: NetworkPlan, sensors: int) -> list[str]:
    outputs = {slot: k for k, slot in enumerate(plan.output_slot[0].tolist())}
    numbers = plan.nodes["innovation"].tolist()
    if len(set(numbers)) < len(numbers):  # nodes that a decoder made
        numbers = list(range(len(numbers)))
    slots = range(sensors + 1, sensors + 1 + len(numbers))
    return [f"y{outputs[slot]}" if slot in outputs else f"h{n}" for slot, n in zip(slots, numbers, strict=True)]


def _node(plan: NetworkPlan, j: int, sensors: int, name: str, share: float) -> Node:
    gene = plan.nodes[j]
    edges = slice(int(plan.edge_start[j]), int(plan.edge_start[j + 1]))
    sources, weights = plan.edge_source[edges].tolist(), plan.edge_weight[edges].tolist()
    aggregation = AGGREGATIONS[int(gene["aggregation"])]
    activation = int(gene["activation"])
    entry = ACTIVATIONS[activation]
    largest = [abs(w) * (_LARGEST_INPUT if s < plan.inputs else _greatest(plan, s, sensors))
               for s, w in zip(sources, weights, strict=True)]  # fmt: skip
    if aggregation in ("sum", "mean"):
        reach = sum(largest)
    elif aggregation == "product":
        reach = math.prod(largest)
    else:
        reach = max(largest, default=0.0)
    safe = abs(float(gene["bias"])) + abs(float(gene["response"])) * reach < _SAFE
    bounded = max(abs(entry.low), abs(entry.high)) <= _LIMIT and entry.origin == "built-in"
    return Node(
        name=name,
        slot=sensors + 1 + j,
        place=j,
        first_edge=edges.start,
        activation=activation,
        aggregation=aggregation,
        bias=float(gene["bias"]),
        response=float(gene["response"]),
        sources=tuple(sources),
        weights=tuple(weights),
        wave=int(plan.wave[j]),
        share=share,
        guarded=not (safe and bounded),
    )


def _greatest(plan: NetworkPlan, slot: int, sensors: int) -> float:
    """Return what the value of a slot that is no input stays within."""
    if slot < sensors:
        return abs(plan.bias_value)
    if slot == sensors:
        return 0.0
    entry = ACTIVATIONS[int(plan.nodes[slot - sensors - 1]["activation"])]
    return min(max(abs(entry.low), abs(entry.high)), _LIMIT)
