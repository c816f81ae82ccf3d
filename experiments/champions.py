"""The champions of a run, one after the other, and what they scored when tried on fresh episodes.

``champions.jsonl`` in a run's folder has a line for each event, in order::

    {"generation": 3, "fitness": 214.0, "genome": {...}}                          a new champion
    {"generation": 3, "fitness": 500.0, "accepted": true, "verification": {...}}  one tried on fresh episodes

Generations count from 0. A genome is what `neat.genome.Genome.to_dict` writes; a verification has ``mean``, ``sd``,
``low``, ``high`` (95% interval of the mean), ``minimum`` and ``episodes``.
"""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

from experiments.directory import LARGEST_FILE, finite
from experiments.reporters import Reporter
from neat.errors import GenomeError, RunDirectoryError
from neat.genome import Genome

if TYPE_CHECKING:
    from experiments.directory import Champion
    from experiments.events import Attempt

__all__ = ["ChampionsReporter", "History", "Step", "read_champions"]

_NAME = "champions.jsonl"
_KEPT = ("mean", "sd", "low", "high", "minimum", "episodes")


@dataclass(frozen=True)
class Step:
    """A genome that was the run's champion from a generation on."""

    generation: int
    fitness: float | None
    genome: Genome


@dataclass(frozen=True)
class History:
    """What ``champions.jsonl`` holds: champions in order, and trials on fresh episodes as plain data."""

    champions: list[Step]
    attempts: list[dict[str, Any]]


class ChampionsReporter(Reporter):
    """Appends champions and trials to ``champions.jsonl`` of a run's folder as they come."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file: IO[str] | None = None

    def improved(self, champion: Champion) -> None:
        """Append a champion."""
        head = {"generation": champion.generation, "fitness": champion.fitness}
        self._append({**head, "genome": champion.genome.to_dict()})

    def attempted(self, attempt: Attempt) -> None:
        """Append a trial."""
        scores = attempt.verification.as_dict()
        data = {**attempt.as_dict(), "verification": {name: scores[name] for name in _KEPT}}
        self._append(data)

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            with suppress(OSError):  # closing tries again to write what a full disk refused, which was reported then
                self._file.close()
            self._file = None

    def _append(self, data: dict[str, Any]) -> None:
        try:
            if self._file is None:
                self._file = (self.folder / _NAME).open("a", encoding="utf-8")
            self._file.write(json.dumps(finite(data), separators=(",", ":")) + "\n")
            self._file.flush()
        except OSError as error:
            raise RunDirectoryError(f"cannot write to {self.folder / _NAME}: {error.strerror or error}") from None


def read_champions(folder: Path) -> History:
    """Read ``champions.jsonl`` of a run's folder; without the file the history is empty.

    Raises:
        RunDirectoryError: The file cannot be read, or a line is none of its lines. A last line cut short is left out.
        GenomeError: A genome breaks a rule of valid genomes.
    """
    path = folder / _NAME
    if not path.is_file():
        return History([], [])
    try:
        if path.stat().st_size > LARGEST_FILE:
            raise RunDirectoryError(f"{path}: larger than {LARGEST_FILE >> 20} MiB, not read")
        lines = path.read_text("utf-8", "replace").split("\n")[:-1]
    except OSError as error:
        raise RunDirectoryError(f"cannot read {path}: {error.strerror or error}") from None
    history = History([], [])
    for number, line in enumerate(lines, start=1):
        where = f"{path}, line {number}"
        try:
            data = json.loads(line)
            if "genome" in data:
                fitness = None if data["fitness"] is None else float(data["fitness"])
                history.champions.append(Step(int(data["generation"]), fitness, Genome.from_dict(data["genome"])))
            else:
                history.attempts.append(_trial(data))
        except GenomeError as error:
            raise GenomeError(f"{where}: {error}") from None
        except (KeyError, TypeError, ValueError, RecursionError):
            raise RunDirectoryError(f"{where}: expected a champion or a trial, got {line[:60]!r}") from None
    return history


def _trial(data: dict[str, Any]) -> dict[str, Any]:
    scores = data["verification"]
    return {
        "generation": int(data["generation"]),
        "accepted": bool(data["accepted"]),
        "verification": {name: None if scores[name] is None else float(scores[name]) for name in _KEPT},
    }
