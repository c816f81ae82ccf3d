"""Files in a run folder: written atomically or line by line, and read within limits, since they may come from anyone.

Whole files are written under a temporary name and then renamed, so that a reader (or a power failure) never sees half
of one. Line files grow by one JSON object at a time, each with its generation. A crash may truncate the last line,
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
"""What every public function takes as a path: text, or what stands for a path."""

LARGEST_FILE = 256 << 20
"""Files of lines larger than this (bytes) are not read."""
LARGEST_LINE = 68 << 20
"""Bytes of a line: a genome of at most 64 MiB, and some for what is said of it."""

T = TypeVar("T")


def read_bounded(path: AnyPath, largest: int) -> bytes:
    """Read a whole file, unless it is larger than it can be.

    Raises:
        RunDirectoryError: It is larger, or cannot be read.
    """
    with explained(path, "read"), open(path, "rb") as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise RunDirectoryError(f"{path}: larger than {largest >> 20} MiB, not read")
    return content


def write_atomically(path: AnyPath, text: str) -> None:
    """Write a whole file so that its name always leads to a complete one: the old or the new.

    Raises:
        OSError: The folder cannot be written or is full; the old file is then untouched.
    """
    replace_file(path, text.encode())


class Lines:
    """Appends JSON objects to a file, one a line, and hands each to the system at once."""

    def __init__(self, path: AnyPath) -> None:
        """Take the file's name; the file is opened (or made) for the first line."""
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
        """Let go of the file."""
        if self._file is not None:
            with suppress(OSError):  # closing tries again to write what a full disk refused, which was reported then
                self._file.close()
            self._file = None


def read_lines(path: AnyPath, kind: type[T], what: str, largest: int = LARGEST_FILE) -> Iterator[T]:
    """Yield the lines of a file as records; a last line cut short by a crash is left out.

    Args:
        path: The file.
        kind: Type of every line, as `msgspec` takes it.
        what: What a line is, for messages: "a generation's record".
        largest: Bytes that the file may have.

    Raises:
        RunDirectoryError: The file cannot be read, is larger than it can be, or a line is something else.
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
    """What every line of a run's files has, and that it tells of the end of a run."""

    generation: int
    last: bool = False


def cut_lines(path: AnyPath, generation: int) -> None:
    """Cut a file off at the first line that is damaged or tells of this generation, a later one or the run's end.

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
    """Return what JSON text says, as a type of `msgspec`.

    Raises:
        RunDirectoryError: It is no JSON, or says something else: ``where``, and the reason.
    """
    try:
        return msgspec.json.decode(text if isinstance(text, msgspec.Raw) else decode_text(text), type=kind)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())[:200]
        raise RunDirectoryError(f"{where}: {reason}") from None


def finite(value: Any) -> Any:
    """Replace NaN and infinities by None: JSON has neither, and strict readers refuse the whole line."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return value


@contextmanager
def explained(path: AnyPath, action: str) -> Iterator[None]:
    """Turn the system's refusals into one line that names the place."""
    try:
        yield
    except RunDirectoryError:
        raise
    except OSError as error:
        raise RunDirectoryError(f"cannot {action} {path}: {error.strerror or error}") from None
