"""One process at a time compiles a kernel; others wait for it, and then read what it has kept.

So a helper can compile what a run will need, and many runs that start at once do not all compile the same. The system
lets go of a lock when its process ends, however it ends. Where a folder cannot be written or has no locks, everybody
compiles for themselves.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

__all__ = ["alone"]


@contextlib.contextmanager
def alone(place: Path) -> Iterator[None]:
    """Hold the lock of the file ``place`` meanwhile, as long as another process does not."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            file = stack.enter_context(place.open("ab"))
            if sys.platform == "win32":
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            else:
                fcntl.flock(file, fcntl.LOCK_EX)
                stack.callback(fcntl.flock, file, fcntl.LOCK_UN)  # a child that was forked meanwhile has it open too
        yield
