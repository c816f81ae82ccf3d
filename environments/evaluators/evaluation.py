"""What an evaluator is, and what it returns: the fitness of every genome of a generation, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Protocol, Self, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from environments.tasks.settings import Scaling
from neat.genes.table import Genome, Genomes

__all__ = ["Evaluation", "Evaluator", "Fault", "Plays", "mean_returns"]


@dataclass(frozen=True)
class Fault:
    """An episode that could not be scored.

    Attributes:
        genome: Index of the genome.
        seed: Seed of the episode.
        message: What happened.
        details: The traceback, where something was raised.
    """

    genome: int
    seed: int
    message: str
    details: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Evaluation:
    """Fitness of the genomes of one generation.

    Attributes:
        fitness: float64, shape (genomes,): mean return over the episodes, added in their order.
        steps: Environment steps played, all of them.
        genome_steps: int64, shape (genomes,): the same, per genome.
        solver: Index of the first genome that solves the task by the task's own definition (XOR), or None.
        whole: Whether who is examined follows from the whole generation, so that the solver is known only after it.
        faults: Episodes that could not be scored, by genome (``task.fault = "worst"``).
        learned: Genomes that learned before their fitness was taken, as they then were, by index.
        scaling: What observations were scaled by, where that belongs to the champion (running statistics).
        behaviours: float64, shape (genomes, d), where ``task.behaviour`` asks for them; see
            `environments.playing.outcomes`.
        objectives: float64, shape (genomes, ``task.objectives``), likewise.
        shaped: What the generation breeds by, where that is not the fitness (``task.step_reward``), float64, shape
            (genomes,).
    """

    fitness: NDArray[np.float64]
    steps: int
    genome_steps: NDArray[np.int64]
    solver: int | None = None
    whole: bool = False
    faults: tuple[Fault, ...] = ()
    learned: Mapping[int, Genome] = field(default_factory=dict)
    scaling: Scaling | None = None
    behaviours: NDArray[np.float64] | None = None
    objectives: NDArray[np.float64] | None = None
    shaped: NDArray[np.float64] | None = None

    @property
    def counted(self) -> int:
        """Evaluations of this generation until the task was solved: up to and including the solver, or all."""
        return len(self.fitness) if self.solver is None or self.whole else self.solver + 1


@dataclass(frozen=True)
class Plays:
    """What the genomes of a table did.

    Attributes:
        returns: float64, shape (genomes, episodes); NaN from an episode that could not be scored on.
        steps: int64, shape (genomes,).
        statistics: float64, shape (genomes, 1 + 2 inputs), if asked for; see
            `environments.playing.observation_scaling.gather`.
        faults: Episodes that could not be scored, by genome.
        outcomes: What the episodes led to beside a return, float64, shape (genomes, episodes, numbers), where the
            settings ask for that (`environments.playing.outcomes`); NaN where a return is.
    """

    returns: NDArray[np.float64]
    steps: NDArray[np.int64]
    statistics: NDArray[np.float64] | None
    faults: tuple[Fault, ...]
    outcomes: NDArray[np.float64] | None = None


def mean_returns(returns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each genome's mean return, added in the order of the episodes (float64, shape (genomes,))."""
    total: NDArray[np.float64] = returns[:, 0].copy()
    for episode in range(1, returns.shape[1]):
        total += returns[:, episode]
    total /= returns.shape[1]
    return total


@runtime_checkable
class Evaluator(Protocol):
    """Plays whole generations. A context manager; `close` ends what it holds open.

    Subclasses that keep nothing between generations, and hold nothing open, need `evaluate` alone.

    Attributes:
        backend: What it really uses, for display.
    """

    backend: str

    def evaluate(self, genomes: Genomes) -> Evaluation:
        """Return the fitness of every genome of the table.

        Raises:
            EvaluationError: An episode could not be scored and the task's policy is to fail.
        """
        ...

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return what a later evaluator needs to go on: observation statistics, or nothing."""
        return {}

    def restore(self, state: Scaling) -> None:
        """Go on from what `state` returned."""
        return

    def close(self) -> None:
        """End worker processes and close environments. Closing twice is fine."""
        return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
