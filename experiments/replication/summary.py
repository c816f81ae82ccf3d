"""Summary of the runs of a study: figures with intervals, and a histogram."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from environments.playing.intervals import mean_interval
from experiments.replication.play import ReplicationRun
from experiments.studies.success import wilson

__all__ = ["Summary", "bins", "histogram"]

_EIGHTHS = " ▏▎▍▌▋▊▉█"


@dataclass(frozen=True)
class Summary:
    """Figures of a study, over the runs that solved the task unless stated otherwise; NaN if no run did.

    Attributes:
        runs: Number of runs, including failed ones.
        solved: Number of runs that solved the task.
        share_low: Lower end of the 95% interval of the success rate (Wilson 1927).
        share_high: Upper end of this interval.
        mean: Mean number of evaluations.
        mean_low: Lower end of the 95% interval of the mean (Student's t).
        mean_high: Upper end of this interval.
        sd: Standard deviation of the evaluations.
        median: Median number of evaluations.
        worst: Maximum number of evaluations.
        spent: Mean number of evaluations over all runs, including failed ones.
        generations: Mean number of generations.
        hidden: Mean number of hidden nodes of the solvers.
        connections: Mean number of enabled connections of the solvers.
        generalisation: Mean number of the 625 starts that solvers balance; NaN without such a test.
        generalisation_least: Minimum number of starts that a solver balances.
        seconds: Median duration of a run (all runs), on one core.
        measures: Means of the task's further measures over the solvers, by name.
    """

    runs: int
    solved: int
    share_low: float
    share_high: float
    mean: float
    mean_low: float
    mean_high: float
    sd: float
    median: float
    worst: float
    spent: float
    generations: float
    hidden: float
    connections: float
    generalisation: float
    generalisation_least: float
    seconds: float
    measures: dict[str, float]

    @classmethod
    def of(cls, rows: Sequence[ReplicationRun]) -> Summary:
        """Return the figures of at least one run."""
        won = [row for row in rows if row.solved]
        spent = np.array([row.evaluations for row in won], np.float64)
        tested = [row.generalisation for row in won if row.generalisation is not None]
        low, high = wilson(len(won), len(rows))
        mean_low, mean_high = mean_interval(spent)
        return cls(
            runs=len(rows),
            solved=len(won),
            share_low=low,
            share_high=high,
            mean=_mean(spent),
            mean_low=mean_low,
            mean_high=mean_high,
            sd=float(spent.std(ddof=1)) if len(spent) > 1 else math.nan,
            median=float(np.median(spent)) if len(spent) else math.nan,
            worst=float(spent.max(initial=-math.inf)) if len(spent) else math.nan,
            spent=_mean([row.evaluations for row in rows]),
            generations=_mean([row.generations for row in won]),
            hidden=_mean([row.hidden for row in won]),
            connections=_mean([row.connections for row in won]),
            generalisation=_mean(tested),
            generalisation_least=float(min(tested, default=math.nan)),
            seconds=statistics.median([row.seconds for row in rows]),
            measures={name: _mean([row.measures[name] for row in won]) for name in (won[0].measures if won else ())},
        )

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain data."""
        return asdict(self)


def bins(values: Sequence[float], most: int = 15) -> NDArray[np.float64]:
    """Return the edges of at most ``most`` equal bins of a round width, from 0 to above the largest value."""
    largest = max(values, default=1.0)
    width = 10.0 ** math.floor(math.log10(max(largest, 1.0) / most))
    for factor in (1, 2, 2.5, 5, 10, 20, 25, 50, 100):
        if factor * width * most > largest:
            width *= factor
            break
    beyond = math.floor(largest / width + 1e-9) + 1  # edges are multiples: sums of 0.1 would accumulate errors
    return width * np.arange(beyond + 1, dtype=np.float64)


def histogram(rows: Sequence[ReplicationRun], width: int = 40) -> list[str]:
    """Return a histogram of the evaluations of solved runs as lines of text, and the number of failed runs.

    Args:
        rows: The runs.
        width: Length of the longest bar, in characters.
    """
    values = [float(row.evaluations) for row in rows if row.solved]
    lines = []
    if values:
        edges = bins(values)
        counts, _ = np.histogram(values, edges)
        digits = len(f"{edges[-1]:,.0f}")
        for low, high, count in zip(edges, edges[1:], counts, strict=False):
            bar = _bar(count / counts.max() * width)
            lines.append(f"{low:>{digits},.0f} - {high:>{digits},.0f}  {bar} {count}".rstrip())
    failed = len(rows) - len(values)
    if failed:
        lines.append(f"not solved: {failed}")
    return lines


def _bar(length: float) -> str:
    """Return a bar of a length in characters, rounded to an eighth."""
    eighths = round(8 * length)
    return "█" * (eighths // 8) + _EIGHTHS[eighths % 8].strip()


def _mean(values: Sequence[float] | NDArray[np.float64]) -> float:
    return float(statistics.fmean(values)) if len(values) else math.nan
