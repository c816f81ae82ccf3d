"""Runs to a solution, timed without start-up and verification, and tables of many of them."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from environments import make_task
from experiments.bench.options import Race
from experiments.bench.report import Report, Table, number, spread
from experiments.bench.timing import Series, in_turn, ratios
from experiments.bench.venv import Peer, peers
from experiments.loop.runner import fitted
from experiments.settings import Experiment, from_mapping
from experiments.studies.success import independent_seeds
from experiments.targets import load
from neat.compiled.parallel import available_cores
from neat.population import Population

__all__ = ["HEAD", "Solution", "race", "rows", "solve"]


HEAD = ("program", "time of a run", "mean", "× median", "× mean", "solved", "evaluations", "median")
"""Headings for `rows`."""


@dataclass(frozen=True)
class Solution:
    """One run.

    Attributes:
        seconds: Its time in seconds.
        solved: Whether it found a solution.
        evaluations: Genomes evaluated, up to and including the solver.
        steps: Environment steps, if counted.
        generations: Generations, if counted.
    """

    seconds: float
    solved: bool
    evaluations: int
    steps: int = 0
    generations: int = 0


def solve(experiment: Experiment, seed: int, threads: int) -> Solution:
    """Evolve until a champion solves the task; its verification, and creating the evaluator, are not timed.

    The rule is the same as in the scripts of the other programs. If the task itself does not determine which genome
    solves it, the fittest genome of a generation plays fresh episodes when it reaches the threshold.
    """
    task = make_task(experiment.task)
    config = fitted(experiment.config, task)
    verifying = 0.0
    steps = 0
    with task.evaluator(config.network, seed=seed, workers=threads, backend=experiment.run.backend) as evaluator:
        begin = time.perf_counter()
        population = Population(config, seed, threads=threads)
        solver: int | None = None
        before = 0
        while solver is None and population.generation < experiment.run.generations and not population.done:
            genomes = population.ask()
            evaluation = evaluator.evaluate(genomes)
            before = population.evaluations
            solver = evaluation.solver
            steps += evaluation.steps
            best = int(np.argmax(evaluation.fitness))
            if solver is None and task.threshold is not None and evaluation.fitness[best] >= task.threshold:
                paused = time.perf_counter()
                fresh = task.verify(
                    genomes[best], config.network, seed=seed, attempt=population.generation + 1, workers=threads,
                    scaling=evaluation.scaling,
                )  # fmt: skip
                if fresh.mean >= task.threshold:
                    solver = len(genomes) - 1  # the whole generation was evaluated to find the fittest
                verifying += time.perf_counter() - paused
            population.tell(evaluation)
        seconds = time.perf_counter() - begin - verifying
    evaluations = population.evaluations if solver is None else before + solver + 1
    return Solution(seconds, solver is not None, evaluations, steps, population.generation)


def race(
    target: str,
    table: Table,
    options: Race,
    names: tuple[str, ...],
    settings: dict[str, Any],
    *,
    threads: int,
    task: str | None = None,
    changes: Sequence[str] = (),
) -> Report:
    """Let all programs solve a task, in turn for each seed.

    Args:
        target: Bundled experiment; the scripts have the same name with underscores.
        table: The table to which rows are added.
        options: Options of the command line.
        names: The other programs.
        settings: Population, generations and other settings for all programs.
        threads: Threads of this project; 0 means one for each core.
        task: Play this task with the settings of the preset ``default`` instead of the experiment's.
        changes: Further settings of this project, each ``section.key=value``.
    """
    given = [f"population.size={settings['population']}", f"run.generations={settings['generations']}", *changes]
    if task is None:
        experiment = load(target, changes=given)
    else:  # the files of these tasks are tuned for small populations
        experiment = from_mapping({"name": target, "task": {"environment": task, "episodes": 1}}, changes=given)
    threads = threads or available_cores()
    solve(experiment, 0, threads)  # loads or compiles the machine code
    with peers(names, folder=options.peers, without=options.without_peers) as others:
        seeds = {name: iter(independent_seeds(options.seeds)) for name in ("neat-arena", *others)}
        programs: dict[str, Callable[[], Solution]] = {
            "neat-arena": lambda: solve(experiment, next(seeds["neat-arena"]), threads)
        }
        request = target.replace("-", "_")
        for name, peer in others.items():

            def ask(name: str = name, peer: Peer = peer) -> Solution:
                return Solution(**peer.ask(request, seed=next(seeds[name]), **settings))

            programs[name] = ask
        found = in_turn(programs, options.seeds)
        report = Report(target, [table], versions={name: peer.version for name, peer in others.items()})
    report.figures = {"programs": rows(table, {name: tuple(runs) for name, runs in found.items()})}
    table.notes.append(
        f"{threads} threads; start-up aside; evaluations (mean, median) of the runs that solved it, up to and "
        "including the genome that did"
    )
    return report


def rows(table: Table, found: dict[str, Sequence[Solution]]) -> list[dict[str, Any]]:
    """Add a row for each program to a table of runs to a solution; return the same as data.

    The columns are `HEAD`. Runs without a solution count in the times, but not in the evaluations.
    """
    figures = []
    first = next(iter(found.values()))
    mine = Series.of([run.seconds for run in first])
    for name, runs in found.items():
        series = Series.of([run.seconds for run in runs])
        spent = [run.evaluations for run in runs if run.solved]
        mean = sum(spent) / len(spent) if spent else math.nan
        factor = ratios(series, mine)
        overall = sum(series.values) / sum(mine.values) if sum(mine.values) else math.nan
        is_first = runs is first
        table.rows.append((
            name, spread(series.scaled(1e3), "ms"), f"{number(1e3 * float(np.mean(series.values)))} ms",
            "" if is_first else f"{number(series.median / mine.median)} ×", "" if is_first else f"{number(overall)} ×",
            f"{len(spent)} of {len(runs)}", number(mean), number(float(np.median(spent)) if spent else math.nan),
        ))  # fmt: skip
        figures.append({
            "program": name, "seconds": series.as_dict(), "seconds_mean": float(np.mean(series.values)),
            "median_times_ours": series.median / mine.median, "mean_times_ours": overall,
            "each_times_ours": factor.as_dict(), "solved": len(spent), "runs": len(runs),
            "evaluations_mean": mean, "evaluations_median": float(np.median(spent)) if spent else None,
            "all": [asdict(run) for run in runs],
        })  # fmt: skip
    return figures
