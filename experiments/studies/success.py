"""Many independent runs of one experiment: success rate and cost.

A single run says little: results are distributions over seeds. Seeds come from two disjoint families, so that nothing
is reported on the seeds it was tuned on: **reported** seeds are odd, **tuning** seeds are even. Within a family they
are spawned by `numpy.random.SeedSequence`, so their streams are independent (unlike seed + 1, seed + 2, …), and each
can be run alone with ``neat run TARGET --seed N``.
"""

from __future__ import annotations

import dataclasses
import json
import statistics
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import msgspec
import numpy as np

from environments.playing.intervals import mean_interval, wilson
from experiments.folder.files import finite
from experiments.loop.events import Outcome
from experiments.loop.runner import run
from experiments.settings import Experiment
from experiments.studies.provenance import provenance, versions_of

__all__ = ["Family", "KeptRun", "SeedRun", "SuccessRate", "independent_seeds", "run_seeds", "wilson"]

Family = Literal["reported", "tuning"]


@dataclass(frozen=True)
class SeedRun:
    """One run of the experiment."""

    seed: int
    outcome: Outcome


class _Verified(msgspec.Struct, frozen=True, omit_defaults=True):
    """The fields of a `Verification`, plain; an end of the interval is None for one episode."""

    returns: list[float]
    mean: float
    sd: float
    low: float | None
    high: float | None
    minimum: float
    episodes: int
    steps: int
    seed: int
    solved: bool
    measure: str = ""


class KeptRun(msgspec.Struct, frozen=True, kw_only=True):
    """A finished run as a line of ``runs.jsonl``: the fields of an `Outcome`, and what it was made with."""

    experiment: str
    seed: int
    status: str
    solved: bool
    accepted: bool
    illuminates: bool
    verification: _Verified | None
    fitness: float | None
    champion_generation: int
    hidden: int
    connections: int
    generations: int
    evaluations: int
    steps: int
    verification_steps: int
    attempts: int
    seconds: float
    versions: dict[str, str]
    processor: str
    evaluations_to_solve: int | None = None

    @property
    def cost(self) -> int:
        """Evaluations until a champion was accepted, or all if none was."""
        return self.evaluations if self.evaluations_to_solve is None else self.evaluations_to_solve

    @classmethod
    def of(cls, experiment: str, finished: SeedRun) -> KeptRun:
        """Return the row of a run that ended just now, of the experiment with this name."""
        here = provenance()
        data = {
            "experiment": experiment, "seed": finished.seed, **finished.outcome.as_dict(),
            "versions": {"python": here["python"], **here["versions"]}, "processor": here["processor"],
        }  # fmt: skip
        return msgspec.json.decode(json.dumps(finite(data)), type=cls)  # as it will be read again


@dataclass(frozen=True)
class SuccessRate:
    """Statistics of several runs."""

    runs: tuple[KeptRun, ...]

    @property
    def solved(self) -> int:
        """Number of runs whose champion reached the goal in the final verification."""
        return sum(run.solved for run in self.runs)

    @property
    def interval(self) -> tuple[float, float]:
        """95% interval of the share of runs that solve."""
        return wilson(self.solved, len(self.runs))

    @property
    def evaluations(self) -> tuple[int, ...]:
        """Evaluations of the runs that solved, up to and including the solver."""
        return tuple(run.cost for run in self.runs if run.solved)

    def as_dict(self) -> dict[str, Any]:
        """Return the figures, for JSON; an unknown one is NaN or None.

        Evaluations, hidden nodes and connections are those of the runs that solved; all others are of all runs.
        Intervals of means are Student's t.
        """
        low, high = self.interval
        scores = [run.verification.mean for run in self.runs if run.verification is not None]
        evaluations_low, evaluations_high = mean_interval(np.array(self.evaluations, np.float64))
        verified_low, verified_high = mean_interval(np.array(scores, np.float64))
        return {
            "runs": len(self.runs),
            "solved": self.solved,
            "solved_low": low,
            "solved_high": high,
            "evaluations_mean": _mean(self.evaluations),
            "evaluations_low": evaluations_low,
            "evaluations_high": evaluations_high,
            "evaluations_median": statistics.median(self.evaluations) if self.evaluations else None,
            "evaluations_sd": statistics.stdev(self.evaluations) if len(self.evaluations) > 1 else None,
            "evaluations_worst": max(self.evaluations, default=None),
            "generations_mean": _mean([run.generations for run in self.runs]),
            "hidden_mean": _mean([run.hidden for run in self.runs if run.solved]),
            "connections_mean": _mean([run.connections for run in self.runs if run.solved]),
            "verified_mean": _mean(scores),
            "verified_low": verified_low,
            "verified_high": verified_high,
            "verified_sd": statistics.stdev(scores) if len(scores) > 1 else None,
            "verified_worst": min(scores, default=None),
            "steps": sum(run.steps for run in self.runs),
            "seconds": sum(run.seconds for run in self.runs),
            "seconds_median": statistics.median([run.seconds for run in self.runs]) if self.runs else None,
            "seeds": [run.seed for run in self.runs],
            "versions": versions_of(self.runs),
            "machine": provenance(),
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
