"""The behaviours of a run's genomes, in ``behaviours.jsonl`` of its folder, if requested by ``task.behaviour``.

The file has a line for each generation::

    {"generation": 7, "best": 31.2, "mean": 12.7, "behaviours": [[103.2, 54.1], ...]}

with the best and the mean selection score, and the first numbers of every genome's behaviour.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta
from numpy.typing import NDArray

from experiments.folder.files import AnyPath, Lines, read_lines

__all__ = ["NAME", "Behaved", "BehavioursFile", "read_behaviours"]

NAME = "behaviours.jsonl"
_MOST = 4
"""Maximum number of values stored of a behaviour."""


@dataclass(frozen=True, kw_only=True)
class Behaved:
    """The behaviours of a generation's genomes."""

    generation: int
    best: float
    """The highest selection score of the generation, which may be fitness."""
    mean: float
    behaviours: NDArray[np.float64]
    """float64, shape (genomes, d)."""


class BehavioursFile:
    """Appends generations to ``behaviours.jsonl`` of a run folder."""

    def __init__(self, folder: AnyPath) -> None:
        self._lines = Lines(Path(folder) / NAME)

    def append(self, behaved: Behaved) -> None:
        """Append a generation."""
        rows = [[float(f"{value:.6g}") for value in row[:_MOST]] for row in behaved.behaviours.tolist()]
        line = {"generation": behaved.generation, "best": behaved.best, "mean": behaved.mean, "behaviours": rows}
        self._lines.append(line)

    def close(self) -> None:
        """Close the file."""
        self._lines.close()


class _Line(msgspec.Struct):
    generation: Annotated[int, Meta(ge=0, lt=2**53)]
    best: float | None
    mean: float | None
    behaviours: list[list[float]]


def read_behaviours(folder: AnyPath) -> list[Behaved]:
    """Read ``behaviours.jsonl`` of a run folder. Without the file, the result is empty.

    A last line that a crash has truncated is left out.

    Raises:
        RunDirectoryError: The file cannot be read, or a line is invalid.
    """
    path = Path(folder) / NAME
    if not path.is_file():
        return []
    found = []
    for line in read_lines(path, _Line, "a generation's behaviours"):
        width = min((len(row) for row in line.behaviours), default=0)
        rows = np.array([row[:width] for row in line.behaviours], np.float64).reshape(len(line.behaviours), width)
        nan = float("nan")
        best, mean = (nan if value is None else value for value in (line.best, line.mean))
        found.append(Behaved(generation=line.generation, best=best, mean=mean, behaviours=rows))
    return found
