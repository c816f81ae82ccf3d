"""The archive of novelty search: behaviours that were novel when they were seen (Lehman & Stanley 2011, section 3).

A behaviour is added if its nearest neighbour in the archive is farther away than a threshold. The threshold adapts
after every 250 genomes: it falls by 5% if none was added, and rises by 20% if more than four were. When the archive is
full, the oldest entries are dropped.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neat.compiled.kernel import kernel
from neat.config import SelectionConfig
from neat.errors import DataError, EvaluationError

__all__ = ["Archive"]

Vector = NDArray[np.float64]

_PERIOD = 250
_LOWER, _RAISE, _FLOOR, _MANY = 0.95, 1.2, 0.25, 4
_SIZE, _NEXT, _SEEN, _ADMITTED = range(4)


@kernel
def _admit(behaviours, fitness, admissible, rows, values, counts, threshold):  # type: ignore[no-untyped-def]
    """Add novel behaviours, in order, and return the new threshold.

    Args:
        behaviours: float64, shape (n, d).
        fitness: float64, shape (n,): stored with each behaviour.
        admissible: bool, shape (n,): which behaviours may be added.
        rows: The archive, float64, shape (limit, d).
        values: The stored fitness, float64, shape (limit,).
        counts: int64, shape (4,): number of entries, index of the next one, number of genomes since the last
            adaptation, and how many of these were added.
        threshold: The distance.
    """
    d = behaviours.shape[1]
    for i in range(behaviours.shape[0]):
        nearest = np.inf
        for r in range(counts[_SIZE]):
            square = 0.0
            for c in range(d):
                square += (behaviours[i, c] - rows[r, c]) * (behaviours[i, c] - rows[r, c])
            nearest = min(nearest, square)
        if admissible[i] and math.sqrt(nearest) > threshold:
            place = counts[_NEXT]
            for c in range(d):
                rows[place, c] = behaviours[i, c]
            values[place] = fitness[i]
            counts[_NEXT] = (place + 1) % rows.shape[0]
            counts[_SIZE] = min(counts[_SIZE] + 1, rows.shape[0])
            counts[_ADMITTED] += 1
        counts[_SEEN] += 1
        if counts[_SEEN] == _PERIOD:
            if counts[_ADMITTED] == 0:
                threshold = max(_FLOOR, threshold * _LOWER)
            elif counts[_ADMITTED] > _MANY:
                threshold *= _RAISE
            counts[_SEEN] = counts[_ADMITTED] = 0
    return threshold


class Archive:
    """Behaviours that were novel, with their fitness.

    Attributes:
        threshold: Minimum distance to the nearest entry.
    """

    STATE: ClassVar[Mapping[str, Any]] = {
        "rows": np.float64, "fitness": np.float64, "counts": np.int64, "threshold": np.float64,
    }  # fmt: skip

    def __init__(self, config: SelectionConfig) -> None:
        """Start empty."""
        self.limit = config.archive
        self.threshold = config.admission
        self._rows = np.empty((self.limit, 0))
        self._fitness = np.empty(self.limit)
        self._counts = np.zeros(4, np.int64)

    def __len__(self) -> int:
        return int(self._counts[_SIZE])

    @property
    def behaviours(self) -> Vector:
        """The behaviours, float64, shape (entries, d)."""
        return self._rows[: len(self)]

    @property
    def fitness(self) -> Vector:
        """The fitness of each, float64, shape (entries,)."""
        return self._fitness[: len(self)]

    def fit(self, behaviours: Vector) -> None:
        """Set the length of a behaviour.

        Raises:
            EvaluationError: Earlier generations had another length.
        """
        d = behaviours.shape[1]
        if len(self) and self._rows.shape[1] != d:
            raise EvaluationError(
                f"the behaviours of this generation have {d} numbers, those of the archive {self._rows.shape[1]}: a "
                "game must give equally many in every generation"
            )
        if self._rows.shape[1] != d:
            self._rows = np.empty((self.limit, d))

    def admit(self, behaviours: Vector, fitness: Vector, admissible: NDArray[np.bool_]) -> None:
        """Add the novel behaviours of a generation, in order.

        Args:
            behaviours: float64, shape (n, d).
            fitness: float64, shape (n,).
            admissible: bool, shape (n,): which behaviours may be added.
        """
        self.fit(behaviours)
        if self.limit:
            self.threshold = float(
                _admit(
                    np.ascontiguousarray(behaviours), fitness, admissible, self._rows, self._fitness, self._counts,
                    self.threshold,
                )
            )  # fmt: skip

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the state for `restore`."""
        return {
            "rows": self.behaviours.copy(),
            "fitness": self.fitness.copy(),
            "counts": self._counts.copy(),
            "threshold": np.array([self.threshold]),
        }

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Restore the state that `to_arrays` returned.

        Raises:
            DataError: The arrays are not a valid state.
        """
        rows, fitness, counts, threshold = (arrays[name] for name in self.STATE)
        if rows.ndim != 2 or fitness.shape != rows.shape[:1] or counts.shape != (4,) or threshold.shape != (1,):
            raise DataError("the archive of behaviours is not of the shape that it should be")
        size, place, seen, admitted = (int(n) for n in counts)
        if size != len(rows) or size > self.limit or not 0 <= admitted <= seen < _PERIOD:
            raise DataError("the archive of behaviours does not hold what its counts say")
        if place != size % max(self.limit, 1) and not (size == self.limit and 0 <= place < self.limit):
            raise DataError("the archive of behaviours does not hold what its counts say")
        if not (np.isfinite(rows).all() and np.isfinite(fitness).all() and 0.0 <= threshold[0] < np.inf):
            raise DataError("the archive of behaviours has numbers that are not finite")
        self._rows = np.empty((self.limit, rows.shape[1]))
        self._rows[:size], self._fitness[:size] = rows, fitness
        self._counts = counts.copy()
        self.threshold = float(threshold[0])
