"""Short descriptions of errors in user code: function, file and line.

Games, wrappers and drawing functions are user code. All their exceptions are reported with this module.
"""

from __future__ import annotations

import inspect
import os
import random
import traceback
from pathlib import Path
from types import TracebackType
from typing import Any

from neat.errors import EvaluationError

__all__ = ["details", "home_of", "place_of", "reason", "seed_globals", "shown"]

_OURS = tuple(str(Path(__file__).parents[2] / name) + os.sep for name in ("environments", "experiments", "neat"))
_LIBRARY = str(Path(os.__file__).parent) + os.sep
_PACKAGES = ("site-packages", "dist-packages")


def reason(error: BaseException) -> str:
    """Return a description of an error and its place: ``raised KeyError: 'x' in step (my_games.py, line 12)``.

    A message of this project about a game (an `EvaluationError`) is returned unchanged.
    """
    if isinstance(error, EvaluationError):
        return str(error)
    if isinstance(error, SyntaxError) and error.filename:
        return f"raised {type(error).__name__}: {error.msg} ({shown(error.filename)}, line {error.lineno})"
    message = " ".join(str(error).split())
    if isinstance(error, SystemExit):
        called = f"sys.exit({message!r})" if message and message != "None" else "sys.exit() or quit()"
        return f"called {called}{place_of(error)}: a game ends an episode by returning terminated = True"
    if isinstance(error, KeyboardInterrupt):
        return f"raised KeyboardInterrupt{place_of(error)}"
    what = f"{type(error).__name__}: {message}" if message else type(error).__name__
    return f"raised {what}{place_of(error)}"


def place_of(error: BaseException) -> str:
    """Return ``" in step (my_games.py, line 12)"`` for the innermost line of user code, or an empty string."""
    frame = _frame(error.__traceback__)
    if frame is None:
        return ""
    code, line = frame
    function = "" if code.co_name.startswith("<") else f" in {code.co_name}"
    return f"{function} ({shown(code.co_filename)}, line {line})"


def home_of(thing: Any) -> str:
    """Return the place where a class or function is defined, ``" (my_games.py, line 12)"``; empty if unknown."""
    try:
        file, (_, line) = inspect.getsourcefile(thing), inspect.getsourcelines(thing)
    except (OSError, TypeError):
        return ""
    return f" ({shown(file)}, line {line})" if file else ""


def details(error: BaseException) -> str:
    """Return the whole traceback as text."""
    return "".join(traceback.format_exception(error)).rstrip()


def shown(file: str) -> str:
    """Return the path of a file, relative to the current folder if the file is inside it."""
    try:
        path = Path(file).resolve()
        return str(path.relative_to(Path.cwd()))
    except (OSError, ValueError):
        return file


def seed_globals(seed: int) -> None:
    """Seed Python's and NumPy's global random generators, which many games use (16 µs)."""
    import numpy as np

    random.seed(seed)
    np.random.seed(seed)  # noqa: NPY002 - the global generator is meant


def _frame(trace: TracebackType | None) -> tuple[Any, int] | None:
    """Return the code and the line of the innermost frame of user code.

    Without user code, it is the innermost frame of an installed package, and without that, of Python's library. Frames
    of this project are not considered.
    """
    best: tuple[int, Any, int] | None = None
    while trace is not None:
        code = trace.tb_frame.f_code
        rank = _rank(code.co_filename)
        if rank and (best is None or rank >= best[0]):
            best = (rank, code, trace.tb_lineno)
        trace = trace.tb_next
    return None if best is None else best[1:]


def _rank(file: str) -> int:
    if file.startswith((*_OURS, "<frozen")):
        return 0
    if any(part in _PACKAGES for part in Path(file).parts):
        return 2
    return 1 if file.startswith(_LIBRARY) else 3
