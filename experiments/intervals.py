"""Figures over a few runs that can be trusted: the interquartile mean with a bootstrapped interval.

The method of rliable (Agarwal et al. 2021, "Deep reinforcement learning at the edge of the statistical precipice",
sections 4.1 and 4.3): the mean of the middle half of the runs is less moved by outliers than the mean, and uses more
of the data than the median; its interval comes from runs drawn with replacement.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["bootstrap_interval", "interquartile_mean"]

_RESAMPLES = 10_000


def interquartile_mean(values: ArrayLike, axis: int = -1) -> NDArray[np.float64]:
    """Return the mean of the middle half: a quarter of the values, rounded down, is left out at either end.

    Args:
        values: Numbers, any shape.
        axis: Along which to take it.

    Returns:
        float64, the shape of ``values`` without ``axis``.
    """
    ordered = np.sort(np.asarray(values, np.float64), axis=axis)
    n = ordered.shape[axis]
    cut = n // 4
    return np.asarray(np.take(ordered, np.arange(cut, n - cut), axis=axis).mean(axis=axis))


def bootstrap_interval(
    values: ArrayLike, *, seed: int = 0, share: float = 0.95, resamples: int = _RESAMPLES
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the percentile bootstrap interval of the interquartile mean over runs.

    Args:
        values: float64, shape (runs,) or (runs, points); whole runs are drawn, so that points stay together.
        seed: Of the draws.
        share: Confidence.
        resamples: Number of draws.

    Returns:
        Lower and upper ends, shape () or (points,).
    """
    data = np.asarray(values, np.float64)
    runs = len(data)
    drawn = np.random.default_rng(seed).integers(runs, size=(resamples, runs))
    means = np.stack([interquartile_mean(data[rows], axis=0) for rows in drawn])
    low, high = np.percentile(means, [50 * (1 - share), 50 * (1 + share)], axis=0)
    return np.asarray(low), np.asarray(high)
