"""Which species may reproduce, and how many offspring each gets (2002 paper, sections 3.3 and 4.1)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from neat.compiled.kernel import kernel
from neat.config import SpeciesConfig

__all__ = ["quotas", "shared_fitness", "stagnation_factors"]

_HUGE = 1e300
_ROUNDING = 1e-13
"""Rounding error of a quota, as a fraction of the population."""


@kernel
def shared_fitness(fitness, members, species):  # type: ignore[no-untyped-def]
    """Return each species' sum of shared fitness Σ f / |species|, its size, and its best fitness.

    If any fitness is negative, all are first shifted up by the lowest, so that the worst genome counts 0. If all are
    then equal, every species gets the same share.

    Args:
        fitness: float64, shape (genomes,).
        members: int64, shape (genomes,): species of each genome.
        species: Number of species.
    """
    low, high = 0.0, -np.inf  # a loop, as elsewhere in kernels, since NumPy's functions take long to compile
    for g in range(fitness.size):
        low, high = min(low, fitness[g]), max(high, fitness[g])
    half = 0.5 if max(-low, high) > _HUGE else 1.0  # avoids overflow of differences of huge values
    largest = half * high - half * low
    unit = largest if largest > 0.0 else 1.0  # nor must sums
    shares = np.zeros(species)
    sizes = np.zeros(species, np.int64)
    best = np.empty(species)
    for s in range(species):
        best[s] = -np.inf
    for g in range(fitness.size):
        s = members[g]
        shares[s] += (half * fitness[g] - half * low) / unit
        sizes[s] += 1
        best[s] = max(best[s], fitness[g])
    total = 0.0
    for s in range(species):
        shares[s] /= sizes[s]
        total += shares[s]
    if not total > 0.0:
        for s in range(species):
            shares[s] = 1.0
    return shares, sizes, best


def stagnation_factors(
    species: NDArray[np.void],
    best: NDArray[np.float64],
    generation: int,
    population_improved: int,
    config: SpeciesConfig,
) -> NDArray[np.float64]:
    """Return the factor of each species' shared fitness: 0 if it may not reproduce.

    Args:
        species: Living species, dtype `SPECIES`.
        best: float64, shape (species,): best fitness in this generation.
        generation: This generation.
        population_improved: Generation in which the best fitness of the population last improved.
        config: Settings of species.
    """
    factors = np.ones(len(species))
    if config.population_stagnation and generation - population_improved > config.population_stagnation:
        factors[_ranking(species, best)[config.population_survivors :]] = 0.0
        return factors
    if config.stagnation:
        stagnant = generation - species["improved"] >= config.stagnation
        if stagnant.any():
            stagnant[_ranking(species, best)[: config.protected]] = False
            factors[stagnant] = config.stagnation_factor
    if config.cull_interval and generation and generation % config.cull_interval == 0:
        old = [s for s in _ranking(species, best)[1:] if generation - species["born"][s] >= config.cull_age]
        if old:
            factors[old[-1]] = 0.0
    return factors


def _ranking(species: NDArray[np.void], best: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the indices of species, best first; of equally good ones the older first."""
    return np.lexsort((species["id"], -best))


@kernel
def _apportion(shares, size, total):  # type: ignore[no-untyped-def]
    """Return whole numbers of offspring, and the remainders (a share that is whole but for rounding has none)."""
    whole = np.empty(shares.size, np.int64)
    remainders = np.empty(shares.size)
    for s in range(shares.size):
        exact = shares[s] * (size / total)
        near = np.rint(exact)
        if abs(exact - near) <= _ROUNDING * size:
            exact = near
        whole[s] = math.floor(exact)
        remainders[s] = exact - whole[s]
    return whole, remainders


@kernel
def _hand_out(whole, remainders, order, size):  # type: ignore[no-untyped-def]
    """Give the missing offspring to the largest remainders, one each; ties, up to rounding, go to older species."""
    left = size
    for s in range(whole.size):
        left -= whole[s]
    wanted = np.zeros(whole.size, np.bool_)
    end = 0
    while left > 0 and end < order.size:
        first = end
        wanted[order[end]] = True
        end += 1
        while end < order.size and remainders[order[end]] - remainders[order[end - 1]] >= -_ROUNDING * size:
            wanted[order[end]] = True
            end += 1
        if end - first <= left:
            for k in range(first, end):
                whole[order[k]] += 1
                wanted[order[k]] = False
            left -= end - first
        else:
            for s in range(whole.size):
                if wanted[s] and left > 0:
                    whole[s] += 1
                    left -= 1


def quotas(shares: NDArray[np.float64], size: int) -> NDArray[np.int64]:
    """Divide ``size`` offspring by ``shares`` (largest remainder method, ties to the older); the sum is exact.

    Args:
        shares: float64, shape (species,): not negative, at least one positive.
        size: Size of the population.
    """
    total = np.add.reduce(shares)  # as in `sum`, without its overhead
    if not 1.0 / _HUGE < total < _HUGE:
        shares = shares / shares.max()  # otherwise the ratio below would overflow
        total = shares.sum()
    whole, remainders = _apportion(shares, size, total)
    _hand_out(whole, remainders, (-remainders).argsort(kind="stable"), size)
    return whole  # type: ignore[no-any-return]
