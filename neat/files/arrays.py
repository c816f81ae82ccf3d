"""Named arrays in a file, with a JSON header: NumPy's .npz format, written atomically and read with full checks.

There is no pickle, so a file cannot run code; no compression, so a file cannot expand to more than its size; and a
checksum, so damage is detected. Reading needs only a few times the file's size in memory, whatever the file claims: the
table of contents is checked before `zipfile` reads it, and the header is decoded into a type given by the caller.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import tokenize
import zipfile
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import IO, Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import DTypeLike, NDArray

from neat.errors import DataError

__all__ = ["read_arrays", "replace_file", "write_arrays"]

_HEADER = "header"
_LARGEST_HEADER = 16 * 2**20
_LARGEST_CONTENTS = 2**16
_END = 22
"""Bytes of the last record of a zip file without a comment."""
_ZIP64 = 20
"""Bytes of the additional record in files of 4 GiB or more."""

T = TypeVar("T")


class _Outer(msgspec.Struct):
    """The envelope of a header. Defaults stand for missing fields."""

    format: str = ""
    version: int = 0
    sha256: str = ""
    header: msgspec.Raw = msgspec.Raw(b"null")


def replace_file(path: str | os.PathLike[str], content: bytes | memoryview, *, lasting: bool = True) -> None:
    """Write a file atomically: other processes, or a restart after a crash, see either the old content or the new.

    Args:
        path: The file.
        content: Its new content.
        lasting: Whether to wait until the content is on disk; otherwise a crash of the machine may lose it.

    Raises:
        OSError: The file cannot be written; the old one is untouched.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(partial, "wb") as file:
            file.write(content)
            file.flush()
            if lasting:
                os.fsync(file.fileno())
        partial.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise
    if not lasting:
        return
    with contextlib.suppress(OSError):  # make the rename durable too, where the system supports it
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def write_arrays(
    path: str | os.PathLike[str],
    format: str,
    version: int,
    header: Mapping[str, Any],
    arrays: Mapping[str, NDArray[Any]],
    *,
    lasting: bool = True,
) -> None:
    """Write named arrays and a header to a file, replacing it atomically.

    Args:
        path: The file, usually ending in ``.npz``.
        format: The kind of file, such as ``"neat-arena checkpoint"``.
        version: Version of that format.
        header: Anything JSON can represent.
        arrays: The arrays by name; any dtype but object.
        lasting: See `replace_file`.

    Raises:
        DataError: The header is longer than `read_arrays` accepts.
        OSError: The file cannot be written; an old one is untouched.
    """
    text = json.dumps({"format": format, "version": version, "sha256": _digest(arrays), "header": dict(header)})
    if len(text) > _LARGEST_HEADER:
        raise DataError(f"{os.fspath(path)}: a header of {len(text):,} bytes, at most {_LARGEST_HEADER:,} can be kept")
    content = io.BytesIO()
    np.savez(content, **{_HEADER: np.frombuffer(text.encode(), np.uint8)}, **arrays)  # type: ignore[arg-type]
    replace_file(path, content.getbuffer(), lasting=lasting)


def read_arrays(
    path: str | os.PathLike[str],
    format: str,
    version: int,
    dtypes: Mapping[str, DTypeLike] | Callable[[T], Mapping[str, DTypeLike]],
    header: type[T],
    *,
    older: Mapping[int, Mapping[str, DTypeLike]] | None = None,
    shorter: Collection[DTypeLike] = (),
) -> tuple[T, dict[str, NDArray[Any]]]:
    """Read a file written by `write_arrays`.

    Args:
        path: The file.
        format: The kind of file it must be.
        version: The version that this program reads.
        dtypes: The required arrays with their dtypes, or a function that returns them for a header.
        header: Type of the header, for `msgspec`.
        older: Older versions that this program also reads, and the arrays that they have.
        shorter: Record dtypes whose last fields may be missing, as in older files; the caller fills them in.

    Returns:
        The header and the arrays.

    Raises:
        DataError: The file is of another kind or version, or is damaged.
        OSError: The file cannot be read.
    """
    name = os.fspath(path)
    try:
        with open(path, "rb") as file:
            size = _check_contents(file)
            with zipfile.ZipFile(file) as archive:
                text = _member(archive, name, _HEADER, np.dtype(np.uint8), _LARGEST_HEADER).tobytes()
                outer = msgspec.json.decode(text, type=_Outer)
                if outer.format != format:
                    raise DataError(f"{name}: not a {format}")
                known = {version: dtypes, **(older or {})}
                if outer.version not in known:
                    readable = " and ".join(map(str, sorted(known)))
                    raise DataError(f"{name}: version {outer.version}, this program reads {readable}")
                try:
                    own = msgspec.json.decode(outer.header, type=header)
                except (ValueError, RecursionError) as error:
                    raise DataError(f"{name}: the header of this {format} is not usable ({_short(error)})") from error
                arrays: dict[str, NDArray[Any]] = {}
                named = known[outer.version]
                for key, dtype in (named(own) if callable(named) else named).items():
                    arrays[key] = _member(archive, name, key, np.dtype(dtype), size, shorter=dtype in shorter)
                    size -= arrays[key].nbytes  # overlapping parts could be larger than the file
    except DataError as error:
        raise DataError(str(error) if str(error).startswith(name) else f"{name}: {error}") from None
    except (*_DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # an offset before the start of the file
            raise
        raise DataError(f"{name}: not a {format}, or damaged ({_short(error)})") from error
    if outer.sha256 != _digest(arrays):
        raise DataError(f"{name}: damaged: its checksum does not fit its content")
    return own, arrays


_DAMAGED = (
    zipfile.BadZipFile,
    ValueError,
    TypeError,
    SyntaxError,
    EOFError,
    OverflowError,
    RecursionError,
    NotImplementedError,
    MemoryError,
    RuntimeError,  # zipfile: encrypted
    tokenize.TokenError,
)
"""Exceptions that `zipfile`, `msgspec` and NumPy's header reader raise for damaged files."""


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


def _check_contents(file: IO[bytes]) -> int:
    """Reject a table of contents that is larger than these files have; return the size of the file."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - _END - _ZIP64))
    tail = file.read(_END + _ZIP64)
    end = tail[-_END:]
    if len(end) < _END or not end.startswith(b"PK\5\6") or end[20:] != b"\0\0":
        raise DataError("not such a file, or cut short: it does not end as one")
    large = len(tail) == _END + _ZIP64 and tail.startswith(b"PK\6\7") and size < 2**32
    if large or int.from_bytes(end[12:16], "little") > _LARGEST_CONTENTS:
        raise DataError("its table of contents is larger than such files have")
    file.seek(0)
    return size


def _member(
    archive: zipfile.ZipFile, path: str, name: str, dtype: np.dtype[Any], largest: int, *, shorter: bool = False
) -> NDArray[Any]:
    try:
        member = archive.getinfo(f"{name}.npy")
    except KeyError:
        raise DataError(f"{path}: it has no {name!r}") from None
    if member.compress_type != zipfile.ZIP_STORED:
        raise DataError(f"{path}: {name!r} is compressed, which such files never are")
    if member.file_size > largest:
        raise DataError(f"{path}: {name!r} is larger than it can be ({member.file_size:,} bytes)")
    content = archive.read(member)
    file = io.BytesIO(content)
    if np.lib.format.read_magic(file) != (1, 0):
        raise DataError(f"{path}: {name!r} is not an array of format 1.0")
    shape, fortran, found = np.lib.format.read_array_header_1_0(file)
    if fortran or not (found == dtype or (shorter and _begins(found, dtype))):
        raise DataError(f"{path}: expected {name!r} to be {dtype}, got {str(found)[:100]}")
    # Files do not store the alignment of records, but compiled code treats unaligned ones as another type.
    kept = dtype if found == dtype else found
    return np.frombuffer(content, kept, offset=file.tell()).reshape(shape).copy()


def _begins(found: np.dtype[Any], dtype: np.dtype[Any]) -> bool:
    """Return whether the fields of one record dtype are the first fields of another."""
    names = found.names or ()
    fields: Mapping[str, Any] = found.fields or {}
    own: Mapping[str, Any] = dtype.fields or {}
    return 0 < len(names) < len(own) and all(
        name == known and fields[name][:2] == own[known][:2]
        for name, known in zip(names, dtype.names or (), strict=False)
    )


def _digest(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return a checksum of names, shapes and values (but not of the padding in records)."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.shape}".encode())
        fields = [array[field] for field in array.dtype.names] if array.dtype.names else [array]
        for field in fields:
            digest.update(np.ascontiguousarray(field).tobytes())
    return digest.hexdigest()
