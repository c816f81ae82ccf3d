"""The EnvPool evaluator: environments written in C++, many of them in lock step, on all cores.

Episodes are in two queues (`environments.evaluators.lockstep`), each for half of the genomes. They take turns: while
the environments of one half step, the networks of the other half compute, so no core waits.

EnvPool sets seeds only when environments are created, so they are created again for each generation. A generation then
depends only on the run's seed, the generation and the number of environments, and a resumed run gives the same results.
An environment has the seed of its first episode. So with one environment per episode, all genomes play the same
episodes, as with the other backends. With fewer (``task.slots``), later episodes continue the random numbers of their
environment, and genomes do not share episodes.

EnvPool's games are reimplementations of Gymnasium's, and differ in the last digits. Champions are verified in
Gymnasium's own environment. Games with larger differences are rejected.
"""

from __future__ import annotations

import contextlib
import warnings
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from environments.evaluators.evaluation import Fault, Plays
from environments.evaluators.lockstep import Queue, advance, slots_for
from environments.evaluators.serial import EpisodeEvaluator
from environments.making.environment import find_spec, make_environment
from environments.playing.acting import acting_of
from environments.playing.outcomes import wanted
from environments.spaces.actions import ActionDecoder
from environments.spaces.observations import ObservationEncoder
from environments.tasks.settings import DEFAULT_STEP_LIMIT, TaskConfig
from neat.config import NetworkConfig
from neat.errors import ConfigError, MissingExtraError, did_you_mean
from neat.genes.table import Genomes
from neat.networks.decoders import decoder_of
from neat.networks.tape import pack

__all__ = ["EnvPoolEvaluator"]

Vector = NDArray[np.float64]

_WINDOW = 64
"""Environments per turn that step together: few enough for the processor's cache, enough for all threads."""
_DIFFERENT = {
    "Pendulum": "its Pendulum updates the angle before the velocity is clipped to ±8, Gymnasium's afterwards",
}
"""Games of EnvPool that differ from Gymnasium's: name without version, and the difference."""


class EnvPoolEvaluator(EpisodeEvaluator):
    """Steps the environments of many genomes at once.

    Attributes:
        threads: Number of threads that step environments; results do not depend on it.
        space: Action space.
    """

    backend = "envpool"
    plays_again = False

    def __init__(self, config: TaskConfig, network: NetworkConfig, seed: int, threads: int) -> None:
        """Check that EnvPool has the environment.

        Raises:
            ConfigError: EnvPool has no such environment, has a different one, or does not support the settings.
            MissingExtraError: EnvPool, or a package that Gymnasium's environment needs, is not installed.
        """
        self._envpool = _load()
        if config.behaviour == "info" or config.objectives:
            raise ConfigError(
                "backend 'envpool' provides no info: use task.behaviour = 'observation', or another backend"
            )
        env = make_environment(config)  # used to verify champions
        try:
            encoder = ObservationEncoder(env.observation_space)
            ActionDecoder(env.action_space)
            self._id = _id_of(config, self._envpool, env.observation_space, env.action_space)
            self.space: Any = env.action_space
        finally:
            env.close()
        super().__init__(config, network, seed, encoder)
        self.threads = threads
        self._limit = config.max_episode_steps or find_spec(config.environment).max_episode_steps or DEFAULT_STEP_LIMIT

    def play(self, genomes: Genomes, seeds: Sequence[Sequence[int]], *, table: Vector | None, gather: bool) -> Plays:
        """Play one episode per seed in ``seeds[i]`` with genome i (the module's docstring explains the seeds)."""
        shape = (len(genomes), len(seeds[0]))
        none = np.zeros((0, 0))
        queue = Queue(
            np.array(seeds, np.int64),
            np.full(shape, np.nan),
            np.zeros(len(genomes), np.int64),
            np.zeros((len(genomes), 1 + 2 * self._inputs)) if gather else none,
            none if table is None else table,
            np.zeros(1, np.int64),
            np.full((*shape, self._inputs if wanted(self.config) else 0), np.nan),
        )
        with contextlib.ExitStack() as stack:
            turns = [
                stack.enter_context(contextlib.closing(_Turn(self, genomes, queue, start, stop, slots)))
                for start, stop, slots in _halves(len(genomes), self.config.slots)
            ]
            while turns:
                turns = [turn for turn in turns if turn.advance()]
        return self._plays(queue, seeds, gather)

    def close(self) -> None:
        """Do nothing: environments live for one generation."""

    def make(self, seeds: NDArray[np.int64]) -> Any:
        """Return EnvPool environments, one for each seed."""
        with _quiet():
            pool = self._envpool.make(
                self._id,
                env_type="gymnasium",
                num_envs=len(seeds),
                num_threads=min(self.threads, len(seeds)),
                seed=seeds.tolist(),
                max_episode_steps=self._limit,
            )
            _ = pool.observation_space  # created at its first use, which gives the warnings
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
        lasts = queue.lasts if wanted(self.config) else None
        return Plays(queue.returns, queue.steps, queue.statistics if gather else None, tuple(faults), lasts)


class _Turn:
    """Some genomes of a table, usually half of them, and their environments."""

    def __init__(
        self, evaluator: EnvPoolEvaluator, genomes: Genomes, queue: Queue, start: int, stop: int, slots: int
    ) -> None:
        """Start the episodes of genomes ``start … stop - 1``, in at most ``slots`` environments."""
        own = genomes.shard(start, stop)
        self._queue = queue._replace(
            **{name: getattr(queue, name)[start:stop] for name in ("seeds", "returns", "steps", "statistics", "lasts")},
            next=np.zeros(1, np.int64),
        )
        plan = decoder_of(evaluator.network).plan(own)
        self._phenotypes = pack(plan)
        self._acting = acting_of(evaluator.space, plan, sample=evaluator.config.actions == "sample")
        count = min(slots, self._queue.returns.size)
        self._slots = slots_for(count, self._phenotypes)
        left = self._queue.next[0] = min(_WINDOW, count)
        self._active = np.arange(left, dtype=np.int32)
        discrete = isinstance(evaluator.space, spaces.Discrete)
        self._choices = np.zeros(left if discrete else 0, np.int32)
        self._vectors = np.zeros((0 if discrete else left, self._phenotypes.outputs), evaluator.space.dtype)
        self._actions = self._choices if discrete else self._vectors
        self._pool = evaluator.make(self._queue.seeds.reshape(-1)[:count])
        self._pool.send(self._actions, self._active)

    def advance(self) -> bool:
        """Wait for the environments, and start their next step. Return False when all episodes are played."""
        observations, rewards, terminated, truncated, info = self._pool.recv()
        left = advance(
            self._phenotypes, self._acting, self._queue, self._slots, info["env_id"], observations, rewards,
            terminated, truncated, self._active, self._choices, self._vectors,
        )  # fmt: skip
        if left:
            self._pool.send(self._actions[:left], self._active[:left])
        return bool(left)

    def close(self) -> None:
        """Close the environments."""
        self._pool.close()


def _halves(genomes: int, slots: int) -> list[tuple[int, int, int]]:
    """Return (first genome, one past the last, environments) of two turns, or of one turn if there is little to do."""
    if min(genomes, slots) < 2:
        return [(0, genomes, slots)]
    middle = (genomes + 1) // 2
    first = slots * middle // genomes  # proportional: if slots suffice for all episodes, they do for each half
    return [(0, middle, first), (middle, genomes, slots - first)]


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Suppress warnings meant for EnvPool's authors, such as those about the precision of its bounds."""
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
    """Return EnvPool's id of the environment.

    Raises:
        ConfigError: EnvPool does not support the environment or the settings, or differs from Gymnasium.
    """
    name = config.environment.rpartition(":")[2]
    instead = "; use backend 'processes'"
    reason = _DIFFERENT.get(name.rpartition("-v")[0])
    if reason:
        raise ConfigError(f"backend 'envpool' does not play {name!r} as Gymnasium does: {reason}{instead}")
    known = envpool.list_all_envs()
    if name not in known:
        raise ConfigError(f"backend 'envpool' has no environment {name!r}{did_you_mean(name, known)}{instead}")
    for setting in ("kwargs", "wrappers"):
        if getattr(config, setting):
            raise ConfigError(
                f"task.{setting}: backend 'envpool' does not support this setting, got {getattr(config, setting)}"
                f"{instead}"
            )
    if not (isinstance(seen, spaces.Box) and len(seen.shape) == 1):
        raise ConfigError(f"backend 'envpool' supports only vectors as observations, {name!r} has {seen}{instead}")
    vector = isinstance(acted, spaces.Box) and len(acted.shape) == 1
    if not (vector or isinstance(acted, spaces.Discrete)):
        raise ConfigError(f"backend 'envpool' supports only Discrete and vector actions, {name!r} has {acted}{instead}")
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
