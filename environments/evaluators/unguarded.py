"""Scripts that use workers without ``if __name__ == "__main__":``.

A worker imports the script of the process that started it. Without that line, the script would run again in every
worker, up to the place where it starts workers of its own, which Python then refuses with a traceback in each.
"""

from __future__ import annotations

import multiprocessing
import os

__all__ = ["EXIT_CODE", "end_if_unguarded"]

EXIT_CODE = 78
"""Exit code of a worker whose script would have run again."""


def end_if_unguarded() -> None:
    """End this process if it is a worker that is just importing the script of its parent."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):  # what Python itself looks at
        os._exit(EXIT_CODE)
