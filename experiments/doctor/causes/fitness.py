"""Fitness that tells nothing: the same for all genomes, or a goal that chance reaches."""

from __future__ import annotations

import numpy as np

from experiments.doctor.case import Case
from experiments.doctor.finding import Finding

__all__ = ["by_chance", "constant", "the_same"]

_BY_CHANCE = 0.05
"""Share of the first genomes that reach the goal."""


def the_same(case: Case) -> tuple[float, str] | None:
    """Return the fitness that all genomes have, and who they are, or None where they differ."""
    fitness = case.fitness
    if fitness is not None and len(fitness) > 1:
        if fitness.min() < fitness.max():
            return None
        return float(fitness[0]), f"all {len(fitness)} genomes of generation {case.generation}"
    if not len(case.best) or np.ptp(case.best) > 0.0 or case.series("sd").max(initial=0.0) > 0.0:
        return None
    return float(case.best[0]), f"all genomes of all {len(case.records)} generations"


def constant(case: Case) -> Finding | None:
    """Find that all genomes have one fitness."""
    same = the_same(case)
    if same is None:
        return None
    value, who = same
    size = case.experiment.config.population.size
    return Finding(
        name="constant-fitness",
        words="The fitness is the same whatever a network does.",
        evidence=f"{who} score {value:g}",
        setting=f"population.size={4 * size}",
        advice="there is nothing to select; a larger population may hold one that differs "
        f"(population.size={4 * size}), or reward what leads to the goal",
    )


def by_chance(case: Case) -> Finding | None:
    """Find that many first networks, which are random, reach the goal."""
    fitness, goal = case.fitness, case.goal
    if case.aim is None or goal is None or fitness is None or case.generation != 0:
        return None
    reach = int((fitness >= case.aim).sum())
    if reach < 2 or reach < _BY_CHANCE * len(fitness):
        return None
    return Finding(
        name="goal-by-chance",
        words="The goal is so low that networks reach it by chance: evolution has nothing to do.",
        evidence=f"{reach} of the {len(fitness)} first networks, which are random, reach {case.aim:g}",
        setting=f"task.threshold={float(fitness.max()):g}",
        advice=f"a goal of {goal:g} asks nothing of evolution; set a higher task.threshold",
    )
