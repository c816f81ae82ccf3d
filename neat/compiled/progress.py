"""How far compiling has come, whichever processes do it: by the machine code that is kept since a moment."""

from __future__ import annotations

import contextlib

from neat.compiled.kernel import cache_root

__all__ = ["KERNELS", "kept_since"]

KERNELS = 25
"""Kernels that a run needs, more or less: a game has some of its own."""


def kept_since(moment: float) -> tuple[int, str]:
    """Return how many kernels have been kept since then, and the room and file of the last one (``species.distance``).

    Args:
        moment: Seconds since the epoch.
    """
    found = []
    for path in cache_root().glob("*/*.nbc"):
        with contextlib.suppress(OSError):  # another process tidies up
            found.append((path.stat().st_mtime, path.parent.name.rpartition("-")[0]))
    found = [(time, name) for time, name in found if time >= moment]
    return len(found), max(found, default=(0.0, ""))[1]
