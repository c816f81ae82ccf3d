"""Fitness that does not distinguish genomes: it is equal for all of them, or random genomes reach the goal."""

from __future__ import annotations

import numpy as np

from experiments.doctor.case import Case
from experiments.doctor.finding import Finding

__all__ = ["by_chance", "constant", "the_same"]

_BY_CHANCE = 0.05
"""Share of random genomes that reach the goal, from which on the goal is too low."""


def the_same(case: Case) -> tuple[float, str] | None:
    """Return the fitness if it is the same for all genomes, and which genomes these are; None if it differs."""
    fitness = case.fitness
    if fitness is not None and len(fitness) > 1:
        if fitness.min() < fitness.max():
            return None
        return float(fitness[0]), f"all {len(fitness)} genomes of generation {case.generation}"
    if not len(case.best) or np.ptp(case.best) > 0.0 or case.series("sd").max(initial=0.0) > 0.0:
        return None
    return float(case.best[0]), f"all genomes of all {len(case.records)} generations"


def constant(case: Case) -> Finding | None:
    """Find that all genomes have the same fitness."""
    same = the_same(case)
    if same is None:
        return None
    value, who = same
    size = case.experiment.config.population.size
    return Finding(
        name="constant-fitness",
        words="All networks have the same fitness, whatever they do.",
        evidence=f"{who} score {value:g}",
        setting=f"population.size={4 * size}",
        advice="there is nothing to select: reward progress towards the goal, or try a larger population "
        f"(population.size={4 * size}), which may contain a genome that differs",
    )


def by_chance(case: Case) -> Finding | None:
    """Find that many random networks of the first generation reach the goal."""
    fitness, goal = case.fitness, case.goal
    if case.aim is None or goal is None or fitness is None or case.generation != 0:
        return None
    reach = int((fitness >= case.aim).sum())
    if reach < 2 or reach < _BY_CHANCE * len(fitness):
        return None
    return Finding(
        name="goal-by-chance",
        words="Random networks reach the goal: it is too low, or a few episodes do not test them.",
        evidence=f"{reach} of the {len(fitness)} random networks of the first generation reach {case.aim:g}",
        setting=f"task.threshold={float(fitness.max()):g}",
        advice=f"either a goal of {goal:g} needs no evolution (set a higher task.threshold), or the "
        f"{case.experiment.task.episodes} training episodes are too few or too similar (set a larger task.episodes)",
    )
