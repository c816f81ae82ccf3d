"""The process evaluator: worker processes, each with its own environment, for games written in Python.

In each generation, each worker receives one message (the table, as arrays) and returns one (the scores of the genomes
that it played). Scores do not depend on the worker, so fitness equals the serial evaluator's bit for bit. If a worker
dies, it is replaced and its genomes are played again. If an episode takes longer than ``task.time_limit``, its worker
is terminated.

Workers are forked from a clean server process if the system supports this, and otherwise spawned. They are not forked
from the main process: it may have threads and open windows, which a fork would copy in an inconsistent state. As always
with Python's worker processes, a script that uses them needs ``if __name__ == "__main__":``.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import pickle
import sys
import time
import weakref
from collections import Counter
from collections.abc import Sequence
from multiprocessing import forkserver
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from environments.evaluators.evaluation import Fault, Plays
from environments.evaluators.serial import EpisodeEvaluator
from environments.evaluators.shard import PROGRESS, GenerationJob, Result, WorkerFailure, spec_to_send
from environments.evaluators.unguarded import EXIT_CODE, end_if_unguarded
from environments.evaluators.worker import FAULTY, UNCLAIMED, run_worker
from environments.playing.episode import Player
from environments.tasks.settings import TaskConfig
from neat.config import NetworkConfig
from neat.errors import EvaluationError
from neat.genes.table import Genomes

__all__ = ["ProcessEvaluator"]

_log = logging.getLogger(__name__)

_TRIES = 2
"""Number of processes that may die on the same genome before it counts as a fault."""
_GRACE = 0.1
"""Additional time before a worker is terminated (fraction of the limit): between steps, it checks the limit itself."""
_FAREWELL = 0.3
"""Seconds that workers have to exit by themselves before they are terminated."""
_LEAST_ROOM = 4096


class ProcessEvaluator(EpisodeEvaluator):
    """Evaluates a generation on several processes.

    Attributes:
        workers: Number of processes.
    """

    backend = "processes"

    def __init__(self, config: TaskConfig, network: NetworkConfig, seed: int, workers: int) -> None:
        """Check the task in this process. Workers start with the first generation.

        Raises:
            ConfigError: The environment, a wrapper or a function in the settings does not exist.
            MissingExtraError: The environment needs a package that is not installed.
        """
        end_if_unguarded()
        self._player = Player(config, network)
        self._player.close()
        super().__init__(config, network, seed, self._player.encoder)
        self.workers = workers
        self._context = multiprocessing.get_context(_start_method())
        self._crew: list[_Worker] = []
        self._claims: Any = None
        self._progress: Any = None
        self._finalizer = weakref.finalize(self, _end, self._crew)

    def play(
        self, genomes: Genomes, seeds: Sequence[Sequence[int]], *, table: NDArray[np.float64] | None, gather: bool
    ) -> Plays:
        """Play one episode per seed in ``seeds[i]`` with genome i."""
        n = len(genomes)
        self._muster(n)
        self._player.rehearse(genomes, table, gather=gather)  # compiles while workers start; they load the cached code
        self._claimed[:] = UNCLAIMED
        job = GenerationJob.of(genomes, seeds, table, gather)
        message = job.pickled()
        try:
            results, faults = self._gather(message)
        except BaseException:
            _end(self._crew)  # they are still playing; the next generation starts new ones
            raise
        return job.plays(results, faults, self._inputs, self.config)

    def close(self) -> None:
        """End the worker processes."""
        _end(self._crew)

    @property
    def _claimed(self) -> NDArray[np.int32]:
        return np.frombuffer(self._claims, np.int32)

    def _muster(self, genomes: int) -> None:
        """Start workers if there are none, and allocate memory for the claims of a generation."""
        if self._claims is None or len(self._claims) < genomes:
            _end(self._crew)
            self._claims = self._context.RawArray("i", max(_LEAST_ROOM, 2 * genomes))
            self._progress = self._context.RawArray("d", PROGRESS * self.workers)
        if not self._crew:
            self._crew += [self._start(number) for number in range(self.workers)]

    def _start(self, number: int) -> _Worker:
        self._progress[PROGRESS * number : PROGRESS * (number + 1)] = [-1.0, 0.0, 0.0]
        ours, theirs = self._context.Pipe()
        process = self._context.Process(  # type: ignore[attr-defined]
            target=run_worker,
            args=(
                number, theirs, self._claims, self._progress, self.config, self.network,
                spec_to_send(self.config.environment), dict(os.environ),
            ),
            name=f"neat-worker-{number}",
            daemon=True,
        )  # fmt: skip
        try:
            process.start()
        except (EOFError, OSError):  # the server process has died; this starts another one
            try:
                process.start()
            except (EOFError, OSError) as error:
                raise EvaluationError(
                    f"no worker process can be started ({type(error).__name__}: {error}); "
                    "run.backend = 'serial' needs none"
                ) from error
        theirs.close()
        return _Worker(number, process, ours)

    def _gather(self, message: bytes) -> tuple[list[Result], list[Fault]]:
        """Send the message to all workers and wait for their results, replacing workers that die or hang."""
        results: list[Result] = []
        faults: dict[int, Fault] = {}
        deaths: Counter[int] = Counter()
        waiting = {worker.number for worker in self._crew if worker.send(message)}
        lost = [worker.number for worker in self._crew if worker.number not in waiting]
        while waiting or lost:
            for number in lost:
                _log.warning("worker process %d ended or hung and is replaced", number)
                self._crew[number].end()
                self._claimed[self._claimed == number + 1] = UNCLAIMED
                for fault in faults.values():
                    self._claimed[fault.genome] = FAULTY
                self._crew[number] = self._start(number)
                self._crew[number].send(message)
                waiting.add(number)
            lost = []
            crew = {self._crew[number].connection: self._crew[number] for number in waiting}
            wait([*crew, *(worker.process.sentinel for worker in crew.values())], self._patience())
            for worker in crew.values():
                answer = worker.answer()
                if isinstance(answer, WorkerFailure):
                    answer.raise_again()
                if answer is not None:
                    waiting.discard(worker.number)
                    results.append(answer)
                    faults.update({fault.genome: fault for fault in answer.faults})
                    continue
                found = self._fault_of(worker, deaths)
                if found is not None:
                    faults[found.genome] = found
                if found is not None or worker.dead:
                    waiting.discard(worker.number)
                    lost.append(worker.number)
            if faults and self.config.fault == "fail":
                _end(self._crew)  # the run is over
                break
        return results, list(faults.values())

    def _patience(self) -> float | None:
        return min(1.0, self.config.time_limit / 4) if self.config.time_limit else None

    def _fault_of(self, worker: _Worker, deaths: Counter[int]) -> Fault | None:
        """Return the fault of a worker that hangs or whose genome has killed two processes, else None."""
        genome, seed, started = self._progress[PROGRESS * worker.number : PROGRESS * (worker.number + 1)]
        limit = self.config.time_limit
        if worker.dead:
            if worker.process.exitcode == EXIT_CODE:
                raise EvaluationError(
                    "worker processes import the script that started them, which would run again in each of them: put "
                    'its code below a line if __name__ == "__main__":'
                )
            deaths[int(genome)] += 1
            if deaths[int(genome)] < (_TRIES if genome >= 0 else _TRIES * self.workers + 1):
                return None
            if genome < 0:
                raise EvaluationError(
                    f"worker processes of environment {self.config.environment!r} end as they start (exit code "
                    f"{worker.process.exitcode}): a script that uses workers needs an if __name__ == '__main__': block"
                )
            message = f"ended its process twice (exit code {worker.process.exitcode})"
            return Fault(int(genome), int(seed), message)
        if limit and genome >= 0 and started > 0 and time.monotonic() - started > limit + _GRACE * limit:
            return Fault(int(genome), int(seed), f"took longer for an episode than task.time_limit = {limit:g} s")
        return None


class _Worker:
    """One process and the connection to it."""

    def __init__(self, number: int, process: BaseProcess, connection: Connection) -> None:
        self.number = number
        self.process = process
        self.connection = connection
        self.dead = False

    def send(self, message: bytes) -> bool:
        """Send a pickled job, and return whether this succeeded."""
        try:
            self.connection.send_bytes(message)
        except OSError:
            self.dead = True
        return not self.dead

    def answer(self) -> Result | WorkerFailure | None:
        """Return the worker's result, or None if there is none yet; note whether the worker has died."""
        try:
            if self.connection.poll():
                return self.connection.recv()  # type: ignore[no-any-return]
        except (EOFError, OSError, pickle.UnpicklingError):
            self.dead = True
            self.process.join(1.0)
        if not self.process.is_alive():
            self.dead = True
        return None

    def end(self) -> None:
        """Kill the process, even in the middle of an episode."""
        self.connection.close()
        self.process.kill()
        self.process.join()


def _end(crew: list[_Worker]) -> None:
    """End all processes of a crew. Idle workers end by themselves when their connection closes."""
    for worker in crew:
        worker.connection.close()
    deadline = time.monotonic() + _FAREWELL
    for worker in crew:
        worker.process.join(max(0.0, deadline - time.monotonic()))
    for worker in crew:
        worker.end()
    crew.clear()


def _start_method() -> str:
    """Return ``forkserver`` if available, else ``spawn``. The fork server imports the modules of workers once."""
    if "forkserver" not in multiprocessing.get_all_start_methods() or sys.platform == "darwin":
        return "spawn"
    # The server searches the current folder first, which may contain an unrelated module "environments".
    place = str(Path(__file__).parents[2])
    others = os.environ.get("PYTHONPATH")
    changes = {"PYTHONPATH": f"{place}{os.pathsep}{others}" if others else place, "PYTHONSAFEPATH": "1"}
    before = {name: os.environ.get(name) for name in changes}
    os.environ.update(changes)
    try:
        multiprocessing.set_forkserver_preload(
            ["environments.evaluators.undisturbed", "environments.evaluators.preload"]
        )
        forkserver.ensure_running()
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
    return "forkserver"
