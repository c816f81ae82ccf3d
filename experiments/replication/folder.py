"""The folder of a replication study: its settings, one line per finished run, and finally its summary.

Finished runs are stored, so an interrupted study can be continued, and a larger study includes the runs of a smaller
one. Runs with other settings are rejected, since the figures of a mixture would be meaningless.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from experiments.folder.files import AnyPath, Lines, explained, finite, read_bounded, read_lines, write_atomically
from experiments.folder.lock import FolderLock
from experiments.folder.toml import parse_toml
from experiments.replication.play import ReplicationRun
from experiments.replication.summary import Summary
from experiments.settings import Experiment, RunConfig, from_mapping, to_toml
from experiments.studies.provenance import provenance
from neat.errors import ConfigError, RunDirectoryError

__all__ = ["RUNS", "SETTINGS", "StudyFolder", "identity", "row_data"]

SETTINGS, RUNS, SUMMARY = "settings.toml", "runs.jsonl", "summary.json"
_LARGEST_SETTINGS = 1 << 20


def identity(experiment: Experiment) -> str:
    """Return the settings that determine the results of runs, as TOML: all except seeds, workers and backend."""
    run = RunConfig(generations=experiment.run.generations)
    return to_toml(dataclasses.replace(experiment, run=run))


def _as_now(text: str) -> str:
    """Return settings with the values of those that this version has in addition, and without the description."""
    try:
        experiment = from_mapping(parse_toml(text, SETTINGS))
    except ConfigError:
        return text
    return identity(dataclasses.replace(experiment, description=""))


class StudyFolder:
    """The folder of a study, locked while runs are added to it. A context manager.

    Attributes:
        path: Path of the folder.
        rows: Finished runs, by seed.
    """

    def __init__(self, path: AnyPath, experiment: Experiment) -> None:
        """Open a folder, creating it if it does not exist.

        Raises:
            RunDirectoryError: The folder contains other files or runs with other settings, cannot be written, or is in
                use by another process.
        """
        self.path = path = Path(path)
        self.experiment = experiment
        with explained(path, "write to"):
            path.mkdir(parents=True, exist_ok=True)
            self._lock = FolderLock(path)
        try:
            self._claim()
            self.rows = self._read()
            # Written again without a last line that a crash cut short: the next line would be appended to it.
            with explained(path / RUNS, "write to"):
                write_atomically(path / RUNS, "".join(f"{_line(row)}\n" for row in self.rows.values()))
            self._lines = Lines(path / RUNS)
        except BaseException:
            self._lock.release()
            raise

    def _claim(self) -> None:
        """Write the settings, or compare them with the stored ones."""
        file, mine = self.path / SETTINGS, identity(self.experiment)
        if not file.exists():
            others = [entry.name for entry in self.path.iterdir() if entry.name != "run.lock"]
            if others:
                raise RunDirectoryError(f"{self.path} contains other files ({min(others)}): choose another --out")
            with explained(file, "write to"):
                write_atomically(file, mine)
            return
        there = read_bounded(file, _LARGEST_SETTINGS).decode(errors="replace")
        there, mine = _as_now(there), _as_now(mine)
        if there != mine:
            raise RunDirectoryError(
                f"{self.path} contains runs with other settings ({_difference(there, mine)}): choose another --out"
            )

    def _read(self) -> dict[int, ReplicationRun]:
        file = self.path / RUNS
        if not file.exists():
            return {}
        return {row.seed: row for row in read_lines(file, ReplicationRun, "a run of a study")}

    def add(self, row: ReplicationRun) -> None:
        """Store a finished run.

        Raises:
            RunDirectoryError: The file cannot be written.
        """
        self._lines.append(row_data(row))
        self.rows[row.seed] = row

    def finish(self, rows: Sequence[ReplicationRun]) -> Summary:
        """Write the summary of some runs, with the software versions and the processor, and return it.

        Raises:
            RunDirectoryError: The file cannot be written.
        """
        summary = Summary.of(rows)
        data = {
            "study": self.experiment.name,
            "preset": self.experiment.preset,
            **summary.as_dict(),
            "seeds": [row.seed for row in rows],
            "machine": provenance(),
        }
        with explained(self.path / SUMMARY, "write to"):
            write_atomically(self.path / SUMMARY, json.dumps(finite(data), indent=1) + "\n")
        return summary

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lines.close()
        self._lock.release()


def row_data(row: ReplicationRun) -> dict[str, object]:
    """Return a run as plain data, for JSON."""
    return {name: getattr(row, name) for name in row.__struct_fields__}


def _line(row: ReplicationRun) -> str:
    return json.dumps(finite(row_data(row)), separators=(",", ":"))


def _difference(there: str, mine: str) -> str:
    """Return the first line in which two settings files differ, for a message."""
    for old, new in zip(there.splitlines(), mine.splitlines(), strict=False):
        if old != new:
            return f"{old[:80]!r} there, {new[:80]!r} here"
    return "one has more lines"
