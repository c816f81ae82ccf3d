"""The rule of a node, and one sweep over the nodes of a network: what all kinds of network share.

A node's value is ``activation(bias + response * aggregation(weight * source))``, edges in the order of the plan, so
that kinds agree to the last bit where they evaluate the same nodes from the same values. It stays within ±1e30 and is 0
where it would be no number (`neat.functions.activations.bounded`), so outputs are finite whatever a network does.
"""

from __future__ import annotations

from typing import NamedTuple

from neat.compiled.kernel import uncounted
from neat.functions.activations import activate, bounded, logistic
from neat.functions.aggregations import aggregate

__all__ = ["Wiring", "sweep"]


class Wiring(NamedTuple):
    """One network of a tape, as step rules see it (`neat.networks.tape` says how a tape is laid out).

    Attributes:
        ip: Where the nodes begin in ``code``.
        fp: Where the nodes begin in ``data``.
        constants: Where the constants of the nodes begin in ``data``, for kinds that have some.
        nodes: Number of nodes.
        first: Slot of the first node.
        slope: Slope of sigmoid nodes.
        passes: Passes of an observation.
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
    """Return an aggregation other than the sum, of the edges that ``code`` and ``data`` list first."""
    for e in range(edges):
        scratch[e] = data[e] * values[code[e]]
    return aggregate(aggregation, scratch[:edges])


@uncounted
def sweep(code, data, ip, fp, nodes, values, into, scratch, slope, tick):  # type: ignore[no-untyped-def]
    """Evaluate a network's nodes in order, up to the first whose wave is beyond ``tick``.

    Reads from ``values``, writes node j to ``into[j]``, and returns how many nodes were evaluated. The sum and the
    sigmoid are written out here: most nodes have both, and a call costs more than either.
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
