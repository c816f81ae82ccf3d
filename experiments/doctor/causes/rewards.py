"""Rewards that nobody comes to: then there is nothing to select, however long evolution goes on."""

from __future__ import annotations

from experiments.doctor.case import Case
from experiments.doctor.causes.fitness import the_same
from experiments.doctor.finding import Finding

__all__ = ["never_reached"]

_FEWEST = 200
"""Steps by which a reward is said never to come."""


def never_reached(case: Case) -> Finding | None:
    """Find that every step pays the same, nothing or a price, and all genomes score the same."""
    played, same = case.played, the_same(case)
    if played is None or same is None or len(played.rewards) != 1 or played.rewards[0] > 0.0:
        return None
    steps, cut = int(played.steps.sum()), float(played.cut.mean())
    if steps < _FEWEST:
        return None
    value, who = same
    pays = "nothing" if played.rewards[0] == 0.0 else f"{played.rewards[0]:g}"
    limit = int(played.steps.max())
    evidence = f"each of {steps:,} steps paid {pays}, and {who} score {value:g}"
    method = case.experiment.config.selection.method
    if cut > 0.5 and played.rewards[0] < 0.0:
        setting = f"task.max_episode_steps={4 * limit}"
        advice = f"the goal may be too far for {limit} steps: set {setting} for training, or reward coming nearer"
    elif method == "fitness":
        setting = "selection.method=novelty"
        advice = f"reward coming nearer to the goal, or set {setting} (with task.behaviour=auto), which breeds by "
        advice += "what is new instead"
    else:
        setting = f"population.size={4 * case.experiment.config.population.size}"
        advice = f"reward coming nearer to the goal, or set {setting}"
    return Finding(
        name="reward-never-reached",
        words="No network has ever come to a reward: there is nothing to select.",
        evidence=evidence,
        setting=setting,
        advice=advice,
    )
