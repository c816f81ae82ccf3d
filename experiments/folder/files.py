"""Files in a run folder: written atomically or line by line, and read within limits, since they may come from anyone.

Whole files are written under a temporary name and then renamed, so there is never a partial file, even after a power
failure. Files of lines grow by one JSON object at a time, each with its generation. A crash may truncate the last line,
which readers ignore and a resumed run removes.
"""

from __future__ import annotations

import itertools
import json
import math
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, TypeAlias, TypeVar

import msgspec

from neat.errors import RunDirectoryError
from neat.files.arrays import replace_file
from neat.files.text import decode_text

__all__ = [
    "AnyPath",
    "Lines",
    "cut_lines",
    "decode",
    "explained",
    "finite",
    "read_bounded",
    "read_lines",
    "write_atomically",
]

AnyPath: TypeAlias = str | os.PathLike[str]
"""A path as text, or as an object such as `pathlib.Path`."""

LARGEST_FILE = 256 << 20
"""Files of lines larger than this (bytes) are not read."""
LARGEST_LINE = 68 << 20
"""Maximum bytes of a line: a genome of at most 64 MiB, and some more."""

T = TypeVar("T")


def read_bounded(path: AnyPath, largest: int) -> bytes:
    """Read a whole file of at most ``largest`` bytes.

    Raises:
        RunDirectoryError: The file is larger, or cannot be read.
    """
    with explained(path, "read"), open(path, "rb") as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise RunDirectoryError(f"{path}: larger than {largest >> 20} MiB, not read")
    return content


def write_atomically(path: AnyPath, text: str) -> None:
    """Write a file so that there is always a complete one: the old one or the new one.

    Raises:
        OSError: The folder cannot be written, or the disk is full; then the old file is unchanged.
    """
    replace_file(path, text.encode())


class Lines:
    """Appends JSON objects to a file, one per line, and passes each to the operating system at once."""

    def __init__(self, path: AnyPath) -> None:
        """Take the path of the file, which is opened (or created) for the first line."""
        self.path = Path(path)
        self._file: IO[str] | None = None

    def append(self, data: Mapping[str, Any]) -> None:
        """Append a line.

        Raises:
            RunDirectoryError: The file cannot be written.
        """
        with explained(self.path, "write to"):
            if self._file is None:
                self._file = self.path.open("a", encoding="utf-8")
            self._file.write(json.dumps(finite(data), separators=(",", ":")) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            with suppress(OSError):  # closing writes again what did not fit on a full disk, which was reported before
                self._file.close()
            self._file = None


def read_lines(path: AnyPath, kind: type[T], what: str, largest: int = LARGEST_FILE) -> Iterator[T]:
    """Yield the lines of a file as records, without a last line that a crash has truncated.

    Args:
        path: The file.
        kind: Type of the records, for `msgspec`.
        what: Name of a record, for messages, such as "a generation's record".
        largest: Maximum size of the file in bytes.

    Raises:
        RunDirectoryError: The file cannot be read, is too large, or a line is invalid.
    """
    with explained(path, "read"), open(path, "rb") as file:
        if os.fstat(file.fileno()).st_size > largest:
            raise RunDirectoryError(f"{path}: larger than {largest >> 20} MiB, not read")
        for number in itertools.count(1):
            line = file.readline(LARGEST_LINE + 1)
            if len(line) > LARGEST_LINE:
                raise RunDirectoryError(f"{path}, line {number}: longer than {LARGEST_LINE >> 20} MiB, not read")
            if not line.endswith(b"\n"):
                return
            yield decode(line, kind, f"{path}, line {number}: expected {what}")


class _Line(msgspec.Struct):
    """The fields of a line that `cut_lines` needs: its generation, and whether it is about the end of a run."""

    generation: int
    last: bool = False


def cut_lines(path: AnyPath, generation: int) -> None:
    """Truncate a file at the first line that is damaged, or about this generation, a later one or the end of the run.

    Raises:
        OSError: The file cannot be read or written.
    """
    end = 0
    with open(path, "rb") as file:
        while line := file.readline(LARGEST_LINE):
            try:
                told = msgspec.json.decode(line, type=_Line)
                if not line.endswith(b"\n") or told.generation >= generation or told.last:
                    break
            except (ValueError, RecursionError):
                break
            end += len(line)
    os.truncate(path, end)


def decode(text: str | bytes | msgspec.Raw, kind: Any, where: str) -> Any:
    """Decode JSON as a type, by `msgspec`.

    Raises:
        RunDirectoryError: The text is not JSON, or does not fit the type; the message has ``where`` and the reason.
    """
    try:
        return msgspec.json.decode(text if isinstance(text, msgspec.Raw) else decode_text(text), type=kind)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())[:200]
        raise RunDirectoryError(f"{where}: {reason}") from None


def finite(value: Any) -> Any:
    """Replace NaN and infinities by None, since JSON has neither and strict readers reject such a line."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return value


@contextmanager
def explained(path: AnyPath, action: str) -> Iterator[None]:
    """Turn an OSError into a `RunDirectoryError` of one line with the path."""
    try:
        yield
    except RunDirectoryError:
        raise
    except OSError as error:
        raise RunDirectoryError(f"cannot {action} {path}: {error.strerror or error}") from None
