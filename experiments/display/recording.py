"""Videos for a report, recorded by another process while this one draws the charts."""

from __future__ import annotations

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from experiments.display.canvas import draw_offscreen
from experiments.display.videos import Film, clip
from experiments.folder.saved import load_champion
from neat.compiled.parallel import available_cores

__all__ = ["recorded"]

Job = tuple[Path, str | None]
"""A run folder, and the cell of an elite; None: the champion."""


@contextmanager
def recorded(jobs: Sequence[Job]) -> Iterator[list[Callable[[], Film]]]:
    """Begin to record videos, in order.

    With one core, a video is recorded when it is asked for.

    Args:
        jobs: What to record.

    Yields:
        For each job a function that waits for its video.
    """
    if not jobs or available_cores() < 2:
        yield [partial(_record, job) for job in jobs]
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=_begin) as pool:
        try:
            yield [pool.submit(_record, job).result for job in jobs]
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _begin() -> None:
    """End quietly at Ctrl-C, which the terminal sends to every process."""
    signal.signal(signal.SIGINT, lambda number, frame: os._exit(130))


def _record(job: Job) -> Film:
    draw_offscreen()
    folder, cell = job
    return clip(load_champion(folder, cell=cell))
