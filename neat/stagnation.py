"""Which species may still reproduce, and what share of the offspring each gets (2002 paper, sections 3.3 and 4.1)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neat.config import SpeciesConfig

__all__ = ["quotas", "shared_fitness", "stagnation_factors"]

_HUGE = 1e300


def shared_fitness(
    fitness: NDArray[np.float64], members: NDArray[np.int64], species: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Return each species' sum of shared fitness Σ f / |species|, and its size.

    Where any fitness is negative, all are first shifted up by the lowest, so that shares exist: the worst genome then
    counts 0. Where all are equal after that, every species counts the same.

    Args:
        fitness: float64, shape (genomes,).
        members: int64, shape (genomes,): species of each genome.
        species: Number of species.
    """
    sizes = np.bincount(members, minlength=species)
    if float(np.abs(fitness).max()) > _HUGE:
        fitness = 0.5 * fitness  # differences of huge values must not overflow
    shifted = fitness - min(0.0, float(fitness.min()))
    largest = float(shifted.max())
    if largest > 0.0:
        shifted = shifted / largest  # sums of huge values must not overflow
    sums = np.bincount(members, weights=shifted, minlength=species) / sizes
    return (sums if sums.sum() > 0.0 else np.ones(species)), sizes


def stagnation_factors(
    species: NDArray[np.void],
    best: NDArray[np.float64],
    generation: int,
    population_improved: int,
    config: SpeciesConfig,
) -> NDArray[np.float64]:
    """Return what each species' shared fitness is multiplied by: 0 where it may not reproduce.

    Args:
        species: Living species, dtype `SPECIES`.
        best: float64, shape (species,): best fitness in this generation.
        generation: This generation.
        population_improved: Generation in which the best fitness of the population last improved.
        config: Settings of species.
    """
    ranking = np.lexsort((species["id"], -best))
    factors = np.ones(len(species))
    if config.population_stagnation and generation - population_improved > config.population_stagnation:
        factors[ranking[config.population_survivors :]] = 0.0
        return factors
    if config.stagnation:
        stagnant = generation - species["improved"] >= config.stagnation
        stagnant[ranking[: config.protected]] = False
        factors[stagnant] = config.stagnation_factor
    if config.cull_interval and generation and generation % config.cull_interval == 0:
        old = [s for s in ranking[1:] if generation - species["born"][s] >= config.cull_age]
        if old:
            factors[old[-1]] = 0.0
    return factors


def quotas(shares: NDArray[np.float64], size: int) -> NDArray[np.int64]:
    """Apportion ``size`` offspring by ``shares`` (largest remainders, ties to the elder): the sum is exact.

    Args:
        shares: float64, shape (species,): not negative, at least one positive.
        size: Size of the population.
    """
    if not 1.0 / _HUGE < shares.sum() < _HUGE:
        shares = shares / shares.max()  # or the ratio below would overflow
    exact = shares * (size / shares.sum())
    whole: NDArray[np.int64] = np.floor(exact).astype(np.int64)
    remainders = np.argsort(-(exact - whole), kind="stable")
    whole[remainders[: size - int(whole.sum())]] += 1
    return whole
