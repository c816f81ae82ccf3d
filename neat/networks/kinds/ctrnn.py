"""Continuous-time recurrent networks: every node follows its inputs at a pace of its own, its time constant.

The value y of a node with time constant τ obeys::

    τ dy/dt = −y + activation(bias + response * aggregation(weight * source))

so the right side is the node rule of every kind, and it is the emitted value that lags behind, as in neat-python. Beer
(1995, "On the dynamics of small continuous-time recurrent neural networks") lets the net input lag instead, τ dy/dt =
−y + Σ w σ(y + θ) + I; there a node emits σ(y + θ). Where all τ are equal the one is the other seen through its weights.

A pass takes Δt (``network.time_step``), and moves all nodes at the same moment by the exact solution for inputs that do
not change meanwhile ("exponential Euler")::

    y ← (1 − a) y + a activation(…)      a = 1 − exp(−Δt / τ)

Since 0 < a ≤ 1, a value stays between the old one and what it follows, for any Δt: long steps lose accuracy, never
stability. With τ far below Δt, a is 1 and the network is a recurrent one to the last bit. All values are 0 at the start
of an episode, and a node moves from the pass that first reaches it.
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
    """Write a = 1 − exp(−Δt / τ) of each node; compiled, so that the last bit is not up to NumPy's vector code."""
    for j in range(nodes.size):
        shares[j, 0] = -math.expm1(-time_step / nodes[j].time_constant)


def constants(nodes: NodeGenes, time_step: float) -> NDArray[np.float64]:
    """Return the share of the way that each node goes in a pass of ``time_step``, float64, shape (nodes, 1)."""
    shares = np.empty((len(nodes), 1))
    _shares(nodes, time_step, shares)
    return shares


@inlined_uncounted
def step(code, data, wiring, values, rest, state):  # type: ignore[no-untyped-def]
    """Pass an observation on; see `neat.networks.kinds.feedforward.step`. ``state[0]`` counts an episode's passes."""
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
