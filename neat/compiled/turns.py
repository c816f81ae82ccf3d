"""One process at a time compiles a kernel; the others wait and then load the cached result.

So a helper process can compile what a run will need, and runs that start together do not all compile the same. The
system releases a lock when its process ends, however it ends. If a folder is not writable or has no locks, every
process compiles for itself.
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
    """Hold a lock on the file ``place`` for the duration, waiting until no other process holds it."""
    with contextlib.ExitStack() as stack:
        with contextlib.suppress(OSError):
            file = stack.enter_context(place.open("ab"))
            if sys.platform == "win32":
                msvcrt.locking(file.fileno(), msvcrt.LK_LOCK, 1)
            else:
                fcntl.flock(file, fcntl.LOCK_EX)
                stack.callback(fcntl.flock, file, fcntl.LOCK_UN)  # a forked child has inherited the open file
        yield
