"""The protocol of an emitter: from a generation that was evaluated to some of the genomes of the next one.

Emitters work side by side in one population: what one made has the others' genomes as neighbours, shares species with
them, and may be their parent. Each is told which rows of a generation it made itself.
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
    """A generation that was evaluated, from which the next one is made.

    Attributes:
        genomes: Its genomes.
        fitness: float64, shape (genomes,).
        score: float64, shape (genomes,): by what it breeds (`neat.selection`).
        species: int64, shape (genomes,): place of each genome's species among the living ones, oldest first.
        quotas: int64, shape (species,): offspring that reproduction gives each; 0 for those that may not reproduce.
        rows: Which rows of the table the emitter that is asked has made, empty where it made none.
        champions_only: Whether all children of reproduction are copies of champions with small changes
            (``species.delta_coding``).
        threads: Threads to use; results must not depend on it.
        steps: Environment steps of training so far, this generation's among them.
        evaluation: What else the evaluator returned of it, such as behaviours, where there is more than fitness.
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
    evaluation: Evaluated | None = None


class Emitter:
    """Makes a share of each generation. Subclasses give `offspring`; those that remember something the other two too.

    Attributes:
        STATE: What `to_arrays` returns: the dtype of each array, by name.
        config: Settings.
        register: Gives innovation numbers to new structure.
        seed: Seed of the run; random numbers are keyed by it and by the generation (`neat.compiled.random`).
    """

    STATE: ClassVar[Mapping[str, Any]] = {}

    @classmethod
    def needs_behaviours(cls, config: Config) -> bool:
        """Return whether it reads behaviours of ``Parents.evaluation``; experiments then set ``task.behaviour``."""
        return False

    def __init__(self, config: Config, register: InnovationRegister, seed: int) -> None:
        """Begin without memory.

        Raises:
            ConfigError: The settings do not fit.
        """
        self.config = config
        self.register = register
        self.seed = seed

    def offspring(self, parents: Parents, count: int) -> Genomes:
        """Learn from a generation, and return genomes of the next one.

        Args:
            parents: The generation, in which ``parents.rows`` are what this emitter made.
            count: How many genomes to return.

        Returns:
            A table of ``count`` genomes with the number of the next generation and with lineage.
        """
        raise NotImplementedError

    def favourite(self, parents: Parents) -> int | None:
        """Return which of its rows is the best bet on other episodes than those just played, or None.

        The fittest of many is the luckiest too; an emitter that knows a mean knows better.
        """
        return None

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything `restore` needs to go on bit for bit: the arrays that `STATE` names."""
        return {}

    def restore(self, arrays: Mapping[str, NDArray[Any]], genomes: Genomes, rows: slice) -> None:
        """Go on from what `to_arrays` returned.

        Args:
            arrays: What it returned, from a file: of the types that `STATE` says, and nothing else is known of it.
            genomes: The present generation, whose genomes are valid.
            rows: Which of them this emitter has made.

        Raises:
            DataError: No run can have left these arrays.
        """
        return
