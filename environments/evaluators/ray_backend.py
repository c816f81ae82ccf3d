"""The Ray evaluator: actors, each with its own environment, on this machine or on all machines of a Ray cluster.

Actors use the same function as worker processes (`environments.evaluators.shard.play_shard`), so fitness equals the
serial evaluator's bit for bit. The table is put into Ray's object store once per generation. The size of a shard is a
fraction of the remaining genomes. So shards are large at first and become smaller, which needs few messages, and
actors finish together.

If an actor or its machine dies, the actor is replaced and its shard is played again. Ray does not report which genome
was being played. So a shard that has killed two actors is halved, until it contains only the responsible genome, which
counts as a fault. An actor whose episode takes longer than ``task.time_limit`` is terminated.
"""

from __future__ import annotations

import functools
import logging
import os
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from multiprocessing.reduction import ForkingPickler
from typing import Any

import numpy as np
from numpy.typing import NDArray

from environments.evaluators.evaluation import Fault, Plays
from environments.evaluators.ray_actor import Actor
from environments.evaluators.serial import EpisodeEvaluator
from environments.evaluators.shard import GenerationJob, Result, WorkerFailure, spec_to_send
from environments.playing.episode import Player
from environments.tasks.settings import TaskConfig
from neat.config import NetworkConfig
from neat.errors import ConfigError, EvaluationError, MissingExtraError
from neat.genes.table import Genomes

__all__ = ["RayEvaluator", "cluster_cores", "connect"]

_TRIES = 2
"""Number of actors that may die on a shard before it is halved, or before its only genome counts as a fault."""
_GRACE = 0.1
"""Additional time before an actor is terminated (fraction of the limit): between steps, it checks the limit itself."""
_ANSWER = 10.0
"""Seconds in which an actor must report its progress."""
_PATIENCE = 120.0
"""Seconds in which the first actor must start."""
_SHARE = 2
"""Ratio between an actor's share of the remaining genomes and the size of a shard."""


def connect(address: str = "", cores: int | None = None) -> Any:
    """Return the module ``ray``, connected to a running cluster, or to a local Ray that is started for this process.

    Args:
        address: ``host:port`` of a cluster, ``auto`` for the cluster of this machine, or empty for a local Ray. If this
            process is already connected, that connection is used.
        cores: Number of cores that a local Ray may use.

    Raises:
        MissingExtraError: Ray is not installed.
        ConfigError: No cluster answers at the address.
    """
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # no usage statistics without the user's consent
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")  # otherwise Ray warns about GPUs
    os.environ.setdefault("RAY_DEDUP_LOGS_SKIP_REGEX", ".")  # otherwise Ray writes to standard output
    try:
        import ray
    except ImportError as error:
        raise MissingExtraError(
            "backend 'ray' needs a package that is not installed: pip install \"neat-arena[ray]\""
        ) from error
    if ray.is_initialized():
        return ray
    where: dict[str, Any] = {"address": address}
    if not address:
        where = {"address": "local", "num_cpus": cores, "include_dashboard": False}
    try:
        _knock(address)
        ray.init(**where, log_to_driver=False, logging_level=logging.ERROR)
    except (ConnectionError, RuntimeError, ValueError, OSError) as error:
        raise ConfigError(
            f"no Ray cluster answers at {address or 'this machine'!r}: expected host:port or 'auto', `ray start "
            "--head` on that machine, and RAY_AUTH_MODE=token set here if it asks for a token "
            f"({' '.join(str(error).split())[:160]})"
        ) from error
    return ray


def _knock(address: str) -> None:
    """Raise an OSError immediately if nothing listens at the address (Ray itself keeps trying for two minutes)."""
    host, colon, port = address.removeprefix("ray://").rpartition(":")
    if colon and port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), timeout=10.0).close()


def cluster_cores(address: str) -> int:
    """Return the number of cores of the cluster at ``address``; see `connect`."""
    return max(1, int(connect(address).cluster_resources().get("CPU", 1)))


@dataclass
class _Shard:
    """Genomes ``begin … end - 1``, and the number of actors that have died while playing them."""

    begin: int
    end: int
    deaths: int = 0


@dataclass
class _Errand:
    """The current task of an actor: to play a shard, or (without a shard) to report that it has started."""

    actor: Any
    shard: _Shard | None
    since: float


class _Shards:
    """The genomes of a table that are still to be played, as shards of decreasing size."""

    def __init__(self, genomes: int, actors: int) -> None:
        self._next, self._end, self._actors = 0, genomes, actors
        self._again: list[_Shard] = []

    def take(self) -> _Shard | None:
        """Return the next shard, or None if no genomes remain."""
        if self._again:
            return self._again.pop()
        left = self._end - self._next
        if left == 0:
            return None
        self._next += -(-left // (_SHARE * self._actors))
        return _Shard(self._end - left, self._next)

    def give_back(self, *shards: _Shard) -> None:
        """Queue shards to be played again; empty ones are ignored."""
        self._again += [shard for shard in shards if shard.begin < shard.end]


class RayEvaluator(EpisodeEvaluator):
    """Plays a generation on Ray's actors.

    Attributes:
        workers: Number of actors.
    """

    backend = "ray"

    def __init__(self, config: TaskConfig, network: NetworkConfig, seed: int, workers: int, address: str = "") -> None:
        """Check the task in this process, and connect to Ray. Actors start with the first generation.

        Args:
            config: Settings of the task.
            network: Network settings.
            seed: Seed of the run.
            workers: Number of actors; each uses one core.
            address: See `connect`.

        Raises:
            ConfigError: The environment, a wrapper or a function in the settings does not exist, or no cluster answers.
            MissingExtraError: Ray, or a package that the environment needs, is not installed.
        """
        player = Player(config, network)
        player.close()
        super().__init__(config, network, seed, player.encoder)
        self.workers = workers
        self._connect = functools.partial(connect, address, workers)
        self._own = False
        self._open()
        self._setting = bytes(ForkingPickler.dumps((config, network, spec_to_send(config.environment))))
        self._actors: list[Any] = []

    def play(
        self, genomes: Genomes, seeds: Sequence[Sequence[int]], *, table: NDArray[np.float64] | None, gather: bool
    ) -> Plays:
        """Play one episode per seed in ``seeds[i]`` with genome i."""
        self._open()
        job = GenerationJob.of(genomes, seeds, table, gather)
        while len(self._actors) < self.workers:
            self._actors.append(self._start())
        generation = _Generation(self, job)
        try:
            generation.play()
        except BaseException:
            self._end_actors()  # they are still playing; the next generation starts new ones
            raise
        if generation.faults and self.config.fault == "fail":
            self._end_actors()  # the fault ends the run
        return job.plays(generation.results, generation.faults, self._inputs, self.config)

    def close(self) -> None:
        """End the actors, and Ray if this evaluator started it."""
        self._end_actors()
        if self._own:
            self._ray.shutdown()
            self._own = False

    def replace(self, actor: Any) -> Any:
        """End an actor, dead or alive, and return a new one in its place."""
        self._ray.kill(actor)
        fresh = self._start()
        self._actors[self._actors.index(actor)] = fresh
        return fresh

    def _open(self) -> None:
        ray = sys.modules.get("ray")
        was_open = ray is not None and ray.is_initialized()
        self._ray = self._connect()
        self._own = self._own or not was_open

    def _start(self) -> Any:
        made = self._ray.remote(Actor).options(num_cpus=1, max_concurrency=2)
        return made.remote(self._setting, [os.path.abspath(folder) for folder in sys.path])

    def _end_actors(self) -> None:
        if self._ray.is_initialized():
            for actor in self._actors:
                self._ray.kill(actor)
        self._actors.clear()

    @property
    def actors(self) -> tuple[Any, ...]:
        """The current actors (Ray handles)."""
        return tuple(self._actors)


class _Generation:
    """One generation: assigns shards to actors and collects the results.

    Attributes:
        results: Results of the actors.
        faults: Episodes that could not be scored.
    """

    def __init__(self, evaluator: RayEvaluator, job: GenerationJob) -> None:
        self.results: list[Result] = []
        self.faults: list[Fault] = []
        self._evaluator = evaluator
        self._ray = evaluator._ray
        self._job = job
        self._message = self._ray.put(job.pickled())
        self._shards = _Shards(len(job.seeds), evaluator.workers)
        self._idle: list[Any] = []
        self._out: dict[Any, _Errand] = {}
        self._false_starts = 0

    def play(self) -> None:
        """Play all shards, replacing actors that die or hang.

        Raises:
            EvaluationError: Actors cannot start or cannot play.
        """
        limit = self._evaluator.config.time_limit
        began = time.monotonic()
        started = False
        for actor in self._evaluator.actors:
            self._greet(actor)
        while self._hand_out():
            done, _ = self._ray.wait(list(self._out), num_returns=1, timeout=min(1.0, limit / 4) if limit else 1.0)
            for reference in done:
                self._take_back(reference)
            started = started or bool(self._idle or self.results)
            if not started and time.monotonic() - began > _PATIENCE:
                raise EvaluationError(
                    f"no Ray actor has started within {_PATIENCE:g} s: each of them needs one free core of the cluster"
                )
            if limit:
                self._look_after(limit * (1 + _GRACE))
            if self.faults and self._evaluator.config.fault == "fail":
                return

    def _greet(self, actor: Any) -> None:
        """Ask an actor to report. It gets no shard until then, since a busy cluster may not have started it yet."""
        self._out[actor.pid.remote()] = _Errand(actor, None, time.monotonic())

    def _hand_out(self) -> bool:
        """Assign shards to idle actors, and return whether anything is still being played."""
        while self._idle and (shard := self._shards.take()):
            actor = self._idle.pop()
            self._out[actor.play.remote(self._message, shard.begin, shard.end)] = _Errand(
                actor, shard, time.monotonic()
            )
        waiting = self._shards.take()
        if waiting is not None:  # no actor is idle
            self._shards.give_back(waiting)
        return waiting is not None or any(errand.shard for errand in self._out.values())

    def _take_back(self, reference: Any) -> None:
        errand = self._out.pop(reference)
        errors = self._ray.exceptions
        try:
            answer = self._ray.get(reference)
        except (errors.RayActorError, errors.ObjectLostError) as error:
            self._bury(errand, error)
        except errors.RayError as error:
            reason = " ".join(str(error).split())[-200:]
            raise EvaluationError(
                f"a Ray actor cannot work: is neat-arena, in this version, installed on all machines? ({reason})"
            ) from error
        else:
            if isinstance(answer, WorkerFailure):
                answer.raise_again()
            self._idle.append(errand.actor)
            if isinstance(answer, Result):
                self.results.append(answer)
                self.faults += answer.faults

    def _bury(self, errand: _Errand, error: Exception) -> None:
        """Replace an actor that has died. Its shard is played again, halved, or reported as a fault."""
        self._greet(self._evaluator.replace(errand.actor))
        shard = errand.shard
        if shard is None:
            self._false_starts += 1
            if self._false_starts > _TRIES * self._evaluator.workers:
                reason = " ".join(str(error).split())[:200]
                raise EvaluationError(f"Ray actors end as they start: {reason}")
            return
        deaths = shard.deaths + 1
        if deaths < _TRIES:
            self._shards.give_back(_Shard(shard.begin, shard.end, deaths))
        elif shard.end - shard.begin > 1:  # each half counts as the cause only if it kills another actor
            middle = (shard.begin + shard.end) // 2
            self._shards.give_back(_Shard(shard.begin, middle, 1), _Shard(middle, shard.end, 1))
        else:
            seed = int(self._job.seeds[shard.begin, 0])
            self.faults.append(Fault(shard.begin, seed, "ended its Ray actor twice, in one of its episodes"))

    def _look_after(self, limit: float) -> None:
        """Kill actors whose episode takes longer than ``limit`` seconds."""
        for reference, errand in list(self._out.items()):
            if errand.shard is None or time.monotonic() - errand.since <= limit:
                continue
            errors = self._ray.exceptions
            try:
                genome, seed, seconds = self._ray.get(errand.actor.progress.remote(), timeout=_ANSWER)
            except errors.GetTimeoutError as error:  # the interpreter is blocked, so the actor cannot answer
                del self._out[reference]
                self._bury(errand, error)
                continue
            except errors.RayError:
                continue  # a dead actor is handled elsewhere
            if genome >= 0 and seconds > limit:
                del self._out[reference]
                self._greet(self._evaluator.replace(errand.actor))
                self._shards.give_back(_Shard(errand.shard.begin, genome), _Shard(genome + 1, errand.shard.end))
                allowed = self._evaluator.config.time_limit
                message = f"took longer for an episode than task.time_limit = {allowed:g} s"
                self.faults.append(Fault(genome, seed, message))
