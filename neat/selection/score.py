"""The protocol of a score: from what a generation did to one number per genome, by which it breeds.

Species share the score, rank by it and stagnate by it. Fitness alone decides who is a champion.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from neat.config import Config
    from neat.genes.table import Genomes

__all__ = ["Evaluated", "Score"]


class Evaluated(Protocol):
    """What an evaluator returns of a generation. Evaluators may add ``behaviours`` and ``objectives``."""

    @property
    def fitness(self) -> NDArray[np.float64]:
        """Fitness of each genome, float64, shape (genomes,)."""

    @property
    def steps(self) -> int:
        """Environment steps played."""


class Score:
    """What breeds. Subclasses give `score`; those that remember something give the rest too.

    Attributes:
        STATE: What `to_arrays` returns: the dtype of each array, by name.
        COMPARABLE: Whether scores of different generations can be compared. Where they cannot, no species counts as
            stagnant.
        config: Settings.
        seed: Seed of the run.
        threads: Threads to use; scores must not depend on it.
    """

    STATE: ClassVar[Mapping[str, Any]] = {}
    COMPARABLE: ClassVar[bool] = True
    threads = 1

    def __init__(self, config: Config, seed: int) -> None:
        """Begin without memory."""
        self.config = config
        self.seed = seed

    @classmethod
    def needs_behaviours(cls, config: Config) -> bool:
        """Return whether it reads ``evaluation.behaviours``; experiments then set ``task.behaviour``."""
        return False

    def score(self, genomes: Genomes, evaluation: Evaluated) -> NDArray[np.float64]:
        """Return each genome's score, finite, higher is better, float64, shape (genomes,).

        Args:
            genomes: The generation.
            evaluation: What its evaluator returned: ``fitness`` and ``steps``, and what else that evaluator gives, such
                as ``behaviours`` (float64, shape (genomes, d)) and ``objectives`` (float64, shape (genomes, m)).
        """
        raise NotImplementedError

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return everything `restore` needs to go on bit for bit: the arrays that `STATE` names."""
        return {}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Go on from what `to_arrays` returned.

        Raises:
            DataError: No run can have left these arrays.
        """
        return
