"""Named arrays in a file, with a JSON header: NumPy's .npz, written in one step and read without trust.

No pickle, so that a file cannot run code; no compression, so that a file cannot be larger than it looks; a checksum, so
that damage is noticed. Reading takes no more memory than a few times the file's size, whatever the file claims.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
import json
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from neat.errors import DataError

__all__ = ["read_arrays", "replace_file", "write_arrays"]

_HEADER = "header"
_LARGEST_HEADER = 16 * 2**20


def replace_file(path: str | os.PathLike[str], content: bytes) -> None:
    """Write a file in one step: another process, or one after a crash, sees the old content or the new, nothing else.

    Raises:
        OSError: The file cannot be written; the old one is untouched.
    """
    path = Path(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(partial, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            partial.unlink()
        raise
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
) -> None:
    """Write named arrays and a header, replacing a file there in one step.

    Args:
        path: Where, usually ending in ``.npz``.
        format: What the file is, such as ``"neat-arena checkpoint"``.
        version: Version of that format.
        header: Anything JSON can hold.
        arrays: The arrays by name; any dtype but object.

    Raises:
        OSError: The file cannot be written; an old one is untouched.
    """
    text = json.dumps({"format": format, "version": version, "sha256": _digest(arrays), "header": dict(header)})
    content = io.BytesIO()
    np.savez(content, **{_HEADER: np.frombuffer(text.encode(), np.uint8)}, **arrays)  # type: ignore[arg-type]
    replace_file(path, content.getvalue())


def read_arrays(
    path: str | os.PathLike[str], format: str, version: int, dtypes: Mapping[str, DTypeLike]
) -> tuple[Any, dict[str, NDArray[Any]]]:
    """Read what `write_arrays` wrote.

    Args:
        path: The file.
        format: What the file must be.
        version: The version that this program reads.
        dtypes: The arrays that must be there, and the dtype of each.

    Returns:
        The header (as JSON gave it: its structure is for the caller to check) and the arrays.

    Raises:
        DataError: The file is something else, is damaged, or is of another version.
        OSError: The file cannot be read.
    """
    name = os.fspath(path)
    try:
        with zipfile.ZipFile(path) as archive:
            text = _member(archive, name, _HEADER, np.dtype(np.uint8)).tobytes()
            outer = json.loads(text[:_LARGEST_HEADER])
            if not isinstance(outer, dict) or outer.get("format") != format:
                raise DataError(f"{name}: not a {format}")
            if outer.get("version") != version:
                raise DataError(f"{name}: version {outer.get('version')!r}, this program reads {version}")
            arrays = {key: _member(archive, name, key, np.dtype(dtype)) for key, dtype in dtypes.items()}
    except DataError:
        raise
    except (zipfile.BadZipFile, ValueError, EOFError, RecursionError, NotImplementedError, MemoryError) as error:
        raise DataError(f"{name}: not a {format}, or damaged ({error})") from error
    if outer.get("sha256") != _digest(arrays):
        raise DataError(f"{name}: damaged: its checksum does not fit its content")
    return outer.get("header"), arrays


def _member(archive: zipfile.ZipFile, path: str, name: str, dtype: np.dtype[Any]) -> NDArray[Any]:
    try:
        member = archive.getinfo(f"{name}.npy")
    except KeyError:
        raise DataError(f"{path}: it has no {name!r}") from None
    if member.compress_type != zipfile.ZIP_STORED:
        raise DataError(f"{path}: {name!r} is compressed, which such files never are")
    content = archive.read(member)
    file = io.BytesIO(content)
    if np.lib.format.read_magic(file) != (1, 0):
        raise DataError(f"{path}: {name!r} is not an array of format 1.0")
    shape, fortran, found = np.lib.format.read_array_header_1_0(file)
    if found != dtype or fortran:
        raise DataError(f"{path}: expected {name!r} to be {dtype}, got {found}")
    return np.frombuffer(content, dtype, offset=file.tell()).reshape(shape).copy()


def _digest(arrays: Mapping[str, NDArray[Any]]) -> str:
    """Return a checksum of names, shapes and values (not of the padding between a record's fields)."""
    digest = hashlib.sha256()
    for name, array in sorted(arrays.items()):
        digest.update(f"{name} {array.shape}".encode())
        fields = [array[field] for field in array.dtype.names] if array.dtype.names else [array]
        for field in fields:
            digest.update(np.ascontiguousarray(field).tobytes())
    return digest.hexdigest()
