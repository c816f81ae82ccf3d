"""How the values of a kind of network move, said as data: for programs that cannot call compiled code."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Motion"]


@dataclass(frozen=True)
class Motion:
    """What one observation does to the values of a `neat.networks.plan.NetworkPlan`, beside the rule of a node.

    The first observation of an episode takes ``first_passes`` passes, later ones ``passes``. In a pass every node is
    evaluated. Where all move at once, a node stays 0 until the pass of the episode (or, where networks settle, of the
    observation) whose number is its wave.

    Attributes:
        at_once: Nodes read the values that the pass before left; else each reads what those before it have just got.
        settles: Every observation begins at 0, and passes end once nothing changes; else values are kept.
        lags: A node goes only a part of the way, the first of the kind's `constants`.
    """

    at_once: bool
    settles: bool = False
    lags: bool = False
