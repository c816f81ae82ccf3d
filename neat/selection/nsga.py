"""Non-dominated ranks and crowding distances of NSGA-II (Deb, Pratap, Agarwal & Meyarivan 2002, section III).

One genome dominates another if it is at least as good in every objective and better in one. Objectives are maximised.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neat.compiled.kernel import kernel

__all__ = ["crowded_scores", "crowding_distances", "dominates", "ranks"]

Vector = NDArray[np.float64]


@kernel
def dominates(a, b):  # type: ignore[no-untyped-def]
    """Return whether ``a`` (float64, shape (objectives,)) dominates ``b``."""
    better = False
    for m in range(a.size):
        if a[m] < b[m]:
            return False
        better |= a[m] > b[m]
    return better


@kernel
def ranks(goals: Any) -> Any:
    """Return each row's non-dominated rank: 0 if nothing dominates it, 1 if only rows of rank 0 do, and so on.

    Args:
        goals: float64, shape (n, objectives).

    Returns:
        int64, shape (n,).
    """
    n = goals.shape[0]
    above = np.zeros(n, np.int64)  # number of unranked rows that dominate it
    for i in range(n):
        for j in range(i):
            if dominates(goals[i], goals[j]):
                above[j] += 1
            elif dominates(goals[j], goals[i]):
                above[i] += 1
    rank = np.full(n, -1)
    front = np.flatnonzero(above == 0)
    number = 0
    while front.size > 0:
        rank[front] = number
        for f in range(front.size):
            for j in range(n):
                if rank[j] < 0 and dominates(goals[front[f]], goals[j]):
                    above[j] -= 1
        front = np.flatnonzero((above == 0) & (rank < 0))
        number += 1
    return rank


@kernel
def crowding_distances(goals: Any, rank: Any) -> Any:
    """Return the crowding distance of each row: its distance to the neighbours within its rank.

    It is the mean over objectives of the gap between the next worse and the next better row, divided by the range of
    the rank; infinite at both ends, and in ranks of one or two rows. An objective in which all rows are equal adds
    nothing. Of equal rows, the first counts as better.

    Args:
        goals: float64, shape (n, objectives).
        rank: int64, shape (n,).

    Returns:
        float64, shape (n,).
    """
    crowding = np.zeros(goals.shape[0])
    for number in range(rank.max() + 1):
        front = np.flatnonzero(rank == number)
        if front.size <= 2:
            crowding[front] = np.inf
            continue
        for m in range(goals.shape[1]):
            values = np.empty(front.size)
            for i in range(front.size):
                values[i] = -goals[front[i], m]
            order = np.argsort(values, kind="mergesort")
            span = values[order[-1]] - values[order[0]]
            if not span > 0.0:
                continue
            crowding[front[order[0]]] = crowding[front[order[-1]]] = np.inf
            for i in range(1, front.size - 1):
                last, here, after = values[order[i - 1]], values[order[i]], values[order[i + 1]]
                crowding[front[order[i]]] += (here - last) / span + (after - here) / span
        crowding[front] /= goals.shape[1]
    return crowding


def crowded_scores(goals: Vector) -> Vector:
    """Return scores in the order of NSGA-II: by rank, then by crowding distance; equal rows may have equal scores.

    Args:
        goals: float64, shape (n, objectives), maximised.

    Returns:
        float64, shape (n,), at least 0: the number of worse ranks, plus a fraction below 1 that grows with the crowding
        distance.
    """
    rows = np.ascontiguousarray(goals, np.float64)
    rank = ranks(rows)
    crowding = crowding_distances(rows, rank)
    alone = np.where(np.isfinite(crowding), crowding / (1.0 + np.where(np.isfinite(crowding), crowding, 0.0)), 1.0)
    scores: Vector = (rank.max() - rank) + 0.99 * alone
    return scores
