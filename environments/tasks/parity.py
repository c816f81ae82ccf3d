"""Parity of three bits: is the number of ones odd?

There are eight patterns. Fitness is 1 minus the mean squared error; the task is solved if every output is on the
correct side of 0.5.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from environments.tasks.patterns import ExampleTask, Numbers
from environments.tasks.settings import TaskConfig

__all__ = ["ParityTask"]

_BITS = 3


class ParityTask(ExampleTask):
    """Parity; see `environments.tasks.task.Task` for the interface."""

    name = "parity-3"
    input_names = ("a", "b", "c")
    output_names = ("odd",)

    def __init__(self, config: TaskConfig) -> None:
        super().__init__(config)
        numbers = np.arange(2**_BITS)
        self.patterns = (numbers[:, None] >> np.arange(_BITS)[::-1] & 1).astype(np.float64)
        self.targets = self.patterns.sum(axis=1, keepdims=True) % 2.0
        self.rule: str | None = f"all {2**_BITS} outputs are on the right side of 0.5"

    def score(self, answers: Numbers) -> tuple[Numbers, NDArray[np.bool_]]:
        """Return 1 minus the mean squared error, and which genomes are correct for all patterns."""
        odd = self.targets > 0.5
        right = np.where(odd, answers > 0.5, answers < 0.5).reshape(len(answers), -1)
        return 1.0 - self.errors(answers), np.asarray(right.all(axis=1))
