"""The watcher: a process that serves the watch page, with low priority, so that evolution is not slowed down."""

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
"""Niceness of the watcher: on a busy core, it gets about a tenth of the time that another process gets."""
_AT_ONCE = 15.0
"""Seconds after which the priority is lowered. Until then the page should appear; that costs the run little."""


def stand_back() -> None:
    """Lower the priority of this process."""
    threads = Path("/proc/self/task")  # on systems with this folder, each thread has its own niceness
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
    """Let games draw into memory, without a window or sound."""
    os.environ["SDL_VIDEODRIVER"] = os.environ["SDL_AUDIODRIVER"] = "dummy"
    os.environ["PYGAME_HIDE_SUPPORT_PROMPT"] = "1"


def watch_until(
    folder: AnyPath, address: Address, ended: threading.Event | None = None, ready: Callable[[int], None] | None = None
) -> None:
    """Serve the watch page of a run.

    Args:
        folder: The run folder.
        address: Port and token of the page.
        ended: The page is served until this is set; by default until the process ends.
        ready: Called with the port when the page is served.

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
    """A watcher process that belongs to a run or a notebook, and ends with it.

    Attributes:
        address: The address of the page.
    """

    def __init__(self, folder: AnyPath, port: int = 0) -> None:
        """Start the watcher, unless the page of this run is served already.

        Args:
            folder: The run folder.
            port: The port; 0 for the last one or any free one.

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
        """Whether the page is served."""
        return self._process.is_alive() if self._process is not None else self.address.answers()

    def wait(self) -> None:
        """Wait until the watcher ends."""
        if self._process is not None:
            self._process.join()

    def close(self) -> None:
        """End the watcher."""
        if self._process is not None:
            self._process.terminate()
            self._process.join(5)
            self._process = None
            if not (self._folder / "config.toml").is_file():  # no run was started: leave no files behind
                with contextlib.suppress(OSError):
                    shutil.rmtree(self._folder / FOLDER)
                    self._folder.rmdir()


def _serve(folder: str, address: Address) -> None:
    """Run the watcher in its own process."""
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
        print(f"the watch page failed: {error}", file=sys.stderr)
