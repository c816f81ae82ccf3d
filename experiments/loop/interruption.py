"""Ctrl-C and SIGTERM during a run: the state is saved first; a second signal exits at once.

While episodes are played, a signal aborts the generation: nothing has changed yet, so it is simply played again after
resuming. While the population changes, a signal waits until the generation is complete.

Python calls a signal handler only between two steps of the main thread, and compiled code may be one long step. So a
thread listens as well: it says at once that the run is stopping, and ends the process at the second signal.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Iterator
from types import FrameType
from typing import Any, Self, TextIO

__all__ = ["Interrupted", "Interruption"]

_SHOW_CURSOR = "\x1b[?25h"
_TOGETHER = 0.2
"""Seconds within which two signals count as one."""
_STOPPING = "stopping: what has been reached is saved first (Ctrl-C again ends it at once)"


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

    def __init__(self, told: TextIO | None = None) -> None:
        """Take the file to which one line is written when the first signal comes; None: no line."""
        self._number: int | None = None
        self._open = False
        self._told = told
        self._first = 0.0
        """When the first signal came, by `time.monotonic`; 0: none has."""
        self._before: dict[int, Any] = {}
        self._woken: tuple[threading.Thread, socket.socket, int] | None = None

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(ValueError):
                self._before[number] = signal.signal(number, self._hear)
        if self._before:
            reads, writes = socket.socketpair()
            writes.setblocking(False)
            thread = threading.Thread(target=self._listen, args=(reads,), daemon=True)
            self._woken = thread, writes, signal.set_wakeup_fd(writes.fileno(), warn_on_full_buffer=False)
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._woken is not None:
            thread, writes, before = self._woken
            signal.set_wakeup_fd(before)
            writes.close()
            thread.join(1.0)  # it has read and told what came before
            self._woken = None
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before.clear()

    def _listen(self, reads: socket.socket) -> None:
        """Read the number of every signal as it comes, in a thread of its own."""
        with reads:
            while numbers := reads.recv(1):
                if numbers[0] not in (signal.SIGINT, signal.SIGTERM):
                    continue
                if self._first:
                    self._leave_if_meant(numbers[0])
                    continue
                self._first = time.monotonic()
                if self._told is not None:
                    with contextlib.suppress(OSError, ValueError):  # a closed terminal
                        print(_STOPPING, file=self._told, flush=True)

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
            self._leave_if_meant(number)
            return
        self._number = number
        if self._open:
            self._open = False
            raise Interrupted(number)

    def _leave_if_meant(self, number: int) -> None:
        """End this process at a second signal, unless it came with the first (``timeout`` of GNU sends two at once)."""
        if self._first and time.monotonic() - self._first > _TOGETHER:
            leave(128 + number)


def leave(code: int) -> None:
    """End this process at once; workers notice and end too."""
    if sys.stdout.isatty():
        os.write(sys.stdout.fileno(), _SHOW_CURSOR.encode())  # the live display hides it
    os._exit(code)
