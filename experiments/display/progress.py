"""A line on the terminal that says what something long is about, and how far it has come."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["counting", "telling"]


@contextmanager
def telling(what: str) -> Iterator[Callable[[str], None]]:
    """Show a line with the time so far, on standard error and only on a terminal; it is gone when the work is done.

    Args:
        what: What is being done at first: ``drawing charts``.

    Yields:
        A function to be told what is being done now.
    """
    if not sys.stderr.isatty():
        yield lambda text: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda text: progress.update(task, description=text)


@contextmanager
def counting(what: str) -> Iterator[Callable[[int], None]]:
    """Show such a line that counts.

    Args:
        what: What is being done: ``filming``.

    Yields:
        A function to be told the number of steps so far.
    """
    with telling(what) as tell:
        yield lambda steps: tell(f"{what}: step {steps:,}")
