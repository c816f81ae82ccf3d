"""Observation scaling: none, from the bounds of the space, or by running statistics.

A scaling has two vectors: an observation x is scaled to ``(x - shift) * factor``. Running statistics are frozen during
a generation. Statistics are collected separately for each genome (Welford 1962) and then merged in the order of the
genomes (Chan, Golub & LeVeque 1979), so results do not depend on which worker played which genome. Before the first
generation, a few genomes play an episode to initialise the statistics. A champion keeps the scaling of its generation.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from environments.spaces.observations import ObservationEncoder
from environments.tasks.settings import Scaling, TaskConfig
from neat.compiled.kernel import kernel
from neat.errors import ConfigError

__all__ = ["RunningStatistics", "bounds_scaling", "gather", "scale", "scaling_table", "table_for"]

Vector = NDArray[np.float64]

_LEAST_DEVIATION = 1e-4
"""Minimum standard deviation, so that a constant observation stays near 0."""


@kernel
def scale(x, table, scaled):  # type: ignore[no-untyped-def]
    """Write ``x``, scaled by ``table`` (float64, shape (3, n): shift, factor, limit), into ``scaled``."""
    for i in range(x.size):
        v = (x[i] - table[0, i]) * table[1, i]
        scaled[i] = min(max(v, -table[2, i]), table[2, i])


@kernel
def gather(x, statistics):  # type: ignore[no-untyped-def]
    """Add ``x`` to one genome's statistics: float64, shape (1 + 2 n): count, n means, n sums of squared deviations."""
    n = x.size
    statistics[0] += 1.0
    for i in range(n):
        delta = x[i] - statistics[1 + i]
        statistics[1 + i] += delta / statistics[0]
        statistics[1 + n + i] += delta * (x[i] - statistics[1 + i])


@kernel
def _merge(total, parts):  # type: ignore[no-untyped-def]
    """Merge each row of ``parts`` into ``total``, in order (Chan's parallel algorithm)."""
    n = (total.size - 1) // 2
    for g in range(parts.shape[0]):
        count = total[0] + parts[g, 0]
        if parts[g, 0] == 0.0:
            continue
        for i in range(n):
            delta = parts[g, 1 + i] - total[1 + i]
            total[1 + i] += delta * (parts[g, 0] / count)
            total[1 + n + i] += parts[g, 1 + n + i] + delta * delta * (total[0] * parts[g, 0] / count)
        total[0] = count


class RunningStatistics:
    """Count, mean and sum of squared deviations of all observations so far, per input."""

    def __init__(self, inputs: int) -> None:
        self._total = np.zeros(1 + 2 * inputs)

    @property
    def inputs(self) -> int:
        """Number of inputs."""
        return (len(self._total) - 1) // 2

    @property
    def count(self) -> int:
        """Number of observations so far."""
        return int(self._total[0])

    @property
    def mean(self) -> Vector:
        """Mean of each input, float64, shape (inputs,)."""
        return self._total[1 : 1 + self.inputs].copy()

    @property
    def deviation(self) -> Vector:
        """Standard deviation of each input, float64, shape (inputs,); 0 before the second observation."""
        deviation: Vector = np.sqrt(self._total[1 + self.inputs :] / max(self._total[0], 1.0))
        return deviation

    def merge(self, parts: Vector) -> None:
        """Add the statistics of a generation's genomes: float64, shape (genomes, 1 + 2 inputs), from `gather`."""
        _merge(self._total, np.ascontiguousarray(parts, np.float64))

    def scaling(self) -> dict[str, Vector]:
        """Return the current scaling to mean 0 and standard deviation 1; without observations, the identity."""
        if self.count < 2:
            return {"shift": np.zeros(self.inputs), "factor": np.ones(self.inputs)}
        return {"shift": self.mean, "factor": 1.0 / np.maximum(self.deviation, _LEAST_DEVIATION)}

    def state(self) -> dict[str, Vector]:
        """Return the state, to continue later: ``count``, ``mean``, ``squares``."""
        n = self.inputs
        return {"count": self._total[:1].copy(), "mean": self.mean, "squares": self._total[1 + n :].copy()}

    def restore(self, state: Scaling) -> None:
        """Restore the state that `state` returned.

        Raises:
            ConfigError: The state is incomplete, or has another number of inputs.
        """
        try:
            total = np.concatenate([np.asarray(state[k], np.float64).reshape(-1) for k in ("count", "mean", "squares")])
        except KeyError as error:
            raise ConfigError(f"observation statistics lack {error}: expected count, mean and squares") from error
        if total.shape != self._total.shape:
            raise ConfigError(
                f"observation statistics of {(len(total) - 1) // 2} inputs do not fit a task with {self.inputs} inputs"
            )
        self._total = total


def bounds_scaling(low: Vector, high: Vector) -> dict[str, Vector]:
    """Return the scaling that maps finite bounds to [-1, 1] and leaves other inputs unchanged."""
    with np.errstate(invalid="ignore"):
        finite = np.isfinite(low) & np.isfinite(high) & (high > low)
        shift = np.where(finite, (low + high) / 2, 0.0)
        factor = np.where(finite, 2 / np.where(finite, high - low, 1.0), 1.0)
    return {"shift": shift, "factor": factor}


def table_for(config: TaskConfig, scaling: Scaling | None, encoder: ObservationEncoder) -> Vector | None:
    """Return a scaling in the form that compiled code uses; without one, the scaling by bounds, if requested.

    Raises:
        ConfigError: The scaling is incomplete or has another number of inputs.
    """
    if scaling is None and config.observation_scaling == "bounds":
        scaling = bounds_scaling(encoder.low, encoder.high)
    clip = config.observation_scaling == "running"
    return scaling_table(scaling, encoder.size, clip=clip, limit=config.observation_clip)


def scaling_table(scaling: Scaling | None, inputs: int, *, clip: bool, limit: float = 10.0) -> Vector | None:
    """Return a scaling in the form that compiled code uses (`scale`): float64, shape (3, inputs). None stays None.

    Args:
        scaling: ``shift`` and ``factor``, each of shape (inputs,).
        inputs: Number of inputs of the task.
        clip: Whether values beyond ±``limit`` are clipped (running statistics).
        limit: ``task.observation_clip``.

    Raises:
        ConfigError: The scaling is incomplete, has another number of inputs, or is not finite.
    """
    if scaling is None:
        return None
    table = np.empty((3, inputs))
    for row, key in enumerate(("shift", "factor")):
        values = np.asarray(scaling.get(key, ()), np.float64)
        if values.shape != (inputs,) or not np.isfinite(values).all():
            raise ConfigError(f"observation scaling: expected {inputs} finite numbers in {key!r}, got {values}")
        table[row] = values
    table[2] = limit if clip else math.inf
    return table
