"""The settings of weight search."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from neat.settings.checking import check, check_fields

__all__ = ["SearchConfig"]


@dataclass(frozen=True, kw_only=True)
class SearchConfig:
    """Weight search: optimise the weights of one topology, as part of every generation.

    It searches the weights, and biases, responses and time constants if their mutation is enabled
    (`neat.breeding.weight_search`).
    """

    method: str = "cma"
    """``cma``: CMA-ES (Hansen 2016), which learns the full covariance of the weights. ``sep-cma``: CMA-ES with a
    diagonal covariance (Ros & Hansen 2008), for thousands of weights. ``ars``: augmented random search (Mania, Guy &
    Recht 2018), which follows mirrored random directions. Or your own method, ``module:name`` (`neat.register_search`).
    """
    share: float = 0.0
    """Fraction of each generation produced by the weight search instead of reproduction; 0: no weight search, 1: weight
    search only."""
    step: float = 0.5
    """Initial standard deviation σ of each weight; for ``ars``, its constant exploration noise ν. Larger values search
    farther from the current weights."""
    learning_rate: float = 0.02
    """``ars``: step size α of each update."""
    horizon: int = 0
    """``ars``: environment steps over which the learning rate is scheduled. In the second half of them it falls
    linearly to ``search.final`` times its initial value. 0: constant."""
    final: float = 0.1
    """``ars``: factor by which the learning rate has fallen at ``search.horizon`` and after it."""
    top: float = 0.5
    """``ars``: fraction b / N of the directions, those with the best scores, used for an update."""
    decay: float = 0.0
    """``ars``: fraction by which every update shrinks the mean towards 0 (weight decay, Salimans et al. 2017). It
    falls along with the learning rate. Smaller weights saturate outputs less."""
    shaping: Literal["none", "rank"] = "none"
    """``ars``: weighting of the directions: ``none``, by scores divided by their standard deviation; ``rank``, by
    centred ranks."""
    refine: str = ""
    """A second method, which continues from the mean of the first after ``search.refine_after`` steps: ``ars``, for
    example, after ``cma``. Empty: none."""
    refine_after: int = 0
    """Environment steps of training, counted from the start of the run, after which ``search.refine`` takes over."""
    refine_step: float = 0.03
    """Initial standard deviation of each weight of ``search.refine``, its ``search.step``."""
    averaging: int = 1
    """Generations over which the mean is averaged before it is tried as champion; 1: the latest mean. Each generation
    has the weight 1 / ``averaging``. It does not affect the search. Where returns are noisy and the mean keeps moving
    around a good policy, the average lies in the middle."""
    patience: int = 100
    """Generations without improvement (smoothed mean fitness of the searched genomes) after which the search restarts
    at the best genome."""
    starts: int = 1
    """Number of independent starts, one after another. Each has its own initial genomes; the search with the highest
    smoothed mean fitness then continues. Above 1, ``search.share`` must be 1."""
    start_generations: int = 50
    """Generations of each start after its initial genomes (``search.starts`` above 1)."""

    def __post_init__(self) -> None:
        check_fields(self, "search")
        check(0.0 <= self.share <= 1.0, "search.share", "a share from 0 to 1", self.share)
        for name in ("step", "learning_rate", "refine_step"):
            value = getattr(self, name)
            check(0.0 < value < math.inf, f"search.{name}", "a finite number above 0", value)
        check(0 <= self.horizon <= 10**15, "search.horizon", "environment steps, from 0 (none) to 10^15", self.horizon)
        check(0 <= self.refine_after <= 10**15, "search.refine_after", "steps from 0 to 10^15", self.refine_after)
        begun = self.refine_after > 0 or not self.refine  # otherwise the first method would learn nothing
        check(begun, "search.refine", "a search.refine_after above 0 with it", self.refine)
        check(0.0 <= self.final <= 1.0, "search.final", "a share from 0 to 1", self.final)
        check(0.0 <= self.decay < 1.0, "search.decay", "a share from 0 to below 1", self.decay)
        check(0.0 < self.top <= 1.0, "search.top", "a share above 0, at most 1", self.top)
        check(1 <= self.averaging <= 10**6, "search.averaging", "a whole number from 1 to 1,000,000", self.averaging)
        check(1 <= self.starts <= 10**6, "search.starts", "a whole number from 1 to 1,000,000", self.starts)
        for name in ("patience", "start_generations"):
            check(getattr(self, name) >= 1, f"search.{name}", "at least 1", getattr(self, name))
