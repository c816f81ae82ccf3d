"""Rewards that no network reaches, so that there is nothing to select."""

from __future__ import annotations

from experiments.doctor.case import Case
from experiments.doctor.causes.fitness import the_same
from experiments.doctor.finding import Finding

__all__ = ["never_reached"]

_FEWEST = 200
"""Minimum number of steps to report that a reward is never reached."""


def never_reached(case: Case) -> Finding | None:
    """Find that every step has the same reward, zero or negative, and all genomes have the same fitness."""
    played, same = case.played, the_same(case)
    if played is None or same is None or len(played.rewards) != 1 or played.rewards[0] > 0.0:
        return None
    steps, cut = int(played.steps.sum()), float(played.cut.mean())
    if steps < _FEWEST:
        return None
    value, who = same
    limit = int(played.steps.max())
    evidence = f"each of {steps:,} steps had the reward {played.rewards[0]:g}, and {who} score {value:g}"
    method = case.experiment.config.selection.method
    if cut > 0.5 and played.rewards[0] < 0.0:
        setting = f"task.max_episode_steps={4 * limit}"
        advice = f"the goal may be too far for {limit} steps: set {setting} for training, or reward progress towards it"
    elif method == "fitness":
        setting = "selection.method=novelty"
        advice = f"reward progress towards the goal, or set {setting} (with task.behaviour=auto), which selects new "
        advice += "behaviours instead"
    else:
        setting = f"population.size={4 * case.experiment.config.population.size}"
        advice = f"reward progress towards the goal, or set {setting}"
    return Finding(
        name="reward-never-reached",
        words="No network has reached a reward, so there is nothing to select.",
        evidence=evidence,
        setting=setting,
        advice=advice,
    )
