"""The serial evaluator: one environment, one genome after the other. It is the specification of all others.

Every other backend returns, bit for bit, what this one does.
"""

from __future__ import annotations

import abc
import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from environments.episode import Player, episode_seeds
from environments.evaluation import Evaluation, Evaluator, Fault
from environments.observations import ObservationEncoder
from environments.scaling import RunningStatistics, bounds_scaling, scaling_table
from environments.task import Scaling, TaskConfig
from neat.config import NetworkConfig
from neat.errors import EvaluationError
from neat.genes.table import Genomes

if TYPE_CHECKING:
    from environments.racing import Race

__all__ = ["EpisodeEvaluator", "Plays", "SerialEvaluator", "mean_returns"]

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Plays:
    """What the genomes of a table did.

    Attributes:
        returns: float64, shape (genomes, episodes); NaN from an episode that could not be scored on.
        steps: int64, shape (genomes,).
        statistics: float64, shape (genomes, 1 + 2 inputs), where asked for; see `environments.scaling.gather`.
        faults: Episodes that could not be scored, by genome.
    """

    returns: Vector
    steps: NDArray[np.int64]
    statistics: Vector | None
    faults: tuple[Fault, ...]


def mean_returns(returns: Vector) -> Vector:
    """Return each genome's mean return, added in the order of the episodes (float64, shape (genomes,))."""
    total: Vector = returns[:, 0].copy()
    for episode in range(1, returns.shape[1]):
        total += returns[:, episode]
    total /= returns.shape[1]
    return total


class EpisodeEvaluator(Evaluator, abc.ABC):
    """What evaluators that play episodes share: seeds, observation scaling, and the policy for faults.

    Attributes:
        backend: Name of the backend, for display.
        config: Settings of the task.
        network: How genomes become networks.
        seed: Seed of the run.
    """

    backend: str

    def __init__(self, config: TaskConfig, network: NetworkConfig, seed: int, encoder: ObservationEncoder) -> None:
        self.config = config
        self.network = network
        self.seed = seed
        self._inputs = encoder.size
        self._running = RunningStatistics(encoder.size) if config.observation_scaling == "running" else None
        self._bounds = bounds_scaling(encoder.low, encoder.high) if config.observation_scaling == "bounds" else None
        self._race: Race | None = None
        if config.racing:
            from environments.racing import Race

            self._race = Race(config)

    @abc.abstractmethod
    def play(self, genomes: Genomes, seeds: Sequence[Sequence[int]], *, table: Vector | None, gather: bool) -> Plays:
        """Let genome i play one episode per seed in ``seeds[i]``.

        Args:
            genomes: The table.
            seeds: Seeds of each genome's episodes, equally many for each.
            table: Observation scaling (`environments.scaling.scaling_table`).
            gather: Whether to gather observation statistics.
        """

    @abc.abstractmethod
    def close(self) -> None:
        """End worker processes and close environments."""

    def evaluate(self, genomes: Genomes) -> Evaluation:
        """Return the fitness of every genome: its mean return over the episodes of this generation.

        Raises:
            EvaluationError: An episode could not be scored and ``task.fault`` is ``fail``, or no genome's could.
        """
        scaling = self._running.scaling() if self._running else self._bounds
        seeds = episode_seeds(self.seed, genomes.generation, self.config.episodes)
        play = functools.partial(self.play, table=self.table(scaling), gather=self._running is not None)
        if self._race is not None:
            fitness, plays = self._race.run(play, genomes, seeds)
        else:
            plays = play(genomes, [seeds] * len(genomes))
            fitness = mean_returns(plays.returns)
        fitness = self._settle(fitness, plays.faults, genomes.generation)
        if self._running and plays.statistics is not None:
            self._running.merge(plays.statistics)
        return Evaluation(
            fitness=fitness,
            steps=int(plays.steps.sum()),
            genome_steps=plays.steps,
            faults=plays.faults,
            scaling=scaling if self._running else None,
        )

    def table(self, scaling: Scaling | None) -> Vector | None:
        """Return a scaling as `play` takes it; without one, what the bounds of the task give."""
        scaling = scaling if scaling is not None else self._bounds
        return scaling_table(scaling, self._inputs, clip=self.config.observation_scaling == "running")

    def _settle(self, fitness: Vector, faults: tuple[Fault, ...], generation: int) -> Vector:
        """Apply the policy for faults."""
        if not faults:
            return fitness
        scored = np.isfinite(fitness)
        if self.config.fault == "fail" or not scored.any():
            fault = faults[0]
            hint = "" if self.config.fault == "worst" else "; task.fault = 'worst' would go on"
            raise EvaluationError(
                f"environment {self.config.environment!r} {fault.message} "
                f"(generation {generation}, genome {fault.genome}, seed {fault.seed}){hint}"
            )
        return np.where(scored, fitness, fitness[scored].min())

    def state(self) -> dict[str, Vector]:
        """Return the running observation statistics, and what racing remembers; often nothing."""
        statistics = self._running.state() if self._running else {}
        return statistics if self._race is None else {**statistics, **self._race.state()}

    def restore(self, state: Scaling) -> None:
        """Go on from what `state` returned."""
        if self._running and state:
            self._running.restore(state)
        if self._race is not None:
            self._race.restore(state)


class SerialEvaluator(EpisodeEvaluator):
    """Plays one episode after the other in this process."""

    backend = "serial"

    def __init__(self, config: TaskConfig, network: NetworkConfig, seed: int) -> None:
        self._player = Player(config, network)
        super().__init__(config, network, seed, self._player.encoder)

    def play(self, genomes: Genomes, seeds: Sequence[Sequence[int]], *, table: Vector | None, gather: bool) -> Plays:
        """Let genome i play one episode per seed in ``seeds[i]``."""
        returns = np.full((len(genomes), len(seeds[0])), np.nan)
        steps = np.zeros(len(genomes), np.int64)
        statistics = np.zeros((len(genomes), 1 + 2 * self._inputs)) if gather else None
        faults: list[Fault] = []
        self._player.seat(genomes, table)
        for i in range(len(genomes)):
            seen = None if statistics is None else statistics[i]
            scores, steps[i], fault = self._player.score(i, seeds[i], statistics=seen)
            returns[i, : len(scores)] = scores
            if fault is not None:
                faults.append(Fault(i, *fault))
                if statistics is not None:
                    statistics[i] = 0.0
                if self.config.fault == "fail":
                    break
        return Plays(returns, steps, statistics, tuple(faults))

    def close(self) -> None:
        """Close the environment."""
        self._player.close()
