"""Playing episodes: seeds, the loop of one episode, and a player with an environment."""

from __future__ import annotations

import contextlib
import functools
import math
import signal
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from environments.making.blame import details
from environments.making.environment import carries_over, make_environment
from environments.making.foreign import explain, number_of
from environments.playing.outcomes import outcome, wanted
from environments.playing.policy import Policy
from environments.spaces.actions import ActionDecoder, Decoder
from environments.spaces.observations import ObservationEncoder
from environments.tasks.settings import TaskConfig
from neat.compiled.random import Stream, rekey
from neat.config import NetworkConfig
from neat.errors import EvaluationError
from neat.genes.table import Genomes

__all__ = ["Player", "episode_seeds", "play", "verification_seeds"]

_TRAINING, _VERIFICATION = 0, 1

Vector = NDArray[np.float64]


def episode_seeds(seed: int, generation: int, episodes: int) -> list[int]:
    """Return the seeds for ``env.reset`` in a generation: even 31-bit integers, the same for all genomes."""
    return _seeds(seed, (_TRAINING, generation), episodes)


def verification_seeds(seed: int, episodes: int, attempt: int = 0) -> list[int]:
    """Return seeds for verification: odd 31-bit integers, which are never used in training."""
    return [s | 1 for s in _seeds(seed, (_VERIFICATION, attempt), episodes)]


def _seeds(seed: int, key: tuple[int, int], count: int) -> list[int]:
    words = np.random.SeedSequence(seed, spawn_key=key).generate_state(count)
    return [int(word >> 1) & ~1 for word in words]


def play(
    env: gymnasium.Env[Any, Any],
    think: Callable[[Any], Vector],
    decide: Callable[[Vector], Any],
    *,
    seed: int,
    deadline: float = math.inf,
    ended: Callable[[Any, Mapping[str, Any]], None] | None = None,
) -> tuple[float, int]:
    """Play one episode.

    Args:
        env: The environment, with a step limit (`gymnasium.wrappers.TimeLimit`).
        think: Maps an observation to network outputs; its network is reset.
        decide: Maps network outputs to an action.
        seed: Seed for ``env.reset``.
        deadline: Value of ``time.monotonic()`` after which the episode is aborted; checked after each step.
        ended: Called with the last observation and info.

    Returns:
        The return (sum of rewards, in order) and the number of steps.

    Raises:
        EvaluationError: The environment raised an error, exited the program, or returned unusable values; the return is
            not finite; or the deadline passed.
    """
    clock = time.monotonic
    step = env.step
    total = 0.0
    steps = 0
    began = False
    try:
        observation, _ = env.reset(seed=seed)
        while True:
            action = decide(think(observation))
            began = True
            observation, reward, terminated, truncated, info = step(action)
            try:
                total += float(reward)
            except (TypeError, ValueError):
                total += number_of(reward)
            steps += 1
            if terminated or truncated:
                break
            if clock() > deadline:
                raise EvaluationError("took longer for an episode than task.time_limit allows")
        if not math.isfinite(total):
            raise EvaluationError(f"returned rewards that add up to {total}, expected a finite number")
        if ended is not None:
            ended(observation, info)
    except KeyboardInterrupt as error:
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            raise  # it may be a real Ctrl-C, unless another handler receives that
        raise EvaluationError(explain(env, error, began=began)) from error
    except (Exception, SystemExit) as error:  # an environment may raise anything
        raise EvaluationError(explain(env, error, began=began)) from error
    return total, steps


class Player:
    """Plays the genomes of a table in one environment, one after the other.

    Attributes:
        encoder: Maps observations to network inputs.
        actions: Maps network outputs to actions.
    """

    def __init__(self, config: TaskConfig, network: NetworkConfig) -> None:
        """Create the environment.

        Raises:
            ConfigError: The environment, a wrapper or a function in the settings does not exist.
            MissingExtraError: The environment needs a package that is not installed.
        """
        self.config = config
        self._network = network
        self._remake = carries_over(config)
        self._env = make_environment(config)
        self._fresh = True
        self._rehearsed = False
        self.encoder = ObservationEncoder(self._env.observation_space)
        self.actions = ActionDecoder(self._env.action_space, sample=config.actions == "sample")
        self._rng = np.zeros(2, np.uint64)
        self._decoders: dict[tuple[str, ...], Decoder] = {}
        self._genomes = Genomes.of([])
        self._policy: Policy | None = None

    def seat(self, genomes: Genomes, table: Vector | None = None) -> None:
        """Set the genomes to play, and the observation scaling.

        Args:
            genomes: The table.
            table: Observation scaling (`environments.playing.observation_scaling.scaling_table`).

        Raises:
            GenomeError: A genome has a cycle and the networks are feed-forward.
        """
        self._genomes = genomes
        self._policy = Policy(self.encoder, genomes, self._network, table=table)

    def rehearse(self, genomes: Genomes, table: Vector | None, *, gather: bool) -> None:
        """Compile or load the code needed to play, without using the environment. The arguments are those of `seat`."""
        if not self._rehearsed:
            self.seat(genomes.shard(0, 1), table)
            self._rehearse(0, gather=gather)

    def _rehearse(self, index: int, *, gather: bool) -> None:
        """Compile or load the code once, with a genome of the current table; see `rehearse`."""
        if self._policy is None or self._rehearsed:
            return
        self._rehearsed = True
        with contextlib.suppress(Exception):  # errors are reported when an episode is played
            think = self._policy.thinker(index, np.zeros(1 + 2 * self.encoder.size) if gather else None)
            self._decoder(self._policy, index)(think(self.encoder.space.sample()))

    def score(
        self,
        index: int,
        seeds: Sequence[int],
        *,
        statistics: Vector | None = None,
        progress: Vector | None = None,
        outcomes: list[Vector] | None = None,
    ) -> tuple[list[float], int, tuple[int, str, str] | None]:
        """Play one episode per seed with a genome of the table.

        Args:
            index: Index of the genome.
            seeds: Seeds for ``env.reset``.
            statistics: Receives observation statistics (`environments.playing.observation_scaling.gather`).
            progress: Receives (float64) the seed and start time of each episode, at indices 1 and 2.
            outcomes: Receives behaviour and objectives of each episode (`environments.playing.outcomes`), if requested.

        Returns:
            The returns, the number of steps, and a fault. The fault is None, or the seed, a message and the traceback
                of an episode that could not be scored; the returns end there.
        """
        if self._policy is None:
            raise RuntimeError("score() was called without calling seat()")
        self._rehearse(index, gather=statistics is not None)  # now, so that the time limit excludes compilation
        think = self._policy.thinker(index, statistics)
        decide = self._decoder(self._policy, index)
        returns: list[float] = []
        total_steps = 0
        ended = functools.partial(self._note, outcomes) if outcomes is not None and wanted(self.config) else None
        for seed in seeds:
            rekey(self._rng, seed, int(Stream.ACTIONS), 0, 0)
            self._policy.reset()
            started = time.monotonic()
            deadline = started + self.config.time_limit if self.config.time_limit else math.inf
            if progress is not None:
                progress[1], progress[2] = seed, started
            try:
                env = self._environment()
                result, steps = play(env, think, decide, seed=seed, deadline=deadline, ended=ended)
            except EvaluationError as error:
                self._replace()
                return returns, total_steps, (seed, str(error), details(error))
            returns.append(result)
            total_steps += steps
        return returns, total_steps, None

    def _note(self, outcomes: list[Vector], observation: Any, info: Mapping[str, Any]) -> None:
        outcomes.append(outcome(self.config, self.encoder, observation, info))

    def close(self) -> None:
        """Close the environment."""
        self._env.close()

    def _environment(self) -> gymnasium.Env[Any, Any]:
        if self._remake and not self._fresh:
            self._replace()
        self._fresh = False
        return self._env

    def _replace(self) -> None:
        """Create the environment again, after an error or to clear what it carries over between episodes."""
        with contextlib.suppress(Exception, SystemExit):  # errors of a replaced environment do not matter
            self._env.close()
        self._env = make_environment(self.config)
        self._fresh = True

    def _decoder(self, policy: Policy, index: int) -> Decoder:
        activations = policy.output_activations(index)
        if activations not in self._decoders:
            self._decoders[activations] = self.actions.decoder(activations, self._rng)
        return self._decoders[activations]
