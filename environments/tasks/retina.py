"""The left and right retina: is there an object in each half of eight pixels? (Kashtan & Alon 2005).

The pixels form 4 columns and 2 rows. The left four pixels show an object in 8 of their 16 patterns: three or four
pixels are on, or one or two pixels, all in the outer column. The same holds for the right four pixels. All 256 patterns
are shown, with pixels of 1 or -1. Two outputs, by their signs, tell whether there is an object on the left and on the
right (Verbancsics & Stanley 2011). Modular networks solve the task, since the two sides are independent.

Fitness is 1,000 / (1 + the summed distance of the 512 outputs to targets of ±1), as in programs that reproduce
Verbancsics & Stanley 2011 and Risi & Stanley 2012; the task is solved if all outputs are on the correct side.
Distances are not squared. With squares, a side with 12 of 16 correct patterns would score no more than one with
outputs of 0, and evolution would keep networks that ignore one side.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from environments.tasks.patterns import ExampleTask, Numbers
from environments.tasks.settings import TaskConfig

__all__ = ["RetinaTask"]

_COLUMNS, _ROWS = 4, 2


class RetinaTask(ExampleTask):
    """The retina; see `environments.tasks.task.Task` for the interface."""

    name = "retina"
    input_names = tuple(f"{column} {row}" for row in ("lower", "upper") for column in "1234")
    output_names = ("left", "right")
    input_shape = (_ROWS, _COLUMNS)

    def __init__(self, config: TaskConfig) -> None:
        super().__init__(config)
        on: NDArray[np.int64] = np.arange(256)[:, None] >> np.arange(8) & 1
        pixels = on.reshape(256, _ROWS, _COLUMNS)
        self.patterns = np.where(on == 1, 1.0, -1.0)
        sides = [_has_object(pixels[:, :, :2], 0), _has_object(pixels[:, :, 2:], 1)]
        self.targets = np.where(np.stack(sides, axis=1), 1.0, -1.0)
        self.rule: str | None = "both outputs are right for all 256 patterns"

    def score(self, answers: Numbers) -> tuple[Numbers, NDArray[np.bool_]]:
        """Return 1,000 / (1 + summed distance), and which genomes are correct for all patterns."""
        right = np.asarray((answers * self.targets > 0.0).reshape(len(answers), -1).all(axis=1))
        return 1000.0 / (1.0 + np.abs(answers - self.targets).sum(axis=(1, 2))), right


def _has_object(half: NDArray[np.int64], outer: int) -> NDArray[np.bool_]:
    """Return whether halves of retinas contain an object.

    Args:
        half: Pixels, int64, shape (patterns, 2 rows, 2 columns).
        outer: Index of the outer column.
    """
    count, outside, inside = half.sum(axis=(1, 2)), half[:, :, outer].sum(axis=1), half[:, :, 1 - outer].sum(axis=1)
    found: NDArray[np.bool_] = (count >= 3) | ((outside >= 1) & (inside == 0))
    return found
