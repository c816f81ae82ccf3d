"""Racing: fewer episodes for the same decision (Maron & Moore 1994; F-Race, Birattari et al. 2002).

Evolution mainly needs to know which genome is best. In a race, every genome of a generation plays the first few
episodes of the generation's seed list. Then, round by round, genomes that are clearly worse than the leader drop out
and the rest play on, until they have played all ``task.episodes``. Rounds double: 3, 6, 12, … episodes in total.

*Clearly worse*: all genomes have played the same seeds, so returns are compared in pairs, by the mean of the leader's
return minus the genome's. The leader is the best of many and was partly lucky, and the comparison is repeated in each
round. So the Bonferroni correction is used: a genome drops out if this mean is above 0 with confidence 1 - 0.05 /
(other genomes x rounds), by Student's t. If returns are normal, the truly best genome drops out of at most one race in
twenty. The variance is that of the genome's differences or the mean of all genomes' variances, whichever is larger,
since three episodes may be equal by chance.

**Fitness** is the mean return over the episodes that a genome has played. The first seeds of the list may be easier
than the rest. So the fitness of a genome that dropped out is shifted by the mean change of the genomes that continued,
and kept below the best of them. The fittest genome has therefore always played every episode.

**Elites** are unchanged copies from the previous generation. If every episode starts identically and there is no
randomness (double pole balancing), they keep their fitness and are not played again.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from environments.evaluators.evaluation import Fault, Plays, mean_returns
from environments.playing.intervals import student_quantile
from environments.tasks.settings import TaskConfig
from neat.errors import DataError
from neat.genes.table import Genome, Genomes

__all__ = ["FIRST_ROUND", "FitnessCache", "Race", "begins_alike", "race", "rounds", "rows_of_three"]

FIRST_ROUND = 3
"""Number of episodes that all genomes play."""
_ERROR = 0.05
"""Maximum probability that the truly best genome drops out of a race."""

Vector = NDArray[np.float64]
Play = Callable[[Genomes, Sequence[Sequence[int]]], Plays]
"""Plays the seeds of its row with each genome of a table."""


def rounds(episodes: int) -> list[tuple[int, int]]:
    """Return the range of episodes of each round: ``[(0, 3), (3, 6), (6, 12), …]``, up to ``episodes``."""
    ends = [0, min(FIRST_ROUND, episodes)]
    while ends[-1] < episodes:
        ends.append(min(2 * ends[-1], episodes))
    return list(itertools.pairwise(ends))


def race(
    play: Play,
    genomes: Genomes,
    seeds: Sequence[int],
    *,
    stop_at_fault: bool = False,
) -> tuple[Vector, Plays]:
    """Run a race between the genomes of a table.

    Args:
        play: Plays the seeds of its row with each genome of a table.
        genomes: The table.
        seeds: Seeds of all episodes.
        stop_at_fault: Stop after the round in which an episode could not be scored.

    Returns:
        Fitness (float64, shape (genomes,); NaN if an episode could not be scored), and all results: NaN for episodes
            that were not played, and a row of statistics per genome and round.
    """
    count = len(genomes)
    returns = np.full((count, len(seeds)), np.nan)
    steps = np.zeros(count, np.int64)
    statistics: list[Vector] = []
    faults: list[Fault] = []
    racing = np.arange(count)
    out_after = np.zeros(count, np.int64)
    decisions = max(1, count - 1) * max(1, len(rounds(len(seeds))) - 1)
    for begin, end in rounds(len(seeds)):
        plays = play(_rows(genomes, racing), [list(seeds[begin:end])] * len(racing))
        returns[racing, begin:end] = plays.returns
        steps[racing] += plays.steps
        faults += [replace(fault, genome=int(racing[fault.genome])) for fault in plays.faults]
        if plays.statistics is not None:
            statistics.append(plays.statistics)
        out_after[racing] = end
        racing = racing[np.isfinite(plays.returns).all(axis=1)]
        if len(racing) == 0 or (faults and stop_at_fault):
            break
        racing = racing[_contenders(returns[racing, :end], decisions)]
    fitness = _fitness(returns, out_after)
    merged = np.concatenate(statistics) if statistics else None
    return fitness, Plays(returns, steps, merged, tuple(sorted(faults, key=lambda fault: fault.genome)))


def _contenders(returns: Vector, decisions: int) -> NDArray[np.bool_]:
    """Return the genomes that are not clearly worse than the best.

    Args:
        returns: float64, shape (genomes, episodes).
        decisions: Number of comparisons in the whole race.
    """
    others, episodes = len(returns) - 1, returns.shape[1]
    if others < 1 or episodes < 2:
        return np.ones(len(returns), np.bool_)
    behind = returns[mean_returns(returns).argmax()] - returns
    variance = behind.var(axis=1, ddof=1)
    deviation = np.sqrt(np.maximum(variance, variance.sum() / others))  # the leader's own variance is 0
    bound = student_quantile(others * (episodes - 1), 1.0 - 2.0 * _ERROR / decisions)
    contends: NDArray[np.bool_] = behind.mean(axis=1) <= bound * deviation / np.sqrt(episodes)
    return contends


def _fitness(returns: Vector, played: NDArray[np.int64]) -> Vector:
    """Return the fitness of genomes that have played their first ``played`` episodes (float64, shape (genomes,)).

    Args:
        returns: float64, shape (genomes, episodes).
        played: Number of episodes of each genome, int64, shape (genomes,).
    """
    fitness = np.empty(len(returns))
    finalists = (played == returns.shape[1]) & np.isfinite(returns).all(axis=1)
    for n in np.unique(played):
        group = np.flatnonzero(played == n)
        fitness[group] = mean_returns(returns[group, :n])
        if n < returns.shape[1] and finalists.any():
            final = returns[finalists]
            fitness[group] += (mean_returns(final) - mean_returns(final[:, :n])).mean()
    if finalists.any():
        best = fitness[finalists].max()
        fitness[~finalists] = np.minimum(fitness[~finalists], np.nextafter(best, -np.inf))
    return fitness


class Race:
    """The races of a run, with the fitness of the previous generation."""

    def __init__(self, config: TaskConfig) -> None:
        self._stop_at_fault = config.fault == "fail"
        self._memory = FitnessCache() if begins_alike(config) else None

    def run(self, play: Play, genomes: Genomes, seeds: Sequence[int]) -> tuple[Vector, Plays]:
        """Run a race between the genomes of a table, except those whose fitness is known; see `race`."""
        if self._memory is None:
            return race(play, genomes, seeds, stop_at_fault=self._stop_at_fault)
        fitness = self._memory.recall(genomes)
        steps = np.zeros(len(genomes), np.int64)
        returns = np.full((len(genomes), len(seeds)), np.nan)
        faults: tuple[Fault, ...] = ()
        new = np.flatnonzero(np.isnan(fitness))
        if len(new):
            fitness[new], plays = race(play, _rows(genomes, new), seeds, stop_at_fault=self._stop_at_fault)
            steps[new], returns[new] = plays.steps, plays.returns
            faults = tuple(replace(fault, genome=int(new[fault.genome])) for fault in plays.faults)
        self._memory.keep(genomes, fitness)
        return fitness, Plays(returns, steps, None, faults)

    def state(self) -> dict[str, Vector]:
        """Return the state, for checkpoints."""
        return {} if self._memory is None else self._memory.state()

    def restore(self, state: Mapping[str, Vector]) -> None:
        """Restore the state that `state` returned."""
        if self._memory is not None:
            self._memory.restore(state)


def begins_alike(config: TaskConfig) -> bool:
    """Return whether a genome is known to have the same return in every episode.

    This holds for compiled games whose initial state draws no random numbers, since their steps never do.
    """
    if config.actions == "sample" or config.observation_scaling == "running":
        return False
    from environments.games import twin_of

    game = twin_of(config)
    if game is None:
        return False
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    game.start(rng)
    return bool(rng.bit_generator.state == before)


def _rows(genomes: Genomes, rows: NDArray[np.int64]) -> Genomes:
    """Return some genomes of a table as a new table."""
    if len(rows) == len(genomes):
        return genomes
    return Genomes.of([genomes[int(i)] for i in rows], genomes.generation)


class FitnessCache:
    """The fitness of the previous generation's genomes, for deterministic tasks."""

    def __init__(self) -> None:
        self._known: dict[tuple[float, float], float] = {}

    def recall(self, genomes: Genomes) -> Vector:
        """Return the fitness of each genome, NaN if unknown (float64, shape (genomes,))."""
        return np.array([self._known.get(_key(genome), np.nan) for genome in genomes])

    def keep(self, genomes: Genomes, fitness: Vector) -> None:
        """Store the fitness of these genomes and drop all others."""
        self._known = {_key(genome): float(value) for genome, value in zip(genomes, fitness, strict=True)}

    def state(self) -> dict[str, Vector]:
        """Return the content as arrays, for checkpoints."""
        rows = [(*key, value) for key, value in self._known.items()]
        return {"remembered": np.array(rows, np.float64).reshape(-1, 3)}

    def restore(self, state: Mapping[str, Vector]) -> None:
        """Restore the content that `state` returned."""
        self._known = {(a, b): value for a, b, value in rows_of_three(state, "remembered")}


def rows_of_three(state: Mapping[str, Vector], name: str) -> list[list[float]]:
    """Return an array of a saved state as rows of three finite numbers; no rows if there is no such array.

    Raises:
        DataError: The array has another shape, or values that are not finite.
    """
    rows = np.asarray(state.get(name, ()), np.float64)
    if rows.size % 3 or not np.isfinite(rows).all():
        raise DataError(f"state of the evaluator: expected rows of three finite numbers in {name!r}")
    return rows.reshape(-1, 3).tolist()


def _key(genome: Genome) -> tuple[float, float]:
    """Return two 48-bit hashes of the genes, which float64 represents exactly."""
    digest = hashlib.blake2b(genome.nodes.tobytes(), digest_size=12)
    digest.update(genome.connections.tobytes())
    bits = digest.digest()
    return float(int.from_bytes(bits[:6])), float(int.from_bytes(bits[6:]))
