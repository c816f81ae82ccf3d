"""Results on Gymnasium environments: one row per finished run, stored in a folder, and summaries of the rows.

Seeds are the reported ones of `experiments.studies.success`. A run that ends appends a row to ``NAME.jsonl`` and writes
its champion to ``champions/NAME-SEED.json``. A seed with a row is not run again, so a table can be interrupted,
continued and extended by more seeds. An interrupted run continues from its last checkpoint, in
``unfinished/NAME-SEED``. Rows with other settings are rejected.

A run **reaches** its goal if the mean return of its champion in the final verification does; these episodes are not
used to choose the champion. The goal is the experiment's (``task.threshold``) or else the threshold in Gymnasium's
registry; ``run.aim`` plays no role.
"""

from __future__ import annotations

import hashlib
import shutil
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import msgspec

from environments import make_task
from environments.making.environment import find_spec
from environments.tasks.settings import TaskConfig
from environments.tasks.task import is_registered
from experiments.folder.files import AnyPath, Lines, explained, read_lines, write_atomically
from experiments.loop.checkpoints import Checkpoints
from experiments.loop.interruption import Interruption
from experiments.loop.runner import fitted, run
from experiments.settings import Experiment, essence
from experiments.studies.provenance import provenance
from experiments.studies.success import SeedRun, wilson
from experiments.targets import bundled, load
from neat.errors import RunDirectoryError

__all__ = [
    "FinishedRun",
    "TaskResult",
    "collect",
    "digest",
    "experiments_with_results",
    "finish",
    "goal",
    "read_rows",
    "refuse_others",
    "row_of",
    "run_missing",
]


class FinishedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A finished run, as a line of ``NAME.jsonl``."""

    experiment: str
    environment: str
    seed: int
    settings: str
    """Digest of all settings that the result follows from; see `digest`."""
    backend: str
    """The backend of the training episodes (``run.backend``)."""
    accepted: bool
    """Whether the champion had also passed a trial, by which the run ended (`Outcome.accepted`)."""
    mean: float
    """Mean return over the fresh episodes of the final verification."""
    sd: float
    """Their standard deviation."""
    episodes: int
    generations: int
    evaluations: int
    steps: int
    """Environment steps of training."""
    verification_steps: int
    """Environment steps of all trials and of the final verification."""
    seconds: float
    """Wall-clock time, verification included."""
    connections: int
    """Enabled connections of the champion."""
    hidden: int
    """Its hidden nodes."""
    versions: dict[str, str]
    processor: str

    @property
    def all_steps(self) -> int:
        """Environment steps of any kind."""
        return self.steps + self.verification_steps


@dataclass(frozen=True)
class TaskResult:
    """The results of one experiment over its runs."""

    name: str
    environment: str
    goal: float | None
    rows: tuple[FinishedRun, ...]

    @property
    def reached(self) -> int | None:
        """Number of runs whose verified return reaches the goal; None if there is no goal."""
        return None if self.goal is None else sum(row.mean >= self.goal for row in self.rows)

    @property
    def interval(self) -> tuple[float, float] | None:
        """95% interval of the share of runs that reach it (Wilson)."""
        return None if self.reached is None else wilson(self.reached, len(self.rows))

    @property
    def mean(self) -> float:
        """Mean over the runs of their verified returns."""
        return statistics.fmean(row.mean for row in self.rows)

    @property
    def sd(self) -> float | None:
        """Standard deviation over the runs of their verified returns; None for a single run."""
        return statistics.stdev(row.mean for row in self.rows) if len(self.rows) > 1 else None

    def as_dict(self) -> dict[str, Any]:
        """Return figures and rows, for JSON."""
        return {
            "experiment": self.name,
            "environment": self.environment,
            "goal": self.goal,
            "runs": len(self.rows),
            "reached": self.reached,
            "interval": self.interval,
            "mean": self.mean,
            "sd": self.sd,
            "best": max(row.mean for row in self.rows),
            "worst": min(row.mean for row in self.rows),
            "steps_mean": statistics.fmean(row.all_steps for row in self.rows),
            "steps_median": statistics.median(row.all_steps for row in self.rows),
            "steps_worst": max(row.all_steps for row in self.rows),
            "seconds_mean": statistics.fmean(row.seconds for row in self.rows),
            "seconds_median": statistics.median(row.seconds for row in self.rows),
            "connections_mean": statistics.fmean(row.connections for row in self.rows),
            "hidden_mean": statistics.fmean(row.hidden for row in self.rows),
            "rows": [msgspec.to_builtins(row) for row in self.rows],
        }


def experiments_with_results() -> tuple[str, ...]:
    """Return the names of the bundled experiments that play an environment of Gymnasium's."""
    return tuple(name for name in bundled() if not is_registered(load(name).task))


def goal(task: TaskConfig) -> float | None:
    """Return the mean return that counts as solved, as the task says, without making the environment.

    Raises:
        ConfigError: No such environment.
    """
    return find_spec(task.environment).reward_threshold if task.threshold is None else task.threshold


def digest(experiment: Experiment) -> str:
    """Return a short text that differs where any setting does that results follow from, the seed apart."""
    run = replace(experiment.run, seed=0)
    budget = f" {run.steps}" if run.steps else ""
    text = f"{run.generations}{budget} {run.backend} {run.stop_when_solved} {essence(replace(experiment, run=run))}"
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def row_of(experiment: Experiment, finished: SeedRun) -> FinishedRun:
    """Return the row of a finished run.

    Raises:
        ValueError: The run was not verified.
    """
    outcome, score = finished.outcome, finished.outcome.verification
    if score is None:
        raise ValueError(f"seed {finished.seed}: a result needs a verified run")
    here = provenance()
    return FinishedRun(
        experiment=experiment.name,
        environment=experiment.task.environment,
        seed=finished.seed,
        settings=digest(experiment),
        backend=experiment.run.backend,
        accepted=outcome.accepted,
        mean=score.mean,
        sd=score.sd,
        episodes=score.episodes,
        generations=outcome.generations,
        evaluations=outcome.cost,
        steps=outcome.steps,
        verification_steps=outcome.verification_steps,
        seconds=outcome.seconds,
        connections=outcome.champion.genome.enabled,
        hidden=outcome.champion.genome.hidden,
        versions={"python": here["python"], **here["versions"]},
        processor=here["processor"],
    )


def read_rows(folder: AnyPath, name: str) -> list[FinishedRun]:
    """Return the rows of an experiment, in the order of the runs; none where it has no file yet.

    Raises:
        RunDirectoryError: The file cannot be read, or a line is invalid, except for a truncated last line.
    """
    path = _path(folder, name)
    return list(read_lines(path, FinishedRun, "a finished run")) if path.is_file() else []


def run_missing(
    experiment: Experiment, seeds: Sequence[int], folder: AnyPath, interruption: Interruption | None = None
) -> Iterator[tuple[FinishedRun, SeedRun | None]]:
    """Yield a row for every seed, in order: kept ones without their trial, others as they are run and kept.

    Raises:
        Interrupted: A signal came; the state of the run is saved.
        RunDirectoryError: The folder cannot be read or written, or holds rows made with other settings.
        ConfigError: The task cannot be made.
    """
    folder = Path(folder)
    path = _path(folder, experiment.name)
    kept = {row.seed: row for row in _own_rows(experiment, folder)}
    with explained(folder, "write to"):
        (folder / "champions").mkdir(parents=True, exist_ok=True)
        if path.is_file():  # a crash may have cut its last line short: the next is not to be joined to it
            write_atomically(path, "".join(msgspec.json.encode(row).decode() + "\n" for row in kept.values()))
    lines = Lines(path)
    try:
        for seed in seeds:
            if seed in kept:
                yield kept[seed], None
                continue
            unfinished = folder / "unfinished" / f"{experiment.name}-{seed}"
            finished = finish(experiment, seed, unfinished, interruption)
            row = row_of(experiment, finished)
            champion = folder / "champions" / f"{experiment.name}-{seed}.json"
            with explained(folder, "write to"):
                write_atomically(champion, finished.outcome.champion.to_json() + "\n")
                lines.append(msgspec.to_builtins(row))
                shutil.rmtree(unfinished, ignore_errors=True)
            yield row, finished
    finally:
        lines.close()


def refuse_others(experiment: Experiment, folder: AnyPath) -> None:
    """Do nothing if a folder has no rows but those of this experiment with these settings, or does not exist.

    Raises:
        RunDirectoryError: It has rows of other experiments or settings, or cannot be read.
    """
    with explained(folder, "read"):
        others = sorted(path.name for path in Path(folder).glob("*.jsonl") if path != _path(folder, experiment.name))
    if others:
        raise RunDirectoryError(
            f"{folder}: made from other experiments ({others[0]}); choose another folder (--out), or remove it"
        )
    _own_rows(experiment, folder)


def _own_rows(experiment: Experiment, folder: AnyPath) -> list[FinishedRun]:
    rows, mine = read_rows(folder, experiment.name), digest(experiment)
    for row in rows:
        if row.settings != mine:
            raise RunDirectoryError(
                f"{_path(folder, experiment.name)}: made with other settings (seed {row.seed}); choose another folder "
                "(--out), or remove it"
            )
    return rows


def finish(experiment: Experiment, seed: int, place: Path, interruption: Interruption | None) -> SeedRun:
    """Run a seed to its end, from its last checkpoint where there is one.

    Args:
        experiment: The settings; ``run.seed`` is not used.
        seed: The run's seed.
        place: Folder of its checkpoints, which the caller removes when the result is stored.
        interruption: Handles signals; by default they end the run at once.

    Raises:
        Interrupted: A signal came; the state of the run is saved.
        RunDirectoryError: The folder cannot be read or written, or holds checkpoints of other settings.
        ConfigError: The task cannot be made.
    """
    config = fitted(experiment.config, make_task(experiment.task))
    experiment = replace(experiment, config=config, run=replace(experiment.run, seed=seed))
    with explained(place, "write to"):
        place.mkdir(parents=True, exist_ok=True)
    checkpoints = Checkpoints(place, seconds=experiment.run.checkpoint_seconds, kept=experiment.run.checkpoints_kept)
    state = checkpoints.newest()[0] if checkpoints.any() else None
    if state is not None and state.progress.settings != essence(experiment):
        raise RunDirectoryError(f"{place}: begun with other settings; choose another folder (--out), or remove it")
    return SeedRun(seed, run(experiment, checkpoints=checkpoints, state=state, interruption=interruption))


def collect(folder: AnyPath, names: Sequence[str]) -> list[TaskResult]:
    """Return the results kept in a folder, one for each experiment that has any."""
    found = []
    for name in names:
        rows = read_rows(folder, name)
        if rows:
            environment = rows[0].environment
            found.append(TaskResult(name, environment, goal(load(name).task), tuple(rows)))
    return found


def _path(folder: AnyPath, name: str) -> Path:
    return Path(folder) / f"{name}.jsonl"
