"""The successive champions of a run, and their scores on fresh episodes.

``champions.jsonl`` in a run folder has a line for each event, in order::

    {"generation": 3, "fitness": 214.0, "genome": {...}}                                  a new champion
    {"generation": 3, "fitness": 500.0, "accepted": true, "verification": {...}}          one tested on fresh episodes

A test also says whether its genome became the champion (``best``), was below the aim (``below``), or took place because
the run ended (``last``: a resumed run removes this line and what follows). ``report`` is the score in the final
verification, for one that reached the aim. Generations count from 0. A genome has the form of `neat.Genome.to_dict`; a
verification has ``mean``, ``sd``, ``low``, ``high`` (95% interval of the mean), ``minimum`` and ``episodes``.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict

import msgspec
import numpy as np

from environments.tasks.settings import Scaling
from experiments.display.reporters import Reporter
from experiments.folder.files import AnyPath, Lines, read_lines
from neat.errors import GenomeError, RunDirectoryError
from neat.genes.table import Genome

if TYPE_CHECKING:
    from experiments.folder.champion import Champion
    from experiments.loop.events import Attempt

__all__ = ["ChampionsReporter", "History", "Step", "read_champions"]

_NAME = "champions.jsonl"
_LARGEST = 2 << 30
"""Bytes of the file: hundreds of champions of a game that is seen as images, each of some 10 MiB."""
_KEPT = ("mean", "sd", "low", "high", "minimum", "episodes")


@dataclass(frozen=True)
class Step:
    """A champion of the run, and the generation from which on it was the champion."""

    generation: int
    fitness: float | None
    genome: Genome
    scaling: Scaling | None = None
    """Observation scaling of its generation, if observations are scaled by running statistics."""


@dataclass(frozen=True)
class History:
    """The content of ``champions.jsonl``: champions in order, and trials on fresh episodes as plain data."""

    champions: list[Step]
    attempts: list[dict[str, Any]]


class ChampionsReporter(Reporter):
    """Appends champions and trials to ``champions.jsonl`` of a run folder."""

    def __init__(self, folder: AnyPath) -> None:
        self._lines = Lines(Path(folder) / _NAME)

    def improved(self, champion: Champion) -> None:
        """Append a champion."""
        head = {"generation": champion.generation, "fitness": champion.fitness}
        scaling = None
        if champion.scaling is not None:
            scaling = {name: np.asarray(values).tolist() for name, values in champion.scaling.items()}
        told = {} if scaling is None else {"scaling": scaling}
        self._lines.append({**head, **told, "genome": champion.genome.to_dict()})

    def attempted(self, attempt: Attempt) -> None:
        """Append a trial."""
        data = attempt.as_dict()
        for name in ("verification", "report"):
            if data[name] is not None:
                data[name] = {key: data[name][key] for key in _KEPT}
        self._lines.append(data)

    def close(self) -> None:
        """Close the file."""
        self._lines.close()


class _Scores(TypedDict):
    mean: float | None
    sd: float | None
    low: float | None
    high: float | None
    minimum: float | None
    episodes: int


class _Line(msgspec.Struct):
    """A champion, with a genome, or a trial, with a verification."""

    generation: int
    fitness: float | None
    genome: msgspec.Raw = msgspec.Raw()
    scaling: dict[str, list[float]] | None = None
    accepted: bool = False
    below: bool = False
    verification: _Scores | None = None


def read_champions(folder: AnyPath) -> History:
    """Read ``champions.jsonl`` of a run folder. Without the file, the history is empty.

    A last line that a crash has truncated is left out.

    Raises:
        RunDirectoryError: The file cannot be read, or a line is invalid.
        GenomeError: A genome is invalid.
    """
    path = Path(folder) / _NAME
    history = History([], [])
    if not path.is_file():
        return history
    for number, line in enumerate(read_lines(path, _Line, "a champion or a trial", _LARGEST), start=1):
        if line.verification is not None:
            head = {"generation": line.generation, "accepted": line.accepted, "below": line.below}
            history.attempts.append({**head, "verification": line.verification})
            continue
        if not bytes(line.genome):
            raise RunDirectoryError(f"{path}, line {number}: expected a champion or a trial, got neither")
        try:
            genome = Genome.from_json(bytes(line.genome))
        except GenomeError as error:
            raise type(error)(f"{path}, line {number}: {error}") from None
        scaling = None
        if line.scaling is not None:
            scaling = {name: np.asarray(values, np.float64) for name, values in line.scaling.items()}
        history.champions.append(Step(line.generation, line.fitness, genome, scaling))
    return history
