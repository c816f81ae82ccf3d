"""The nearest behaviours of each behaviour in a population and an archive: exhaustive search, on all threads.

Behaviours are short and archives bounded, so comparing all pairs costs less than building a tree.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neat.compiled.kernel import kernel
from neat.compiled.parallel import run_shards

__all__ = ["Neighbours", "nearest"]

Vector = NDArray[np.float64]
_SMALLEST = 256


class Neighbours(NamedTuple):
    """The nearest neighbours of each behaviour.

    Attributes:
        distances: float64, shape (n, k): Euclidean, nearest first; infinite if there are fewer than k.
        places: int64, shape (n, k): their indices: in the population, then, from n on, in the archive; -1 if there are
            fewer. Ties are in order of index.
        counts: int64, shape (n,): number of neighbours, at most k.
    """

    distances: Vector
    places: NDArray[np.int64]
    counts: NDArray[np.int64]


@kernel
def _nearest(start, stop, behaviours, archive, levels, distances, places, counts):  # type: ignore[no-untyped-def]
    """Find the neighbours of rows ``start … stop - 1``; with ``levels``, only among those with a higher level."""
    n, d = behaviours.shape
    k = distances.shape[1]
    for i in range(start, stop):
        found = 0
        for j in range(n + archive.shape[0]):
            if j == i or (levels.size > 0 and not levels[j] > levels[i]):
                continue
            square = 0.0
            for c in range(d):
                other = behaviours[j, c] if j < n else archive[j - n, c]
                square += (behaviours[i, c] - other) * (behaviours[i, c] - other)
            if found == k and not square < distances[i, k - 1]:
                continue
            place = found if found < k else k - 1
            found = min(found + 1, k)
            while place > 0 and distances[i, place - 1] > square:
                distances[i, place], places[i, place] = distances[i, place - 1], places[i, place - 1]
                place -= 1
            distances[i, place], places[i, place] = square, j
        for place in range(found):
            distances[i, place] = np.sqrt(distances[i, place])
        counts[i] = found


def nearest(
    behaviours: Vector, archive: Vector, k: int, *, levels: Vector | None = None, threads: int = 1
) -> Neighbours:
    """Return the k nearest neighbours of each behaviour of a population, in the population and an archive.

    Args:
        behaviours: Behaviours of the population, float64, shape (n, d).
        archive: float64, shape (m, d); m may be 0.
        k: Number of neighbours, at least 1.
        levels: float64, shape (n + m,): if given, only neighbours with a higher level count.
        threads: Number of threads; results do not depend on it.
    """
    n = len(behaviours)
    found = Neighbours(np.full((n, k), np.inf), np.full((n, k), -1, np.int64), np.zeros(n, np.int64))
    own, others = np.ascontiguousarray(behaviours), np.ascontiguousarray(archive)
    above = np.empty(0) if levels is None else levels

    def work(start: int, stop: int, _: int) -> None:
        _nearest(start, stop, own, others, above, *found)

    run_shards(work, n, threads, smallest=_SMALLEST)
    return found
