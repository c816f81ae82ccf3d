"""Named arrays in a file, with a JSON header: NumPy's .npz, written in one step and read without trust.

No pickle, so that a file cannot run code; no compression, so that a file cannot be larger than it looks; a checksum, so
that damage is noticed. Reading takes no more memory than a few times the file's size, whatever the file claims: the
table of contents is looked at before `zipfile` reads it, and the header is JSON of a type the caller names.
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
"""Bytes of a zip file's last record, which has no comment in these files."""
_ZIP64 = 20
"""Bytes of the record before it in files of 4 GiB and more."""

T = TypeVar("T")


class _Outer(msgspec.Struct):
    """What surrounds a header. Defaults stand for what is missing."""

    format: str = ""
    version: int = 0
    sha256: str = ""
    header: msgspec.Raw = msgspec.Raw(b"null")


def replace_file(path: str | os.PathLike[str], content: bytes | memoryview, *, lasting: bool = True) -> None:
    """Write a file in one step: another process, or one after a crash, sees the old content or the new, nothing else.

    Args:
        path: The file.
        content: What it is to hold.
        lasting: Whether to wait until the disk has it; without that, a crash of the machine may lose it.

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
    with contextlib.suppress(OSError):  # the rename itself must last too, where the system can promise that
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
    """Write named arrays and a header, replacing a file there in one step.

    Args:
        path: Where, usually ending in ``.npz``.
        format: What the file is, such as ``"neat-arena checkpoint"``.
        version: Version of that format.
        header: Anything JSON can hold.
        arrays: The arrays by name; any dtype but object.
        lasting: See `replace_file`.

    Raises:
        DataError: The header is longer than `read_arrays` would take.
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
    """Read what `write_arrays` wrote.

    Args:
        path: The file.
        format: What the file must be.
        version: The version that this program reads.
        dtypes: The arrays that must be there, and the dtype of each; or what says so, given the header.
        header: Type of the header, as `msgspec` takes it.
        older: Further versions that this program reads, and the arrays that those have.
        shorter: Dtypes of records of which files may lack the last fields, as older ones do; the caller completes them.

    Returns:
        The header and the arrays.

    Raises:
        DataError: The file is something else, is damaged, or is of another version.
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
                    size -= arrays[key].nbytes  # parts that share their bytes could be larger than the file
    except DataError as error:
        raise DataError(str(error) if str(error).startswith(name) else f"{name}: {error}") from None
    except (*_DAMAGED, OSError) as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # a place before the beginning of the file
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
"""What `zipfile`, `msgspec` and NumPy's reader of array headers raise for damaged files."""


def _short(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]


def _check_contents(file: IO[bytes]) -> int:
    """Refuse a table of contents larger than these files have; return the file's size."""
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
    # A file does not say that records are aligned, without which compiled code takes them for others.
    kept = dtype if found == dtype else found
    return np.frombuffer(content, kept, offset=file.tell()).reshape(shape).copy()


def _begins(found: np.dtype[Any], dtype: np.dtype[Any]) -> bool:
    """Tell whether records have the first fields of others: those that were added later are missing."""
    names = found.names or ()
    fields: Mapping[str, Any] = found.fields or {}
    own: Mapping[str, Any] = dtype.fields or {}
    return 0 < len(names) < len(own) and all(
        name == known and fields[name][:2] == own[known][:2]
        for name, known in zip(names, dtype.names or (), strict=False)
    )


def _digest(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return a checksum of names, shapes and values (not of the padding between a record's fields)."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.shape}".encode())
        fields = [array[field] for field in array.dtype.names] if array.dtype.names else [array]
        for field in fields:
            digest.update(np.ascontiguousarray(field).tobytes())
    return digest.hexdigest()
