"""The overhead of a run: its time compared with a replay of its episodes, without networks and evolution.

The replay is made by as many processes. They repeat the recorded seeds and actions of the run; episodes are divided
evenly by steps. If runs create the environment anew for every episode, there is a second replay that does so too
(`environments.making.environment.carries_over`).
"""

from __future__ import annotations

import dataclasses
import itertools
import multiprocessing
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Any, Self

import gymnasium
import numpy as np

from environments import make_task
from environments.evaluators.evaluation import Evaluator
from environments.evaluators.serial import SerialEvaluator
from environments.making.environment import carries_over, make_environment
from environments.tasks.settings import Scaling, TaskConfig
from environments.tasks.task import Task
from experiments.bench.options import HarnessOptions
from experiments.bench.report import Report, Table, number, ratio, spread
from experiments.bench.timing import Series, in_turn, ratios
from experiments.loop.runner import fitted
from experiments.settings import Experiment
from experiments.targets import load
from neat.config import Config
from neat.errors import ConfigError, EvaluationError, MissingExtraError
from neat.genes.table import Genomes
from neat.population import Population

__all__ = ["Episode", "Recorder", "Replay", "measure", "shared_out"]

_SLOTS = 64
"""Environments that EnvPool steps at once."""


@dataclass
class Episode:
    """A recorded episode: its seed and its actions."""

    seed: int
    actions: list[Any]


class Recorder(gymnasium.Wrapper[Any, Any, Any, Any]):
    """Records seeds and actions, as the outermost wrapper of an environment in this process."""

    def __init__(self, env: gymnasium.Env[Any, Any]) -> None:
        super().__init__(env)
        self._actions: list[Any] = []

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Begin an episode."""
        self._actions = []
        _RECORDED.append(Episode(-1 if seed is None else seed, self._actions))
        return self.env.reset(seed=seed, options=options)

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Record the action and play it."""
        self._actions.append(action.copy() if isinstance(action, np.ndarray) else action)
        return self.env.step(action)


_RECORDED: list[Episode] = []


def measure(options: HarnessOptions) -> Report:
    """Run the benchmark."""
    experiment = load(options.environment, changes=[f"population.size={options.population}", "genome.initial=full"])
    task = make_task(experiment.task)
    config = fitted(experiment.config, task)
    episodes, tables, fitness = _record(options, experiment, config)
    steps = sum(len(episode.actions) for episode in episodes)
    table = Table(
        f"{task.name}: {options.generations} generations of {options.population} genomes, {steps:,} steps, "
        f"{options.workers} processes",
        ("what", "time", "steps per second", "run / this"),
    )
    report = Report("harness", [table], {"environment": task.name, "steps": steps, "episodes": len(episodes)})
    remake = carries_over(experiment.task)
    with (
        task.evaluator(config.network, seed=options.seed, workers=options.workers, backend="processes") as evaluator,
        Replay(experiment.task, episodes, options.workers, remake=False) as floor,
        Replay(experiment.task, episodes, options.workers, remake=True) as remaking,
    ):
        fresh = evaluator.state()
        evaluator.evaluate(tables[0])  # starts the workers
        programs: dict[str, Callable[[], float]] = {
            "the run": lambda: _time_run(options, config, evaluator, fresh, fitness),
            "the same steps alone": floor.seconds,
        }
        if remake:
            programs["the same, with a new environment for every episode"] = remaking.seconds
        found = {name: Series.of(values) for name, values in in_turn(programs, options.rounds).items()}
    for name, series in found.items():
        factor = ratios(found["the run"], series)
        rate = Series.of([steps / seconds for seconds in series.values])
        table.rows.append((name, spread(series, "s"), spread(rate), "" if name == "the run" else ratio(factor)))
        report.figures.setdefault("programs", []).append(
            {"program": name, "seconds": series.as_dict(), "run_times_this": factor.as_dict()}
        )
    if remake:
        table.notes.append(
            "runs create this environment anew for every episode, since a seed alone does not repeat its episodes"
        )
    report.tables.append(_envpool(options, task, config, tables, report, steps, found["the run"]))
    return report


def _record(
    options: HarnessOptions, experiment: Experiment, config: Config
) -> tuple[list[Episode], list[Genomes], list[Any]]:
    """Play the run once in this process; return its episodes, and the genomes and fitness of each generation."""
    _RECORDED.clear()
    recorder = {"name": f"{__name__}:Recorder"}
    task = dataclasses.replace(experiment.task, wrappers=(*experiment.task.wrappers, recorder))
    tables, fitness = [], []
    with SerialEvaluator(task, config.network, options.seed) as evaluator:
        evaluator.plays_again = False  # every episode once
        population = Population(config, options.seed)
        for _ in range(options.generations):
            genomes = population.ask()
            evaluation = evaluator.evaluate(genomes)
            population.tell(evaluation)
            tables.append(genomes)
            fitness.append(evaluation.fitness)
    episodes = [episode for episode in _RECORDED if episode.actions]
    _RECORDED.clear()
    return episodes, tables, fitness


def _time_run(
    options: HarnessOptions, config: Config, evaluator: Evaluator, fresh: Scaling, fitness: Sequence[Any]
) -> float:
    """Time the run with its evolution.

    Raises:
        EvaluationError: The run differs from the recorded one.
    """
    evaluator.restore(fresh)
    begin = time.perf_counter()
    population = Population(config, options.seed)
    same = True
    for expected in fitness:
        genomes = population.ask()
        evaluation = evaluator.evaluate(genomes)
        population.tell(evaluation)
        same = same and bool(np.array_equal(evaluation.fitness, expected))
    seconds = time.perf_counter() - begin
    if not same:
        raise EvaluationError("the run on worker processes differs from the one recorded in one process")
    return seconds


def _envpool(
    options: HarnessOptions, task: Task, config: Config, tables: list[Genomes], report: Report, steps: int, run: Series
) -> Table:
    """Compare EnvPool with plain Gymnasium, by steps per second, on the same genomes."""
    table = Table("EnvPool beside plain Gymnasium", ("what", "steps per second", "× plain Gymnasium"))
    plain = steps / run.median
    table.rows.append(("run, plain Gymnasium", number(plain), ""))
    measures: dict[str, Callable[[], float]] = {
        "EnvPool alone, random actions": lambda: envpool_rate(task.name, options.workers, options.seed),
        "run, EnvPool": lambda: _envpool_run(options, task, config, tables),
    }
    for name, rate_of in measures.items():
        try:
            rate = Series.of([rate_of() for _ in range(options.rounds)])
        except (ConfigError, MissingExtraError) as error:
            table.notes.append(f"{name}: {error}")
            continue
        table.rows.append((name, spread(rate), ratio(rate.scaled(1 / plain))))
        report.figures[name] = {"steps_per_second": rate.as_dict(), "times_plain": rate.median / plain}
    return table


def _envpool_run(options: HarnessOptions, task: Task, config: Config, tables: list[Genomes]) -> float:
    with task.evaluator(config.network, seed=options.seed, workers=options.workers, backend="envpool") as evaluator:
        evaluator.evaluate(tables[0])
        begin = time.perf_counter()
        steps = sum(evaluator.evaluate(genomes).steps for genomes in tables)
        return steps / (time.perf_counter() - begin)


def envpool_rate(environment: str, threads: int, seed: int, steps: int = 20_000) -> float:
    """Return the steps per second of EnvPool's environment with random actions.

    Raises:
        MissingExtraError: EnvPool is not installed.
        ConfigError: EnvPool does not have the environment.
    """
    try:
        import envpool
    except ImportError as error:
        raise MissingExtraError('EnvPool is not installed: pip install "neat-arena[envpool]"') from error
    if environment not in envpool.list_all_envs():
        raise ConfigError(f"EnvPool has no {environment!r}")
    pool = envpool.make_gymnasium(environment, num_envs=_SLOTS, num_threads=threads, seed=seed)
    try:
        space = pool.action_space
        space.seed(seed)
        actions = [np.array([space.sample() for _ in range(_SLOTS)]) for _ in range(50)]
        pool.reset()
        begin = time.perf_counter()
        for k in range(steps // _SLOTS):
            pool.step(actions[k % len(actions)])
        return (steps // _SLOTS) * _SLOTS / (time.perf_counter() - begin)
    finally:
        pool.close()


def shared_out(episodes: Sequence[Episode], parts: int) -> list[list[Episode]]:
    """Split episodes into parts with about equal numbers of steps."""
    lengths = np.array([len(episode.actions) for episode in episodes])
    middles = np.cumsum(lengths) - lengths / 2
    part_of = (middles * parts / lengths.sum()).astype(np.int64)
    bounds = np.searchsorted(part_of, range(parts + 1)).tolist()
    return [list(episodes[a:b]) for a, b in itertools.pairwise(bounds)]


class Replay:
    """Processes that replay recorded episodes, each a part of them; a context manager that ends them."""

    def __init__(self, config: TaskConfig, episodes: Sequence[Episode], processes: int, *, remake: bool) -> None:
        """Start the processes. They create their environments and wait.

        Args:
            config: Settings of the task.
            episodes: The recorded episodes.
            processes: Number of processes.
            remake: Whether to create the environment anew for every episode.
        """
        context = multiprocessing.get_context("spawn")
        self._connections: list[Connection] = []
        self._processes = []
        for share in shared_out(episodes, processes):
            here, there = context.Pipe()
            process = context.Process(target=_replay, args=(there, config, share, remake), daemon=True)
            process.start()
            there.close()
            self._connections.append(here)
            self._processes.append(process)

    def seconds(self) -> float:
        """Let all processes replay their parts at the same time; return the seconds until the last is done.

        Raises:
            EvaluationError: A process ended.
        """
        try:
            for connection in self._connections:
                connection.send("ready?")
                connection.recv()
            begin = time.perf_counter()
            for connection in self._connections:
                connection.send("replay")
            for connection in self._connections:
                connection.recv()
            return time.perf_counter() - begin
        except (EOFError, OSError) as error:
            raise EvaluationError("a process that replays episodes ended") from error

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        for connection in self._connections:
            connection.close()
        for process in self._processes:
            process.join(2.0)
            process.kill()
            process.join()


def _replay(connection: Connection, config: TaskConfig, episodes: list[Episode], remake: bool) -> None:
    """Replay episodes at every request."""
    env = make_environment(config)
    try:
        while True:
            if connection.recv() == "replay":
                for episode in episodes:
                    if remake:
                        env.close()
                        env = make_environment(config)
                    env.reset(seed=episode.seed)
                    for action in episode.actions:
                        env.step(action)
            connection.send(len(episodes))
    except (EOFError, OSError):
        env.close()
