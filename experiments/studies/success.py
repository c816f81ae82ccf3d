"""Many independent runs of one experiment: success rate and cost.

A single run says little: results are distributions over seeds. Seeds come from two disjoint families, so that nothing
is reported on the seeds it was tuned on: **reported** seeds are odd, **tuning** seeds are even. Within a family they
are spawned by `numpy.random.SeedSequence`, so their streams are independent (unlike seed + 1, seed + 2, …), and each
can be run alone with ``neat run TARGET --seed N``.
"""

from __future__ import annotations

import dataclasses
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from environments.playing.intervals import wilson
from experiments.loop.events import Outcome
from experiments.loop.runner import run
from experiments.settings import Experiment

__all__ = ["Family", "SeedRun", "SuccessRate", "independent_seeds", "run_seeds", "wilson"]

Family = Literal["reported", "tuning"]


@dataclass(frozen=True)
class SeedRun:
    """One run of the experiment."""

    seed: int
    outcome: Outcome

    def as_dict(self) -> dict[str, Any]:
        """Return the run as plain data."""
        return {"seed": self.seed, **self.outcome.as_dict()}


@dataclass(frozen=True)
class SuccessRate:
    """Statistics of several runs."""

    runs: tuple[SeedRun, ...]

    @property
    def solved(self) -> int:
        """Number of runs whose champion reached the goal in the final verification."""
        return sum(finished.outcome.solved for finished in self.runs)

    @property
    def interval(self) -> tuple[float, float]:
        """95% interval of the share of runs that solve."""
        return wilson(self.solved, len(self.runs))

    @property
    def evaluations(self) -> tuple[int, ...]:
        """Evaluations of the runs that solved, up to and including the solver."""
        return tuple(finished.outcome.cost for finished in self.runs if finished.outcome.solved)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures, for JSON. Costs are those of the runs that solved; null where none did."""
        low, high = self.interval
        scores = [t.outcome.verification.mean for t in self.runs if t.outcome.verification is not None]
        return {
            "runs": len(self.runs),
            "solved": self.solved,
            "solved_low": low,
            "solved_high": high,
            "evaluations_mean": _mean(self.evaluations),
            "evaluations_median": statistics.median(self.evaluations) if self.evaluations else None,
            "evaluations_sd": statistics.stdev(self.evaluations) if len(self.evaluations) > 1 else None,
            "evaluations_worst": max(self.evaluations, default=None),
            "generations_mean": _mean([t.outcome.generations for t in self.runs]),
            "hidden_mean": _mean([t.outcome.champion.genome.hidden for t in self.runs if t.outcome.solved]),
            "connections_mean": _mean([t.outcome.champion.genome.enabled for t in self.runs if t.outcome.solved]),
            "verified_mean": _mean(scores),
            "verified_worst": min(scores, default=None),
            "steps": sum(t.outcome.steps for t in self.runs),
            "seconds": sum(t.outcome.seconds for t in self.runs),
            "seconds_median": statistics.median([t.outcome.seconds for t in self.runs]) if self.runs else None,
        }


def independent_seeds(count: int, *, entropy: int = 0, family: Family = "reported") -> list[int]:
    """Return seeds for independent runs: 32-bit integers, odd for the reported family and even for the tuning family.

    Args:
        count: Number of seeds; a longer list starts with the shorter one.
        entropy: Number from which the seeds are derived.
        family: One of the two disjoint families.
    """
    parity = int(family == "reported")
    children = np.random.SeedSequence(entropy, spawn_key=(parity,)).spawn(count)
    return [int(child.generate_state(1, np.uint32)[0]) & ~1 | parity for child in children]


def run_seeds(experiment: Experiment, seeds: list[int]) -> Iterator[SeedRun]:
    """Run the experiment once for each seed, in order, and yield each run when it is over."""
    for seed in seeds:
        settings = dataclasses.replace(experiment.run, seed=seed)
        yield SeedRun(seed, run(dataclasses.replace(experiment, run=settings)))


def _mean(values: Any) -> float | None:
    values = list(values)
    return float(statistics.fmean(values)) if values else None
