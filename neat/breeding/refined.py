"""Refinement: one search method begins, and another continues from its mean.

A method that searches widely finds a good region in few steps, but may improve slowly within it; a method with small
steps does the opposite. With ``search.refine``, the second one takes over after ``search.refine_after`` environment
steps of training, with the width ``search.refine_step``.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from neat.breeding.method import SEARCHES, SearchMethod
from neat.errors import DataError

if TYPE_CHECKING:
    from neat.breeding.settings import SearchConfig

__all__ = ["Refined"]

Vector = NDArray[np.float64]


@dataclass
class Refined(SearchMethod):
    """Two search methods, one after the other.

    Attributes:
        config: The settings of both.
        method: The present one.
        refining: Whether it is the second one.
        steps: Environment steps of training so far.
    """

    config: SearchConfig
    method: SearchMethod
    refining: bool = False
    steps: int = 0

    @property
    def mean(self) -> Vector:
        """Mean of the present method."""
        return self.method.mean

    @mean.setter
    def mean(self, mean: Vector) -> None:
        self.method.mean = mean

    @property
    def step(self) -> float:  # type: ignore[override]
        """Width of the present method."""
        return self.method.step

    @property
    def updates(self) -> int:  # type: ignore[override]
        """Number of updates of the present method."""
        return self.method.updates

    @property
    def learns_from_others(self) -> bool:  # type: ignore[override]
        """Whether the present method can use a vector that it did not sample."""
        return self.method.learns_from_others

    @classmethod
    def begin(cls, mean: Vector, config: SearchConfig) -> Self:
        """Return the first method around ``mean``."""
        return cls(config, SEARCHES.find(config.method).begin(mean, config))

    def sample(self, count: int, seed: int, generation: int) -> Vector:
        """Return ``count`` samples of the present method."""
        return self.method.sample(count, seed, generation)

    def pace(self, steps: int) -> None:
        """Prepare an update after this many environment steps of training."""
        self.steps = steps
        self.method.pace(steps)

    def learn(self, x: Vector, score: Vector) -> None:
        """Learn from the scores of samples; after ``search.refine_after`` steps, the second method takes over."""
        self.method.learn(x, score)
        if not self.refining and self.steps >= self.config.refine_after and self.method.usable():
            self.refining = True
            self.method = _refining(self.config).begin(self.method.mean, _narrowed(self.config))

    def pulled(self, x: Vector) -> Vector:
        """Return an external vector in a form that is safe to learn from."""
        return self.method.pulled(x)

    def moved(self, mean: Vector, kept: NDArray[np.int64]) -> Self:
        """Return the present method around another mean."""
        return dataclasses.replace(self, method=self.method.moved(mean, kept))

    def memory(self) -> Vector:
        """Return the state of the present method, and which one it is; nothing before there is anything to search."""
        return np.append(self.method.memory(), float(self.refining)) if len(self.mean) else np.zeros(0)

    @classmethod
    def restored(cls, mean: Vector, step: float, updates: int, memory: Vector, config: SearchConfig) -> Self:
        """Return the method in a saved state.

        Raises:
            DataError: The memory is not that of one of both methods.
        """
        if not len(memory) or memory[-1] not in (0.0, 1.0):
            raise DataError("the weight search does not say which of its two methods it uses")
        refining = bool(memory[-1])
        kind, own = (_refining(config), _narrowed(config)) if refining else (SEARCHES.find(config.method), config)
        return cls(config, kind.restored(mean, step, updates, memory[:-1], own), refining)

    def usable(self) -> bool:
        """Return whether the present method can sample and learn."""
        return self.method.usable()


def _refining(config: SearchConfig) -> type[SearchMethod]:
    return SEARCHES.find(config.refine)


def _narrowed(config: SearchConfig) -> SearchConfig:
    return dataclasses.replace(config, step=config.refine_step)
