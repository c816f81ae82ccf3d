"""Testing exported files against the network."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neat.errors import ConfigError
from neat.exporters.policy_plan import Amounts, PolicyPlan
from neat.networks.tape import forward_at, pack

__all__ = ["Answers", "Recording", "Reference", "actions_of", "difference", "random_recording"]

Vector = NDArray[np.float64]
Answers = tuple[Vector, Vector]
"""Outputs and actions, float64, shapes (n, outputs) and (n, numbers of an action)."""


@dataclass(frozen=True)
class Recording:
    """Observations, in the order in which a game produced them.

    Attributes:
        observations: float64, shape (n, inputs), before scaling.
        begins: Where an episode starts, bool, shape (n,).
        source: Their origin, in words.
    """

    observations: Vector
    begins: NDArray[np.bool_]
    source: str

    def __post_init__(self) -> None:
        if self.observations.ndim != 2 or self.begins.shape != self.observations.shape[:1]:
            raise ConfigError(
                f"expected observations of shape (n, inputs) and n marks of where episodes begin, got shapes "
                f"{self.observations.shape} and {self.begins.shape}"
            )


def random_recording(inputs: int, count: int = 1_000, seed: int = 0) -> Recording:
    """Return normally distributed observations, in ten episodes: for networks without a game."""
    rng = np.random.default_rng(seed)
    begins = np.arange(count) % max(count // 10, 1) == 0
    return Recording(rng.normal(0.0, 1.5, (count, inputs)), begins, "random observations")


class Reference:
    """The policy itself, as a `neat.exporters.target.Player`."""

    def __init__(self, policy: PolicyPlan) -> None:
        self._policy = policy
        self._tape = pack(policy.network)
        self._state = np.zeros(self._tape.state_size)

    def play(self, observations: Vector, begins: NDArray[np.bool_]) -> Answers:
        """Return outputs and actions for observations."""
        outputs = np.empty((len(observations), self._policy.network.outputs))
        scaled = _scaled(observations, self._policy.scaling)
        for x, first, y in zip(scaled, begins, outputs, strict=True):
            if first:
                self._state[:] = 0.0
            forward_at(self._tape.code, self._tape.data, 0, 0, x, self._state, y)
        return outputs, actions_of(self._policy, outputs)

    def close(self) -> None:
        """Do nothing."""


def _scaled(observations: Vector, scaling: Vector | None) -> Vector:
    x = np.ascontiguousarray(observations, np.float64)
    if scaling is None:
        return x
    shift, factor, limit = scaling
    scaled: Vector = np.minimum(np.maximum((x - shift) * factor, -limit), limit)
    return scaled


def actions_of(policy: PolicyPlan, outputs: Vector) -> Vector:
    """Return the actions for outputs (float64, shape (n, outputs)): float64, shape (n, numbers of an action)."""
    parts: list[Vector] = [np.empty((len(outputs), 0))]
    for part in policy.actions:
        if isinstance(part, Amounts):
            y = outputs[:, part.begin : part.begin + part.size]
            tanh, factor, offset, low, high = part.table.T
            stretched = np.where(tanh != 0.0, np.tanh(y), y) * factor + offset
            stretched = np.minimum(np.maximum(stretched, low), high)
            if part.rounding == "integer":
                stretched = np.rint(stretched)
            elif part.rounding == "binary":
                stretched = (stretched > 0.5).astype(np.float64)
            parts.append(stretched)
        else:
            y = outputs[:, part.begin : part.begin + part.count]
            parts.append((y.argmax(axis=1) + part.start).astype(np.float64)[:, None])
    return np.concatenate(parts, axis=1)


def difference(policy: PolicyPlan, answers: Answers, expected: Answers) -> float:
    """Return the largest difference between outputs, and between actions and the actions that follow from the outputs.

    Numbers beyond 1 are compared relative to their size. NaN on one side only is an infinite difference.
    """
    outputs, actions = answers
    pairs = [(outputs, expected[0]), (actions, actions_of(policy, outputs))]
    worst = 0.0
    for got, wanted in pairs:
        if got.shape != wanted.shape:
            return math.inf
        if got.size:
            with np.errstate(invalid="ignore"):
                apart = np.abs(got - wanted) / np.maximum(1.0, np.abs(wanted))
            apart[(got == wanted) | (np.isnan(got) & np.isnan(wanted))] = 0.0
            worst = max(worst, float(np.where(np.isnan(apart), math.inf, apart).max()))
    return worst
