"""Threads for compiled code: kernels release the interpreter lock and process shards of a table in parallel.

Shards are used instead of Numba's own parallel loops because they compile in half the time and need no threading layer,
which could hang after a fork. Results are written by index, so the number of threads cannot change them.
"""

from __future__ import annotations

import functools
import itertools
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

__all__ = ["SMALL_WORK", "available_cores", "run_shards", "shards"]

SMALL_WORK = 1024
"""Minimum number of genomes per thread; below it, waking a thread (0.2 ms) costs evolution more than it saves."""


def available_cores() -> int:
    """Return the number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def shards(count: int, parts: int) -> list[tuple[int, int]]:
    """Split ``range(count)`` into at most ``parts`` ranges of nearly equal length, none empty."""
    parts = max(1, min(parts, count))
    bounds = [count * k // parts for k in range(parts + 1)]
    return list(itertools.pairwise(bounds))


@functools.cache
def _pool(threads: int, process: int) -> ThreadPoolExecutor:
    return ThreadPoolExecutor(threads, thread_name_prefix="neat")


def run_shards(
    work: Callable[[int, int, int], object], count: int, threads: int, smallest: int = 64
) -> NDArray[np.int64]:
    """Call ``work(start, stop, shard)`` for shards of ``range(count)``, on up to ``threads`` threads.

    With fewer than ``smallest`` items per thread, fewer threads are used.

    Returns:
        First index of each shard, int64, shape (shards,).
    """
    wanted = max(1, min(threads, count // smallest))
    if wanted == 1 and count > 0:
        work(0, count, 0)
        return np.zeros(1, np.int64)
    parts = shards(count, wanted)
    pool = _pool(threads, os.getpid())  # a forked child has none of its parent's threads
    futures = [pool.submit(work, start, stop, k) for k, (start, stop) in enumerate(parts[1:], 1)]
    work(*parts[0], 0)
    for future in futures:
        future.result()
    return np.array([start for start, _ in parts])
