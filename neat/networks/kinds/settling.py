"""Settling networks: time steps from the inputs until no value changes (Creutzig 2022, section 7).

Every observation starts from zeros. A node is evaluated from the step that first reaches it, and in every later step.
Without cycles, the values settle on those of a feed-forward pass.
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

NUMBER = kind_number("settling")
MOTION = Motion(at_once=True, settles=True)

Counts = NDArray[np.int64]


def passes(config: NetworkConfig, deepest: Counts, farthest: Counts) -> tuple[Counts, Counts]:
    """Return the maximum number of time steps: the setting, or a network's depth if larger (`feedforward.passes`)."""
    cap = np.maximum(deepest, config.max_steps)
    return cap, cap


@inlined_uncounted
def step(code, data, wiring, values, rest, state):  # type: ignore[no-untyped-def]
    """Let an observation settle; see `neat.networks.kinds.feedforward.step`. ``state[0]`` counts the time steps."""
    w = wiring
    new, scratch = rest[: w.nodes], rest[w.nodes :]
    for j in range(w.nodes):
        values[w.first + j] = 0.0
    tick = 0
    for _ in range(w.passes):
        tick += 1
        active = sweep(code, data, w.ip, w.fp, w.nodes, values, new, scratch, w.slope, tick)
        settled = active == w.nodes
        for j in range(active):
            settled = settled and new[j] == values[w.first + j]
            values[w.first + j] = new[j]
        if settled:
            break
    state[0] = tick
