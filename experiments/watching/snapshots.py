"""Generations that a run leaves for whoever watches it: files in ``watch/`` of its folder, of which the newest counts.

The run never waits for a watcher: it writes a file and goes on. It spends at most a few hundredths of its time on that;
generations that would cost more are left out, except the last one. A run without a watcher leaves only that.
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
"""Folder in that of a run."""
_NAME = re.compile(r"\d{6,18}\.npz")
SHARE = 0.02
"""Share of the run's time that may go into snapshots."""
_CREDIT = 0.2
"""Seconds that are given in advance, so that the first generations of fast runs are there."""
_MOST, _LARGEST = 64, 64 << 20
"""Files, and their bytes together."""


class SnapshotReporter(Reporter):
    """Writes generations into a run's folder, as often as that costs next to nothing."""

    def __init__(self, folder: AnyPath, *, share: float = SHARE) -> None:
        """Take the run's folder, and the share of its time that may go into writing; of 0, only the last is written."""
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
        """Write what is still waiting."""
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
        except OSError as error:  # a full disk, say: the run itself is worth more, and says so when it cannot go on
            self._broken = True
            _log.warning("cannot write to %s: %s; the run continues without being watched", self._folder, error)


def snapshots_of(folder: AnyPath) -> dict[int, Path]:
    """Return the generations that a run has left for watchers, by number, ascending."""
    try:
        found = [path for path in (Path(folder) / FOLDER).iterdir() if _NAME.fullmatch(path.name)]
    except OSError:
        return {}
    return {int(path.stem): path for path in sorted(found, key=lambda path: int(path.stem))}


def _thin_out(folder: Path) -> None:
    """Remove every second file where there are too many; the first and the last stay."""
    files = list(snapshots_of(folder.parent).values())
    while len(files) > 2:
        size = sum(path.stat().st_size for path in files) if len(files) <= _MOST else _LARGEST + 1
        if size <= _LARGEST:
            return
        for path in files[1:-1:2]:
            with contextlib.suppress(OSError):
                path.unlink()
        files = [*files[:-1:2], files[-1]]
