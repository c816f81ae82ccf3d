"""Entry point of the command `neat` (also ``python -m experiments``)."""

from __future__ import annotations

import gc
import sys
from typing import Any

from experiments import cli

__all__ = ["main"]

_STARTING = 150_000
"""Objects that a command makes while it starts, of modules mostly, before it is worth a look which are garbage."""


def main() -> int:
    """Run the command line with this process's words, and return its exit code."""
    usual = gc.get_threshold()

    def started(phase: str, about: dict[str, Any]) -> None:
        if phase == "start":
            gc.set_threshold(*usual)
        else:
            gc.callbacks.remove(started)
            gc.freeze()

    gc.callbacks.append(started)
    gc.set_threshold(_STARTING, *usual[1:])
    try:
        return cli.main()
    finally:
        gc.freeze()  # the process ends: the system takes all memory back at once


if __name__ == "__main__":
    sys.exit(main())
