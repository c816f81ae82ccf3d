"""CartPole-v1: many runs to a solution, beside neat-python; and steps per second, beside Gymnasium alone.

A generation is 150 genomes on the same 5 episodes. A run ends when the fittest genome of a generation has reached 475
in training, and a mean of at least 475 over 100 fresh episodes of Gymnasium's own environment. For both programs, the
time does not include start-up (imports, compiled code, creating environments) and the fresh episodes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from environments import make_task
from experiments.bench.options import CartpoleOptions
from experiments.bench.report import Report, Table, number, spread
from experiments.bench.solving import HEAD, Solution, race
from experiments.bench.timing import Series, in_turn
from experiments.loop.runner import fitted
from experiments.targets import load
from neat.config import replace
from neat.errors import EvaluationError
from neat.population import Population

__all__ = ["measure", "steps_alone"]

POPULATION, EPISODES, GENERATIONS, FRESH, THRESHOLD = 150, 5, 100, 100, 475.0
_AS_THE_PEER = ("genome.initial=full", "mutation.add_node=0.025")  # the bundled experiment has smaller first genomes
_MANY = 5_000  # genomes, so that the time of playing is long enough to measure
_MOST_STEPS_ALONE = 200_000


def measure(options: CartpoleOptions) -> Report:
    """Run the benchmark."""
    settings: dict[str, Any] = {
        "population": POPULATION, "generations": GENERATIONS, "episodes": EPISODES, "threshold": THRESHOLD,
        "fresh": FRESH,
    }  # fmt: skip
    table = Table("CartPole-v1: a champion holds 475 over 100 fresh episodes", HEAD)
    report = race("cartpole", table, options, ("neat-python",), settings, threads=options.threads, changes=_AS_THE_PEER)
    report.tables += [_speed(options, report), _command(options, report)]
    return report


def _speed(options: CartpoleOptions, report: Report) -> Table:
    """Compare steps per second of the runs above and of the environment without a network."""
    runs = {p["program"]: [Solution(**run) for run in p["all"]] for p in report.figures["programs"]}
    table = Table("CartPole-v1: environment steps", ("what", "steps per second", "time for the same steps"))
    for name, found in runs.items():
        rate = Series.of([run.steps / run.seconds for run in found])
        table.rows.append((f"{name}, evolution included", spread(rate), ""))
        report.figures[f"steps_per_second_{name}"] = rate.as_dict()
    steps = int(np.median([run.steps for run in runs["neat-arena"]]))
    timed = min(steps, _MOST_STEPS_ALONE)
    alone = Series.of([steps_alone("CartPole-v1", timed, seed=k) * steps / timed for k in range(options.rounds)])
    ours = float(np.median([run.seconds for run in runs["neat-arena"]]))
    rate = Series.of([steps / seconds for seconds in alone.values])
    table.rows.append(
        ("Gymnasium's environment alone, one process", spread(rate), f"{number(alone.median / ours)} × neat-arena")
    )
    for threads, rate in _compiled_rates(options).items():
        table.rows.append((f"compiled game and networks, {threads} threads", spread(rate), ""))
        report.figures[f"compiled_steps_per_second_{threads}_threads"] = rate.as_dict()
    report.figures["environment_alone_times_ours"] = alone.median / ours
    table.notes.append(
        f"the last rows: {_MANY:,} minimal genomes (10 connections), resets included; the environment alone plays "
        f"the {steps:,} steps of a median run with random actions"
    )
    return table


def _compiled_rates(options: CartpoleOptions) -> dict[int, Series]:
    """Return steps per second of the compiled game with networks of 10 connections, by number of threads."""
    experiment = load("cartpole", changes=_AS_THE_PEER)
    task = make_task(experiment.task)
    config = replace(fitted(experiment.config, task), {"population": {"size": _MANY}})
    genomes = Population(config, 1).ask()
    rates = {}
    for threads in (1, 2):
        with task.evaluator(config.network, seed=1, workers=threads, backend="compiled") as evaluator:

            def rate(evaluator: Any = evaluator) -> float:
                begin = time.perf_counter()
                steps = evaluator.evaluate(genomes).steps
                return float(steps / (time.perf_counter() - begin))

            rates[threads] = Series.of(in_turn({"": rate}, options.rounds, 1)[""])
    return rates


def _command(options: CartpoleOptions, report: Report) -> Table:
    """Time the whole command in new processes: imports, evolution, verification, files."""
    table = Table("neat run CartPole-v1, the whole command", ("cache", "time"))
    times = [whole_command(seed) for seed in range(options.rounds + 1)][1:]
    found = Series.of(times)
    table.rows.append(("warm", spread(found, "s")))
    report.figures["command_seconds"] = found.as_dict()
    return table


def whole_command(seed: int) -> float:
    """Return the seconds that ``neat run CartPole-v1`` takes in a process of its own.

    Raises:
        EvaluationError: The command failed.
    """
    with tempfile.TemporaryDirectory() as folder:
        words = ["run", "CartPole-v1", "--seed", str(seed), "--out", str(Path(folder) / "run"), "--quiet"]
        begin = time.perf_counter()
        done = subprocess.run(
            [sys.executable, "-m", "experiments", *words], capture_output=True, text=True, check=False, env=os.environ
        )
        seconds = time.perf_counter() - begin
    if done.returncode:
        raise EvaluationError(f"neat {' '.join(words)} failed: {' '.join(done.stderr.split())}")
    return seconds


def steps_alone(environment: str, steps: int, *, seed: int) -> float:
    """Return the seconds that Gymnasium's environment takes for a number of steps with random actions.

    Actions are drawn beforehand. Gymnasium's passive checker is off, as in runs.
    """
    import gymnasium

    env = gymnasium.make(environment, disable_env_checker=True)
    env.action_space.seed(seed)
    actions: Sequence[Any] = [env.action_space.sample() for _ in range(min(steps, 10_000))]
    env.reset(seed=seed)
    begin = time.perf_counter()
    for k in range(steps):
        _, _, terminated, truncated, _ = env.step(actions[k % len(actions)])
        if terminated or truncated:
            env.reset()
    seconds = time.perf_counter() - begin
    env.close()
    return seconds
