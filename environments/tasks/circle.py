"""The circle: which points of a square are inside it?

The points are a 16 x 16 grid over the square from -1 to 1; the circle covers half of the square. Fitness is 1 minus the
mean squared error. The task is solved if 95% of the points are on the correct side of 0.5.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from environments.tasks.patterns import ExampleTask, Numbers
from environments.tasks.settings import TaskConfig

__all__ = ["CircleTask"]

_SIDE = 16
_RADIUS = math.sqrt(2.0 / math.pi)
_SHARE = 0.95


class CircleTask(ExampleTask):
    """The circle; see `environments.tasks.task.Task` for the interface."""

    name = "circle"
    input_names = ("x", "y")
    output_names = ("inside",)

    def __init__(self, config: TaskConfig) -> None:
        super().__init__(config)
        line = np.linspace(-1.0, 1.0, _SIDE)
        self.patterns = np.array([[x, y] for y in line for x in line])
        self.targets = (np.square(self.patterns).sum(axis=1, keepdims=True) < _RADIUS**2).astype(np.float64)
        self.rule: str | None = f"{_SHARE:.0%} of {_SIDE**2} points are on the right side of 0.5"

    def score(self, answers: Numbers) -> tuple[Numbers, NDArray[np.bool_]]:
        """Return 1 minus the mean squared error, and which genomes are correct for 95% of the points."""
        right = (answers > 0.5) == (self.targets > 0.5)
        return 1.0 - self.errors(answers), right.mean(axis=(1, 2)) >= _SHARE
