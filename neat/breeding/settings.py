"""The settings of weight search."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from neat.settings.checking import check, check_fields

__all__ = ["SearchConfig"]


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """Weight search on one topology, as part of every generation (`neat.breeding.weight_search`).

    Searched are the weights, and with them biases, responses and time constants where these mutate.
    """

    method: str = "cma"
    """``cma``: CMA-ES (Hansen 2016), which learns how all numbers vary together. ``sep-cma``: the same with one
    deviation per number (Ros & Hansen 2008), for thousands. ``ars``: augmented random search (Mania, Guy & Recht 2018),
    steps along mirrored random directions. Or one of your own, ``module:name`` (`neat.register_search`)."""
    share: float = 0.0
    """Share of each generation that is drawn by the search instead of bred; 0: weights are not searched; 1: nothing is
    bred."""
    step: float = 0.5
    """Standard deviation of each number with which a search begins, σ; of ``ars`` all the time, ν."""
    learning_rate: float = 0.02
    """``ars``: length α of its steps."""
    horizon: int = 0
    """``ars``: environment steps of training in whose second half the learning rate falls, evenly, to ``search.final``
    of what it was: long steps while there is far to go, short ones where chance would only push the mean about. 0: it
    stays."""
    final: float = 0.1
    """``ars``: share of the learning rate that is left at ``search.horizon`` and after."""
    top: float = 0.5
    """``ars``: share b / N of the directions, those with the best scores, that count."""
    shaping: Literal["none", "rank"] = "none"
    """``ars``: whether scores count themselves, in units of their deviation, or their centred ranks."""
    patience: int = 100
    """A search whose genomes have not become fitter (mean, smoothed over generations) for more generations than this
    begins anew around the best genome there is."""

    def __post_init__(self) -> None:
        check_fields(self, "search")
        check(0.0 <= self.share <= 1.0, "search.share", "a share from 0 to 1", self.share)
        for name in ("step", "learning_rate"):
            value = getattr(self, name)
            check(0.0 < value < math.inf, f"search.{name}", "a finite number above 0", value)
        check(0 <= self.horizon <= 10**15, "search.horizon", "environment steps, 0 for none", self.horizon)
        check(0.0 <= self.final <= 1.0, "search.final", "a share from 0 to 1", self.final)
        check(0.0 < self.top <= 1.0, "search.top", "a share above 0, at most 1", self.top)
        check(self.patience >= 1, "search.patience", "at least 1", self.patience)
