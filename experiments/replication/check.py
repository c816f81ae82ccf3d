"""The regression check: has the number of evaluations changed?

For every study a sample of runs is stored (``distributions/NAME-PRESET.json``). The check plays new runs with other
seeds, and compares both samples by the rank-sum test (Wilcoxon 1945; Mann & Whitney 1947): if nothing has changed,
every assignment of the pooled ranks to the two samples is equally likely. Failed runs rank last, so a change of the
success rate counts too.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources

import msgspec
import numpy as np
from numpy.typing import NDArray

from experiments.folder.files import AnyPath, decode, explained, read_bounded, write_atomically
from experiments.replication.play import ReplicationRun
from experiments.settings import Experiment
from neat.errors import ConfigError

__all__ = ["ALARM", "Comparison", "Distribution", "check_samples", "compare_samples", "rank_sum", "stored"]

ALARM = 0.001
"""A sample less likely than this counts as changed: one false alarm in a thousand checks."""
_SHUFFLES = 20_000
_LARGEST = 1 << 20
_FORMAT = "neat-arena distribution"


class Distribution(msgspec.Struct, kw_only=True, frozen=True):
    """The evaluations of a sample of runs."""

    format: str = _FORMAT
    study: str
    preset: str
    version: str
    """Of neat-arena, by which the runs were played."""
    entropy: int
    """What their seeds were drawn from (`experiments.studies.success.independent_seeds`)."""
    evaluations: list[int]
    """Of the runs that solved the task, in the order of the seeds."""
    failed: int
    """How many did not."""

    @classmethod
    def of(cls, experiment: Experiment, rows: Sequence[ReplicationRun], entropy: int) -> Distribution:
        """Return the sample of some runs."""
        from neat import __version__

        return cls(
            study=experiment.name,
            preset=experiment.preset,
            version=__version__,
            entropy=entropy,
            evaluations=[row.evaluations for row in rows if row.solved],
            failed=sum(not row.solved for row in rows),
        )

    @classmethod
    def read(cls, path: AnyPath) -> Distribution:
        """Read a sample.

        Raises:
            RunDirectoryError: The file cannot be read, or is something else.
        """
        found: Distribution = decode(read_bounded(path, _LARGEST), cls, f"{path}: expected a {_FORMAT}")
        if found.format != _FORMAT or not found.runs:
            raise ConfigError(f"{path}: expected a {_FORMAT} with at least one run")
        return found

    def write(self, path: AnyPath) -> None:
        """Write the sample.

        Raises:
            RunDirectoryError: The file cannot be written.
        """
        data = {name: getattr(self, name) for name in self.__struct_fields__}
        with explained(path, "write to"):
            write_atomically(path, json.dumps(data) + "\n")

    @property
    def runs(self) -> int:
        """Number of runs."""
        return len(self.evaluations) + self.failed

    def costs(self) -> NDArray[np.float64]:
        """Return the evaluations of all runs, infinite for those that failed (float64, shape (runs,))."""
        return np.array([*map(float, self.evaluations), *[math.inf] * self.failed])


@dataclass(frozen=True)
class Comparison:
    """The comparison of a fresh sample with the stored one.

    Attributes:
        stored: The stored sample.
        fresh: The fresh one.
        p: Probability of samples at least as different if nothing has changed.
        slower: Share of pairs in which the fresh run needed more evaluations, ties counted half (0.5: no difference).
    """

    stored: Distribution
    fresh: Distribution
    p: float
    slower: float

    @property
    def changed(self) -> bool:
        """Whether the samples differ by more than chance explains."""
        return self.p < ALARM


def stored(study: str, preset: str) -> Distribution:
    """Return the sample that comes with the package.

    Raises:
        ConfigError: There is none for this study and preset.
    """
    folder = resources.files("experiments.replication") / "distributions"
    name = f"{study}-{preset}.json"
    known = sorted(file.name.removesuffix(".json") for file in folder.iterdir() if file.name.endswith(".json"))
    if name.removesuffix(".json") not in known:
        raise ConfigError(
            f"--check: no stored distribution of {study} with preset {preset}; there are: {', '.join(known)}"
        )
    with resources.as_file(folder / name) as path:
        return Distribution.read(path)


def check_samples(old: Distribution, runs: int, entropy: int | None) -> None:
    """Check that fresh runs can show a difference.

    Args:
        old: The stored sample.
        runs: How many fresh runs there will be.
        entropy: What their seeds will be drawn from, or None for another family of seeds.

    Raises:
        ConfigError: The runs are the stored ones, or so few that no difference would count as a change.
    """
    if entropy == old.entropy:
        raise ConfigError(f"--check: entropy {entropy} gives the seeds of the stored runs; expected another --entropy")
    fewest = next(n for n in range(1, 1000) if rank_sum(np.full(n, math.inf), old.costs())[0] < ALARM)
    if runs < fewest:
        raise ConfigError(
            f"--runs: expected at least {fewest} with --check, got {runs}: fewer cannot differ from the {old.runs} "
            f"stored runs of {old.study} by more than chance explains"
        )


def compare_samples(old: Distribution, new: Distribution) -> Comparison:
    """Return the comparison of two samples."""
    p, slower = rank_sum(new.costs(), old.costs())
    return Comparison(old, new, p, slower)


def rank_sum(first: NDArray[np.float64], second: NDArray[np.float64], *, seed: int = 0) -> tuple[float, float]:
    """Compare two samples by their ranks, two-sided, by random assignments of the pooled ranks.

    Args:
        first: float64, shape (n,); infinities are allowed.
        second: float64, shape (m,).
        seed: Of the assignments.

    Returns:
        The p-value, never below 1 / 20,001, and the share of pairs in which the first is larger, ties counted half.
    """
    pooled = np.concatenate([first, second])
    _, inverse, counts = np.unique(pooled, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    ranks = (last - (counts - 1) / 2.0)[inverse]  # mean rank where values are equal
    n, m = len(first), len(second)
    expected = n * (n + m + 1) / 2.0
    observed = ranks[:n].sum()
    rng = np.random.default_rng(seed)
    sums = np.array([rng.permutation(ranks)[:n].sum() for _ in range(_SHUFFLES)])
    as_far = np.abs(sums - expected) >= abs(observed - expected) - 1e-9
    share = (observed - n * (n + 1) / 2.0) / (n * m)
    return float((as_far.sum() + 1) / (_SHUFFLES + 1)), float(share)
