"""Recurrent networks: values persist between observations, and every pass moves signals by one connection.

All nodes are updated at the same time. A node is updated from the pass that first reaches it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neat.compiled.kernel import inlined_uncounted
from neat.networks.kinds import kind_number
from neat.networks.motion import Motion
from neat.networks.settings import NetworkConfig
from neat.networks.sweep import sweep

__all__ = ["MOTION", "NUMBER", "passes", "step"]

NUMBER = kind_number("recurrent")
MOTION = Motion(at_once=True)

Counts = NDArray[np.int64]


def passes(config: NetworkConfig, deepest: Counts, farthest: Counts) -> tuple[Counts, Counts]:
    """Return the passes of the first observation and of later ones; see `neat.networks.kinds.feedforward.passes`."""
    each = np.full_like(farthest, config.passes)
    if not config.settle_first:
        return each, each
    return np.maximum(each, np.minimum(farthest, config.max_steps)), each


@inlined_uncounted
def step(code, data, wiring, values, rest, state):  # type: ignore[no-untyped-def]
    """Process an observation; see `neat.networks.kinds.feedforward.step`. ``state[0]`` counts an episode's passes."""
    w = wiring
    new, scratch = rest[: w.nodes], rest[w.nodes :]
    tick = int(state[0])
    for _ in range(w.first_passes if tick == 0 else w.passes):
        tick += 1
        active = sweep(code, data, w.ip, w.fp, w.nodes, values, new, scratch, w.slope, tick)
        for j in range(active):
            values[w.first + j] = new[j]
    state[0] = tick
