"""A worker process: it receives a generation, claims genomes one by one, plays them, and returns the scores.

Claims are in memory shared by all workers, without a lock, so a killed worker leaves no lock behind. A worker starts at
its own position in the table and claims each unclaimed genome, so no worker is idle while there is work. If two workers
claim the same genome at the same moment, both play it and report the same scores. This race condition costs time, but
results stay correct.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from multiprocessing import parent_process
from multiprocessing.connection import Connection, wait
from typing import Any

import numpy as np
from gymnasium.envs.registration import registry
from numpy.typing import NDArray

from environments.evaluators.shard import (
    PROGRESS,
    GenerationJob,
    Result,
    WorkerFailure,
    play_shard,
    register_activations,
    register_spec,
)
from environments.making.blame import details, reason
from environments.playing.episode import Player
from environments.tasks.settings import TaskConfig
from neat.config import NetworkConfig
from neat.errors import ConfigError, EvaluationError, NeatError

__all__ = ["FAULTY", "UNCLAIMED", "end_with_parent", "run_worker"]

UNCLAIMED = 0
"""Value for a genome that is not claimed yet; worker w claims a genome by writing w + 1."""
FAULTY = -1
"""Value for a genome that must not be played again, since it hung or killed two processes."""


def run_worker(
    number: int,
    connection: Connection,
    claims: Any,
    progress: Any,
    config: TaskConfig,
    network: NetworkConfig,
    spec: Any,
    variables: dict[str, str],
) -> None:
    """Play jobs until the connection closes.

    Args:
        number: Index of this worker, from 0.
        connection: Connection for jobs and results.
        claims: Shared 32-bit integers, one per genome.
        progress: Shared doubles, `PROGRESS` per worker.
        config: Settings of the task.
        network: Network settings.
        spec: Registry entry of the environment, if the main program registered it.
        variables: Environment variables of the parent; those of the server process may be outdated.
    """
    os.environ.clear()
    os.environ.update(variables)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent handles Ctrl-C, and ends its workers
    end_with_parent()
    mine = np.frombuffer(progress, np.float64)[PROGRESS * number :][:PROGRESS]
    claimed = np.frombuffer(claims, np.int32)
    register_spec(spec)
    player: Player | None = None
    while True:
        try:
            job: GenerationJob = connection.recv()
        except (EOFError, OSError):
            break
        try:
            register_activations(job.activations)
            player = player or _player(config, network)
            answer: Result | WorkerFailure = play_shard(player, job, _claim(claimed, len(job.seeds), number), mine)
        except NeatError as error:
            answer = WorkerFailure(error, details(error))
        except (Exception, SystemExit) as error:
            answer = WorkerFailure(EvaluationError(f"a worker process failed: {reason(error)}"), details(error))
        mine[0], mine[2] = -1.0, 0.0
        try:
            connection.send(answer)
        except OSError:
            break
    if player is not None:
        player.close()


def _player(config: TaskConfig, network: NetworkConfig) -> Player:
    name = config.environment
    if ":" not in name and "/" not in name and name not in registry:
        raise ConfigError(
            f"worker processes do not have the environment {name!r}: register it in a module, or in the script outside "
            "of its if __name__ == '__main__': block, with a class rather than a lambda (or use the backend 'serial')"
        )
    return Player(config, network)


def _claim(claimed: NDArray[np.int32], n: int, number: int) -> Iterator[int]:
    """Yield unclaimed genomes, claiming each.

    Each worker goes through the table from its own starting point. These points are spread by the golden ratio.
    """
    start = int(n * (number * 0.6180339887498949 % 1.0))
    for i in (*range(start, n), *range(start)):
        if claimed[i] == UNCLAIMED:
            claimed[i] = number + 1
            yield i


def end_with_parent() -> None:
    """End this process when its parent ends for any reason, even in the middle of an episode."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="neat-parent-watch").start()
