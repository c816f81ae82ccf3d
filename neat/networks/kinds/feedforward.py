"""Feed-forward networks: one pass in topological order, so that each node follows its sources."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neat.compiled.kernel import inlined_uncounted
from neat.genes.structure import UNREACHED
from neat.networks.kinds import kind_number
from neat.networks.motion import Motion
from neat.networks.settings import NetworkConfig
from neat.networks.sweep import sweep

__all__ = ["MOTION", "NUMBER", "passes", "step"]

NUMBER = kind_number("feedforward")
MOTION = Motion(at_once=False)

Counts = NDArray[np.int64]


def passes(config: NetworkConfig, deepest: Counts, farthest: Counts) -> tuple[Counts, Counts]:
    """Return the number of passes for the first observation of an episode and for later ones (int64, shape (n,) each).

    Args:
        config: Network settings.
        deepest: Longest path to a node of each network, 0 with a cycle; int64, shape (n,).
        farthest: Last wave that reaches an output of each network; int64, shape (n,).
    """
    once = np.ones_like(deepest)
    return once, once


@inlined_uncounted
def step(code, data, wiring, values, rest, state):  # type: ignore[no-untyped-def]
    """Process an observation: evaluate the nodes in place.

    Args:
        code: The tape's integers (`neat.networks.tape`).
        data: The tape's floats.
        wiring: Position of the network on the tape (`neat.networks.sweep.Wiring`).
        values: Value of each slot; inputs and bias are those of the observation, nodes those of the previous step.
        rest: The part of the state after ``values``: scratch for a value of each node, and for the edges of one.
        state: The whole state; ``state[0]`` is 0 at the start of an episode and is then used by the kind.
    """
    w = wiring
    sweep(code, data, w.ip, w.fp, w.nodes, values, values[w.first :], rest, w.slope, UNREACHED)
