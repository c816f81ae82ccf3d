"""A Ray actor: holds an environment, plays shards of a generation, and reports its progress."""

from __future__ import annotations

import os
import pickle
import sys
import time

import numpy as np

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
from neat.errors import EvaluationError, NeatError

__all__ = ["Actor"]


class Actor:
    """The actor. It has two threads: one plays, the other answers queries."""

    def __init__(self, setting: bytes, path: list[str]) -> None:
        """Store the settings. The environment is created with the first shard.

        Args:
            setting: Task settings, network settings, and the registry entry of the environment, pickled.
            path: ``sys.path`` of the main program.
        """
        sys.path += [folder for folder in path if folder not in sys.path]
        self._setting = setting
        self._player: Player | None = None
        self._progress = np.full(PROGRESS, -1.0)

    def pid(self) -> int:
        """Return the id of this process."""
        return os.getpid()

    def progress(self) -> tuple[int, int, float]:
        """Return the genome being played (-1: none), the seed of its episode, and the seconds it has taken so far."""
        genome, seed, started = self._progress.tolist()
        return int(genome), int(seed), time.monotonic() - started if started > 0 else 0.0

    def play(self, message: bytes, begin: int, end: int) -> Result | WorkerFailure:
        """Play genomes ``begin … end - 1`` of a pickled `GenerationJob`."""
        try:
            job: GenerationJob = pickle.loads(message)
            register_activations(job.activations)
            if self._player is None:
                config, network, spec = pickle.loads(self._setting)
                register_spec(spec)
                self._player = Player(config, network)
            return play_shard(self._player, job, range(begin, end), self._progress)
        except NeatError as error:
            return WorkerFailure(error, details(error))
        except (Exception, SystemExit) as error:
            return WorkerFailure(EvaluationError(f"a Ray actor failed: {reason(error)}"), details(error))
        finally:
            self._progress[:] = -1.0
