"""Separable CMA-ES: one standard deviation per number, without correlations.

An update takes time linear in the length of the vector (Ros & Hansen 2008, "A simple modification in CMA-ES achieving
linear time and space complexity"), so thousands of weights can be searched. Learning rates of the deviations are larger
by the factor (n + 2) / 3. The other constants are those of `neat.breeding.cma`; only the better half of the samples is
used.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np
from numpy.typing import NDArray

from neat.breeding.cma import constants
from neat.breeding.method import SearchMethod
from neat.compiled.kernel import kernel
from neat.compiled.random import Stream, normal, rekey
from neat.errors import DataError

if TYPE_CHECKING:
    from neat.breeding.settings import SearchConfig

__all__ = ["Separable"]

Vector = NDArray[np.float64]
_SEARCH = int(Stream.SEARCH)
_LEAST, _MOST = 1e-10, 1e10
"""Bounds of the step size and of the deviations in units of it."""


@kernel
def _sample(mean, step, deviation, seed, generation, x):  # type: ignore[no-untyped-def]
    """Sample each row of ``x`` from N(mean, step² diag(deviation²))."""
    rng = np.empty(2, np.uint64)
    for i in range(x.shape[0]):
        rekey(rng, seed, _SEARCH, generation, i)
        for k in range(mean.size):
            x[i, k] = mean[k] + step * deviation[k] * normal(rng)


@kernel
def _update(x, order, mean, step, deviation, path, step_path, updates, weights, c):  # type: ignore[no-untyped-def]
    """Update all vectors in place from samples, best first by ``order``; return the new step size.

    ``weights`` are those of the better half, ``c`` = (mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu, chi).
    """
    mu_eff, c_sigma, d_sigma, c_c, c_1, c_mu, chi = c
    n = mean.size
    average = np.zeros(n)
    for i in range(weights.size):
        for k in range(n):
            average[k] += weights[i] * (x[order[i], k] - mean[k]) / step
    length = 0.0
    for k in range(n):
        white = average[k] / deviation[k]
        step_path[k] = (1 - c_sigma) * step_path[k] + math.sqrt(c_sigma * (2 - c_sigma) * mu_eff) * white
        length += step_path[k] * step_path[k]
    length = math.sqrt(length / (1 - (1 - c_sigma) ** (2 * (updates + 1))))
    moves = length < (1.4 + 2 / (n + 1)) * chi
    kept = 1 - c_1 - c_mu + (1 - moves) * c_1 * c_c * (2 - c_c)
    for k in range(n):
        path[k] = (1 - c_c) * path[k] + moves * math.sqrt(c_c * (2 - c_c) * mu_eff) * average[k]
        variance = kept * deviation[k] * deviation[k] + c_1 * path[k] * path[k]
        for i in range(weights.size):
            y = (x[order[i], k] - mean[k]) / step
            variance += c_mu * weights[i] * y * y
        deviation[k] = min(_MOST, max(_LEAST, math.sqrt(variance)))
    for k in range(n):
        mean[k] += step * average[k]
    return min(_MOST, max(_LEAST, step * math.exp(min(1.0, c_sigma / d_sigma * (length / chi - 1)))))


@dataclass
class Separable(SearchMethod):
    """The normal distribution N(mean, step² diag(deviation²)) with its evolution paths.

    Attributes:
        mean: float64, shape (n,).
        step: The step size σ.
        deviation: float64, shape (n,).
        path: float64, shape (n,): evolution path of the deviations.
        step_path: float64, shape (n,): evolution path of the step size.
        updates: Number of updates so far.
    """

    mean: Vector
    step: float
    deviation: Vector
    path: Vector
    step_path: Vector
    updates: int = 0

    @classmethod
    def begin(cls, mean: Vector, config: SearchConfig) -> Self:
        """Return a distribution with the standard deviation ``search.step`` in all directions."""
        n = len(mean)
        return cls(mean.copy(), float(config.step), np.ones(n), np.zeros(n), np.zeros(n))

    def sample(self, count: int, seed: int, generation: int) -> Vector:
        """Return ``count`` samples, float64, shape (count, n), keyed by seed, generation and index."""
        x = np.empty((count, len(self.mean)))
        _sample(self.mean, self.step, self.deviation, seed, generation, x)
        return x

    def learn(self, x: Vector, score: Vector) -> None:
        """Update from samples (float64, shape (samples, n)) and their scores (shape (samples,); higher is better)."""
        order = np.argsort(-score, kind="stable")
        n = len(self.mean)
        full = constants(n, len(x))
        faster = (n + 2) / 3
        c_1, c_mu = full.c_1 * faster, full.c_mu * faster
        excess = max(1.0, (c_1 + c_mu) / 0.99)  # at least a hundredth of the old variance is kept
        c = (full.mu_eff, full.c_sigma, full.d_sigma, full.c_c, c_1 / excess, c_mu / excess, full.chi)
        self.step = float(
            _update(
                x,
                order,
                self.mean,
                self.step,
                self.deviation,
                self.path,
                self.step_path,
                self.updates,
                full.weights[: full.mu],
                c,
            )
        )
        self.updates += 1

    def pulled(self, x: Vector) -> Vector:
        """Return an external vector, moved towards the mean if it is farther away than samples are."""
        n = len(self.mean)
        away = (x - self.mean) / (self.step * self.deviation)
        length = math.sqrt(math.fsum((away * away).tolist()))
        result: Vector = self.mean + min(1.0, (math.sqrt(n) + 2 * n / (n + 2)) / max(length, 1e-300)) * (x - self.mean)
        return result

    def moved(self, mean: Vector, kept: NDArray[np.int64]) -> Self:
        """Return the distribution around another mean; new entries get the initial standard deviation."""
        old = np.flatnonzero(kept >= 0)
        deviation, path = np.ones(len(mean)), np.zeros(len(mean))
        deviation[old], path[old] = self.deviation[kept[old]], self.path[kept[old]]
        return type(self)(mean.copy(), self.step, deviation, path, np.zeros(len(mean)))

    def memory(self) -> Vector:
        """Return the deviations and both evolution paths."""
        return np.concatenate([self.deviation, self.path, self.step_path])

    @classmethod
    def restored(cls, mean: Vector, step: float, updates: int, memory: Vector, config: SearchConfig) -> Self:
        """Return the distribution in a saved state.

        Raises:
            DataError: The memory has the wrong length.
        """
        if len(memory) != 3 * len(mean):
            raise DataError("the weight search is not of the size that its base says")
        deviation, path, step_path = np.split(memory, 3)
        return cls(mean, step, deviation.copy(), path.copy(), step_path.copy(), updates)

    def usable(self) -> bool:
        """Return whether sampling and learning are possible: all numbers are finite and in range."""
        return bool(super().usable() and _LEAST <= self.step <= _MOST and (self.deviation >= _LEAST).all())
