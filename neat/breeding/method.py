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
"""What no number of a method comes near."""


class SearchMethod:
    """Searches vectors of one length. Higher is better.

    Attributes:
        least: Genomes that it needs in a generation, the mean among them.
        learns_from_others: Whether `learn` makes use of a vector that it has not drawn.
        mean: float64, shape (n,): what samples lie around, and the best bet.
        step: How wide they lie, in the unit of the weights.
        updates: How often it has learned.
    """

    least: ClassVar[int] = 5
    learns_from_others: ClassVar[bool] = True

    mean: Vector
    step: float
    updates: int

    @classmethod
    def begin(cls, mean: Vector, config: SearchConfig) -> Self:
        """Return a search around ``mean``, equally wide in all directions: ``search.step``."""
        raise NotImplementedError

    def sample(self, count: int, seed: int, generation: int) -> Vector:
        """Return ``count`` draws, float64, shape (count, n), keyed by seed, generation and place."""
        raise NotImplementedError

    def pace(self, steps: int) -> None:
        """Get ready to learn after so many environment steps of training; most methods do not depend on them."""
        return

    def learn(self, x: Vector, score: Vector) -> None:
        """Learn what samples are worth.

        Args:
            x: float64, shape (samples, n): what `sample` returned, kept in range, in that order; those that learn from
                others may be given one more, the last.
            score: float64, shape (samples,), finite.
        """
        raise NotImplementedError

    def pulled(self, x: Vector) -> Vector:
        """Return a vector from elsewhere, float64, shape (n,), as one that may teach."""
        return x

    def moved(self, mean: Vector, kept: NDArray[np.int64]) -> Self:
        """Return the search around another mean, of vectors some of whose entries are new.

        Args:
            mean: float64, shape (m,).
            kept: int64, shape (m,): which entry of the old vectors each is, -1 for a new one.
        """
        raise NotImplementedError

    def memory(self) -> Vector:
        """Return what is known beside mean, step and number of updates, as one vector: `restored` takes it."""
        return np.zeros(0)

    @classmethod
    def restored(cls, mean: Vector, step: float, updates: int, memory: Vector, config: SearchConfig) -> Self:
        """Return the search whose mean, step, number of updates and `memory` these are.

        Raises:
            DataError: The memory has another length than this mean's.
        """
        raise NotImplementedError

    def usable(self) -> bool:
        """Return whether samples can be drawn and learned from: all numbers finite and in range."""
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
"""Methods by the name that ``search.method`` gives."""


def register_search(name: str, method: type[SearchMethod]) -> type[SearchMethod]:
    """Make a method known as ``search.method = name``; return it.

    Raises:
        ConfigError: The name is taken.
    """
    return SEARCHES.register(name, method)
