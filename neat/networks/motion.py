"""The update rule of a kind of network as data, for programs that cannot call compiled code."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Motion"]


@dataclass(frozen=True)
class Motion:
    """How one observation changes the values of a `neat.networks.plan.NetworkPlan`, given the rule of a node.

    The first observation of an episode takes ``first_passes`` passes, later ones ``passes``. In a pass every node is
    evaluated. If all nodes are updated at once, a node stays 0 until the pass whose number is its wave, counted within
    the episode (or within the observation, for networks that settle).

    Attributes:
        at_once: True: nodes read the values of the previous pass. False: each reads the new values of the nodes before
            it.
        settles: True: every observation starts from zeros, and passes end when no value changes. False: values persist.
        lags: Whether a node moves only a fraction of the way to its target, the first of the kind's `constants`.
    """

    at_once: bool
    settles: bool = False
    lags: bool = False
