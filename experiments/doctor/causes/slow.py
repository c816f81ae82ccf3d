"""Time: a game so slow that a run has few generations."""

from __future__ import annotations

import numpy as np

from experiments.display.describe import duration
from experiments.doctor.case import Case
from experiments.doctor.finding import Finding

__all__ = ["slow"]

_SLOW, _SHARE = 2e-3, 0.8
"""Minimum seconds per step, and minimum share of the time spent in the game, to call a game slow."""


def slow(case: Case) -> Finding | None:
    """Find that calls of the game take long, and most of the time. The time of a reset is divided among the steps."""
    played = case.played
    if played is None:
        return None
    length = float(played.steps.mean())
    reset = played.reset_seconds / max(length, 1.0)
    game = played.step_seconds + reset
    share = game / max(game + played.other_seconds, 1e-12)
    if game < _SLOW or share < _SHARE:
        return None
    task, config = case.experiment.task, case.experiment.config
    generation = config.population.size * task.episodes * length * game
    which = "step" if played.step_seconds >= reset else "reset"
    each = played.step_seconds if which == "step" else played.reset_seconds
    one = f"a call of {which}() takes {1000 * each:.3g} ms, {share:.0%} of the time of an episode"
    longest = int(np.ceil(played.steps.max()))
    setting = "task.racing=true"
    if task.racing or task.episodes < 3:
        setting = f"task.max_episode_steps={max(1, longest // 4)}"
    if which == "reset":
        setting = "task.episodes=1" if task.episodes > 1 else setting
    return Finding(
        name=f"slow-{which}",
        words="Nearly all the time is spent in the game, so a run has few generations.",
        evidence=f"{one}; a generation takes {duration(generation)}, divided among the workers",
        setting=setting,
        advice=f"make {which}() faster (python -m cProfile shows what takes the time), use more run.workers, "
        f"or set {setting}",
    )
