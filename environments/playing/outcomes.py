"""Outcomes of an episode besides its return: a *behaviour* and *objectives*, for scores of `neat.selection`.

A behaviour describes how the episode ended: ``info["behaviour"]`` (or ``info["behavior"]``) of the last step, a
compiled game's own ``behaviour(state)``, or the last observation. Objectives are several numbers to be maximised,
``info["objectives"]`` of the last step. The behaviours of several episodes are combined by the rule
``task.behaviour_episodes``; objectives are averaged, like returns.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from environments.spaces.observations import ObservationEncoder
from environments.tasks.settings import TaskConfig
from neat.errors import EvaluationError

__all__ = ["behaviours_of", "joined", "objectives_of", "outcome", "wanted"]

Vector = NDArray[np.float64]


def wanted(config: TaskConfig) -> bool:
    """Return whether behaviours or objectives are requested."""
    return config.behaviour != "none" or config.objectives > 0


def outcome(config: TaskConfig, encoder: ObservationEncoder, observation: Any, info: Mapping[str, Any]) -> Vector:
    """Return the outcome of an episode: its behaviour, then its objectives (float64, one-dimensional).

    Args:
        config: Settings of the task.
        encoder: Maps observations to vectors.
        observation: The last observation.
        info: Info of the last step.

    Raises:
        EvaluationError: The game does not provide the behaviour or objectives that the settings request.
    """
    behaviour = np.empty(0)
    given = info.get("behaviour", info.get("behavior"))
    if config.behaviour == "info" or (config.behaviour == "auto" and given is not None):
        behaviour = _numbers(given, "behaviour")
    elif config.behaviour != "none":
        behaviour = np.array(encoder.encode(observation), np.float64)
    if not config.objectives:
        return behaviour
    objectives = _numbers(info.get("objectives"), "objectives")
    if len(objectives) != config.objectives:
        raise EvaluationError(
            f"ended an episode with {len(objectives)} numbers as info['objectives'], expected task.objectives = "
            f"{config.objectives}"
        )
    return np.concatenate([behaviour, objectives])


def _numbers(values: Any, name: str) -> Vector:
    if values is None:
        raise EvaluationError(f"ended an episode without info[{name!r}], which the settings of the task require")
    try:
        found = np.asarray(values, np.float64).reshape(-1)
    except (TypeError, ValueError):
        found = np.full(1, np.nan)
    if not len(found) or not np.isfinite(found).all():
        raise EvaluationError(f"ended an episode with info[{name!r}] = {values!r:.80}, expected finite numbers")
    return found


def joined(config: TaskConfig, rows: Sequence[Sequence[Vector]], shape: tuple[int, int]) -> Vector | None:
    """Return the outcomes of all episodes as one array, or None if only returns are requested.

    Args:
        config: Settings of the task.
        rows: For each genome, the outcomes of its episodes; fewer if an episode could not be scored.
        shape: (genomes, episodes).

    Returns:
        float64, shape (genomes, episodes, numbers).

    Raises:
        EvaluationError: Outcomes have different lengths.
    """
    if not wanted(config):
        return None
    sizes = {len(row) for ends in rows for row in ends}
    if len(sizes) > 1:
        raise EvaluationError(
            f"environment {config.environment!r} ended episodes with behaviours of {min(sizes)} and of {max(sizes)} "
            "numbers: expected the same number each time"
        )
    outcomes = np.full((*shape, max(sizes, default=0)), np.nan)
    for genome, ends in enumerate(rows):
        for episode, row in enumerate(ends):
            outcomes[genome, episode] = row
    return outcomes


def behaviours_of(config: TaskConfig, outcomes: Vector) -> Vector | None:
    """Return each genome's behaviour, float64, shape (genomes, d), or None if none is requested.

    Args:
        config: Settings of the task.
        outcomes: Outcomes of all episodes, float64, shape (genomes, episodes, numbers).
    """
    if config.behaviour == "none":
        return None
    behaviours = outcomes[:, :, : outcomes.shape[2] - config.objectives]
    if config.behaviour_episodes == "concatenate":
        return np.ascontiguousarray(behaviours.reshape(len(behaviours), -1))
    return _mean(behaviours)


def objectives_of(config: TaskConfig, outcomes: Vector) -> Vector | None:
    """Return each genome's objectives, float64, shape (genomes, m), or None if there are none."""
    return _mean(outcomes[:, :, outcomes.shape[2] - config.objectives :]) if config.objectives else None


def _mean(rows: Vector) -> Vector:
    """Return the mean over episodes, summed in their order, like returns."""
    total: Vector = rows[:, 0].copy()
    for episode in range(1, rows.shape[1]):
        total += rows[:, episode]
    total /= rows.shape[1]
    return total
