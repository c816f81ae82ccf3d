"""What every node of a network emits, pass by pass: for pictures, one node at a time in plain Python.

`neat.phenotype.forward` is the network; this follows it to the last bit (a test holds them together) and keeps what
the compiled tape throws away. Nodes that the tape leaves out, because they cannot reach an output or are reached by
no input, emit 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from neat.activations import activate, activation_address, bounded
from neat.aggregations import aggregate
from neat.config import NetworkConfig
from neat.genes.kinds import NodeKind
from neat.visualize.layout import GenomeLike

__all__ = ["Tracer"]

_NEVER = 1 << 40


class Tracer:
    """A network that shows the value of every node.

    Example:
        >>> tracer = Tracer(genome, NetworkConfig(kind="settling"))
        >>> tracer.reset()  # at the start of each episode
        >>> for values in tracer.step(observation):  # one array a pass
        ...     show(values)
    """

    def __init__(self, genome: GenomeLike, config: NetworkConfig | None = None) -> None:
        """Take a genome whose network the settings allow (feed-forward: without cycles)."""
        self.config = config or NetworkConfig()
        nodes, genes = genome.nodes, genome.connections[genome.connections["enabled"] != 0]
        self._nodes = nodes
        self._sensor = nodes["kind"] <= NodeKind.BIAS
        source = np.searchsorted(nodes["innovation"], genes["source"]).tolist()
        target = np.searchsorted(nodes["innovation"], genes["target"]).tolist()
        edges = list(zip(source, target, genes["weight"].tolist(), strict=True))
        self._wave = _waves(self._sensor, edges)
        useful = _useful(nodes["kind"] == NodeKind.OUTPUT, edges)
        active = [i for i in range(len(nodes)) if not self._sensor[i] and useful[i] and self._wave[i] < _NEVER]
        depth = _depths([e for e in edges if e[1] in set(active) and self._wave[e[0]] < _NEVER], len(nodes))
        self._order = sorted(active, key=lambda i: depth[i] if depth is not None else self._wave[i])
        self._incoming: dict[int, list[tuple[int, float]]] = {i: [] for i in active}
        for s, t, weight in edges:
            if t in self._incoming and (self._wave[s] < _NEVER or nodes["aggregation"][t] != 0):
                self._incoming[t].append((s, weight))
        self._cap = self.config.passes
        if self.config.kind == "settling":
            self._cap = max(self.config.max_steps, max(depth, default=0) if depth is not None else 0)
        farthest = max((self._wave[i] for i in active if nodes["kind"][i] == NodeKind.OUTPUT), default=0)
        self._first_cap = self._cap
        if self.config.kind == "recurrent" and self.config.settle_first:
            self._first_cap = max(self._cap, min(farthest, self.config.max_steps))
        self.reset()

    def reset(self) -> None:
        """Forget everything, as at the start of an episode."""
        self._values = np.zeros(len(self._nodes))
        self._tick = 0

    def step(self, x: ArrayLike) -> list[NDArray[np.float64]]:
        """Pass one observation (shape (inputs,)) through the network.

        Returns:
            The values of all nodes after each pass, float64[nodes] in the genome's order. Feed-forward: one pass.
        """
        values = self._values
        values[self._nodes["kind"] == NodeKind.INPUT] = np.asarray(x, np.float64)
        values[self._nodes["kind"] == NodeKind.BIAS] = self.config.bias_value
        if self.config.kind == "feedforward":
            for i in self._order:
                values[i] = self._emit(i)
            return [values.copy()]
        cap = self._cap
        if self.config.kind == "settling":
            values[~self._sensor] = 0.0
            self._tick = 0
        elif self._tick == 0:
            cap = self._first_cap
        passes = []
        for _ in range(cap):
            self._tick += 1
            reached = [i for i in self._order if self._wave[i] <= self._tick]
            new = [self._emit(i) for i in reached]
            settled = len(reached) == len(self._order) and all(
                values[i] == v for i, v in zip(reached, new, strict=True)
            )
            values[reached] = new
            passes.append(values.copy())
            if settled and self.config.kind == "settling":
                break
        return passes

    def _emit(self, i: int) -> float:
        node = self._nodes[i]
        products = [weight * self._values[source] for source, weight in self._incoming[i]]
        if node["aggregation"] == 0:
            total = 0.0
            for product in products:  # in gene order, as the tape adds
                total += product
        else:
            total = aggregate(int(node["aggregation"]), np.array(products, np.float64))
        x = float(node["bias"]) + float(node["response"]) * total
        code = activation_address(int(node["activation"]))
        return float(bounded(activate(code, float(x), float(self.config.sigmoid_slope))))


Edges = list[tuple[int, int, float]]


def _waves(sensor: NDArray[np.bool_], edges: Edges) -> list[int]:
    """Return each node's distance from the inputs and the bias node, along enabled connections."""
    wave = [0 if s else _NEVER for s in sensor]
    tick, spreading = 0, True
    while spreading:
        spreading = False
        for s, t, _ in edges:
            if wave[s] == tick and wave[t] == _NEVER:
                wave[t] = tick + 1
                spreading = True
        tick += 1
    return wave


def _useful(output: NDArray[np.bool_], edges: Edges) -> list[bool]:
    """Return for each node whether an output can be reached from it."""
    useful = [bool(o) for o in output]
    spreading = True
    while spreading:
        spreading = False
        for s, t, _ in edges:
            if useful[t] and not useful[s]:
                useful[s] = spreading = True
    return useful


def _depths(edges: Edges, nodes: int) -> list[int] | None:
    """Return each node's longest path from the inputs, or None if there is a cycle."""
    depth = [0] * nodes
    for _ in range(nodes + 1):
        deepened = False
        for s, t, _ in edges:
            if depth[t] <= depth[s]:
                depth[t] = depth[s] + 1
                deepened = True
        if not deepened:
            return depth
    return None
