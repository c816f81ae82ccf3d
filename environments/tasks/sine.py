"""The sine: approximate one period of the function.

There are 41 points from -1 to 1; the target is sin(pi x). Fitness is 1 minus the mean squared error; the task is solved
at 0.99.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from environments.tasks.patterns import ExampleTask, Numbers
from environments.tasks.settings import TaskConfig

__all__ = ["SOLVED", "SineTask"]

SOLVED = 0.99
"""Fitness that counts as solved."""
_POINTS = 41


class SineTask(ExampleTask):
    """The sine; see `environments.tasks.task.Task` for the interface."""

    name = "sine"
    input_names = ("x",)
    output_names = ("sin(pi x)",)

    def __init__(self, config: TaskConfig) -> None:
        super().__init__(config)
        self.patterns = np.linspace(-1.0, 1.0, _POINTS)[:, None]
        self.targets = np.sin(np.pi * self.patterns)
        self.rule: str | None = f"a mean squared error of at most {1.0 - SOLVED:g}"

    def score(self, answers: Numbers) -> tuple[Numbers, NDArray[np.bool_]]:
        """Return 1 minus the mean squared error, and which genomes reach 0.99."""
        fitness = 1.0 - self.errors(answers)
        return fitness, fitness >= SOLVED
