"""A case: what is known of a run, or of a game that random networks play, when the doctor looks at it.

Whoever looks fills in what there is; a reason that needs what is missing finds nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from environments.playing.policy import Policy
from environments.spaces.observations import ObservationEncoder
from experiments.settings import Experiment
from neat.genes.table import Genomes

__all__ = ["Case", "Played", "View"]

Vector = NDArray[np.float64]

_ASKED = 40
"""Genomes that are asked how they act. All of them have to act alike: of a healthy first generation, nearly all may
choose one action in the few places that random play sees (MountainCar: 38 of 40)."""
_SHOWN = 400
"""Observations that they are shown, spread among all."""
_SHORT = 20
"""Generations of which all count for the trend of fitness; of more, the later half."""
_CERTAIN = 2.33
"""Deviations of the rank correlation that make a trend (one side, 1%)."""


@dataclass(frozen=True, kw_only=True)
class View:
    """Observations of a game, as networks get them.

    Attributes:
        names: Of the inputs.
        low: Their lowest values before scaling, float64, shape (inputs,).
        high: Their highest.
        x: What networks get, float64, shape (observations, inputs).
        actions: The game's action space.
        one_hot: Whether inputs stand for choices, of which most are 0 at any time.
        episodes: How many episodes they are from.
    """

    names: Sequence[str]
    low: Vector
    high: Vector
    x: Vector
    actions: spaces.Space[Any]
    one_hot: bool = False
    episodes: int = 1


@dataclass(frozen=True, kw_only=True)
class Played:
    """Episodes that genomes played, all of them with the same seeds.

    Attributes:
        returns: float64, shape (genomes, episodes).
        steps: How long they were, int64, of the same shape.
        cut: Whether the time limit ended them, bool, of the same shape.
        rewards: The rewards of single steps that were seen, at most three different ones.
        step_seconds: What a call of ``step`` took, in the quicker of the episodes.
        reset_seconds: What a call of ``reset`` took.
        other_seconds: What a network took for a step.
    """

    returns: Vector
    steps: NDArray[np.int64]
    cut: NDArray[np.bool_]
    rewards: tuple[float, ...]
    step_seconds: float
    reset_seconds: float
    other_seconds: float


@dataclass(frozen=True, kw_only=True)
class Case:
    """What is known.

    Attributes:
        experiment: The settings.
        goal: Mean return that counts as solved, if there is one.
        aim: Mean return that training aims at, if there is one.
        records: Generations of a run (`neat.history.records.GenerationRecord` as mappings); none of a game alone.
        solved: Whether the run solved its task.
        generation: The generation that ``fitness`` and ``genomes`` are of.
        fitness: Fitness of all genomes of a generation, float64, shape (genomes,).
        genomes: Genomes, of the run's last population or of a first one.
        first: Genomes of a first generation, which are random, beside those of a run's last.
        view: Observations.
        played: Episodes of some genomes.
    """

    experiment: Experiment
    goal: float | None
    aim: float | None
    records: Sequence[Mapping[str, Any]] = ()
    solved: bool = False
    generation: int = 0
    fitness: Vector | None = None
    genomes: Genomes | None = None
    first: Genomes | None = None
    view: View | None = None
    played: Played | None = None

    @cached_property
    def best(self) -> Vector:
        """Best fitness of each generation, float64; what is not finite is left out."""
        return self.series("best")

    def series(self, name: str) -> Vector:
        """Return a number of each generation, float64; what is not finite is left out."""
        values = [record[name] for record in self.records]
        return np.array([v for v in values if v is not None and math.isfinite(v)], np.float64)

    @cached_property
    def improving(self) -> bool:
        """Whether the best fitness still rises: by rank, over all generations of a short run or the later half of one.

        Without a goal, all generations count: a run that has come as far as it can has learnt.
        """
        best = self.best
        late = best if len(best) < _SHORT or self.aim is None else best[len(best) // 2 :]
        if len(late) < 4 or np.ptp(late) == 0.0:
            return False
        if late[len(late) // 2 :].max() <= late[: len(late) // 2].max():
            return False
        return _rank_correlation(late) * math.sqrt(len(late) - 1) > _CERTAIN

    @property
    def well(self) -> bool:
        """Whether the run learns, or has learnt."""
        return self.solved or self.improving

    @property
    def bred(self) -> bool:
        """Whether fitness alone makes the population what it is: no novelty, no weight search, no other emitters."""
        config = self.experiment.config
        return config.selection.method == "fitness" and not config.searched and not config.breeding.emitters

    @cached_property
    def answers(self) -> list[Vector]:
        """Return what some of the genomes make of the observations: float64, shape (observations shown, outputs)."""
        return self.answers_of(self.genomes)

    def answers_of(self, genomes: Genomes | None) -> list[Vector]:
        """Return the same of other genomes; those without a connection are left out."""
        connected = [] if genomes is None else [g for g in genomes if g.enabled][:_ASKED]
        if self.view is None or not connected:
            return []
        x = self.view.x[np.linspace(0, len(self.view.x) - 1, min(len(self.view.x), _SHOWN)).round().astype(np.int64)]
        flat = ObservationEncoder(spaces.Box(-np.inf, np.inf, (x.shape[1],), np.float64))
        policy = Policy(flat, Genomes.of(connected), self.experiment.config.network)
        found = []
        for index in range(len(connected)):
            policy.reset()
            think = policy.thinker(index)
            found.append(np.array([think(row).copy() for row in x]))
        return found


def _rank_correlation(values: Vector) -> float:
    """Return Spearman's correlation with time; equal values share their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2.0)[inverse]
    return float(np.corrcoef(np.arange(len(values)), ranks)[0, 1])
