"""A progress line on the terminal, for work that takes long."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["counting", "telling"]


@contextmanager
def telling(what: str) -> Iterator[Callable[[str], None]]:
    """Show a progress line with the time so far, until the work is done.

    It is written to standard error. If that is not a terminal, each kind of work gets one line.

    Args:
        what: The first work, such as ``drawing charts``.

    Yields:
        A function that changes the text of the line.
    """
    if not sys.stderr.isatty():
        said: set[str] = set()

        def say(text: str) -> None:
            kind = text.partition(":")[0]
            if kind not in said:
                said.add(kind)
                print(f"{kind} …", file=sys.stderr, flush=True)

        say(what)
        yield say
        return
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    columns = SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn()
    with Progress(*columns, console=Console(file=sys.stderr), transient=True) as progress:
        task = progress.add_task(what, total=None)
        yield lambda text: progress.update(task, description=text)


@contextmanager
def counting(what: str) -> Iterator[Callable[[int], None]]:
    """Show a progress line with a number of steps.

    Args:
        what: The work, such as ``recording``.

    Yields:
        A function that takes the number of steps so far.
    """
    with telling(what) as tell:
        yield lambda steps: tell(f"{what}: step {steps:,}")
