"""Videos for a report, recorded by another process while this one draws the charts."""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from experiments.display.canvas import draw_offscreen
from experiments.display.videos import Film, clip
from experiments.folder.saved import load_champion
from neat.compiled.parallel import available_cores

__all__ = ["record_into", "recorded"]

Job = tuple[Path, str | None]
"""A run folder, and the cell of an elite; None: the champion."""

_POLL = 0.01
"""Seconds between two looks at whether a video is there."""


@contextmanager
def recorded(jobs: Sequence[Job]) -> Iterator[list[Callable[[], Film]]]:
    """Begin to record videos, in order; at the end, what is not recorded yet is given up.

    With one core, a video is recorded when it is asked for.

    Args:
        jobs: What to record.

    Yields:
        For each job a function that waits for its video.
    """
    if not jobs or available_cores() < 2 or not sys.executable:
        yield [partial(_record, job) for job in jobs]
        return
    words = f"import sys; sys.path[:] = {sys.path!r}; from {__name__} import record_into as go; go(*sys.argv[1:])"
    with tempfile.TemporaryDirectory(prefix="neat-report-") as place:
        names = [word for folder, cell in jobs for word in (str(folder), cell or "")]
        # A session of its own: Ctrl-C reaches only this process, which then ends the other one.
        helper = subprocess.Popen(
            [sys.executable, "-c", words, place, *names],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            yield [partial(_awaited, helper, Path(place), number) for number in range(len(jobs))]
        finally:
            helper.kill()
            helper.wait()


def record_into(place: str, *names: str) -> None:
    """Record videos into files, as the other process does.

    Args:
        place: Folder for the files.
        names: Of each job in turn the run folder and the cell, which is empty for the champion.
    """
    for number, (folder, cell) in enumerate(zip(names[::2], names[1::2], strict=True)):
        film = _record((Path(folder), cell or None))
        Path(place, f"{number}.wide").write_bytes(film.wide)
        Path(place, f"{number}.narrow").write_bytes(film.narrow)
        written = Path(place, f"{number}.part")
        written.write_text(film.missing, encoding="utf-8")
        written.rename(_end(Path(place), number))


def _end(place: Path, number: int) -> Path:
    """Return the file that is written last of all those of a video."""
    return place / f"{number}.end"


def _awaited(helper: subprocess.Popen[bytes], place: Path, number: int) -> Film:
    end = _end(place, number)
    while not end.exists():
        if helper.poll() is not None and not end.exists():
            return Film(missing=f"the process that records videos ended early, with exit code {helper.returncode}")
        time.sleep(_POLL)
    wide, narrow = (Path(place, f"{number}.{kind}").read_bytes() for kind in ("wide", "narrow"))
    return Film(wide=wide, narrow=narrow, missing=end.read_text(encoding="utf-8"))


def _record(job: Job) -> Film:
    draw_offscreen()
    folder, cell = job
    return clip(load_champion(folder, cell=cell))
