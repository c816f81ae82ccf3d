"""Many independent runs of one experiment: how many solve it, and at what cost.

A single run says little: results are distributions over seeds. Seeds come from two families that cannot meet, so that
what was tuned is never reported on the seeds it was tuned on: **reported** seeds are odd, **tuning** seeds are even.
Within a family they are spawned by `numpy.random.SeedSequence`, so their streams are independent (unlike seed + 1,
seed + 2, …), and each can be run alone with ``neat run TARGET --seed N``.
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

__all__ = ["Family", "SuccessRate", "Trial", "independent_seeds", "trials", "wilson"]

Family = Literal["reported", "tuning"]


@dataclass(frozen=True)
class Trial:
    """One run of the experiment."""

    seed: int
    outcome: Outcome

    def as_dict(self) -> dict[str, Any]:
        """Return the trial, for JSON."""
        return {"seed": self.seed, **self.outcome.as_dict()}


@dataclass(frozen=True)
class SuccessRate:
    """What a number of runs have in common."""

    trials: tuple[Trial, ...]

    @property
    def solved(self) -> int:
        """Number of runs whose champion reached the goal in the final verification."""
        return sum(trial.outcome.solved for trial in self.trials)

    @property
    def interval(self) -> tuple[float, float]:
        """95% interval of the share of runs that solve."""
        return wilson(self.solved, len(self.trials))

    @property
    def evaluations(self) -> tuple[int, ...]:
        """Evaluations of the runs that solved, up to and including the solver."""
        return tuple(trial.outcome.evaluations for trial in self.trials if trial.outcome.solved)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures, for JSON. Costs are those of the runs that solved; null where none did."""
        low, high = self.interval
        scores = [t.outcome.verification.mean for t in self.trials if t.outcome.verification is not None]
        return {
            "runs": len(self.trials),
            "solved": self.solved,
            "solved_low": low,
            "solved_high": high,
            "evaluations_mean": _mean(self.evaluations),
            "evaluations_median": statistics.median(self.evaluations) if self.evaluations else None,
            "evaluations_sd": statistics.stdev(self.evaluations) if len(self.evaluations) > 1 else None,
            "evaluations_worst": max(self.evaluations, default=None),
            "generations_mean": _mean([t.outcome.generations for t in self.trials]),
            "hidden_mean": _mean([t.outcome.champion.genome.hidden for t in self.trials if t.outcome.solved]),
            "connections_mean": _mean([t.outcome.champion.genome.enabled for t in self.trials if t.outcome.solved]),
            "verified_mean": _mean(scores),
            "verified_worst": min(scores, default=None),
            "steps": sum(t.outcome.steps for t in self.trials),
            "seconds": sum(t.outcome.seconds for t in self.trials),
            "seconds_median": statistics.median([t.outcome.seconds for t in self.trials]) if self.trials else None,
        }


def independent_seeds(count: int, *, entropy: int = 0, family: Family = "reported") -> list[int]:
    """Return seeds for independent runs: 32-bit integers, odd for the reported family and even for the tuning family.

    Args:
        count: How many; a longer list begins with the shorter one.
        entropy: Another number gives other seeds.
        family: Which of the two disjoint families.
    """
    parity = int(family == "reported")
    children = np.random.SeedSequence(entropy, spawn_key=(parity,)).spawn(count)
    return [int(child.generate_state(1, np.uint32)[0]) & ~1 | parity for child in children]


def trials(experiment: Experiment, seeds: list[int]) -> Iterator[Trial]:
    """Run the experiment once for each seed, in order, and yield each run when it is over."""
    for seed in seeds:
        settings = dataclasses.replace(experiment.run, seed=seed)
        yield Trial(seed, run(dataclasses.replace(experiment, run=settings)))


def _mean(values: Any) -> float | None:
    values = list(values)
    return float(statistics.fmean(values)) if values else None
