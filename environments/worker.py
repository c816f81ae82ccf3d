"""What a worker process does: wait for a generation, claim genomes one by one, play them, send the scores back.

Claims stand in memory shared by all workers, without a lock. A worker begins at its own place in the table and takes
every genome nobody has claimed, so that nobody is idle while there is work. Should two claim the same genome at the
same moment, both play it and report the same scores: a race costs time, never correctness, and a worker that is killed
leaves no lock behind.
"""

from __future__ import annotations

import importlib
import os
import signal
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from typing import Any

import numpy as np
from numpy.typing import NDArray

from environments.episode import Player
from environments.evaluation import Fault
from environments.task import TaskConfig
from neat.activations import ACTIVATIONS, register_activation
from neat.config import NetworkConfig
from neat.errors import EvaluationError, NeatError
from neat.genome import Genomes

__all__ = [
    "FAULTY",
    "UNCLAIMED",
    "Job",
    "Result",
    "WorkerFailure",
    "play_shard",
    "register_activations",
    "register_spec",
    "run_worker",
]

UNCLAIMED = 0
"""A genome nobody plays yet; worker w claims with w + 1."""
FAULTY = -1
"""A genome nobody may play again: it hung or ended two processes."""
PROGRESS = 3
"""Numbers per worker in shared memory: genome (-1: none), seed, and when the episode began."""


@dataclass(frozen=True)
class Job:
    """A generation to play: the arrays of the table, and what `EpisodeEvaluator.play` is given."""

    genomes: tuple[NDArray[np.void], NDArray[np.int64], NDArray[np.void], NDArray[np.int64]]
    seeds: NDArray[np.int64]
    table: NDArray[np.float64] | None
    gather: bool
    activations: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Result:
    """What one worker played of it: indices of the genomes, and a row for each."""

    indices: NDArray[np.int64]
    returns: NDArray[np.float64]
    steps: NDArray[np.int64]
    statistics: NDArray[np.float64] | None
    faults: tuple[Fault, ...]


@dataclass(frozen=True)
class WorkerFailure:
    """A mistake of the user that a worker met outside episodes, to be raised again."""

    error: NeatError


def run_worker(
    number: int,
    connection: Connection,
    claims: Any,
    progress: Any,
    config: TaskConfig,
    network: NetworkConfig,
    spec: Any,
) -> None:
    """Play jobs until the connection closes.

    Args:
        number: Which worker this is, from 0.
        connection: Jobs come in, results go out.
        claims: Shared 32-bit integers, one per genome.
        progress: Shared doubles, `PROGRESS` per worker.
        config: Settings of the task.
        network: How genomes become networks.
        spec: The registry's entry of the environment, for one that the main program has registered.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which ends its workers
    _end_with_parent()
    mine = np.frombuffer(progress, np.float64)[PROGRESS * number :][:PROGRESS]
    claimed = np.frombuffer(claims, np.int32)
    register_spec(spec)
    player: Player | None = None
    while True:
        try:
            job: Job = connection.recv()
        except (EOFError, OSError):
            break
        try:
            register_activations(job.activations)
            player = player or Player(config, network)
            answer: Result | WorkerFailure = play_shard(player, job, _claim(claimed, len(job.seeds), number), mine)
        except NeatError as error:
            answer = WorkerFailure(error)
        except Exception as error:
            answer = WorkerFailure(EvaluationError(f"a worker process failed: {type(error).__name__}: {error}"))
        mine[0], mine[2] = -1.0, 0.0
        try:
            connection.send(answer)
        except OSError:
            break
    if player is not None:
        player.close()


def play_shard(
    player: Player, job: Job, indices: Iterable[int], progress: NDArray[np.float64] | None = None
) -> Result:
    """Let some genomes of a generation play: what every worker does, on whatever machine.

    Args:
        player: Holds the environment.
        job: The generation.
        indices: Which genomes, in the order they are to play; drawn one by one.
        progress: Receives (float64, `PROGRESS` numbers) who plays, the seed, and when the episode began.
    """
    statistics_size = 1 + 2 * player.encoder.size
    played: list[int] = []
    scores: list[list[float]] = []
    steps: list[int] = []
    statistics: list[NDArray[np.float64]] = []
    faults: list[Fault] = []
    player.seat(Genomes(*job.genomes), job.table)
    for i in indices:
        if progress is not None:
            progress[0] = i
        seen = np.zeros(statistics_size) if job.gather else None
        seeds: Sequence[int] = job.seeds[i].tolist()
        returns, length, fault = player.score(i, seeds, statistics=seen, progress=progress)
        if fault is not None:
            faults.append(Fault(i, *fault))
            seen = np.zeros(statistics_size) if job.gather else None
        played.append(i)
        scores.append(returns + [np.nan] * (len(seeds) - len(returns)))
        steps.append(length)
        if seen is not None:
            statistics.append(seen)
        if fault is not None and player.config.fault == "fail":
            break
    return Result(
        np.array(played, np.int64),
        np.array(scores, np.float64).reshape(-1, job.seeds.shape[1]),
        np.array(steps, np.int64),
        np.array(statistics).reshape(-1, statistics_size) if job.gather else None,
        tuple(faults),
    )


def _claim(claimed: NDArray[np.int32], n: int, number: int) -> Iterator[int]:
    """Yield genomes that nobody plays yet, claiming each as it is asked for.

    A worker goes through the table from a place of its own: begun by the golden ratio's share further on each time.
    """
    start = int(n * (number * 0.6180339887498949 % 1.0))
    for i in (*range(start, n), *range(start)):
        if claimed[i] == UNCLAIMED:
            claimed[i] = number + 1
            yield i


def register_activations(activations: tuple[tuple[str, str], ...]) -> None:
    """Register the user's own activation functions, in the parent's order: genes hold their numbers."""
    known = {entry.name for entry in ACTIVATIONS}
    for name, origin in activations:
        if name not in known:
            module, _, function = origin.partition(":")
            register_activation(name, getattr(importlib.import_module(module), function))


def register_spec(spec: Any) -> None:
    """Put the main program's registry entry of an environment (or None) into this process's registry."""
    if spec is not None:
        from gymnasium.envs.registration import registry

        registry.setdefault(spec.id, spec)


def _end_with_parent() -> None:
    """End this process when its parent has ended in whatever way, even in the middle of an episode."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="neat-parent-watch").start()
