"""The serial evaluator: one environment, one genome after the other.

It is the reference implementation: every other backend returns the same results, bit for bit.
"""

from __future__ import annotations

import abc
import functools
import logging
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from environments.evaluators.evaluation import Evaluation, Evaluator, Fault, Plays, mean_returns
from environments.evaluators.racing import Race
from environments.playing.episode import Player, episode_seeds
from environments.playing.observation_scaling import RunningStatistics, bounds_scaling, table_for
from environments.playing.outcomes import behaviours_of, joined, objectives_of
from environments.spaces.observations import ObservationEncoder
from environments.tasks.settings import Scaling, TaskConfig
from neat.config import NetworkConfig
from neat.errors import EvaluationError
from neat.genes.table import Genomes

__all__ = ["EpisodeEvaluator", "SerialEvaluator"]

Vector = NDArray[np.float64]
_log = logging.getLogger(__name__)
_SCOUTS = 8
"""Number of genomes whose first episode initialises the observation scaling."""
_MANY = 50
"""Population size from which four genomes play an episode twice; in smaller populations, two do."""


class EpisodeEvaluator(Evaluator, abc.ABC):
    """The base class of evaluators that play episodes: seeds, observation scaling, and handling of faults.

    Attributes:
        backend: Name of the backend, for display.
        config: Settings of the task.
        network: Network settings.
        seed: Seed of the run.
    """

    backend: str
    plays_again = True
    """Whether some episodes of the first generation are played twice, to detect environments that do not repeat.
    Backends that play only known environments skip this."""

    def __init__(self, config: TaskConfig, network: NetworkConfig, seed: int, encoder: ObservationEncoder) -> None:
        self.config = config
        self.network = network
        self.seed = seed
        self._encoder = encoder
        self._inputs = encoder.size
        self._running = RunningStatistics(encoder.size) if config.observation_scaling == "running" else None
        self._bounds = bounds_scaling(encoder.low, encoder.high) if config.observation_scaling == "bounds" else None
        self._race = Race(config) if config.racing else None

    @abc.abstractmethod
    def play(self, genomes: Genomes, seeds: Sequence[Sequence[int]], *, table: Vector | None, gather: bool) -> Plays:
        """Play one episode per seed in ``seeds[i]`` with genome i.

        Args:
            genomes: The table.
            seeds: Seeds of each genome's episodes, the same number for each.
            table: Observation scaling (`environments.playing.observation_scaling.scaling_table`).
            gather: Whether to collect observation statistics.
        """

    @abc.abstractmethod
    def close(self) -> None:
        """End worker processes and close environments."""

    def evaluate(self, genomes: Genomes) -> Evaluation:
        """Return the fitness of every genome: its mean return over the episodes of this generation.

        Raises:
            EvaluationError: An episode could not be scored and ``task.fault`` is ``fail``, or no genome could be
                scored.
        """
        fixed = list(self.config.episode_seeds)
        seeds = fixed or episode_seeds(self.seed, genomes.generation, self.config.episodes)
        scouted = self._scout(genomes, seeds)
        scaling = self._running.scaling() if self._running else self._bounds
        table = self.table(scaling)
        play = functools.partial(self.play, table=table, gather=self._running is not None)
        if self._race is not None:
            fitness, plays = self._race.run(play, genomes, seeds)
        else:
            plays = play(genomes, [seeds] * len(genomes))
            fitness = mean_returns(plays.returns)
        shaped = self._shaped(fitness, plays, genomes.generation)
        fitness = self._settle(fitness, plays.faults, genomes.generation)
        if genomes.generation == 0 and self.plays_again:
            self._play_again(genomes, seeds[0], plays.returns[:, 0], table)
        if self._running and plays.statistics is not None:
            self._running.merge(plays.statistics)
        steps = plays.steps.copy()
        steps[: len(scouted)] += scouted
        return Evaluation(
            fitness=fitness,
            steps=int(steps.sum()),
            genome_steps=steps,
            faults=plays.faults,
            scaling=scaling if self._running else None,
            shaped=shaped,
            **self._outcomes(plays),
        )

    def _shaped(self, fitness: Vector, plays: Plays, generation: int) -> Vector | None:
        """Return the mean return including ``task.step_reward``, or None without one."""
        if not self.config.step_reward:
            return None
        lengths = plays.steps / plays.returns.shape[1]
        return self._settle(fitness + self.config.step_reward * lengths, plays.faults, generation)

    def _outcomes(self, plays: Plays) -> dict[str, Any]:
        """Return behaviours and objectives; a genome that could not be scored gets the mean of the others."""
        outcomes = plays.outcomes
        if outcomes is None:
            return {}
        scored = np.flatnonzero(np.isfinite(plays.returns).all(axis=1))
        found = {"behaviours": behaviours_of(self.config, outcomes), "objectives": objectives_of(self.config, outcomes)}
        for rows in found.values():
            if rows is not None:
                rows[np.setdiff1d(np.arange(len(rows)), scored)] = rows[scored].mean(axis=0)
        return found

    def _scout(self, genomes: Genomes, seeds: Sequence[int]) -> NDArray[np.int64]:
        """Collect initial observation statistics, before there are any; return the number of steps.

        Otherwise networks would get unscaled observations in the first generation.
        """
        if self._running is None or self._running.count >= 2:
            return np.zeros(0, np.int64)
        scouts = genomes.shard(0, min(_SCOUTS, len(genomes)))
        plays = self.play(scouts, [[seeds[0]]] * len(scouts), table=None, gather=True)
        if plays.statistics is not None:
            self._running.merge(plays.statistics)
        return plays.steps

    def _play_again(self, genomes: Genomes, seed: int, returns: Vector, table: Vector | None) -> None:
        """Play one episode of some genomes again, after other episodes, and log a warning if the return differs."""
        scored = np.flatnonzero(np.isfinite(returns))
        if len(scored) == 0:
            return
        ends = [scored[returns[scored].argmax()], scored[returns[scored].argmin()], scored[-1], scored[0]]
        chosen = list(dict.fromkeys(int(i) for i in ends[: 4 if len(genomes) >= _MANY else 2]))
        again = self.play(Genomes.of([genomes[i] for i in chosen]), [[seed]] * len(chosen), table=table, gather=False)
        for i, value in zip(chosen, again.returns[:, 0].tolist(), strict=True):
            if value != returns[i]:
                _log.warning(
                    "environment %r does not repeat: genome %d got %g in the episode of seed %d, and %g when it played "
                    "it again after others. Scores depend on chance and on the order of play. Draw from "
                    "self.np_random after super().reset(seed=seed), and keep nothing from one episode to the next; "
                    "task.remake = 'always' creates the environment again for every episode",
                    self.config.environment, i, returns[i], seed, value,
                )  # fmt: skip
                return

    def table(self, scaling: Scaling | None) -> Vector | None:
        """Return a scaling in the form for `play`; without one, the scaling by bounds, if the settings request it."""
        return table_for(self.config, scaling, self._encoder)

    def _settle(self, fitness: Vector, faults: tuple[Fault, ...], generation: int) -> Vector:
        """Handle faults as set by ``task.fault``, and return the fitness."""
        if not faults:
            return fitness
        for fault in faults:
            if fault.details:
                _log.debug("genome %d, seed %d: %s", fault.genome, fault.seed, fault.details)
        scored = np.isfinite(fitness)
        if self.config.fault == "fail" or not scored.any():
            fault = faults[0]
            hint = "; with task.fault = 'worst' the run would continue"
            if not scored.any():
                hint = "; no genome of this generation could be scored"
            raise EvaluationError(
                f"environment {self.config.environment!r} {fault.message} "
                f"(generation {generation}, genome {fault.genome}, seed {fault.seed}){hint}"
            )
        return np.where(scored, fitness, fitness[scored].min())

    def state(self) -> dict[str, Vector]:
        """Return the running observation statistics and the state of racing; often empty."""
        statistics = self._running.state() if self._running else {}
        return statistics if self._race is None else {**statistics, **self._race.state()}

    def restore(self, state: Scaling) -> None:
        """Restore the state that `state` returned."""
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
        """Play one episode per seed in ``seeds[i]`` with genome i."""
        returns = np.full((len(genomes), len(seeds[0])), np.nan)
        steps = np.zeros(len(genomes), np.int64)
        statistics = np.zeros((len(genomes), 1 + 2 * self._inputs)) if gather else None
        faults: list[Fault] = []
        rows: list[list[Vector]] = []
        self._player.seat(genomes, table)
        for i in range(len(genomes)):
            seen = None if statistics is None else statistics[i]
            ends: list[Vector] = []
            scores, steps[i], fault = self._player.score(i, seeds[i], statistics=seen, outcomes=ends)
            returns[i, : len(scores)] = scores
            rows.append(ends)
            if fault is not None:
                faults.append(Fault(i, *fault))
                if statistics is not None:
                    statistics[i] = 0.0
                if self.config.fault == "fail":
                    break
        return Plays(returns, steps, statistics, tuple(faults), joined(self.config, rows, returns.shape))

    def close(self) -> None:
        """Close the environment."""
        self._player.close()
