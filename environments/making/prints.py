"""The printed output of games. It is separated from this program's output if other programs read that."""

from __future__ import annotations

import contextlib
import sys
from contextlib import AbstractContextManager
from typing import Any

__all__ = ["are_apart", "aside", "keep_apart"]

_apart = False


def keep_apart(wanted: bool) -> None:
    """Select whether the printed output of games goes to standard error instead of standard output."""
    global _apart
    _apart = wanted


def are_apart() -> bool:
    """Return whether the printed output of games goes to standard error."""
    return _apart


def aside() -> AbstractContextManager[Any]:
    """Return a context manager for running user code; prints go to standard error if they are separated."""
    return contextlib.redirect_stdout(sys.stderr) if _apart else contextlib.nullcontext()
