"""Inputs that networks can make little of: too large, too small, uneven, and those that say nothing new."""

from __future__ import annotations

import numpy as np

from experiments.doctor.case import Case
from experiments.doctor.finding import Finding

__all__ = ["idle", "scale"]

_HUGE, _TINY, _UNEVEN = 100.0, 1e-3, 1e3
"""Weights begin near 1, and sigmoids are flat beyond 5: inputs above saturate, inputs below have no say. The last is
the ratio of the deviations of two inputs, of which the smaller then has none beside the larger."""
_ENOUGH = 100
"""Observations by which an input is called constant, or another's copy."""
_FEW, _IDLE = 4, 0.5
"""Least number and share of inputs that say nothing new before it is worth a word."""
_COPY = 1.0 - 1e-6
"""Correlation of a copy."""


def scale(case: Case) -> Finding | None:
    """Find inputs that are not of the size of weights."""
    view, scaled = case.view, case.experiment.task.observation_scaling
    if view is None or not view.x.size or scaled == "running":
        return None
    largest, deviation = np.abs(view.x).max(axis=0), view.x.std(axis=0)
    worst = int(largest.argmax())
    # Where all large inputs have bounds, those bring them to one scale from the first generation on.
    large = largest > _HUGE
    bounded = np.isfinite(view.low) & np.isfinite(view.high) & (view.high - view.low < 1e6)
    scaling = "bounds" if scaled == "none" and large.any() and bounded[large].all() else "running"
    setting = f"task.observation_scaling={scaling}"
    moving = deviation[deviation > 0]
    if largest[worst] > _HUGE:
        name, words = "huge-inputs", "Inputs are so large that networks answer the same to all of them."
        evidence = f"inputs reach {largest[worst]:,.4g} ({view.names[worst]}), which saturates networks"
    elif 0 < largest[worst] < _TINY:
        name, words = "tiny-inputs", "Inputs are so small that the bias dominates them."
        evidence = f"no input exceeds {largest[worst]:.3g}: networks hardly notice them"
    elif len(moving) and moving.max() / moving.min() > _UNEVEN:
        name, words = "uneven-inputs", "Some inputs drown the others."
        evidence = f"some inputs vary {moving.max() / moving.min():,.0f} times as much as others"
    else:
        return None
    advice = f"set {setting}, which brings inputs to one scale"
    return Finding(name=name, words=words, evidence=evidence, setting=setting, advice=advice)


def idle(case: Case) -> Finding | None:
    """Find that most inputs never change, or repeat others."""
    view = case.view
    if view is None or view.one_hot or len(view.x) < _ENOUGH:
        return None
    x = view.x
    inputs = x.shape[1]
    still = np.ptp(x, axis=0) == 0.0
    moving = x[:, ~still]
    copies = _copies(moving)
    if still.all():
        name, words = "constant-inputs", "Networks are shown the same numbers all the time: they cannot react."
        evidence = f"none of {inputs} inputs changed in {len(x):,} observations of {view.episodes} episodes"
    elif still.sum() >= max(_FEW, _IDLE * inputs):
        name, words = "constant-inputs", "Most inputs never change: networks lose themselves among them."
        evidence = f"{int(still.sum())} of {inputs} inputs did not change in {len(x):,} observations"
    elif copies >= max(_FEW, _IDLE * inputs):
        name, words = "redundant-inputs", "Most inputs repeat others: networks lose themselves among them."
        evidence = f"{copies} of {inputs} inputs go up and down with another one, exactly"
    else:
        return None
    empty = case.experiment.config.genome.initial == "empty"
    setting = "" if empty or still.all() else "genome.initial=empty"
    leave = "leave them out of what the game shows (task.wrappers)"
    advice = f"{leave}, or set {setting}: connections come where they pay" if setting else leave
    if still.all():
        advice = "let the game show what an action should depend on"
    return Finding(name=name, words=words, evidence=evidence, setting=setting, advice=advice)


def _copies(x: np.ndarray) -> int:
    """Count the columns that go up and down with an earlier one."""
    if x.shape[1] < 2 or x.shape[1] > 2_000:
        return 0
    together = np.abs(np.corrcoef(x, rowvar=False))
    return int((np.triu(together, 1).max(axis=0) > _COPY).sum())
