"""Verification: the score of a champion on fresh episodes.

The champion of a generation was the best of many on a few episodes, which is partly luck. So its score is measured on
episodes whose seeds were never used in training (`environments.evaluators.verifying`).
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from environments.playing.intervals import mean_interval

__all__ = ["Verification"]


@dataclass(frozen=True)
class Verification:
    """Returns of fresh episodes.

    Attributes:
        returns: float64, shape (episodes,).
        mean: Their mean.
        sd: Their sample standard deviation; 0 for one episode.
        low: Lower end of the 95% interval of the mean (Student's t); NaN for one episode.
        high: Upper end of this interval.
        minimum: Return of the worst episode.
        episodes: Number of episodes.
        steps: Environment steps.
        seed: Seed of the run, from which episode seeds are derived.
        solved: Whether the task is solved: the mean reaches the threshold, if there is one.
        measure: Meaning of the mean for data sets, ``accuracy`` or ``R²``; otherwise empty.
    """

    returns: NDArray[np.float64]
    mean: float
    sd: float
    low: float
    high: float
    minimum: float
    episodes: int
    steps: int
    seed: int
    solved: bool
    measure: str = ""

    @classmethod
    def of(cls, returns: NDArray[np.float64], *, steps: int, seed: int, threshold: float | None) -> Verification:
        """Return the verification with these returns (float64, shape (episodes,))."""
        mean = float(returns.mean())
        sd = float(returns.std(ddof=1)) if len(returns) > 1 else 0.0
        low, high = mean_interval(returns)
        solved = threshold is not None and mean >= threshold
        return cls(returns, mean, sd, low, high, float(returns.min()), len(returns), steps, seed, solved)

    def as_dict(self) -> dict[str, Any]:
        """Return plain data for JSON; NaN becomes None."""
        data = asdict(self)
        data["returns"] = self.returns.tolist()
        if not self.measure:
            del data["measure"]
        return {key: None if isinstance(v, float) and math.isnan(v) else v for key, v in data.items()}
