"""The printed output of games, which is separated from this program's own output if programs read that."""

from __future__ import annotations

import contextlib
import sys
from contextlib import AbstractContextManager
from typing import Any

__all__ = ["are_apart", "aside", "keep_apart"]

_apart = False


def keep_apart(wanted: bool) -> None:
    """Say whether what games print goes to standard error, not to standard output."""
    global _apart
    _apart = wanted


def are_apart() -> bool:
    """Return whether what games print goes to standard error."""
    return _apart


def aside() -> AbstractContextManager[Any]:
    """Return a stretch in which a user's code runs: where prints are kept apart, they go to standard error."""
    return contextlib.redirect_stdout(sys.stderr) if _apart else contextlib.nullcontext()
