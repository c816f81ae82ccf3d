"""Ctrl-C and SIGTERM during a run: the state is saved first; a second signal exits at once.

While episodes are played, a signal aborts the generation: nothing has changed yet, so it is simply played again after
resuming. While the population changes, a signal waits until the generation is complete.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Iterator
from types import FrameType
from typing import Any, Self

__all__ = ["Interrupted", "Interruption"]

_SHOW_CURSOR = "\x1b[?25h"


class Interrupted(BaseException):
    """A run was asked to end by a signal, and has saved its state."""

    def __init__(self, number: int) -> None:
        super().__init__(f"interrupted by {signal.Signals(number).name}")
        self.number = number

    @property
    def exit_code(self) -> int:
        """130 after Ctrl-C, 143 after SIGTERM."""
        return 128 + self.number


class Interruption:
    """Listens to Ctrl-C and SIGTERM (in the main thread; elsewhere it hears nothing)."""

    def __init__(self) -> None:
        self._number: int | None = None
        self._open = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(ValueError):
                self._before[number] = signal.signal(number, self._hear)
        return self

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    @contextlib.contextmanager
    def welcome(self) -> Iterator[None]:
        """A stretch in which a signal takes effect at once: what is done here may be thrown away.

        Raises:
            Interrupted: A signal came, here or before.
        """
        self._open = True
        try:
            self.check()  # one that came before
            yield
        finally:
            self._open = False

    def check(self) -> None:
        """Raise `Interrupted` if a signal has come."""
        if self._number is not None:
            raise Interrupted(self._number)

    def _hear(self, number: int, frame: FrameType | None) -> None:
        if self._number is not None:
            leave(128 + number)
        self._number = number
        if self._open:
            self._open = False
            raise Interrupted(number)


def leave(code: int) -> None:
    """End this process at once; workers notice and end too."""
    if sys.stdout.isatty():
        os.write(sys.stdout.fileno(), _SHOW_CURSOR.encode())  # the live display hides it
    os._exit(code)
