"""What games print, kept apart from what this program writes, where that is for other programs to read."""

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
