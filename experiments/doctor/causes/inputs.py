"""Inputs that are difficult for networks: too large, too small, uneven, or without new information."""

from __future__ import annotations

import numpy as np

from experiments.doctor.case import Case
from experiments.doctor.finding import Finding

__all__ = ["idle", "scale"]

_HUGE, _TINY, _UNEVEN = 100.0, 1e-3, 1e3
"""First weights are near 1, and sigmoids are flat beyond 5. So inputs above the first limit saturate nodes, and inputs
below the second have no effect. The third limit is the ratio of the standard deviations of two inputs: above it, the
smaller one has no effect beside the larger one."""
_ENOUGH = 100
"""Minimum number of observations to call an input constant, or a copy of another."""
_FEW, _IDLE = 4, 0.5
"""Minimum number and share of inputs without new information to report them."""
_COPY = 1.0 - 1e-6
"""Minimum correlation of an input with another to call it a copy."""


def scale(case: Case) -> Finding | None:
    """Find inputs whose size does not fit the size of weights."""
    view, scaled = case.view, case.experiment.task.observation_scaling
    if view is None or not view.x.size or scaled == "running":
        return None
    largest, deviation = np.abs(view.x).max(axis=0), view.x.std(axis=0)
    worst = int(largest.argmax())
    # If all large inputs have bounds, scaling by the bounds works from the first generation on.
    large = largest > _HUGE
    bounded = np.isfinite(view.low) & np.isfinite(view.high) & (view.high - view.low < 1e6)
    scaling = "bounds" if scaled == "none" and large.any() and bounded[large].all() else "running"
    setting = f"task.observation_scaling={scaling}"
    moving = deviation[deviation > 0]
    if largest[worst] > _HUGE:
        name, words = "huge-inputs", "Inputs are so large that networks have the same outputs for all of them."
        evidence = f"inputs reach {largest[worst]:,.4g} ({view.names[worst]}), which saturates networks"
    elif 0 < largest[worst] < _TINY:
        name, words = "tiny-inputs", "Inputs are so small that the bias dominates them."
        evidence = f"no input exceeds {largest[worst]:.3g}, which has hardly any effect on networks"
    elif len(moving) and moving.max() / moving.min() > _UNEVEN:
        name, words = "uneven-inputs", "Some inputs are so large that the others have no effect."
        evidence = f"some inputs vary {moving.max() / moving.min():,.0f} times as much as others"
    else:
        return None
    advice = f"set {setting}, which brings all inputs to the same scale"
    return Finding(name=name, words=words, evidence=evidence, setting=setting, advice=advice)


def idle(case: Case) -> Finding | None:
    """Find that most inputs never change, or are copies of others."""
    view = case.view
    if view is None or view.one_hot or len(view.x) < _ENOUGH:
        return None
    x = view.x
    inputs = x.shape[1]
    still = np.ptp(x, axis=0) == 0.0
    moving = x[:, ~still]
    copies = _copies(moving)
    if still.all():
        name, words = "constant-inputs", "The inputs of networks never change, so networks cannot react."
        evidence = f"none of {inputs} inputs changed in {len(x):,} observations of {view.episodes} episodes"
    elif still.sum() >= max(_FEW, _IDLE * inputs):
        name, words = "constant-inputs", "Most inputs never change, and hide the inputs that matter."
        evidence = f"{int(still.sum())} of {inputs} inputs did not change in {len(x):,} observations"
    elif copies >= max(_FEW, _IDLE * inputs):
        name, words = "redundant-inputs", "Most inputs are copies of others, and hide the inputs that matter."
        evidence = f"{copies} of {inputs} inputs are exactly correlated with another one"
    else:
        return None
    empty = case.experiment.config.genome.initial == "empty"
    setting = "" if empty or still.all() else "genome.initial=empty"
    leave = "remove them from the observation (task.wrappers)"
    advice = f"{leave}, or set {setting}, so that only useful connections are added" if setting else leave
    if still.all():
        advice = "put the values on which the action should depend into the observation"
    return Finding(name=name, words=words, evidence=evidence, setting=setting, advice=advice)


def _copies(x: np.ndarray) -> int:
    """Return the number of columns that are exactly correlated with an earlier one."""
    if x.shape[1] < 2 or x.shape[1] > 2_000:
        return 0
    together = np.abs(np.corrcoef(x, rowvar=False))
    return int((np.triu(together, 1).max(axis=0) > _COPY).sum())
