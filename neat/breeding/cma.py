"""CMA-ES with a Cholesky factor: a normal distribution over vectors that adapts to where fitness is high.

The covariance matrix C is never formed during learning. Instead its Cholesky factor A is updated by one rank at a time
(Suttorp, Hansen & Igel 2009; Krause, Arbonès & Igel 2016, "CMA-ES with optimal covariance update and storage
complexity", algorithm 2). The constants are those of Hansen (2016), "The CMA evolution strategy: a tutorial", table 1.
The worse half of the samples reduces the variance along its directions (active CMA-ES: Jastrebski & Arnold 2006;
equation 47 of the tutorial), which saves a quarter of the evaluations on ill-conditioned problems.

Sums are computed in a fixed order, without a linear algebra library, so that results are the same on every machine.
The same update in plain NumPy, with explicit matrices, is ``Plain`` in ``tests/breeding/test_cma.py``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np
from numpy.typing import NDArray

from neat.breeding.method import SearchMethod
from neat.compiled.kernel import kernel
from neat.compiled.random import Stream, normal, rekey
from neat.errors import DataError

if TYPE_CHECKING:
    from neat.breeding.settings import SearchConfig

__all__ = ["Distribution", "constants"]

Vector = NDArray[np.float64]

_SEARCH = int(Stream.SEARCH)
_LEAST, _MOST = 1e-10, 1e10
"""Bounds of the step size, and the least deviation of an entry in units of it: what lies at the limit in all of the
better samples would otherwise never vary again."""


class Constants(NamedTuple):
    """Learning rates of CMA-ES for n dimensions and a number of samples, with the symbols of the tutorial."""

    weights: NDArray[np.float64]
    """Weights of the samples, best first: those of the better half sum to 1, the others are negative."""
    mu: int
    mu_eff: float
    c_sigma: float
    d_sigma: float
    c_c: float
    c_1: float
    c_mu: float
    chi: float


def constants(n: int, samples: int) -> Constants:
    """Return the learning rates for vectors of length ``n`` and at least two samples per update."""
    mu = samples // 2
    weights = np.array([math.log(samples / 2 + 0.5) - math.log(i) for i in range(1, samples + 1)])
    weights[:mu] /= weights[:mu].sum()
    worse = np.minimum(weights[mu:], 0.0)
    mu_eff = 1.0 / float((weights[:mu] ** 2).sum())
    mu_eff_worse = float(worse.sum() ** 2 / (worse**2).sum())
    c_sigma = (mu_eff + 2) / (n + mu_eff + 3)
    c_1 = 2 / ((n + 1.3) ** 2 + mu_eff)
    # At least a hundredth of the old covariance is kept, so that the factor stays invertible.
    c_mu = min(0.99 * (1 - c_1), 2 * (0.25 + mu_eff - 2 + 1 / mu_eff) / ((n + 2) ** 2 + mu_eff))
    # No decay; no more than what the better ones say; and the covariance stays positive definite.
    worst = min(1 + c_1 / c_mu, 1 + 2 * mu_eff_worse / (mu_eff + 2), (1 - c_1 - c_mu) / (n * c_mu))
    weights[mu:] = worst / -worse.sum() * worse
    return Constants(
        weights=weights,
        mu=mu,
        mu_eff=mu_eff,
        c_sigma=c_sigma,
        d_sigma=1 + 2 * max(0.0, math.sqrt((mu_eff - 1) / (n + 1)) - 1) + c_sigma,
        c_c=(4 + mu_eff / n) / (n + 4 + 2 * mu_eff / n),
        c_1=c_1,
        c_mu=c_mu,
        chi=math.sqrt(n) * (1 - 1 / (4 * n) + 1 / (21 * n * n)),
    )


@kernel
def _sample(mean, step, factor, seed, generation, x):  # type: ignore[no-untyped-def]
    """Sample each row of ``x`` from N(mean, step² A Aᵀ); ``factor`` is Aᵀ, upper triangular."""
    rng = np.empty(2, np.uint64)
    n = mean.size
    y = np.empty(n)
    for i in range(x.shape[0]):
        rekey(rng, seed, _SEARCH, generation, i)
        y[:] = 0.0
        for j in range(n):
            z = normal(rng)
            for k in range(j, n):
                y[k] += factor[j, k] * z
        for k in range(n):
            x[i, k] = mean[k] + step * y[k]


@kernel
def _whitened(y, factor):  # type: ignore[no-untyped-def]
    """Return A⁻¹ y, by forward substitution."""
    white = y.copy()
    for j in range(y.size):
        white[j] /= factor[j, j]
        for k in range(j + 1, y.size):
            white[k] -= factor[j, k] * white[j]
    return white


@kernel
def _add_rank_one(factor, beta, v, rest):  # type: ignore[no-untyped-def]
    """Update the factor of C to that of C + beta v vᵀ, which must be positive definite; ``rest`` is scratch space."""
    n = v.size
    rest[:] = v
    b = 1.0
    for j in range(n):
        a, omega = factor[j, j], rest[j]
        grown = math.sqrt(a * a + beta / b * omega * omega)
        gamma = a * a * b + beta * omega * omega
        for k in range(j + 1, n):
            rest[k] -= omega / a * factor[j, k]
            factor[j, k] = grown / a * factor[j, k] + grown * beta * omega / gamma * rest[k]
        factor[j, j] = grown
        b += beta * omega * omega / (a * a)


@kernel
def _update(x, order, mean, step, factor, path, step_path, updates, c):  # type: ignore[no-untyped-def]
    """Update mean, factor and paths in place from samples, and return the new step size.

    The samples are ``x[order[0]]`` (best) to ``x[order[-1]]`` (worst). In matrix form, with C = A Aᵀ and the symbols of
    the tutorial, the same update is::

        y = (x[order] - mean) / step                             # one row per sample
        z_w = inv(A) @ y_w, where y_w = weights[:mu] @ y[:mu]    # weighted mean step, whitened
        mean += step * y_w
        p_sigma = (1 - c_sigma) * p_sigma + sqrt(c_sigma * (2 - c_sigma) * mu_eff) * z_w
        length = norm(p_sigma) / sqrt(1 - (1 - c_sigma) ** (2 * (updates + 1)))
        h = length < (1.4 + 2 / (n + 1)) * chi
        p_c = (1 - c_c) * p_c + h * sqrt(c_c * (2 - c_c) * mu_eff) * y_w
        w = weights, negative ones times n / norm(inv(A) @ y_i) ** 2
        C = (1 - c_1 - c_mu * sum(weights) + (1 - h) * c_1 * c_c * (2 - c_c)) * C
        C += c_1 * outer(p_c, p_c) + c_mu * sum(w_i * outer(y_i, y_i))
        step *= exp(min(1, c_sigma / d_sigma * (length / chi - 1)))

    ``tests/breeding/test_cma.py`` compares both.
    """
    n, mu, samples = mean.size, c.mu, c.weights.size
    y = np.empty((samples, n))
    average = np.zeros(n)
    change = np.zeros(samples)
    total = 0.0
    for i in range(samples):
        for k in range(n):
            y[i, k] = (x[order[i], k] - mean[k]) / step
        total += c.weights[i]
        change[i] = c.c_mu * c.weights[i]
        if i < mu:
            for k in range(n):
                average[k] += c.weights[i] * y[i, k]
        else:  # negative weights: scale each direction to its expected length
            white = _whitened(y[i], factor)
            length = 0.0
            for k in range(n):
                length += white[k] * white[k]
            change[i] = change[i] * n / length if length > 1e-12 else 0.0
    # Not the mean of the sampled z: for samples clipped to the weight limit, y is no longer A z.
    white = _whitened(average, factor)
    length = 0.0
    for k in range(n):
        mean[k] += step * average[k]
        step_path[k] = (1 - c.c_sigma) * step_path[k] + math.sqrt(c.c_sigma * (2 - c.c_sigma) * c.mu_eff) * white[k]
        length += step_path[k] * step_path[k]
    # The path started at 0, so it is too short in the first updates: correct for that.
    length = math.sqrt(length / (1 - (1 - c.c_sigma) ** (2 * (updates + 1))))
    # While the step size grows fast, the covariance path stalls, or C would grow as well.
    moves = length < (1.4 + 2 / (n + 1)) * c.chi
    for k in range(n):
        path[k] = (1 - c.c_c) * path[k] + moves * math.sqrt(c.c_c * (2 - c.c_c) * c.mu_eff) * average[k]
    kept = 1 - c.c_1 - c.c_mu * total + (1 - moves) * c.c_1 * c.c_c * (2 - c.c_c)
    for j in range(n):
        for k in range(j, n):
            factor[j, k] *= math.sqrt(kept)
    rest = np.empty(n)
    _add_rank_one(factor, c.c_1, path, rest)
    for i in range(samples):  # the better half first, so that C stays positive definite
        _add_rank_one(factor, change[i], y[i], rest)
    for j in range(n):
        factor[j, j] = max(factor[j, j], _LEAST)
    return min(_MOST, max(_LEAST, step * math.exp(min(1.0, c.c_sigma / c.d_sigma * (length / c.chi - 1)))))


@kernel
def _pulled(x, mean, step, factor):  # type: ignore[no-untyped-def]
    """Return ``x``, moved towards the mean if it is farther away than almost every sample would be."""
    n = mean.size
    y = (x - mean) / step
    white = _whitened(y, factor)
    length = 0.0
    for j in range(n):
        length += white[j] * white[j]
    farthest = math.sqrt(n) + 2 * n / (n + 2)
    return mean + step * min(1.0, farthest / max(math.sqrt(length), 1e-300)) * y


@kernel
def _factorise(covariance):  # type: ignore[no-untyped-def]
    """Return the upper triangular Aᵀ of a positive definite C = A Aᵀ (Cholesky)."""
    n = covariance.shape[0]
    factor = np.zeros((n, n))
    for j in range(n):
        for k in range(j, n):
            total = covariance[j, k]
            for i in range(j):
                total -= factor[i, j] * factor[i, k]
            if k == j:
                factor[j, j] = math.sqrt(max(total, 1e-12))
            else:
                factor[j, k] = total / factor[j, j]
    return factor


@kernel
def _covariance(factor):  # type: ignore[no-untyped-def]
    """Return C = A Aᵀ from Aᵀ."""
    n = factor.shape[0]
    c = np.zeros((n, n))
    for i in range(n):
        for j in range(i, n):
            for k in range(j, n):
                c[j, k] += factor[i, j] * factor[i, k]
    for j in range(n):
        for k in range(j):
            c[j, k] = c[k, j]
    return c


@dataclass
class Distribution(SearchMethod):
    """The normal distribution N(mean, step² C) with its evolution paths.

    Attributes:
        mean: float64, shape (n,).
        step: The step size σ.
        factor: float64, shape (n, n): Aᵀ, upper triangular, with C = A Aᵀ.
        path: float64, shape (n,): evolution path p_c of the covariance.
        step_path: float64, shape (n,): evolution path p_σ of the step size.
        updates: Number of updates so far.
    """

    mean: Vector
    step: float
    factor: Vector
    path: Vector
    step_path: Vector
    updates: int = 0

    @classmethod
    def round(cls, mean: Vector, step: float) -> Self:
        """Return a distribution with the same standard deviation in all directions."""
        n = len(mean)
        return cls(mean.copy(), float(step), np.eye(n), np.zeros(n), np.zeros(n))

    @classmethod
    def begin(cls, mean: Vector, config: SearchConfig) -> Self:
        """Return a distribution with the standard deviation ``search.step`` in all directions."""
        return cls.round(mean, config.step)

    def sample(self, count: int, seed: int, generation: int) -> Vector:
        """Return ``count`` samples, float64, shape (count, n), keyed by seed, generation and index."""
        x = np.empty((count, len(self.mean)))
        _sample(self.mean, self.step, self.factor, seed, generation, x)
        return x

    def learn(self, x: Vector, score: Vector) -> None:
        """Update the distribution from evaluated samples.

        Args:
            x: float64, shape (samples, n), two samples or more.
            score: float64, shape (samples,); higher is better.
        """
        order = np.argsort(-score, kind="stable")
        learning = constants(len(self.mean), len(x))
        self.step = float(
            _update(x, order, self.mean, self.step, self.factor, self.path, self.step_path, self.updates, learning)
        )
        self.updates += 1

    def usable(self) -> bool:
        """Return whether sampling and learning are possible: all numbers are finite and in range."""
        return bool(
            super().usable()
            and _LEAST <= self.step <= _MOST
            and (np.diag(self.factor) >= _LEAST).all()
            and not np.tril(self.factor, -1).any()
        )

    def memory(self) -> Vector:
        """Return both evolution paths and the factor."""
        return np.concatenate([self.path, self.step_path, self.factor.reshape(-1)])

    @classmethod
    def restored(cls, mean: Vector, step: float, updates: int, memory: Vector, config: SearchConfig) -> Self:
        """Return the distribution in a saved state.

        Raises:
            DataError: The memory has the wrong length.
        """
        n = len(mean)
        if len(memory) != 2 * n + n * n:
            raise DataError("the weight search is not of the size that its base says")
        path, step_path, factor = np.split(memory, [n, 2 * n])
        return cls(mean, step, factor.reshape(n, n), path, step_path, updates)

    def pulled(self, x: Vector) -> Vector:
        """Return an external vector, float64, shape (n,), in a form that is safe to learn from.

        If it is farther from the mean than any sample would be, it is moved towards the mean (Hansen 2011, "Injecting
        external solutions into CMA-ES", equation 9).
        """
        result: Vector = _pulled(x, self.mean, self.step, self.factor)
        return result

    def moved(self, mean: Vector, kept: NDArray[np.int64]) -> Self:
        """Return the distribution around another mean, for vectors with some new entries.

        Args:
            mean: float64, shape (m,).
            kept: int64, shape (m,): index of each entry in the old vectors, or -1 for a new entry, which gets the
                initial standard deviation and no correlations.
        """
        m = len(mean)
        old = np.flatnonzero(kept >= 0)
        known = kept[old]
        covariance = np.eye(m)
        covariance[np.ix_(old, old)] = _covariance(self.factor)[np.ix_(known, known)]
        path = np.zeros(m)
        path[old] = self.path[known]
        return type(self)(mean.copy(), self.step, _factorise(covariance), path, np.zeros(m))
