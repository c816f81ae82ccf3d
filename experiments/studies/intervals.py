"""Intervals of a mean over a few runs, by Student's t.

For normal values they cover exactly as often as they say, however few. A bootstrap of an interquartile mean, as rliable
makes it, covers 88% instead of 95% with five runs. Skewed values cost t a few percent too: with 30 runs of which most
are at the best possible return, it covers about 91%.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from environments.playing.intervals import student_quantile

__all__ = ["mean_intervals"]

Vector = NDArray[np.float64]


def mean_intervals(values: ArrayLike) -> tuple[Vector, Vector, Vector]:
    """Return the mean over runs with its 95% interval.

    Args:
        values: float64, shape (runs, points).

    Returns:
        Mean, lower and upper ends, float64, shape (points,); the ends are NaN for a single run.
    """
    data = np.asarray(values, np.float64)
    runs = len(data)
    mean = np.asarray(data.mean(axis=0))
    if runs < 2:
        return mean, np.full_like(mean, np.nan), np.full_like(mean, np.nan)
    half = student_quantile(runs - 1) * data.std(axis=0, ddof=1) / math.sqrt(runs)
    return mean, np.asarray(mean - half), np.asarray(mean + half)
