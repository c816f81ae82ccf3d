"""The curves of a comparison on disk, one per line, so that an interrupted comparison can continue."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec
import numpy as np

from experiments.folder.files import AnyPath, Lines, explained, read_lines, write_atomically
from experiments.studies.arms import ArmJob, Curve, Point
from experiments.studies.results import digest
from neat.errors import RunDirectoryError

__all__ = ["CurveFile"]


class _Point(msgspec.Struct):
    steps: int
    seconds: float
    processor_seconds: float
    mean: float
    returns: list[float]


class _Row(msgspec.Struct):
    settings: str
    arm: str
    seed: int
    points: list[_Point]
    parameters: int
    connections: int
    hidden: int
    used: int
    generations: int
    policies: int


class CurveFile:
    """The file ``curves.jsonl`` of a comparison's folder.

    Args:
        folder: The folder, which exists.
        job: Any job of the comparison; all of its settings but arm and seed must be those of the kept curves.

    Attributes:
        curves: Those that were kept before, by arm and seed.

    Raises:
        RunDirectoryError: The file cannot be read or written, is something else, or was made with other settings.
    """

    def __init__(self, folder: AnyPath, job: ArmJob) -> None:
        path = Path(folder) / "curves.jsonl"
        self.curves: dict[tuple[str, int], Curve] = {}
        self._settings = _digest(job)
        if path.is_file():
            rows = list(read_lines(path, _Row, "a curve"))
            if any(row.settings != self._settings for row in rows):
                raise RunDirectoryError(
                    f"{path}: made with other settings; choose another folder (--out), or remove it"
                )
            with explained(path, "write to"):  # a crash may have cut its last line short
                write_atomically(path, "".join(msgspec.json.encode(row).decode() + "\n" for row in rows))
            self.curves = {(row.arm, row.seed): _curve(row) for row in rows}
        self._lines = Lines(path)

    def keep(self, curve: Curve) -> None:
        """Append a curve.

        Raises:
            RunDirectoryError: The file cannot be written.
        """
        self._lines.append({"settings": self._settings, **curve.as_dict()})

    def close(self) -> None:
        """Let go of the file."""
        self._lines.close()


def _digest(job: ArmJob) -> str:
    parts: Iterable[object] = (
        digest(job.experiment), job.ppo, job.budget, job.looks, job.episodes, job.final_episodes, job.fit,
    )  # fmt: skip
    return hashlib.blake2b(" ".join(map(str, parts)).encode(), digest_size=8).hexdigest()


def _curve(row: _Row) -> Curve:
    points = tuple(Point(p.steps, p.seconds, p.processor_seconds, np.array(p.returns)) for p in row.points)
    return Curve(
        row.arm, row.seed, points, row.parameters, row.connections, row.hidden, row.used, row.generations, row.policies
    )
