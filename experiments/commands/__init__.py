"""The commands of `neat`, one module each: its function ``command`` has the options as parameters (read by tyro)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

__all__ = ["again", "given", "open_in_browser", "option"]

_words: list[str] = []
"""The words after ``neat`` of the command that runs."""


def option(metavar: str) -> Any:
    """Describe an option whose default is None: its help says what happens without it, so "None" need not."""
    from tyro.conf import arg

    return arg(metavar=metavar, help_behavior_hint="")


def given(words: Sequence[str]) -> None:
    """Store the words of the command that runs, for `again`."""
    _words[:] = words


def again(*more: str) -> str:
    """Return the command that runs as text for a shell, with more words at its end."""
    import shlex

    return shlex.join(["neat", *_words, *more])


def open_in_browser(address: str) -> None:
    """Show a page in a browser, or say that there is none."""
    import sys
    import webbrowser

    if not webbrowser.open(address):
        print(f"no browser was found: open {address} in one", file=sys.stderr)
