"""One run at a time in a folder: a lock that the system releases when its process ends, however it ends."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import IO

from experiments.folder.files import AnyPath
from neat.errors import RunDirectoryError

__all__ = ["FolderLock"]


class FolderLock:
    """Holds ``run.lock`` in a folder, from when it is made until `release`."""

    def __init__(self, folder: AnyPath) -> None:
        """Take the lock.

        Raises:
            RunDirectoryError: Another process holds it.
            OSError: The folder cannot be written, or has no locks.
        """
        self._name = Path(folder) / "run.lock"
        while True:
            self._file = self._name.open("a+", encoding="utf-8")
            try:
                _lock(self._file)
            except (BlockingIOError, PermissionError):
                self._file.seek(0)
                holder = self._file.read(100).strip()
                self._file.close()
                raise RunDirectoryError(
                    f"{folder}: another run ({holder or 'unknown process'}) is writing here"
                ) from None
            except OSError:
                self._file.close()
                raise
            if _same_file(self._file, self._name):
                break
            self._file.close()  # the run that held it has ended and removed it since it was opened
        try:
            self._file.truncate(0)
            self._file.write(f"process {os.getpid()}\n")
            self._file.flush()
        except OSError:
            self.release()
            raise

    def release(self) -> None:
        """Let go of the folder."""
        # Removed before it is let go: whoever waits for the name finds either a held lock or none.
        with suppress(OSError):
            self._name.unlink()
        with suppress(OSError):  # closing tries again to write what a full disk refused
            self._file.close()


def _same_file(file: IO[str], path: Path) -> bool:
    """Tell whether a name still leads to an open file."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _lock(file: IO[str]) -> None:
    """Lock a file for this process alone, or raise OSError at once."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
