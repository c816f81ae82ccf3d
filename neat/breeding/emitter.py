"""The protocol of an emitter: from an evaluated generation it makes some genomes of the next one.

The emitters of a population work side by side. The genomes of all of them share species, and any of them may be
parents. Each emitter is told which rows of a generation it made itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neat.genes.table import Genomes

if TYPE_CHECKING:
    from neat.config import Config
    from neat.genes.innovation import InnovationRegister
    from neat.selection.score import Evaluated

__all__ = ["Emitter", "Parents"]


@dataclass(frozen=True)
class Parents:
    """An evaluated generation, from which the next one is made.

    Attributes:
        genomes: Its genomes.
        fitness: float64, shape (genomes,).
        score: float64, shape (genomes,): the selection score (`neat.selection`).
        species: int64, shape (genomes,): index of each genome's species among the living ones, oldest first.
        quotas: int64, shape (species,): number of offspring of each species by reproduction; 0: it may not reproduce.
        rows: Rows of the table that the called emitter made; empty if none.
        champions_only: Whether all children of reproduction are slightly changed copies of champions
            (``species.delta_coding``).
        threads: Number of threads to use; results must not depend on it.
        steps: Environment steps of training so far, including this generation.
        rescored: Whether scores are from now on on another scale than before (``selection.shaping_after``).
        evaluation: The evaluator's full result, such as behaviours, if it returned more than fitness.
    """

    genomes: Genomes
    fitness: NDArray[np.float64]
    score: NDArray[np.float64]
    species: NDArray[np.int64]
    quotas: NDArray[np.int64]
    rows: slice = field(default_factory=lambda: slice(0, 0))
    champions_only: bool = False
    threads: int = 1
    steps: int = 0
    rescored: bool = False
    evaluation: Evaluated | None = None


class Emitter:
    """Makes a fraction of each generation.

    Subclasses implement `offspring`. Those with state also implement `to_arrays` and `restore`.

    Attributes:
        STATE: The dtype of each array that `to_arrays` returns, by name.
        config: Settings.
        register: Assigns innovation numbers to new structure.
        seed: Seed of the run; random numbers are keyed by it and the generation (`neat.compiled.random`).
    """

    STATE: ClassVar[Mapping[str, Any]] = {}

    @classmethod
    def needs_behaviours(cls, config: Config) -> bool:
        """Return whether it reads behaviours from ``Parents.evaluation``; experiments then set ``task.behaviour``."""
        return False

    def __init__(self, config: Config, register: InnovationRegister, seed: int) -> None:
        """Start without state.

        Raises:
            ConfigError: The settings do not fit.
        """
        self.config = config
        self.register = register
        self.seed = seed

    def offspring(self, parents: Parents, count: int) -> Genomes:
        """Learn from a generation, and return genomes of the next one.

        Args:
            parents: The generation; this emitter made ``parents.rows`` of it.
            count: Number of genomes to return.

        Returns:
            A table of ``count`` genomes with the number of the next generation and with lineage.
        """
        raise NotImplementedError

    def favourite(self, parents: Parents) -> int | None:
        """Return which of its rows is expected to do best on new episodes, or None.

        The fittest of many genomes was partly lucky; an emitter that keeps a mean knows a safer choice.
        """
        return None

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the state as the arrays that `STATE` names; `restore` continues from it bit for bit."""
        return {}

    def restore(self, arrays: Mapping[str, NDArray[Any]], genomes: Genomes, rows: slice) -> None:
        """Restore the state that `to_arrays` returned.

        Args:
            arrays: The arrays, from a file: their dtypes match `STATE`, but their values are not checked yet.
            genomes: The present generation, whose genomes are valid.
            rows: The rows of it that this emitter made.

        Raises:
            DataError: The arrays are not a valid state.
        """
        return
