"""Who descends from whom in a run, in ``lineage.jsonl`` of its folder.

The file has a line for each generation::

    {"generation": 7, "nodes": 8, "connections": 21, "genomes": [[4, 17, -1, 1026, 214.0], ...]}

with the highest innovation numbers so far, and the genomes that matter to later generations (parents of the next one,
the fittest): index, mother and father (indices in the generation before, -1 for none), `neat.mutation.Operator` flags
and training fitness. Generations count from 0. A line depends on nothing but its generation, so a run that is resumed
goes on writing where the file was cut back to.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from typing import IO

import msgspec

from experiments.directory import LARGEST_FILE, finite
from experiments.reporters import Reporter
from neat.ancestry import Relatives
from neat.errors import RunDirectoryError

__all__ = ["LineageReporter", "read_lineage"]

_NAME = "lineage.jsonl"


class LineageReporter(Reporter):
    """Appends every generation's relatives to ``lineage.jsonl`` of a run's folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._file: IO[str] | None = None

    def bred(self, relatives: Relatives) -> None:
        """Append a generation."""
        line = {
            "generation": relatives.generation,
            "nodes": relatives.nodes,
            "connections": relatives.connections,
            "genomes": [[index, *values] for index, values in relatives.genomes.items()],
        }
        try:
            if self._file is None:
                self._file = (self.folder / _NAME).open("a", encoding="utf-8")
            self._file.write(json.dumps(finite(line), separators=(",", ":")) + "\n")
            self._file.flush()
        except OSError as error:
            raise RunDirectoryError(f"cannot write to {self.folder / _NAME}: {error.strerror or error}") from None

    def close(self) -> None:
        """Let go of the file."""
        if self._file is not None:
            with suppress(OSError):  # closing tries again to write what a full disk refused, which was reported then
                self._file.close()
            self._file = None


class _Line(msgspec.Struct):
    generation: int
    nodes: int
    connections: int
    genomes: list[tuple[int, int, int, int, float | None]]


def read_lineage(folder: Path) -> list[Relatives]:
    """Read ``lineage.jsonl`` of a run's folder; without the file there are no relatives.

    Raises:
        RunDirectoryError: The file cannot be read, or a line is none of its lines. A last line cut short is left out.
    """
    path = folder / _NAME
    if not path.is_file():
        return []
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
    except OSError as error:
        raise RunDirectoryError(f"cannot read {path}: {error.strerror or error}") from None
    if len(content) > LARGEST_FILE:
        raise RunDirectoryError(f"{path}: larger than {LARGEST_FILE >> 20} MiB, not read")
    history = []
    for number, text in enumerate(content.split(b"\n")[:-1], start=1):
        try:
            line = msgspec.json.decode(text, type=_Line)
        except (ValueError, RecursionError) as error:
            reason = " ".join(str(error).split())[:100]
            raise RunDirectoryError(f"{path}, line {number}: expected a generation's relatives: {reason}") from None
        genomes = {
            index: (mother, father, operators & 0xFFFFFFFF, float("nan") if fitness is None else fitness)
            for index, mother, father, operators, fitness in line.genomes
        }
        history.append(Relatives(line.generation, line.nodes, line.connections, genomes))
    return history
