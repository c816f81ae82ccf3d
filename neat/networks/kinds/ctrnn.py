"""Continuous-time recurrent networks: every node approaches its input at a rate set by its time constant.

The value y of a node with time constant τ obeys::

    τ dy/dt = −y + activation(bias + response * aggregation(weight * source))

The right side is the node rule of every kind, and the emitted value lags behind, as in neat-python. In Beer (1995, "On
the dynamics of small continuous-time recurrent neural networks") the net input lags instead, τ dy/dt = −y + Σ w σ(y +
θ) + I, and a node emits σ(y + θ). If all τ are equal, the two forms are equivalent up to a change of variables by the
weights.

A pass covers Δt (``network.time_step``). It updates all nodes at once by the exact solution for inputs that are
constant during the pass ("exponential Euler")::

    y ← (1 − a) y + a activation(…)        a = 1 − exp(−Δt / τ)

Since 0 < a ≤ 1, a new value lies between the old one and its target for any Δt: long steps lose accuracy, but never
stability. If τ is far below Δt, a is 1 and the network equals a recurrent one to the last bit. All values are 0 at the
start of an episode, and a node is updated from the pass that first reaches it.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from neat.compiled.kernel import inlined_uncounted, uncounted
from neat.genes.schema import NodeGenes
from neat.networks.kinds import kind_number
from neat.networks.kinds.recurrent import passes
from neat.networks.motion import Motion
from neat.networks.sweep import sweep

__all__ = ["MOTION", "NUMBER", "constants", "passes", "step"]

NUMBER = kind_number("ctrnn")
MOTION = Motion(at_once=True, lags=True)


@uncounted
def _shares(nodes, time_step, shares):  # type: ignore[no-untyped-def]
    """Write a = 1 − exp(−Δt / τ) for each node; compiled, because NumPy's vector code may differ in the last bit."""
    for j in range(nodes.size):
        shares[j, 0] = -math.expm1(-time_step / nodes[j].time_constant)


def constants(nodes: NodeGenes, time_step: float) -> NDArray[np.float64]:
    """Return a for each node and a pass of ``time_step``, float64, shape (nodes, 1)."""
    shares = np.empty((len(nodes), 1))
    _shares(nodes, time_step, shares)
    return shares


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
            share = data[w.constants + j]
            values[w.first + j] = (1.0 - share) * values[w.first + j] + share * new[j]
    state[0] = tick
