"""The watcher: a process of its own, which takes what the machine has left over, so that evolution never waits."""

from __future__ import annotations

import asyncio
import contextlib
import multiprocessing
import multiprocessing.connection
import os
import shutil
import signal
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from experiments.folder.files import AnyPath
from experiments.watching.address import Address
from experiments.watching.snapshots import FOLDER
from neat.errors import NeatError

__all__ = ["Companion", "draw_unseen", "stand_back", "watch_until"]

_NICE = 10
"""How far the watcher stands back on a busy machine: of two processes that want the same core it gets a tenth."""
_AT_ONCE = 15.0
"""Seconds before it does: starting is what whoever watches waits for, and costs the run little."""


def stand_back() -> None:
    """Let other processes go first."""
    threads = Path("/proc/self/task")  # where there is this folder, niceness belongs to each thread
    if threads.is_dir():
        for thread in threads.iterdir():
            with contextlib.suppress(OSError):
                os.setpriority(os.PRIO_PROCESS, int(thread.name), _NICE)
    else:
        with contextlib.suppress(OSError, AttributeError):
            os.nice(_NICE)
    if sys.platform == "win32":
        with contextlib.suppress(Exception):
            import ctypes

            below_normal = 0x4000
            windows: Any = ctypes.windll.kernel32
            windows.SetPriorityClass(windows.GetCurrentProcess(), below_normal)


def draw_unseen() -> None:
    """Draw into memory where there is no screen."""
    os.environ["SDL_VIDEODRIVER"] = os.environ["SDL_AUDIODRIVER"] = "dummy"  # players are drawn, never shown
    os.environ["PYGAME_HIDE_SUPPORT_PROMPT"] = "1"


def watch_until(
    folder: AnyPath, address: Address, ended: threading.Event | None = None, ready: Callable[[int], None] | None = None
) -> None:
    """Serve the page about a run until ``ended`` is set, or for good; ``ready`` is called with the port.

    Raises:
        ConfigError: The port is taken.
        MissingExtraError: websockets is not installed.
    """
    from experiments.watching.following import Follower
    from experiments.watching.server import serve

    async def main() -> None:
        over = asyncio.Event()
        loop = asyncio.get_running_loop()
        if ended is not None:
            threading.Thread(target=lambda: (ended.wait(), loop.call_soon_threadsafe(over.set)), daemon=True).start()
        await serve(Follower(Path(folder)), address.token, address.port, ended=over, ready=ready)

    asyncio.run(main())


class Companion:
    """A watcher that lives beside a run, or a notebook, and ends with it.

    Attributes:
        address: Where the page is.
    """

    def __init__(self, folder: AnyPath, port: int = 0) -> None:
        """Start it; where the page about this run is being served already, that one stays.

        Raises:
            RunDirectoryError: The folder cannot be written.
        """
        self._folder = folder = Path(folder).resolve()
        before = Address.read(folder)
        self._process: Any = None
        if before is not None and before.answers():
            self.address = before
            return
        self.address = Address.of(folder, port)
        context = multiprocessing.get_context("spawn")
        self._process = context.Process(target=_serve, args=(str(folder), self.address), name="watcher", daemon=True)
        self._process.start()

    @property
    def alive(self) -> bool:
        """Whether the page is there."""
        return self._process.is_alive() if self._process is not None else self.address.answers()

    def wait(self) -> None:
        """Wait until it ends."""
        if self._process is not None:
            self._process.join()

    def close(self) -> None:
        """End it."""
        if self._process is not None:
            self._process.terminate()
            self._process.join(5)
            self._process = None
            if not (self._folder / "config.toml").is_file():  # there is no run: it leaves nothing behind
                with contextlib.suppress(OSError):
                    shutil.rmtree(self._folder / FOLDER)
                    self._folder.rmdir()


def _serve(folder: str, address: Address) -> None:
    """Be the watcher's process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the run, which ends this process
    later = threading.Timer(_AT_ONCE, stand_back)
    later.daemon = True
    later.start()
    draw_unseen()
    ended = threading.Event()
    parent = multiprocessing.parent_process()

    def outlive() -> None:
        if parent is not None:
            multiprocessing.connection.wait([parent.sentinel])
            ended.set()

    threading.Thread(target=outlive, daemon=True).start()
    try:
        watch_until(folder, address, ended)
    except NeatError as error:
        print(f"not watched: {error}", file=sys.stderr)
