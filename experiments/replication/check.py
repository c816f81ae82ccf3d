"""The regression check: whether the number of evaluations has changed.

For each study, a sample of runs is stored (``distributions/NAME-PRESET.json``). The check plays new runs with other
seeds. It compares both samples by the rank-sum test (Wilcoxon 1945; Mann & Whitney 1947). If nothing has changed, every
assignment of the pooled ranks to the two samples is equally likely. Failed runs rank last, so the test also detects a
change of the success rate.
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
"""Significance level: p-values below it count as a change, so one check in a thousand is a false alarm."""
_SHUFFLES = 20_000
_LARGEST = 1 << 20
_FORMAT = "neat-arena distribution"


class Distribution(msgspec.Struct, kw_only=True, frozen=True):
    """The evaluations of a sample of runs."""

    format: str = _FORMAT
    study: str
    preset: str
    version: str
    """Version of neat-arena that played the runs."""
    entropy: int
    """Entropy from which their seeds were drawn (`experiments.studies.success.independent_seeds`)."""
    evaluations: list[int]
    """Evaluations of each run that solved the task, in the order of the seeds."""
    failed: int
    """Number of runs that did not solve the task."""

    @classmethod
    def of(cls, experiment: Experiment, rows: Sequence[ReplicationRun], entropy: int) -> Distribution:
        """Return the sample that consists of some runs."""
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
            RunDirectoryError: The file cannot be read.
            ConfigError: The file has another format, or no runs.
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
        """Return the evaluations of all runs, float64, shape (runs,); infinity for failed runs."""
        return np.array([*map(float, self.evaluations), *[math.inf] * self.failed])


@dataclass(frozen=True)
class Comparison:
    """The comparison of a fresh sample with the stored one.

    Attributes:
        stored: The stored sample.
        fresh: The fresh sample.
        p: p-value: the probability of samples at least this different if nothing has changed.
        slower: Fraction of pairs in which the fresh run needed more evaluations. Ties count half; 0.5: no difference.
    """

    stored: Distribution
    fresh: Distribution
    p: float
    slower: float

    @property
    def changed(self) -> bool:
        """Whether the samples differ significantly."""
        return self.p < ALARM


def stored(study: str, preset: str) -> Distribution:
    """Return the sample that is included in the package.

    Raises:
        ConfigError: No sample is stored for this study and preset.
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
    """Check that fresh runs can show a significant difference.

    Args:
        old: The stored sample.
        runs: Number of fresh runs.
        entropy: Entropy from which their seeds are drawn, or None for another family of seeds.

    Raises:
        ConfigError: The seeds are those of the stored runs, or there are too few runs for a significant difference.
    """
    if entropy == old.entropy:
        raise ConfigError(f"--check: entropy {entropy} gives the seeds of the stored runs; expected another --entropy")
    fewest = next(n for n in range(1, 1000) if rank_sum(np.full(n, math.inf), old.costs())[0] < ALARM)
    if runs < fewest:
        raise ConfigError(
            f"--runs: expected at least {fewest} with --check, got {runs}: fewer runs cannot differ significantly from "
            f"the {old.runs} stored runs of {old.study}"
        )


def compare_samples(old: Distribution, new: Distribution) -> Comparison:
    """Return the comparison of two samples."""
    p, slower = rank_sum(new.costs(), old.costs())
    return Comparison(old, new, p, slower)


def rank_sum(first: NDArray[np.float64], second: NDArray[np.float64], *, seed: int = 0) -> tuple[float, float]:
    """Return the two-sided rank-sum test of two samples, with 20,000 random permutations of the pooled ranks.

    Args:
        first: float64, shape (n,); infinities are allowed.
        second: float64, shape (m,).
        seed: Seed of the permutations.

    Returns:
        The p-value, at least 1 / 20,001, and the fraction of pairs in which the first is larger (ties count half).
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
