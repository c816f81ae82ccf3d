"""Generations stored for the watch page: files in ``watch/`` of a run folder.

The run never waits for a watcher: it writes a file and continues. Writing takes at most 2% of its time. Generations
that would take more are left out, except the last one. A run without ``--watch`` stores only the last one.
"""

from __future__ import annotations

import contextlib
import logging
import re
import time
from pathlib import Path

from experiments.display.reporters import Reporter
from experiments.folder.files import AnyPath
from experiments.loop.events import Outcome, Played
from neat.files.played import save_played

__all__ = ["FOLDER", "SHARE", "SnapshotReporter", "snapshots_of"]

_log = logging.getLogger(__name__)
FOLDER = "watch"
"""Name of the folder in a run folder."""
_NAME = re.compile(r"\d{6,18}\.npz")
SHARE = 0.02
"""Maximum share of the run's time that is spent on snapshots."""
_CREDIT = 0.2
"""Seconds that may be spent in advance, so that the first generations of fast runs are stored."""
_MOST, _LARGEST = 64, 64 << 20
"""Maximum number of files, and of their bytes together."""


class SnapshotReporter(Reporter):
    """Writes generations into a run folder, as often as a small share of the run's time allows."""

    def __init__(self, folder: AnyPath, *, share: float = SHARE) -> None:
        """Create the reporter.

        Args:
            folder: The run folder.
            share: Maximum share of the run's time spent on writing; with 0, only the last generation is written.
        """
        self._folder = Path(folder) / FOLDER
        self._share = share
        self._credit = _CREDIT if share else 0.0
        self._last = time.monotonic()
        self._waiting: Played | None = None
        self._broken = False

    def played(self, played: Played) -> None:
        """Write the generation, or keep it until there is time."""
        now = time.monotonic()
        self._credit = min(_CREDIT, self._credit + self._share * (now - self._last))
        self._last = now
        self._waiting = played
        if self._credit > 0:
            self._write()
            self._credit -= time.monotonic() - now

    def finished(self, outcome: Outcome) -> None:
        """Write the last generation."""
        self._write()

    def close(self) -> None:
        """Write the last generation, if it has not been written."""
        self._write()

    def _write(self) -> None:
        played, self._waiting = self._waiting, None
        if played is None or self._broken:
            return
        generation = played.generation
        try:
            self._folder.mkdir(exist_ok=True)
            path = self._folder / f"{generation.number:06}.npz"
            save_played(path, generation.genomes, generation.fitness, played.scaling)
            _thin_out(self._folder)
        except OSError as error:  # such as a full disk; the run itself may still continue
            self._broken = True
            _log.warning(
                "cannot write to %s: %s; the run continues, but stores no more generations for the watch page",
                self._folder,
                error,
            )


def snapshots_of(folder: AnyPath) -> dict[int, Path]:
    """Return the files of the generations stored for the watch page, by number, ascending."""
    try:
        found = [path for path in (Path(folder) / FOLDER).iterdir() if _NAME.fullmatch(path.name)]
    except OSError:
        return {}
    return {int(path.stem): path for path in sorted(found, key=lambda path: int(path.stem))}


def _thin_out(folder: Path) -> None:
    """Delete every second file while there are too many, but never the first and the last."""
    files = list(snapshots_of(folder.parent).values())
    while len(files) > 2:
        size = sum(path.stat().st_size for path in files) if len(files) <= _MOST else _LARGEST + 1
        if size <= _LARGEST:
            return
        for path in files[1:-1:2]:
            with contextlib.suppress(OSError):
                path.unlink()
        files = [*files[:-1:2], files[-1]]
