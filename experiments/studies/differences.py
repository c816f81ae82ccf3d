"""Whether two samples of runs differ: proportions, costs and means, with 95% intervals and tests.

- **Success rate**: Fisher's exact test (1922), two-sided: the sum of the probabilities of all tables at most as
    probable as the observed one. Interval: Newcombe (1998), method 10, from the two Wilson intervals.
- **Evaluations**: the rank-sum test (`experiments.replication.check.rank_sum`), and the Hodges-Lehmann shift (1963)
    with its interval from the same ranks (normal approximation). Failed runs rank last.
- **Verified score**: both samples have the same seeds, so this is a paired t-test. There is none if all
    differences are the same.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from environments.playing.intervals import mean_intervals, student_p
from experiments.replication.check import rank_sum
from experiments.studies.results import FinishedRun
from experiments.studies.success import wilson

__all__ = ["Difference", "Differences", "fisher", "hodges_lehmann", "newcombe", "paired_t"]

_Z = 1.959963984540054


@dataclass(frozen=True)
class Difference:
    """The second sample less the first.

    Attributes:
        value: The difference.
        low: Lower end of its 95% interval.
        high: Upper end.
        p: How likely a difference at least as large is where there is none; None without a test.
    """

    value: float
    low: float
    high: float
    p: float | None = None


@dataclass(frozen=True)
class Differences:
    """Two samples of runs with the same seeds.

    Attributes:
        solved: Share of the runs that solve.
        evaluations: Evaluations to solve.
        score: Verified score.
        slower: Share of pairs in which the second needs more evaluations, ties counted half.
    """

    solved: Difference
    evaluations: Difference
    score: Difference
    slower: float

    @classmethod
    def of(cls, first: Sequence[FinishedRun], second: Sequence[FinishedRun]) -> Differences:
        """Compare the runs of two experiments.

        Args:
            first: Runs.
            second: Runs with the same seeds, in the same order.

        Raises:
            ValueError: Other seeds, or fewer than two runs.
        """
        if [row.seed for row in first] != [row.seed for row in second] or len(first) < 2:
            raise ValueError("expected at least two runs of each, with the same seeds")
        n = len(first)
        a, b = (sum(row.accepted for row in rows) for rows in (first, second))
        costs = [np.array([row.evaluations if row.accepted else math.inf for row in rows]) for rows in (first, second)]
        p, slower = rank_sum(costs[1], costs[0])
        scores = [[two.mean - one.mean] for one, two in zip(first, second, strict=True)]
        mean, low, high = (float(value[0]) for value in mean_intervals(scores))
        return cls(
            Difference((b - a) / n, *newcombe(b, n, a, n), fisher(a, n, b, n)),
            Difference(*hodges_lehmann(costs[1], costs[0]), p),
            Difference(mean, low, high, paired_t([x for (x,) in scores])),
            slower,
        )

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        return asdict(self)


def fisher(a: int, n: int, b: int, m: int) -> float:
    """Return the two-sided p-value of Fisher's exact test: ``a`` of ``n`` beside ``b`` of ``m``."""
    total = math.comb(n + m, a + b)
    ways = [math.comb(n, k) * math.comb(m, a + b - k) for k in range(max(0, a + b - m), min(n, a + b) + 1)]
    seen = math.comb(n, a) * math.comb(m, b)
    return sum(way for way in ways if way <= seen) / total


def newcombe(a: int, n: int, b: int, m: int) -> tuple[float, float]:
    """Return the 95% interval of ``a / n - b / m``."""
    (a_low, a_high), (b_low, b_high) = wilson(a, n), wilson(b, m)
    p, q = a / n, b / m
    return p - q - math.hypot(p - a_low, b_high - q), p - q + math.hypot(a_high - p, q - b_low)


def paired_t(differences: Sequence[float]) -> float | None:
    """Return the two-sided p-value of the paired t-test; None if all differences are the same, which it cannot test."""
    n = len(differences)
    if n < 2 or min(differences) == max(differences):
        return None
    t = statistics.fmean(differences) / (statistics.stdev(differences) / math.sqrt(n))
    return student_p(t, n - 1)


def hodges_lehmann(first: NDArray[np.float64], second: NDArray[np.float64]) -> tuple[float, float, float]:
    """Return by how much the first sample is shifted beside the second: the median of all pairwise differences.

    Args:
        first: float64, shape (n,); infinities are allowed, and differ from each other by 0.
        second: float64, shape (m,).

    Returns:
        The shift with its 95% interval; an end is infinite where infinities or too few values leave it open.
    """
    n, m = len(first), len(second)
    with np.errstate(invalid="ignore"):
        pairs = np.subtract.outer(first, second).ravel()
    pairs = np.sort(np.where(np.isnan(pairs), 0.0, pairs))
    cut = math.floor(n * m / 2 - _Z * math.sqrt(n * m * (n + m + 1) / 12))
    middle = pairs[[(n * m - 1) // 2, n * m // 2]]
    shift = float(middle[0] if middle[0] == middle[1] else middle.mean())
    if cut < 1:
        return shift, -math.inf, math.inf
    return shift, float(pairs[cut - 1]), float(pairs[n * m - cut])
