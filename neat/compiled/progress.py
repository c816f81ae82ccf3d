"""Progress of compilation, in whichever process it happens: counts the kernels cached since a given moment."""

from __future__ import annotations

import contextlib

from neat.compiled.kernel import cache_root

__all__ = ["KERNELS", "kept_since"]

KERNELS = 25
"""Approximate number of kernels of a run; a game adds some."""


def kept_since(moment: float) -> tuple[int, str]:
    """Return the number of kernels cached since a moment, and the room and file of the last (``species.distance``).

    Args:
        moment: Seconds since the epoch.
    """
    found = []
    for path in cache_root().glob("*/*.nbc"):
        with contextlib.suppress(OSError):  # another process tidies up
            found.append((path.stat().st_mtime, path.parent.name.rpartition("-")[0]))
    found = [(time, name) for time, name in found if time >= moment]
    return len(found), max(found, default=(0.0, ""))[1]
