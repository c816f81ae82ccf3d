"""The protocol of a score: from the evaluation of a generation to one number per genome, by which genomes reproduce.

The score is shared within species, ranks their members, and determines stagnation. Champions are chosen by fitness
alone.
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
    """An evaluator's result for a generation. Evaluators may add ``behaviours`` and ``objectives``."""

    @property
    def fitness(self) -> NDArray[np.float64]:
        """Fitness of each genome, float64, shape (genomes,)."""

    @property
    def steps(self) -> int:
        """Environment steps."""


class Score:
    """A selection score.

    Subclasses implement `score`. Those with state also implement `to_arrays` and `restore`.

    Attributes:
        STATE: The dtype of each array that `to_arrays` returns, by name.
        SHAPED: Whether it reads the evaluator's shaped fitness (``shaped``); then ``selection.shaping_after`` applies.
        COMPARABLE: Whether scores of different generations can be compared. If not, no species counts as stagnant.
        config: Settings.
        seed: Seed of the run.
        threads: Number of threads to use; scores must not depend on it.
        total_steps: Environment steps of training so far, those of the present generation included.
    """

    STATE: ClassVar[Mapping[str, Any]] = {}
    SHAPED: ClassVar[bool] = False
    COMPARABLE: ClassVar[bool] = True
    threads = 1
    total_steps = 0

    def __init__(self, config: Config, seed: int) -> None:
        """Start without state."""
        self.config = config
        self.seed = seed

    @classmethod
    def needs_behaviours(cls, config: Config) -> bool:
        """Return whether it reads ``evaluation.behaviours``; experiments then set ``task.behaviour``."""
        return False

    def score(self, genomes: Genomes, evaluation: Evaluated) -> NDArray[np.float64]:
        """Return each genome's score: finite, higher is better, float64, shape (genomes,).

        Args:
            genomes: The generation.
            evaluation: The evaluator's result: ``fitness`` and ``steps``, and possibly more, such as ``behaviours``
                (float64,
                shape (genomes, d)) and ``objectives`` (float64, shape (genomes, m)).
        """
        raise NotImplementedError

    def rescored(self, steps: int) -> bool:
        """Return whether scores are on another scale from this generation on, so that the best so far do not count.

        Args:
            steps: Environment steps of this generation.
        """
        return False

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """Return the state as the arrays that `STATE` names; `restore` continues from it bit for bit."""
        return {}

    def restore(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Restore the state that `to_arrays` returned.

        Raises:
            DataError: The arrays are not a valid state.
        """
        return
