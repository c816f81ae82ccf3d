"""Stagnation: fitness that stands still, exactly or on the whole."""

from __future__ import annotations

import numpy as np

from experiments.doctor.case import Case
from experiments.doctor.finding import Finding

__all__ = ["stagnant", "standstill", "standstill_after", "still"]

_STANDSTILL, _STANDSTILL_BELOW = 20, 50
"""Generations with exactly the same best fitness: without a goal, and below one."""
_FEWEST = 30
"""Generations by which a run without a trend is called stagnant."""


def standstill_after(aim: float | None) -> int:
    """Return after how many more generations with exactly the same best fitness that is worth a word."""
    return _STANDSTILL if aim is None else _STANDSTILL_BELOW


def standstill(best: float, same: int, aim: float | None) -> Finding | None:
    """Find that the best fitness stands still.

    Args:
        best: The best fitness.
        same: For how many generations it was that before this one.
        aim: Mean return that training aims at, if there is one.
    """
    if same < standstill_after(aim) or (aim is not None and best >= aim):
        return None
    if aim is None:
        short, advice = "", f"if there is no better, task.threshold={best:g} ends such a run"
    else:
        short = f", short of {aim:g}"
        advice = f"if there is no better, the goal is out of reach (task.threshold={best:g}); else try a "
        advice += "larger population.size or another --seed"
    return Finding(
        name="standstill",
        words="The best fitness does not improve.",
        evidence=f"the best fitness has been exactly {best:g} for {same} generations{short}",
        setting=f"task.threshold={best:g}",
        advice=advice,
    )


def still(case: Case) -> Finding | None:
    """Find that the best fitness of a run stands still at its end."""
    best = case.best
    if not len(best):
        return None
    same = int(np.argmax(best[::-1] != best[-1])) - 1 if np.ptp(best) > 0.0 else len(best) - 1
    return standstill(float(best[-1]), same, case.aim)


def stagnant(case: Case) -> Finding | None:
    """Find that the best fitness of a run has not risen for half of its generations, and more than a few."""
    best = case.best
    if len(best) < _FEWEST or case.aim is None or best.max() >= case.aim:
        return None
    top = int(best.argmax())
    size = case.experiment.config.population.size
    return Finding(
        name="stagnation",
        words="Fitness no longer rises: the search is stuck where it is.",
        evidence=f"the best fitness, {best[top]:g} in generation {case.records[top]['generation']}, shows no rise "
        f"over the last {len(best) - len(best) // 2} generations, short of {case.aim:g}",
        setting=f"population.size={4 * size}",
        advice=f"set population.size={4 * size}, or another --seed; if the way to the goal leads away from it, "
        "selection.method=novelty (with task.behaviour=auto)",
    )
