"""Whole episodes of whole populations in compiled code: compiled games and networks, on threads.

Each thread runs one serial kernel, without the interpreter lock, on a shard of the table. Initial states are drawn once
per episode seed and shared by all genomes. Returns equal those of Gymnasium's environments to the last bit.
"""

from __future__ import annotations

import collections
import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from environments.evaluators.evaluation import Fault, Plays
from environments.evaluators.serial import EpisodeEvaluator
from environments.games.game import Code, Game
from environments.games.machine import see, step_box, step_discrete
from environments.making.blame import reason
from environments.playing.acting import acting_of
from environments.playing.observation_scaling import gather as gather_observation
from environments.playing.observation_scaling import scale
from environments.playing.outcomes import wanted
from environments.spaces.actions import draw, greatest, scale_outputs
from environments.spaces.observations import ObservationEncoder
from environments.tasks.settings import DEFAULT_STEP_LIMIT, TaskConfig
from neat.compiled.kernel import kernel
from neat.compiled.parallel import run_shards, shards
from neat.compiled.random import Stream, rekey
from neat.config import NetworkConfig
from neat.errors import ConfigError, EvaluationError
from neat.genes.table import Genomes
from neat.networks.decoders import decoder_of
from neat.networks.tape import forward, pack

__all__ = ["CompiledEvaluator", "Endings", "Episodes", "play_episodes"]

Vector = NDArray[np.float64]
_ACTIONS = int(Stream.ACTIONS)
_SHARDS_PER_THREAD = 8  # episode lengths differ: a thread that finishes early takes another shard


class Episodes(NamedTuple):
    """The episodes to play, in the form that compiled code uses.

    Attributes:
        states: Initial states, float64, shape (starts, state length).
        seen: Initial observations, float64, shape (starts, inputs).
        seeds: Seeds of sampled actions, int64, shape (starts,).
        start_of: Index of the start of each episode, int64, shape (genomes, episodes).
        limit: Number of steps after which an episode is truncated.
    """

    states: Vector
    seen: Vector
    seeds: NDArray[np.int64]
    start_of: NDArray[np.int64]
    limit: int


class Endings(NamedTuple):
    """Behaviours and objectives of episodes (`environments.playing.outcomes`), in the form that compiled code uses.

    Attributes:
        behaviour: Machine address of the game's ``behaviour``; 0: the last observation is used.
        size: Length of a behaviour; 0: not requested.
        objectives: Machine address of the game's ``objectives``; 0: not requested.
        rows: Receives them, float64, shape (genomes, episodes, numbers); 0 numbers if nothing is requested.
    """

    behaviour: int
    size: int
    objectives: int
    rows: Vector

    @classmethod
    def of(cls, game: Game, config: TaskConfig, shape: tuple[int, int]) -> Endings | None:
        """Return arrays for behaviours and objectives, or None if only returns are requested.

        Args:
            game: The game.
            config: Settings of the task.
            shape: (genomes, episodes).

        Raises:
            ConfigError: The game does not provide them.
        """
        if not wanted(config):
            return None
        for name, needed in (("behaviour", config.behaviour == "info"), ("objectives", config.objectives > 0)):
            if needed and getattr(game, name) is None:
                raise ConfigError(f"task.{name}: the game {game.id!r} has no {name}")
        if config.objectives not in (0, game.objectives_size):
            raise ConfigError(f"task.objectives: the game {game.id!r} has {game.objectives_size}")
        own, goals = game.endings
        behaviour = own if config.behaviour in ("info", "auto") else 0
        size = 0 if config.behaviour == "none" else game.behaviour_size if behaviour else game.inputs
        rows = np.full((*shape, size + config.objectives), np.nan)
        return cls(behaviour, size, goals if config.objectives else 0, rows)


@kernel
def _play_shard(  # type: ignore[no-untyped-def]
    code, phenotypes, episodes, acting, scaling, gathering, statistics, returns, steps, endings, begin, end
):
    """Play the episodes of genomes ``begin … end - 1``.

    Args:
        code: The game (`environments.games.game.Code`).
        phenotypes: The networks.
        episodes: The episodes.
        acting: How outputs become actions.
        scaling: Observation scaling, float64, shape (3, inputs), or (0, 0) for none.
        gathering: Whether to collect observation statistics.
        statistics: Receives them, float64, shape (genomes, 1 + 2 inputs).
        returns: Receives the returns, float64, shape (genomes, episodes); after a return that is not finite, the
            remaining episodes of the genome are not played.
        steps: Receives the steps of scored episodes, int64, shape (genomes,).
        endings: Receives behaviours and objectives (`Endings`).
        begin: First genome.
        end: One past the last genome.
    """
    state = np.empty(episodes.states.shape[1])
    memory = np.empty(phenotypes.state_size)
    x = np.empty(phenotypes.inputs)
    scaled = np.empty(phenotypes.inputs)
    y = np.empty(phenotypes.outputs)
    action = np.empty(phenotypes.outputs)
    rng = np.empty(2, np.uint64)
    scaling_on = scaling.size > 0
    for g in range(begin, end):
        table = acting.tables[acting.table_of[g]]
        for e in range(episodes.start_of.shape[1]):
            start = episodes.start_of[g, e]
            for i in range(state.size):  # element by element: Numba's slice assignment takes seconds to compile
                state[i] = episodes.states[start, i]
            for i in range(x.size):
                x[i] = episodes.seen[start, i]
            memory[:] = 0.0
            if acting.sample:
                rekey(rng, episodes.seeds[start], _ACTIONS, 0, 0)
            total = 0.0
            length = 0
            while True:
                if gathering:
                    gather_observation(x, statistics[g])
                if scaling_on:
                    scale(x, scaling, scaled)
                inputs = scaled if scaling_on else x
                forward(phenotypes, g, inputs, memory, y)
                if code.discrete:
                    choice = draw(y, 0, y.size, rng) if acting.sample else greatest(y, 0, y.size)
                    reward, terminated = step_discrete(code.step, state, acting.first + choice)
                else:
                    scale_outputs(y, 0, table, action)
                    if acting.single:
                        for i in range(action.size):
                            action[i] = np.float32(action[i])
                    reward, terminated = step_box(code.step, state, action)
                total += reward
                length += 1
                if terminated or length >= episodes.limit:
                    break
                see(code.observe, code.single, state, x)
            returns[g, e] = total
            if not math.isfinite(total):
                break
            if endings.rows.shape[2] > 0:
                if endings.behaviour != 0:
                    see(endings.behaviour, False, state, endings.rows[g, e, : endings.size])
                elif endings.size > 0:
                    see(code.observe, code.single, state, endings.rows[g, e, : endings.size])
                if endings.objectives != 0:
                    see(endings.objectives, False, state, endings.rows[g, e, endings.size :])
            steps[g] += length


def play_episodes(
    game: Game,
    genomes: Genomes,
    network: NetworkConfig,
    episodes: Episodes,
    *,
    threads: int = 1,
    sample: bool = False,
    table: Vector | None = None,
    statistics: Vector | None = None,
    endings: Endings | None = None,
) -> tuple[Vector, NDArray[np.int64]]:
    """Play the episodes of every genome of a table.

    Args:
        game: The game.
        genomes: The table.
        network: Network settings.
        episodes: The episodes.
        threads: Number of threads; results do not depend on it.
        sample: Whether discrete actions are sampled with softmax probabilities.
        table: Observation scaling (`environments.playing.observation_scaling.scaling_table`).
        statistics: Receives observation statistics (`environments.playing.observation_scaling.gather`).
        endings: Receives behaviours and objectives.

    Returns:
        The returns, float64, shape (genomes, episodes): NaN from the first episode on whose return is not finite. And
        the number of steps of the other episodes, int64, shape (genomes,).
    """
    plan = decoder_of(network, threads).plan(genomes)
    phenotypes = pack(plan)
    acting = acting_of(game.action_space, plan, sample=sample)
    code: Code = game.code
    returns = np.full(episodes.start_of.shape, np.nan)
    steps = np.zeros(len(genomes), np.int64)
    scaling = np.zeros((0, 0)) if table is None else table
    seen = np.zeros((0, 0)) if statistics is None else statistics
    gathering = statistics is not None
    ends = endings or Endings(0, 0, 0, np.empty((0, 0, 0)))

    waiting = collections.deque(shards(len(genomes), threads * _SHARDS_PER_THREAD))

    def work(*_: int) -> None:
        while waiting:
            try:
                begin, end = waiting.popleft()
            except IndexError:  # another thread took the last shard
                return
            _play_shard(code, phenotypes, episodes, acting, scaling, gathering, seen, returns, steps, ends, begin, end)

    run_shards(work, threads, threads, smallest=1)
    return returns, steps


class CompiledEvaluator(EpisodeEvaluator):
    """Plays a compiled game on threads. Fitness equals the serial evaluator's with Gymnasium, bit for bit."""

    backend = "compiled"
    plays_again = False

    def __init__(self, game: Game, config: TaskConfig, network: NetworkConfig, seed: int, threads: int = 1) -> None:
        """Load the game, and compile it if it is not cached.

        Args:
            game: The compiled game of ``config.environment`` (`environments.games.twin_of`).
            config: Settings of the task.
            network: Network settings.
            seed: Seed of the run.
            threads: Number of threads.
        """
        super().__init__(config, network, seed, ObservationEncoder(game.observation_space))
        self.game = game
        self.threads = threads
        limit = config.max_episode_steps or game.max_steps or DEFAULT_STEP_LIMIT
        self._limit = int(limit)
        _ = game.code  # compile now, not in the first generation

    def play(self, genomes: Genomes, seeds: Sequence[Sequence[int]], *, table: Vector | None, gather: bool) -> Plays:
        """Play one episode per seed in ``seeds[i]`` with genome i."""
        statistics = np.zeros((len(genomes), 1 + 2 * self._inputs)) if gather else None
        episodes = self._episodes(seeds)
        endings = Endings.of(self.game, self.config, episodes.start_of.shape)
        returns, steps = play_episodes(
            self.game,
            genomes,
            self.network,
            episodes,
            threads=self.threads,
            sample=self.config.actions == "sample",
            table=table,
            statistics=statistics,
            endings=endings,
        )
        faults = []
        broken = ~np.isfinite(returns)
        for g in np.flatnonzero(broken.any(axis=1)).tolist():
            e = int(broken[g].argmax())
            message = f"returned rewards that add up to {returns[g, e]}, expected a finite number"
            faults.append(Fault(g, int(seeds[g][e]), message))
            returns[g, e:] = np.nan
            if statistics is not None:
                statistics[g] = 0.0
        return Plays(returns, steps, statistics, tuple(faults), None if endings is None else endings.rows)

    def close(self) -> None:
        """Do nothing: threads are shared."""

    def _episodes(self, seeds: Sequence[Sequence[int]]) -> Episodes:
        """Return the episodes; the initial state of each seed is drawn once."""
        places: dict[int, int] = {}
        rows: dict[int, list[int]] = {}
        start_of = np.empty((len(seeds), len(seeds[0])), np.int64)
        for g, row in enumerate(seeds):
            if id(row) not in rows:  # in a generation, all genomes share one list
                rows[id(row)] = [places.setdefault(int(seed), len(places)) for seed in row]
            start_of[g] = rows[id(row)]
        starts = []
        for seed in places:
            try:
                starts.append(self.game.start(np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed)))))
            except (Exception, SystemExit) as error:  # from the user's reset, which is Python code
                raise EvaluationError(
                    f"environment {self.config.environment!r} {reason(error)} (seed {seed})"
                ) from error
        return Episodes(
            np.stack([state for state, _ in starts]),
            np.stack([observation for _, observation in starts]),
            np.array(list(places), np.int64),
            start_of,
            self._limit,
        )
