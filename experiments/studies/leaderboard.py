"""A leaderboard: for every environment, all methods that were run here, by verified return.

Methods are named by what makes the genomes: NEAT alone, NEAT with a weight search for part of every generation, or a
weight search alone. Random search, PPO and the other arms of comparisons (`neat compare`) are included with their
budgets; published figures are in `experiments.studies.results_report`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np

from environments.playing.intervals import mean_intervals
from experiments.folder.files import AnyPath, explained
from experiments.studies.results import TaskResult
from experiments.targets import load
from neat.config import Config
from neat.errors import RunDirectoryError

__all__ = ["Entry", "compared", "count", "entries", "leaderboard", "method_of"]

_ARMS = {"neat": "NEAT", "neat+ppo": "NEAT, then PPO", "ppo": "PPO", "random": "random search"}
_SEARCHES = {"ars": "ARS", "cma": "CMA-ES", "sep-cma": "separable CMA-ES"}
_LARGEST = 16 << 20
"""Bytes of a comparison's file; bundled ones have 50,000."""


@dataclass(frozen=True)
class Entry:
    """A method on an environment.

    Attributes:
        environment: Gymnasium's id.
        method: What it is called.
        returns: Verified return of each seed.
        steps: Environment steps: the median over the runs, or the budget of a comparison.
        seconds: Seconds of a run: the median, or the mean of a comparison.
        connections: Mean number of connections (weights, of gradient methods).
        command: What repeats it.
    """

    environment: str
    method: str
    returns: tuple[float, ...]
    steps: float
    seconds: float
    connections: float
    command: str

    @property
    def mean(self) -> float:
        """Mean over the seeds."""
        return math.fsum(self.returns) / len(self.returns)

    @property
    def interval(self) -> tuple[float, float]:
        """95% interval of the mean (Student's t), NaN for a single seed."""
        _, low, high = mean_intervals(np.array(self.returns)[:, None])
        return float(low[0]), float(high[0])


class _Arm(msgspec.Struct):
    arm: str
    steps: list[int]
    final: list[float]
    total_seconds: float
    connections: float


class _Task(msgspec.Struct):
    environment: str


class _Experiment(msgspec.Struct):
    name: str
    task: _Task


class _Budget(msgspec.Struct):
    steps: int
    seeds: int


class _Comparison(msgspec.Struct):
    """What is read of a ``comparison.json``."""

    experiment: _Experiment
    compare: _Budget
    arms: list[_Arm]


def method_of(config: Config) -> str:
    """Return what makes the genomes of an experiment, as a name for people."""
    search = ", then ".join(_SEARCHES.get(m, m) for m in (config.search.method, config.search.refine) if m)
    if not config.searched:
        return "NEAT"
    if config.searched < config.population.size:
        return f"NEAT and {search}"
    return search if config.search.refine else f"{search} alone"


def entries(results: Sequence[TaskResult]) -> list[Entry]:
    """Return an entry for every experiment that has results."""
    found = []
    for result in results:
        figures, backend = result.as_dict(), result.rows[0].backend
        command = f"neat results {result.name} --seeds {len(result.rows)}"
        command += "" if backend == "auto" else f" --backend {backend}"
        returns = tuple(row.mean for row in result.rows)
        found.append(
            Entry(
                result.environment, method_of(load(result.name).config), returns, figures["steps_median"],
                figures["seconds_median"], figures["connections_mean"], command,
            )
        )  # fmt: skip
    return found


def compared(folder: AnyPath) -> list[Entry]:
    """Return an entry for every arm of the comparisons in a folder, one to a subfolder.

    Of two with the same arm and environment, it is the one with the larger budget, then with more seeds.

    Raises:
        RunDirectoryError: There is no comparison, or a file is invalid.
    """
    paths = sorted(Path(folder).glob("*/comparison.json"))
    if not paths:
        raise RunDirectoryError(f"{folder}: expected folders that neat compare has written, found none")
    best: dict[tuple[str, str], tuple[tuple[int, int], Entry]] = {}
    for path in paths:
        with explained(path, "read"):
            size = path.stat().st_size
            data = path.read_bytes() if size <= _LARGEST else b""
        try:
            comparison = msgspec.json.decode(data, type=_Comparison)
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
            raise RunDirectoryError(f"{path}: no comparison as neat compare writes it ({error})") from error
        budget, experiment = comparison.compare, comparison.experiment
        command = f"neat compare {experiment.name} --steps {budget.steps} --seeds {budget.seeds}"
        for arm in comparison.arms:
            if not arm.final:
                continue
            entry = Entry(
                experiment.task.environment, _ARMS.get(arm.arm, arm.arm), tuple(arm.final), budget.steps,
                arm.total_seconds, arm.connections, command,
            )  # fmt: skip
            rank, key = (budget.steps, budget.seeds), (entry.environment, entry.method)
            if key not in best or rank > best[key][0]:
                best[key] = rank, entry
    return [entry for _, entry in best.values()]


def leaderboard(found: Sequence[Entry]) -> str:
    """Return a Markdown table, environment by environment, the best verified mean first."""
    lines = [
        "| environment | method | verified return [95% interval] | seeds | steps | seconds | connections | command |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for entry in sorted(found, key=lambda e: (e.environment, -e.mean)):
        low, high = entry.interval
        interval = "" if math.isnan(low) else f" [{low:,.1f}, {high:,.1f}]"
        lines.append(
            f"| {entry.environment} | {entry.method} | {entry.mean:,.1f}{interval} | {len(entry.returns)} "
            f"| {count(entry.steps)} | {entry.seconds:,.1f} | {entry.connections:,.1f} | `{entry.command}` |"
        )
    return "\n".join(lines)


def count(number: float) -> str:
    """Write a number of steps in thousands or millions."""
    for size, letter in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:.3g}{letter}"
    return f"{number:.0f}"
