"""Observing a game: observations of random play, and episodes of some genomes, recorded step by step."""

from __future__ import annotations

import contextlib
import io
import math
import random
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from environments.making.blame import place_of, reason
from environments.making.environment import make_environment
from environments.playing.episode import play
from environments.playing.observation_scaling import bounds_scaling, scaling_table, table_for
from environments.playing.policy import Policy
from environments.spaces.actions import ActionDecoder
from environments.spaces.observations import ObservationEncoder
from environments.tasks.settings import Scaling, TaskConfig
from experiments.doctor.case import Played, View
from neat.compiled.random import Stream, make_generator
from neat.config import NetworkConfig
from neat.errors import EvaluationError, NeatError
from neat.genes.table import Genomes

__all__ = ["Game", "at_random", "undisturbed"]

Vector = NDArray[np.float64]

_GENOMES, _EPISODES = 40, 8
"""Maximum number of genomes that play, and of episodes of each."""
_LEAST_GENOMES = 16
"""Number of genomes needed to distinguish luck from skill."""
_SEEN = 50
"""Approximate number of observations stored of an episode, evenly spread; at most twice as many."""
_STROLL = 200
"""Number of additional steps of random play, since genomes that all act alike see little of a game."""
_REWARDS = 3
"""Maximum number of different rewards that are stored."""


@dataclass
class _Noted:
    """An environment that records its steps, for `environments.playing.episode.play`."""

    env: gymnasium.Env[Any, Any]
    encoder: ObservationEncoder
    seen: list[Vector] = field(default_factory=list)
    rewards: set[float] = field(default_factory=set)
    steps: list[float] = field(default_factory=list)
    begins: list[int] = field(default_factory=list)
    resets: list[float] = field(default_factory=list)
    cut: bool = False
    _every: int = 1
    _begun: int = 0
    _kept: int = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.env, name)

    def reset(self, **given: Any) -> Any:
        begin = time.perf_counter()
        answer = self.env.reset(**given)
        self.resets.append(time.perf_counter() - begin)
        self._every = 1 + len(self.steps) // (_SEEN * len(self.resets))
        self._begun, self._kept = len(self.steps), 0
        self.begins.append(self._begun)
        self._see(answer[0])
        return answer

    def step(self, action: Any) -> Any:
        begin = time.perf_counter()
        answer = self.env.step(action)
        self.steps.append(time.perf_counter() - begin)
        self._see(answer[0])
        if len(self.rewards) < _REWARDS:
            self.rewards.add(float(answer[1]))
        self.cut = bool(answer[3]) and not answer[2]
        return answer

    def episode_means(self) -> list[float]:
        """Return the mean seconds per step of each episode."""
        ends = [*self.begins[1:], len(self.steps)]
        return [sum(self.steps[a:b]) / (b - a) for a, b in zip(self.begins, ends, strict=True) if b > a]

    def _see(self, observation: Any) -> None:
        if (len(self.steps) - self._begun) % self._every == 0 and self._kept < 2 * _SEEN:
            self._kept += 1
            self.seen.append(self.encoder.encode(observation).copy())


class Game:
    """A game to be observed; a context manager that closes it."""

    def __init__(self, config: TaskConfig) -> None:
        """Create the environment.

        Raises:
            NeatError: The environment cannot be created.
        """
        self.config = config
        self.env = make_environment(config)
        self.encoder = ObservationEncoder(self.env.observation_space)

    def __enter__(self) -> Game:
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(Exception, SystemExit):
            self.env.close()

    def view(self, seen: Vector, scaling: Scaling | None, episodes: int = 1) -> View:
        """Return observations as inputs of networks.

        Args:
            seen: Observations, float64, shape (observations, inputs).
            scaling: Observation scaling; by default that of the game's bounds, if the settings ask for it.
            episodes: Number of episodes with these observations.
        """
        if scaling is None and self.config.observation_scaling == "bounds":
            scaling = bounds_scaling(self.encoder.low, self.encoder.high)
        x = seen
        if scaling is not None:
            clip = self.config.observation_scaling == "running"
            table = scaling_table(scaling, self.encoder.size, clip=clip, limit=self.config.observation_clip)
            x = seen if table is None else np.clip((seen - table[0]) * table[1], -table[2], table[2])
        return View(
            names=self.encoder.names, low=self.encoder.low, high=self.encoder.high, x=x,
            actions=self.env.action_space, episodes=episodes,
            one_hot=not isinstance(self.env.observation_space, gymnasium.spaces.Box),
        )  # fmt: skip

    def play(
        self, genomes: Genomes, network: NetworkConfig, scaling: Scaling | None, seed: int, seconds: float
    ) -> tuple[Played, View]:
        """Let genomes play the same episodes for some seconds.

        Args:
            genomes: The genomes; at most 40 of them play, evenly spread.
            network: Network settings.
            scaling: Observation scaling.
            seed: Seed of the run. The episodes differ from those of the run.
            seconds: Approximate time to play, in seconds.

        Returns:
            The results of the episodes, and the observations in them and in some steps of random play.

        Raises:
            EvaluationError: The game raised an error.
        """
        noted = _Noted(self.env, self.encoder)
        strolled = at_random(self.env, self.encoder, seed, _STROLL, seconds / 4)
        words = np.random.SeedSequence(seed, spawn_key=(3,)).generate_state(_EPISODES) >> 1
        chosen = [genomes[int(i)] for i in np.linspace(0, len(genomes) - 1, min(_GENOMES, len(genomes))).round()]
        policy = Policy(self.encoder, Genomes.of(chosen), network, table=table_for(self.config, scaling, self.encoder))
        actions = ActionDecoder(self.env.action_space, sample=self.config.actions == "sample")
        policy.thinker(0)(self.env.observation_space.sample())  # compiles the network before times are measured
        rows: list[list[tuple[float, int, bool]]] = []
        begin = time.perf_counter()
        for episode in map(int, words):
            row: list[tuple[float, int, bool]] = []
            for index in range(len(chosen)):
                policy.reset()
                decide = actions.decoder(policy.output_activations(index), make_generator(episode, Stream.ACTIONS))
                total, steps = play(noted, policy.thinker(index), decide, seed=episode)  # type: ignore[arg-type]
                row.append((total, steps, noted.cut))
                spent = time.perf_counter() - begin
                if spent > seconds or (not rows and _enough(index + 1, spent, seconds)):
                    break
            if not rows:
                chosen = chosen[: len(row)]
            if len(row) == len(chosen):
                rows.append(row)
            if spent > seconds:
                break
        whole = np.array(rows).swapaxes(0, 1)
        spent = time.perf_counter() - begin
        game = sum(noted.steps) + sum(noted.resets)
        played = Played(
            returns=whole[..., 0],
            steps=whole[..., 1].astype(np.int64),
            cut=whole[..., 2].astype(bool),
            rewards=tuple(sorted(noted.rewards)),
            step_seconds=_usual(noted.episode_means()),
            reset_seconds=_usual(noted.resets),
            other_seconds=max(0.0, spent - game) / max(len(noted.steps), 1),
        )
        return played, self.view(np.concatenate([strolled, noted.seen]), scaling, len(noted.resets))


def _enough(genomes: int, spent: float, seconds: float) -> bool:
    """Return whether no more genomes should play, so that there is time for a second episode of these."""
    return genomes >= _LEAST_GENOMES and 2.0 * spent * (genomes + 1) / genomes > seconds


def _usual(seconds: list[float]) -> float:
    """Return the lower quartile: on a busy machine, the larger times include time of other programs."""
    return sorted(seconds)[len(seconds) // 4] if seconds else 0.0


def at_random(
    env: gymnasium.Env[Any, Any], encoder: ObservationEncoder, seed: int, steps: int, seconds: float = math.inf
) -> Vector:
    """Return observations of random play, at most ``steps`` steps and about ``seconds`` seconds.

    Returns:
        float64, shape (observations, inputs).
    """
    end = time.perf_counter() + seconds
    words = np.random.SeedSequence(seed, spawn_key=(2,)).generate_state(1 + steps) >> 1
    env.action_space.seed(int(words[0]))
    observation, _ = env.reset(seed=int(words[1]))
    seen = [encoder.encode(observation).copy()]
    for word in words[1:]:
        observation, _, terminated, truncated, _ = env.step(env.action_space.sample())
        seen.append(encoder.encode(observation).copy())
        if terminated or truncated:
            observation, _ = env.reset(seed=int(word))
        if time.perf_counter() > end:
            break
    return np.array(seen)


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Hide what a game prints, and restore the state of Python's and NumPy's global random numbers afterwards.

    Raises:
        EvaluationError: The game raised an error; the message says which and where.
    """
    own, numpys = random.getstate(), np.random.get_state()  # noqa: NPY002 - users' games may use it
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    except NeatError:
        raise
    except Exception as error:
        if not place_of(error):
            raise  # it does not come from the game, but from this program
        raise EvaluationError(
            f"the game {reason(error)}: correct this first, the doctor needs a game that plays"
        ) from error
    finally:
        random.setstate(own)
        np.random.set_state(numpys)  # noqa: NPY002
