"""A lock, so that only one run writes into a folder. The operating system releases it when the process ends."""

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
    """Holds ``run.lock`` in a folder, from its creation until `release`."""

    def __init__(self, folder: AnyPath) -> None:
        """Take the lock.

        Raises:
            RunDirectoryError: Another process holds it.
            OSError: The folder cannot be written, or does not support locks.
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
            self._file.close()  # the run that held the lock has ended and deleted the file after it was opened here
        try:
            self._file.truncate(0)
            self._file.write(f"process {os.getpid()}\n")
            self._file.flush()
        except OSError:
            self.release()
            raise

    def release(self) -> None:
        """Release the lock."""
        # Deleted before it is released, so that another process finds either a held lock or no file.
        with suppress(OSError):
            self._name.unlink()
        with suppress(OSError):  # closing writes again what did not fit on a full disk
            self._file.close()


def _same_file(file: IO[str], path: Path) -> bool:
    """Return whether a path is still that of an open file."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _lock(file: IO[str]) -> None:
    """Lock a file for this process, or raise OSError at once."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
