"""A line on the terminal that says how far something long has come."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["counting"]


@contextmanager
def counting(what: str) -> Iterator[Callable[[int], None]]:
    """Show a line that counts, on standard error and only on a terminal; it is gone when the work is done.

    Args:
        what: What is being done: ``filming``.

    Yields:
        A function to be told the number of steps so far.
    """
    if not sys.stderr.isatty():
        yield lambda steps: None
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}: step {task.completed:,.0f}"), TimeElapsedColumn()
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda steps: progress.update(task, completed=steps)
