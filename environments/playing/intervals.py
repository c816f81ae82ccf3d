"""95% confidence intervals of a mean (Student's t) and of a proportion (Wilson).

Student's t is exact for normally distributed values, even for few of them. A bootstrap of the interquartile mean, as in
rliable, covers 88% instead of 95% with five runs. Student's t also loses coverage if values are skewed: about 91% with
30 runs, most of which reach the maximum possible return.
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import ArrayLike, NDArray

__all__ = ["mean_interval", "mean_intervals", "student_p", "student_quantile", "wilson"]

Vector = NDArray[np.float64]

_CONFIDENCE = 0.95
_MANY = 200


def mean_interval(returns: NDArray[np.float64]) -> tuple[float, float]:
    """Return the 95% interval of the mean by Student's t distribution (NaN for fewer than two values)."""
    n = len(returns)
    if n < 2:
        return math.nan, math.nan
    half = student_quantile(n - 1) * float(returns.std(ddof=1)) / math.sqrt(n)
    mean = float(returns.mean())
    return mean - half, mean + half


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


def student_quantile(freedom: int, confidence: float = _CONFIDENCE) -> float:
    """Return t with ``P(|T| <= t) = confidence`` for a number of degrees of freedom, by bisection.

    From 200 degrees of freedom on, the expansion around the normal quantile is used (Abramowitz & Stegun 1964, equation
    26.7.5). It is then exact to seven digits and much faster.
    """
    if freedom >= _MANY:
        z = NormalDist().inv_cdf((1.0 + confidence) / 2.0)
        first = (z**3 + z) / 4
        second = (5 * z**5 + 16 * z**3 + 3 * z) / 96
        third = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
        return z + first / freedom + second / freedom**2 + third / freedom**3
    low, high = 0.0, 13.0  # 12.7062 for one degree of freedom and 95%
    while _student_share(high, freedom) < confidence:
        high *= 2.0
    for _ in range(60):
        middle = (low + high) / 2
        if _student_share(middle, freedom) < confidence:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def student_p(t: float, freedom: int) -> float:
    """Return the two-sided p-value ``P(|T| > |t|)`` of Student's t with a number of degrees of freedom."""
    return max(0.0, 1.0 - _student_share(abs(t), freedom))


def _student_share(t: float, freedom: int) -> float:
    """Return ``P(|T| <= t)`` (Abramowitz & Stegun 1964, equations 26.7.3 and 26.7.4)."""
    angle = math.atan(t / math.sqrt(freedom))
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = freedom % 2 == 1
    term = cosine if odd else 1.0
    total = term if freedom > 1 or not odd else 0.0
    for k in range(3 if odd else 2, freedom, 2):
        term *= cosine * cosine * (k - 1) / k
        total += term
    return 2.0 / math.pi * (angle + sine * total) if odd else sine * total


def wilson(successes: int, runs: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Return the Wilson interval of a proportion (Wilson 1927), which is also accurate near 0 and 1.

    Args:
        successes: Number of successes: solved runs, correct answers.
        runs: Total number of trials.
        z: Quantile of the normal distribution; the default gives 95%.
    """
    if runs == 0:
        return 0.0, 1.0
    share = successes / runs
    centre = share + z * z / (2 * runs)
    half = z * math.sqrt(share * (1 - share) / runs + z * z / (4 * runs * runs))
    scale = 1 + z * z / runs
    low = 0.0 if successes == 0 else (centre - half) / scale  # exact: rounding could exclude the proportion
    high = 1.0 if successes == runs else (centre + half) / scale
    return low, high
