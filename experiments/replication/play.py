"""The runs of a replication study: each with its own seed on one core, several in parallel."""

from __future__ import annotations

import dataclasses
import multiprocessing
import signal
from collections.abc import Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool

import msgspec

from environments import make_task
from environments.evaluators.worker import end_with_parent
from environments.tasks.double_pole import GENERALISATION_STEPS
from experiments.loop.runner import run
from experiments.settings import Experiment
from neat.errors import EvaluationError

__all__ = ["ReplicationRun", "play", "play_one"]


class ReplicationRun(msgspec.Struct, kw_only=True, frozen=True):
    """One run. Hidden nodes, connections and generalisation are the champion's, even if it did not solve the task."""

    seed: int
    solved: bool
    status: str
    """``solved``, ``finished`` (all generations were played) or ``extinct``."""
    evaluations: int
    """Number of genomes evaluated: up to and including the solver, or all."""
    generations: int
    """Number of generations played, including the solver's."""
    hidden: int
    connections: int
    """Number of enabled connections."""
    steps: int
    """Environment steps."""
    seconds: float
    generalisation: int | None = None
    """Number of the 625 other starts that it balances (``dpnv``)."""
    measures: dict[str, float] = {}
    """Further measures of the task, by name (``boxes``: the score on finer fields)."""


def play_one(experiment: Experiment, seed: int) -> ReplicationRun:
    """Play one run on one thread.

    Args:
        experiment: The settings; ``run.seed`` is not used.
        seed: The run's seed.
    """
    outcome = run(dataclasses.replace(experiment, run=dataclasses.replace(experiment.run, seed=seed, workers=1)))
    generalisation = None
    if outcome.verification is not None and experiment.task.environment == "double-pole-no-velocities":
        generalisation = int((outcome.verification.returns >= GENERALISATION_STEPS).sum())
    measure = getattr(make_task(experiment.task), "measures", None)
    return ReplicationRun(
        seed=seed,
        solved=outcome.solved,
        status=outcome.status,
        evaluations=outcome.cost,
        generations=outcome.generations,
        hidden=outcome.champion.genome.hidden,
        connections=outcome.champion.genome.enabled,
        steps=outcome.steps,
        seconds=outcome.seconds,
        generalisation=generalisation,
        measures={} if measure is None else measure(outcome.champion.genome, outcome.champion.network),
    )


def play(experiment: Experiment, seeds: Sequence[int], workers: int = 1) -> Iterator[ReplicationRun]:
    """Play a run for each seed, and yield each run when it ends. Only one worker yields them in the order of the seeds.

    Args:
        experiment: The settings.
        seeds: A seed for each run.
        workers: Number of runs played in parallel, each in its own process.

    Raises:
        EvaluationError: A worker process died.
    """
    workers = min(workers, len(seeds))
    if workers <= 1:
        for seed in seeds:
            yield play_one(experiment, seed)
        return
    waiting = list(reversed(seeds))
    pool = ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn"), initializer=_prepare)
    try:
        running: set[Future[ReplicationRun]] = set()
        while waiting or running:
            while waiting and len(running) < 2 * workers:
                running.add(pool.submit(play_one, experiment, waiting.pop()))
            done, running = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                yield future.result()
    except BrokenProcessPool as error:
        raise EvaluationError(
            "a worker process died (out of memory, or killed): finished runs are kept; start again to continue"
        ) from error
    finally:
        # If the caller stops early, the workers are ended: their runs may take minutes.
        # Python 3.14 has terminate_workers() for this. Children that the caller started are none of ours.
        for worker in list((pool._processes or {}).values()):
            worker.terminate()
        pool.shutdown(wait=True, cancel_futures=True)


def _prepare() -> None:
    """Make a worker ignore Ctrl-C, which its parent process handles, and end when its parent ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    end_with_parent()
