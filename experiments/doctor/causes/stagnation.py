"""Stagnation: the best fitness does not change at all, or has no rising trend."""

from __future__ import annotations

import numpy as np

from experiments.doctor.case import Case
from experiments.doctor.finding import Finding

__all__ = ["stagnant", "standstill", "standstill_after", "still"]

_STANDSTILL, _STANDSTILL_BELOW = 20, 50
"""Generations with exactly the same best fitness to report: without a goal, and below a goal."""
_FEWEST = 30
"""Minimum number of generations to call a run stagnant."""


def standstill_after(aim: float | None) -> int:
    """Return the number of further generations with exactly the same best fitness after which this is reported."""
    return _STANDSTILL if aim is None else _STANDSTILL_BELOW


def standstill(best: float, same: int, aim: float | None) -> Finding | None:
    """Find that the best fitness does not change.

    Args:
        best: The best fitness.
        same: Number of earlier generations with exactly this best fitness.
        aim: Mean return that training aims at, if there is one.
    """
    if same < standstill_after(aim) or (aim is not None and best >= aim):
        return None
    if aim is None:
        short, advice = "", f"if this is the best possible fitness, task.threshold={best:g} ends such a run"
    else:
        short = f", below {aim:g}"
        advice = f"if this is the best possible fitness, lower the goal (task.threshold={best:g}); otherwise try a "
        advice += "larger population.size or another --seed"
    return Finding(
        name="standstill",
        words="The best fitness does not improve.",
        evidence=f"the best fitness has been exactly {best:g} for {same} generations{short}",
        setting=f"task.threshold={best:g}",
        advice=advice,
    )


def still(case: Case) -> Finding | None:
    """Find that the best fitness of a run did not change in its last generations."""
    best = case.best
    if not len(best):
        return None
    same = int(np.argmax(best[::-1] != best[-1])) - 1 if np.ptp(best) > 0.0 else len(best) - 1
    return standstill(float(best[-1]), same, case.aim)


def stagnant(case: Case) -> Finding | None:
    """Find that the best fitness of a run has no rising trend over its later half, and is below the goal."""
    best = case.best
    if len(best) < _FEWEST or case.aim is None or best.max() >= case.aim:
        return None
    top = int(best.argmax())
    size = case.experiment.config.population.size
    return Finding(
        name="stagnation",
        words="The best fitness no longer rises.",
        evidence=f"the best fitness, {best[top]:g} in generation {case.records[top]['generation']}, shows no rise "
        f"over the last {len(best) - len(best) // 2} generations, and is below {case.aim:g}",
        setting=f"population.size={4 * size}",
        advice=f"set population.size={4 * size}, or another --seed; if fitness does not lead to the goal, "
        "selection.method=novelty (with task.behaviour=auto)",
    )
