"""The keyboard during the live display: pressed keys are not shown, and do not reach the shell afterwards."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Any

__all__ = ["Keyboard"]


class Keyboard:
    """Turns the echo of a terminal off and on again, and drops the keys typed in between. Ctrl-C keeps working.

    Without a terminal it does nothing. Nor does it in the background, where the system stops a program that changes
    the terminal.
    """

    def __init__(self) -> None:
        self._before: list[Any] | None = None

    def hush(self) -> None:
        """Turn the echo off."""
        with contextlib.suppress(ImportError, OSError, ValueError, AttributeError):
            import termios

            number = sys.stdin.fileno()
            if self._before is None and os.isatty(number) and _in_front(number):
                before = termios.tcgetattr(number)
                hushed = [*before[:3], before[3] & ~termios.ECHO, *before[4:]]
                termios.tcsetattr(number, termios.TCSADRAIN, hushed)
                self._before = before

    def restore(self) -> None:
        """Turn the echo on again if it was on, and drop the typed keys."""
        before, self._before = self._before, None
        if before is not None:
            with contextlib.suppress(ImportError, OSError, ValueError, AttributeError):
                import termios

                number = sys.stdin.fileno()
                if _in_front(number):
                    termios.tcsetattr(number, termios.TCSAFLUSH, before)
        elif sys.platform == "win32":
            with contextlib.suppress(ImportError, OSError):
                import msvcrt

                while msvcrt.kbhit():
                    msvcrt.getch()


def _in_front(number: int) -> bool:
    return os.tcgetpgrp(number) == os.getpgrp()
