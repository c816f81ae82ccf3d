"""Scripts that use workers without ``if __name__ == "__main__":``.

A worker imports the script of the process that started it. Without this line, the script would run again in each
worker until it starts workers itself. Python rejects this, with a traceback in each worker.
"""

from __future__ import annotations

import multiprocessing
import os

__all__ = ["EXIT_CODE", "end_if_unguarded"]

EXIT_CODE = 78
"""Exit code of a worker in which the script would have run again."""


def end_if_unguarded() -> None:
    """End this process if it is a worker that is importing its parent's script."""
    if getattr(multiprocessing.current_process(), "_inheriting", False):  # Python itself checks this attribute
        os._exit(EXIT_CODE)
