"""The watch page of a run in a notebook."""

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
    """The watch page of a run. A notebook shows it if it is the value of the last line of a cell.

    Attributes:
        address: The address of the page, for a browser on this machine.
    """

    def __init__(self, companion: Companion, height: int) -> None:
        self.address = str(companion.address)
        self._companion, self._height = companion, height

    def close(self) -> None:
        """Stop serving the page."""
        self._companion.close()

    def _repr_html_(self) -> str:
        address = html.escape(self.address, quote=True)
        look = f'width="100%" height="{self._height}" style="border:0"'
        return f'<iframe src="{address}" title="a run" {look}></iframe>'

    def __repr__(self) -> str:
        return f"<WatchedRun {self.address}>"


def watch(path: AnyPath, *, height: int = 820) -> WatchedRun:
    """Show a run in a notebook: its whole population plays, during the run or afterwards.

    A process of its own serves the page, on this machine only, until the notebook ends or `WatchedRun.close` is called.
    If the notebook runs on another machine, forward the port to your own (``ssh -L``). To store generations during a
    run, give the run a reporter for it::

        run(experiment, SnapshotReporter("runs/mine"), out="runs/mine")

    Args:
        path: The run folder.
        height: Height of the page in the notebook, in pixels.

    Raises:
        RunDirectoryError: The folder does not exist, or cannot be written.
    """
    folder = Path(path).resolve()
    if not folder.is_dir():
        raise RunDirectoryError(f"{path}: expected the folder of a run, found nothing there")
    before = _open.get(folder)
    if before is None or not before.alive:
        before = _open[folder] = Companion(folder)
        atexit.register(before.close)
    return WatchedRun(before, height)
