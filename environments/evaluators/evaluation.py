"""The interface of an evaluator, and its result: the fitness of all genomes of a generation, and the cost."""

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
        details: The traceback, if an exception was raised.
    """

    genome: int
    seed: int
    message: str
    details: str = field(default="", compare=False, repr=False)


@dataclass(frozen=True)
class Evaluation:
    """The evaluation of one generation.

    Attributes:
        fitness: float64, shape (genomes,): mean return over the episodes, summed in order.
        steps: Environment steps in total.
        genome_steps: int64, shape (genomes,): environment steps per genome.
        solver: Index of the first genome that solves the task by the task's own definition (XOR), or None.
        whole: Whether the solver is known only after the whole generation, which determines the genome to test.
        faults: Episodes that could not be scored, by genome (``task.fault = "worst"``).
        learned: Genomes that learned before their evaluation, in their trained form, by index.
        scaling: Observation scaling, if it belongs to the champion (running statistics).
        behaviours: float64, shape (genomes, d), if requested by ``task.behaviour``; see
            `environments.playing.outcomes`.
        objectives: float64, shape (genomes, ``task.objectives``), if requested.
        shaped: Fitness with reward shaping (``task.step_reward``), by which genomes reproduce, float64, shape
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
        """Number of evaluations up to and including the solver; all if there is none, or if ``whole``."""
        return len(self.fitness) if self.solver is None or self.whole else self.solver + 1


@dataclass(frozen=True)
class Plays:
    """The results of the episodes of a table's genomes.

    Attributes:
        returns: float64, shape (genomes, episodes); NaN from the first episode that could not be scored.
        steps: int64, shape (genomes,).
        statistics: float64, shape (genomes, 1 + 2 inputs), if requested; see
            `environments.playing.observation_scaling.gather`.
        faults: Episodes that could not be scored, by genome.
        outcomes: Behaviours and objectives of the episodes, float64, shape (genomes, episodes, numbers), if requested
            (`environments.playing.outcomes`); NaN where the return is.
    """

    returns: NDArray[np.float64]
    steps: NDArray[np.int64]
    statistics: NDArray[np.float64] | None
    faults: tuple[Fault, ...]
    outcomes: NDArray[np.float64] | None = None


def mean_returns(returns: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return each genome's mean return, summed in the order of the episodes (float64, shape (genomes,))."""
    total: NDArray[np.float64] = returns[:, 0].copy()
    for episode in range(1, returns.shape[1]):
        total += returns[:, episode]
    total /= returns.shape[1]
    return total


@runtime_checkable
class Evaluator(Protocol):
    """Evaluates whole generations. It is a context manager; `close` releases its resources.

    A subclass without state or resources only needs `evaluate`.

    Attributes:
        backend: Name of the backend actually used, for display.
    """

    backend: str

    def evaluate(self, genomes: Genomes) -> Evaluation:
        """Return the evaluation of every genome of the table.

        Raises:
            EvaluationError: An episode could not be scored, and ``task.fault`` is ``fail``.
        """
        ...

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return the state for a later evaluator, such as observation statistics; often empty."""
        return {}

    def restore(self, state: Scaling) -> None:
        """Restore the state that `state` returned."""
        return

    def close(self) -> None:
        """End worker processes and close environments. It may be called twice."""
        return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()
