"""The protocol of a search method: it samples vectors and learns from their scores.

The weight search (`neat.breeding.weight_search`) maps the numbers of a genome to such a vector and keeps them in range.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from neat.registry import Registry

if TYPE_CHECKING:
    from neat.breeding.settings import SearchConfig

__all__ = ["SEARCHES", "SearchMethod", "register_search"]

Vector = NDArray[np.float64]

_LARGEST = 1e50
"""Upper bound of every number of a method; no real search comes near it."""


class SearchMethod:
    """Searches for a vector of fixed length. Higher scores are better.

    Attributes:
        least: Minimum number of genomes per generation, including the mean.
        learns_from_others: Whether `learn` can use a vector that the method did not sample.
        mean: float64, shape (n,): centre of the samples, and the best estimate.
        step: Width of the samples, in the unit of the weights.
        updates: Number of updates so far.
    """

    least: ClassVar[int] = 5
    learns_from_others: ClassVar[bool] = True

    mean: Vector
    step: float
    updates: int

    @classmethod
    def begin(cls, mean: Vector, config: SearchConfig) -> Self:
        """Return a search around ``mean`` with the width ``search.step`` in all directions."""
        raise NotImplementedError

    def sample(self, count: int, seed: int, generation: int) -> Vector:
        """Return ``count`` samples, float64, shape (count, n), keyed by seed, generation and index."""
        raise NotImplementedError

    def pace(self, steps: int) -> None:
        """Prepare an update after this many environment steps of training; most methods ignore them."""
        return

    def learn(self, x: Vector, score: Vector) -> None:
        """Learn from the scores of samples.

        Args:
            x: float64, shape (samples, n): the samples of `sample`, in order, clipped to the range of the weights. For
                methods that learn from others, one more vector may follow at the end.
            score: float64, shape (samples,), finite.
        """
        raise NotImplementedError

    def pulled(self, x: Vector) -> Vector:
        """Return an external vector, float64, shape (n,), in a form that is safe to learn from."""
        return x

    def moved(self, mean: Vector, kept: NDArray[np.int64]) -> Self:
        """Return the search around another mean, for vectors with some new entries.

        Args:
            mean: float64, shape (m,).
            kept: int64, shape (m,): index of each entry in the old vectors, or -1 for a new one.
        """
        raise NotImplementedError

    def memory(self) -> Vector:
        """Return the state besides mean, step and number of updates, as one vector for `restored`."""
        return np.zeros(0)

    @classmethod
    def restored(cls, mean: Vector, step: float, updates: int, memory: Vector, config: SearchConfig) -> Self:
        """Return the search with this mean, step, number of updates and `memory`.

        Raises:
            DataError: The memory does not fit the length of the mean.
        """
        raise NotImplementedError

    def usable(self) -> bool:
        """Return whether sampling and learning are possible: all numbers are finite and in range."""
        return bool(
            all((np.abs(vector) < _LARGEST).all() for vector in (self.mean, self.memory()))
            and 0.0 < self.step < _LARGEST
            and self.updates >= 0
        )


SEARCHES: Registry[type[SearchMethod]] = Registry(
    "search method",
    {
        "cma": "neat.breeding.cma:Distribution",
        "sep-cma": "neat.breeding.sep_cma:Separable",
        "ars": "neat.breeding.ars:RandomSearch",
    },
)
"""Search methods by the name used in ``search.method``."""


def register_search(name: str, method: type[SearchMethod]) -> type[SearchMethod]:
    """Register a method under the name ``search.method = name``, and return it.

    Raises:
        ConfigError: The name is taken.
    """
    return SEARCHES.register(name, method)
