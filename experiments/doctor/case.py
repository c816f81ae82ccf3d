"""A case: the data about a run, or about a game that random networks play, from which causes are found.

Some of the data may be missing. A cause that needs missing data finds nothing.
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
"""Maximum number of genomes whose outputs are computed. A cause requires that all of them act alike: even in a healthy
first generation, nearly all may choose one action in the few states of random play (MountainCar: 38 of 40)."""
_SHOWN = 400
"""Maximum number of observations for which outputs are computed, evenly spread."""
_SHORT = 20
"""Runs with fewer generations use all of them for the trend of fitness; longer runs use the later half."""
_CERTAIN = 2.33
"""Number of standard deviations of the rank correlation that counts as a trend (one-sided, 1%)."""


@dataclass(frozen=True, kw_only=True)
class View:
    """Observations of a game, as inputs of networks.

    Attributes:
        names: Names of the inputs.
        low: Lower bounds of the inputs before scaling, float64, shape (inputs,).
        high: Upper bounds of the inputs before scaling, float64, shape (inputs,).
        x: Inputs after scaling, float64, shape (observations, inputs).
        actions: Action space of the game.
        one_hot: Whether the inputs encode choices, so that most of them are 0 at any time.
        episodes: Number of episodes with these observations.
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
    """Results of episodes that genomes played. All genomes had the same episode seeds.

    Attributes:
        returns: float64, shape (genomes, episodes).
        steps: Length of the episodes in steps, int64, shape (genomes, episodes).
        cut: Whether the step limit ended the episode, bool, shape (genomes, episodes).
        rewards: Different rewards of single steps, at most three.
        step_seconds: Seconds per call of ``step``: the lower quartile over episodes.
        reset_seconds: Seconds per call of ``reset``: the lower quartile.
        other_seconds: Seconds per step outside the game, mostly for the network.
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
    """The data from which causes are found.

    Attributes:
        experiment: The settings.
        goal: Mean return that counts as solved, if there is one.
        aim: Mean return that training aims at, if there is one.
        records: The generations of a run (`neat.history.records.GenerationRecord` as mappings); empty for a game.
        solved: Whether the run solved its task.
        generation: The generation of ``fitness`` and ``genomes``.
        fitness: Fitness of all genomes of a generation, float64, shape (genomes,).
        genomes: Genomes of the run's last population, or random ones for a game.
        first: Random genomes of a first generation, to compare with ``genomes`` of a run.
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
        """Best fitness of each generation, float64, shape (generations,); values that are not finite are left out."""
        return self.series("best")

    def series(self, name: str) -> Vector:
        """Return a field of the records, float64, shape (generations,); values that are not finite are left out."""
        values = [record[name] for record in self.records]
        return np.array([v for v in values if v is not None and math.isfinite(v)], np.float64)

    @cached_property
    def improving(self) -> bool:
        """Whether the best fitness has a rising trend, by rank correlation with time.

        A short run uses all generations, a long run the later half. A run without a goal also uses all generations: it
        may have reached the best possible fitness, and then it has learned.
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
        """Whether the run learns, or has learned."""
        return self.solved or self.improving

    @property
    def bred(self) -> bool:
        """Whether NEAT alone, by fitness, makes the population: no novelty, no weight search, no other emitters."""
        config = self.experiment.config
        return config.selection.method == "fitness" and not config.searched and not config.breeding.emitters

    @cached_property
    def answers(self) -> list[Vector]:
        """Outputs of some of the genomes for some observations: for each, float64, shape (observations, outputs)."""
        return self.answers_of(self.genomes)

    def answers_of(self, genomes: Genomes | None) -> list[Vector]:
        """Return the same for other genomes. Genomes without an enabled connection are left out."""
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
    """Return Spearman's rank correlation with time; equal values have their mean rank."""
    _, inverse, counts = np.unique(values, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    ranks = (ends - (counts - 1) / 2.0)[inverse]
    return float(np.corrcoef(np.arange(len(values)), ranks)[0, 1])
