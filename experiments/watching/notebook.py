"""The page about a run within a notebook."""

from __future__ import annotations

import atexit
import html
from pathlib import Path

from experiments.folder.files import AnyPath
from experiments.watching.process import Companion
from neat.errors import RunDirectoryError

__all__ = ["WatchedRun", "watch"]

_open: dict[Path, Companion] = {}


class WatchedRun:
    """The page about a run: a notebook shows it where this is the last line of a cell.

    Attributes:
        address: Where the page is, for a browser on this machine.
    """

    def __init__(self, companion: Companion, height: int) -> None:
        self.address = str(companion.address)
        self._companion, self._height = companion, height

    def close(self) -> None:
        """End the page."""
        self._companion.close()

    def _repr_html_(self) -> str:
        address = html.escape(self.address, quote=True)
        look = f'width="100%" height="{self._height}" style="border:0"'
        return f'<iframe src="{address}" title="a run" {look}></iframe>'

    def __repr__(self) -> str:
        return f"<WatchedRun {self.address}>"


def watch(path: AnyPath, *, height: int = 820) -> WatchedRun:
    """Show a run in a notebook: its whole population at play, while it goes on or afterwards.

    The page is served by a process of its own, on this machine alone, until the notebook ends or `WatchedRun.close`. A
    notebook on another machine needs its port brought over (``ssh -L``). A run that is to be seen generation by
    generation is given a reporter that keeps them::

        run(experiment, SnapshotReporter("runs/mine"), out="runs/mine")

    Args:
        path: The run's folder.
        height: Of the cell, in pixels.

    Raises:
        RunDirectoryError: There is no run.
    """
    folder = Path(path).resolve()
    if not folder.is_dir():
        raise RunDirectoryError(f"{path}: expected the folder of a run, found nothing there")
    before = _open.get(folder)
    if before is None or not before.alive:
        before = _open[folder] = Companion(folder)
        atexit.register(before.close)
    return WatchedRun(before, height)
