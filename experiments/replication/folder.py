"""The folder of a study of many runs: its settings, one line per finished run, and finally its summary.

Finished runs are stored, so an interrupted study can be continued, and a larger study includes the runs of a smaller
one. Runs with other settings are rejected, since the figures of a mixture would be meaningless.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Generic, Protocol, Self, TypeVar

import msgspec

from experiments.folder.files import AnyPath, Lines, explained, finite, read_bounded, read_lines, write_atomically
from experiments.folder.lock import FolderLock
from experiments.folder.toml import parse_toml
from experiments.replication.play import ReplicationRun
from experiments.replication.summary import Summary
from experiments.settings import Experiment, RunConfig, from_mapping, to_toml
from experiments.studies.provenance import provenance
from neat.errors import ConfigError, RunDirectoryError

__all__ = ["RUNS", "SETTINGS", "RunsFolder", "StudyFolder", "identity", "row_data"]

SETTINGS, RUNS, SUMMARY = "settings.toml", "runs.jsonl", "summary.json"
_LARGEST_SETTINGS = 1 << 20


def identity(experiment: Experiment) -> str:
    """Return the settings that determine the results of runs, as TOML: all but seeds, workers, backend, checkpoints."""
    usual = RunConfig()
    aside = ("seed", "workers", "backend", "checkpoint_every", "checkpoint_seconds", "checkpoints_kept")
    run = dataclasses.replace(experiment.run, **{name: getattr(usual, name) for name in aside})
    return to_toml(dataclasses.replace(experiment, run=run))


def _as_now(text: str) -> str:
    """Return settings with the values of those that this version has in addition, and without the description."""
    try:
        experiment = from_mapping(parse_toml(text, SETTINGS))
    except ConfigError:
        return text
    return identity(dataclasses.replace(experiment, description=""))


class _Seeded(Protocol):
    """A row: a `msgspec.Struct` with the seed of its run."""

    @property
    def seed(self) -> int: ...


Row = TypeVar("Row", bound=_Seeded)


class RunsFolder(Generic[Row]):
    """The folder of runs of one experiment with other seeds, locked while runs are added to it. A context manager.

    Attributes:
        path: Path of the folder.
        rows: Finished runs, by seed.
    """

    def __init__(self, path: AnyPath, experiment: Experiment, kind: type[Row]) -> None:
        """Open a folder, creating it if it does not exist.

        Args:
            path: The folder.
            experiment: The settings of the runs; seed, workers, backend and checkpoints may differ.
            kind: Type of the rows, a `msgspec.Struct`.

        Raises:
            RunDirectoryError: The folder contains other files or runs with other settings, cannot be written, or is in
                use by another process.
        """
        self.path = path = Path(path)
        self.experiment, self._kind = experiment, kind
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

    def _read(self) -> dict[int, Row]:
        file = self.path / RUNS
        if not file.exists():
            return {}
        return {row.seed: row for row in read_lines(file, self._kind, "a run of a study")}

    def add(self, row: Row) -> None:
        """Store a finished run.

        Raises:
            RunDirectoryError: The file cannot be written.
        """
        self._lines.append(row_data(row))
        self.rows[row.seed] = row

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._lines.close()
        self._lock.release()


class StudyFolder(RunsFolder[ReplicationRun]):
    """The folder of a replication study."""

    def __init__(self, path: AnyPath, experiment: Experiment) -> None:
        """Open a folder, as `RunsFolder` does."""
        super().__init__(path, experiment, ReplicationRun)

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


def row_data(row: object) -> dict[str, object]:
    """Return a run, a `msgspec.Struct`, as plain data for JSON."""
    data: dict[str, object] = msgspec.to_builtins(row)
    return data


def _line(row: object) -> str:
    return json.dumps(finite(row_data(row)), separators=(",", ":"))


def _difference(there: str, mine: str) -> str:
    """Return the first line in which two settings files differ, for a message."""
    for old, new in zip(there.splitlines(), mine.splitlines(), strict=False):
        if old != new:
            return f"{old[:80]!r} there, {new[:80]!r} here"
    return "one has more lines"
