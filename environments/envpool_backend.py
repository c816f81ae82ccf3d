"""The EnvPool evaluator: environments written in C++, many of them in lock step, on all cores.

All episodes of a generation lie in one queue (`environments.lockstep`). EnvPool fixes seeds when environments are made,
so they are made anew for every generation: what a generation plays depends on the run's seed, the generation and the
number of environments alone, and a resumed run goes on as if it had never stopped. An environment has the seed of the
first episode that it plays. With one for every episode all genomes therefore play the same episodes, as with every
other backend; with fewer (``task.slots``), later episodes go on with the random numbers of the environment they are
played in, and no two genomes share them.

EnvPool's games are other programs than Gymnasium's, and their numbers differ in the last digits. Champions are verified
on Gymnasium's own environment. A game that differs by more is refused.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from environments.acting import acting_of
from environments.actions import ActionDecoder
from environments.evaluation import Fault
from environments.lockstep import Queue, advance, slots_for
from environments.making import find_spec, make_environment
from environments.observations import ObservationEncoder
from environments.serial import EpisodeEvaluator, Plays
from environments.task import DEFAULT_STEP_LIMIT, TaskConfig
from neat.config import NetworkConfig
from neat.errors import ConfigError, MissingExtraError, did_you_mean
from neat.genome import Genomes
from neat.phenotype import pack

__all__ = ["EnvPoolEvaluator"]

Vector = NDArray[np.float64]

_WINDOW = 64
"""Environments that step together: few enough for the processor's cache, enough for every thread."""
_DIFFERENT = {
    "Pendulum": "its Pendulum moves the angle by the velocity before that is clipped to ±8, Gymnasium's after",
}
"""Games of EnvPool that are not Gymnasium's, by name without version, and why."""


class EnvPoolEvaluator(EpisodeEvaluator):
    """Steps the environments of many genomes at once.

    Attributes:
        threads: Threads that step environments; results do not depend on them.
    """

    backend = "envpool"

    def __init__(self, config: TaskConfig, network: NetworkConfig, seed: int, threads: int) -> None:
        """Check that EnvPool has the task.

        Raises:
            ConfigError: EnvPool has no such environment, has a different one, or cannot do what the settings ask for.
            MissingExtraError: EnvPool, or a package that Gymnasium's environment needs, is not installed.
        """
        self._envpool = _load()
        env = make_environment(config)  # champions are verified there
        try:
            encoder = ObservationEncoder(env.observation_space)
            ActionDecoder(env.action_space)
            self._id = _id_of(config, self._envpool, env.observation_space, env.action_space)
            self._space: Any = env.action_space
        finally:
            env.close()
        super().__init__(config, network, seed, encoder)
        self.threads = threads
        self._limit = config.max_episode_steps or find_spec(config.environment).max_episode_steps or DEFAULT_STEP_LIMIT

    def play(self, genomes: Genomes, seeds: Sequence[Sequence[int]], *, table: Vector | None, gather: bool) -> Plays:
        """Let genome i play one episode per seed in ``seeds[i]`` (see the module's text for what that means here)."""
        phenotypes = pack(genomes, self.network)
        acting = acting_of(self._space, genomes, sample=self.config.actions == "sample")
        shape = (len(genomes), len(seeds[0]))
        none = np.zeros((0, 0))
        queue = Queue(
            np.array(seeds, np.int64),
            np.full(shape, np.nan),
            np.zeros(len(genomes), np.int64),
            np.zeros((len(genomes), 1 + 2 * self._inputs)) if gather else none,
            none if table is None else table,
            np.zeros(1, np.int64),
        )
        count = min(self.config.slots, queue.returns.size)
        slots = slots_for(count, phenotypes)
        left = queue.next[0] = min(_WINDOW, count)
        active = np.arange(left, dtype=np.int32)
        discrete = isinstance(self._space, spaces.Discrete)
        choices = np.zeros(left if discrete else 0, np.int32)
        vectors = np.zeros((0 if discrete else left, phenotypes.outputs), self._space.dtype)
        actions = choices if discrete else vectors
        pool = self._make(queue.seeds.reshape(-1)[:count])
        try:
            while left:
                observations, rewards, terminated, truncated, info = pool.step(actions[:left], active[:left])
                left = advance(
                    phenotypes, acting, queue, slots, info["env_id"], observations, rewards, terminated, truncated,
                    active, choices, vectors,
                )  # fmt: skip
        finally:
            pool.close()
        return self._plays(queue, seeds, gather)

    def close(self) -> None:
        """Do nothing: environments live for one generation."""

    def _make(self, seeds: NDArray[np.int64]) -> Any:
        with _quiet():
            pool = self._envpool.make(
                self._id,
                env_type="gymnasium",
                num_envs=len(seeds),
                num_threads=min(self.threads, len(seeds)),
                seed=seeds.tolist(),
                max_episode_steps=self._limit,
            )
            _ = pool.observation_space  # made as it is first asked for, with those remarks
        return pool

    def _plays(self, queue: Queue, seeds: Sequence[Sequence[int]], gather: bool) -> Plays:
        faults = []
        broken = np.isnan(queue.returns)
        for g in np.flatnonzero(broken.any(axis=1)).tolist():
            e = int(broken[g].argmax())
            faults.append(Fault(g, int(seeds[g][e]), "returned an observation or a reward that is not finite"))
            queue.returns[g, e:] = np.nan
            if gather:
                queue.statistics[g] = 0.0
        return Plays(queue.returns, queue.steps, queue.statistics if gather else None, tuple(faults))


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keep remarks to the authors of EnvPool (the precision of its bounds) from the user."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _load() -> Any:
    try:
        with _quiet():
            import envpool
    except ImportError as error:
        raise MissingExtraError(
            "backend 'envpool' needs a package that is not installed: pip install \"neat-arena[envpool]\" (it exists "
            "for Linux, Windows and macOS on ARM)"
        ) from error
    return envpool


def _id_of(config: TaskConfig, envpool: Any, seen: spaces.Space[Any], acted: spaces.Space[Any]) -> str:
    """Return what EnvPool calls the environment; refuse what it cannot do or does otherwise than Gymnasium."""
    name = config.environment.rpartition(":")[2]
    instead = "; backend 'processes' plays it"
    reason = _DIFFERENT.get(name.rpartition("-v")[0])
    if reason:
        raise ConfigError(f"backend 'envpool' does not play {name!r} as Gymnasium does: {reason}{instead}")
    known = envpool.list_all_envs()
    if name not in known:
        raise ConfigError(f"backend 'envpool' has no environment {name!r}{did_you_mean(name, known)}{instead}")
    for setting in ("kwargs", "wrappers"):
        if getattr(config, setting):
            raise ConfigError(
                f"task.{setting}: backend 'envpool' plays environments as they are, got {getattr(config, setting)}"
                f"{instead}"
            )
    if not (isinstance(seen, spaces.Box) and len(seen.shape) == 1):
        raise ConfigError(
            f"backend 'envpool' plays environments with vectors as observations, {name!r} has {seen}{instead}"
        )
    vector = isinstance(acted, spaces.Box) and len(acted.shape) == 1
    if not (vector or isinstance(acted, spaces.Discrete)):
        raise ConfigError(f"backend 'envpool' takes a number or a vector as action, {name!r} has {acted}{instead}")
    with _quiet():
        spec = envpool.make_spec(name)
        theirs, actions = spec.gymnasium_observation_space, spec.gymnasium_action_space
    if theirs.shape != seen.shape or not _same_actions(actions, acted):
        raise ConfigError(
            f"backend 'envpool' has a different {name!r}: observations {theirs} and actions {actions}, Gymnasium has "
            f"{seen} and {acted}{instead}"
        )
    return name


def _same_actions(a: spaces.Space[Any], b: spaces.Space[Any]) -> bool:
    if isinstance(a, spaces.Box) and isinstance(b, spaces.Box):
        return a.shape == b.shape and np.array_equal(a.low, b.low) and np.array_equal(a.high, b.high)
    return isinstance(a, spaces.Discrete) and a == b
