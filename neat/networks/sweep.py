"""The rule of a node, and one sweep over the nodes of a network, shared by all kinds of network.

A node's value is ``activation(bias + response * aggregation(weight * source))``, with the edges in the order of the
plan, so that kinds agree to the last bit where they evaluate the same nodes from the same values. Values are clipped to
±1e30, and NaN becomes 0 (`neat.functions.activations.bounded`), so outputs are always finite.
"""

from __future__ import annotations

from typing import NamedTuple

from neat.compiled.kernel import uncounted
from neat.functions.activations import activate, bounded, logistic
from neat.functions.aggregations import aggregate

__all__ = ["Wiring", "sweep"]


class Wiring(NamedTuple):
    """One network of a tape, as step rules use it (`neat.networks.tape` describes the layout).

    Attributes:
        ip: Position of the nodes in ``code``.
        fp: Position of the nodes in ``data``.
        constants: Position of the nodes' constants in ``data``, for kinds that have any.
        nodes: Number of nodes.
        first: Slot of the first node.
        slope: Slope of the sigmoid.
        passes: Passes per observation.
        first_passes: Passes of the first observation of an episode.
    """

    ip: int
    fp: int
    constants: int
    nodes: int
    first: int
    slope: float
    passes: int
    first_passes: int


@uncounted
def _gather(aggregation, code, data, edges, values, scratch):  # type: ignore[no-untyped-def]
    """Return an aggregation other than the sum, over the edges listed next in ``code`` and ``data``."""
    for e in range(edges):
        scratch[e] = data[e] * values[code[e]]
    return aggregate(aggregation, scratch[:edges])


@uncounted
def sweep(code, data, ip, fp, nodes, values, into, scratch, slope, tick):  # type: ignore[no-untyped-def]
    """Evaluate a network's nodes in order, up to the first whose wave is beyond ``tick``.

    It reads from ``values``, writes node j to ``into[j]``, and returns the number of evaluated nodes. Sum and sigmoid
    are inlined: most nodes use both, and a call would cost more than either.
    """
    for j in range(nodes):
        if code[ip + 3] > tick:
            return j
        edges = code[ip]
        if code[ip + 2] == 0:
            total = 0.0
            for e in range(edges):
                total += data[fp + 2 + e] * values[code[ip + 4 + e]]
        else:
            total = _gather(code[ip + 2], code[ip + 4 :], data[fp + 2 :], edges, values, scratch)
        z = data[fp] + data[fp + 1] * total
        if code[ip + 1] == 0:
            into[j] = bounded(logistic(slope * z))
        else:
            into[j] = bounded(activate(code[ip + 1], z, slope))
        ip += 4 + edges
        fp += 2 + edges
    return nodes
