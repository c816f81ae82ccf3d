"""Augmented random search: steps along random directions, each tried in both senses (Mania, Guy & Recht 2018).

A generation evaluates pairs of vectors, mean ± step · δ. The update is the sum of the directions δ, each weighted by
the difference of its pair's scores. Only the best directions count, ranked by the better score of each pair, and the
sum is divided by the standard deviation of their scores (algorithm 2 of the paper, versions V1-t and V2-t; V2 adds the
scaling of observations, ``task.observation_scaling = "running"``). With ``search.shaping = "rank"``, scores are first
replaced by their centred ranks (Salimans et al. 2017), which helps when single returns vary widely. With
``search.decay``, every update also shrinks the mean (weight decay, Salimans et al. 2017): weights that saturate the
outputs without need become smaller.

Sums are computed in a fixed order, without a linear algebra library, so that results are the same on every machine.
"""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from neat.breeding.method import SearchMethod
from neat.compiled.kernel import kernel
from neat.compiled.random import Stream, normal, rekey
from neat.errors import DataError

if TYPE_CHECKING:
    from neat.breeding.settings import SearchConfig

__all__ = ["RandomSearch", "centred_ranks"]

Vector = NDArray[np.float64]
_SEARCH = int(Stream.SEARCH)


@kernel
def _mirrored(mean, step, seed, generation, x):  # type: ignore[no-untyped-def]
    """Write mean + step δ and mean - step δ into each pair of rows of ``x``; an odd last row gets mean + step δ."""
    rng = np.empty(2, np.uint64)
    for pair in range((x.shape[0] + 1) // 2):
        rekey(rng, seed, _SEARCH, generation, pair)
        for k in range(mean.size):
            away = step * normal(rng)
            x[2 * pair, k] = mean[k] + away
            if 2 * pair + 1 < x.shape[0]:
                x[2 * pair + 1, k] = mean[k] - away


def centred_ranks(score: Vector) -> Vector:
    """Return the ranks of scores, scaled from -0.5 (lowest) to 0.5; tied scores share their mean rank."""
    if len(score) < 2:
        return np.zeros(len(score))
    _, places, counts = np.unique(score, return_inverse=True, return_counts=True)
    ranks: Vector = (np.cumsum(counts) - (counts + 1) / 2)[places] / (len(score) - 1) - 0.5
    return ranks


def _deviation(values: Vector) -> float:
    """Return the standard deviation, summed in order."""
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((v - mean) ** 2 for v in values.tolist()) / len(values))


@dataclass
class RandomSearch(SearchMethod):
    """Augmented random search around a mean.

    Attributes:
        mean: float64, shape (n,).
        step: Exploration noise ν: standard deviation of the directions.
        learning_rate: Step size α.
        top: Fraction b / N of the directions used for an update.
        ranks: Whether scores are replaced by their ranks.
        horizon: Environment steps of the learning rate schedule: in the second half of them the rate falls to ``final``
            times its initial value; 0: constant.
        final: That factor.
        decay: Fraction by which every update shrinks the mean; it falls along with the learning rate.
        updates: Number of updates so far.
        left: Current factor of the learning rate.
    """

    least: ClassVar[int] = 3
    learns_from_others: ClassVar[bool] = False

    mean: Vector
    step: float
    learning_rate: float
    top: float
    ranks: bool = False
    horizon: int = 0
    final: float = 1.0
    decay: float = 0.0
    updates: int = 0
    left: float = 1.0

    @classmethod
    def begin(cls, mean: Vector, config: SearchConfig) -> Self:
        """Return a search around ``mean``."""
        return cls(
            mean.copy(), float(config.step), float(config.learning_rate), float(config.top), config.shaping == "rank",
            config.horizon, float(config.final), float(config.decay),
        )  # fmt: skip

    def sample(self, count: int, seed: int, generation: int) -> Vector:
        """Return ``count`` samples in mirrored pairs, one pair after the other."""
        x = np.empty((count, len(self.mean)))
        _mirrored(self.mean, self.step, seed, generation, x)
        return x

    def pace(self, steps: int) -> None:
        """Set the learning rate for this number of environment steps."""
        passed = min(1.0, max(0.0, 2.0 * steps / self.horizon - 1.0)) if self.horizon else 0.0
        self.left = 1.0 - (1.0 - self.final) * passed

    def learn(self, x: Vector, score: Vector) -> None:
        """Update the mean along the best directions; a sample without a partner is ignored."""
        pairs = len(x) // 2
        largest = float(np.abs(score).max())
        worth = centred_ranks(score[: 2 * pairs]) if self.ranks else score[: 2 * pairs] / max(largest, 1.0)
        plus, minus = worth[0::2], worth[1::2]
        best = np.argsort(-np.maximum(plus, minus), kind="stable")[: max(1, round(self.top * pairs))]
        deviation = _deviation(np.concatenate([plus[best], minus[best]]))
        self.updates += 1
        if not deviation > 1e-12:
            return  # all scores equal: no direction is better than another
        change = np.zeros(len(self.mean))
        for i in best.tolist():
            change += (plus[i] - minus[i]) / deviation * ((x[2 * i] - x[2 * i + 1]) / (2 * self.step))
        self.mean = (1.0 - self.left * self.decay) * self.mean + self.left * self.learning_rate / len(best) * change

    def moved(self, mean: Vector, kept: NDArray[np.int64]) -> Self:
        """Return the search around another mean; there is no other state to carry over."""
        return dataclasses.replace(self, mean=mean.copy(), updates=0)

    @classmethod
    def restored(cls, mean: Vector, step: float, updates: int, memory: Vector, config: SearchConfig) -> Self:
        """Return the search in a saved state.

        Raises:
            DataError: There is a `memory`, which this method does not have.
        """
        if len(memory):
            raise DataError("the weight search is not of the size that its base says")
        found = cls.begin(mean, config)
        found.step, found.updates = step, updates
        return found
