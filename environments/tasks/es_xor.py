"""XOR as in other ES-HyperNEAT programs: outputs must be near their targets, not only on the correct side.

Inputs are two bits. Fitness is 1 minus the mean squared error; the task is solved at 0.975, as in PUREPLES, whose
success rates are published. Its difficulty depends on the substrate: see `neat.networks.decoders.es_hyperneat`.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from environments.tasks.patterns import ExampleTask, Numbers
from environments.tasks.settings import TaskConfig

__all__ = ["SOLVED", "EsXorTask"]

SOLVED = 0.975
"""Fitness that counts as solved."""


class EsXorTask(ExampleTask):
    """XOR; see `environments.tasks.task.Task` for the interface."""

    name = "es-xor"
    input_names = ("a", "b")
    output_names = ("a xor b",)

    def __init__(self, config: TaskConfig) -> None:
        super().__init__(config)
        self.patterns = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        self.targets = np.array([[0.0], [1.0], [1.0], [0.0]])
        self.rule: str | None = f"a mean squared error of at most {1.0 - SOLVED:g}"

    def score(self, answers: Numbers) -> tuple[Numbers, NDArray[np.bool_]]:
        """Return 1 minus the mean squared error, and which genomes reach 0.975."""
        fitness = 1.0 - self.errors(answers)
        return fitness, fitness >= SOLVED
