"""IDX files, the format of MNIST: arrays of bytes, integers or floats behind a short header.

A file is two zero bytes, a byte for the element type, a byte for the number of dimensions, each dimension as a
big-endian 32-bit number, then the elements, last dimension fastest, big-endian (LeCun, Cortes & Burges, "The MNIST
database of handwritten digits", section "File formats").
"""

from __future__ import annotations

import gzip
import math
import os
import struct
import zlib
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from neat.errors import DataError

__all__ = ["read_idx"]

_TYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
_MAX_DIMENSIONS = 8


def read_idx(path: str | os.PathLike[str], *, max_bytes: int = 1 << 30) -> NDArray[Any]:
    """Read an IDX file, plain or compressed by gzip (told by its content, not by its name).

    Memory stays below ``max_bytes`` and a little more: the size is known from the header before anything is read.

    Args:
        path: The file.
        max_bytes: Largest array accepted.

    Returns:
        The array, in this machine's byte order, with the shape and type that the header names.

    Raises:
        DataError: Not an IDX file, shorter or longer than its header says, or larger than ``max_bytes``.
        OSError: The file cannot be read.
    """
    path = Path(path)
    with path.open("rb") as file:
        compressed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        try:
            return _read(gzip.GzipFile(fileobj=file) if compressed else file, path, max_bytes)
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise DataError(f"{path}: damaged gzip file ({error}); download it again") from error


def _read(file: IO[bytes] | gzip.GzipFile, path: Path, max_bytes: int) -> NDArray[Any]:
    magic = file.read(4)
    if len(magic) < 4 or magic[:2] != b"\0\0":
        raise DataError(
            f"{path}: not an IDX file: expected it to begin with two zero bytes, got {magic[:4].hex(' ')!r}"
        )
    if magic[2] not in _TYPES:
        known = ", ".join(f"{code:#04x}" for code in _TYPES)
        raise DataError(f"{path}: unknown IDX element type {magic[2]:#04x}: expected one of {known}")
    dtype = np.dtype(_TYPES[magic[2]])
    dimensions = magic[3]
    if not 1 <= dimensions <= _MAX_DIMENSIONS:
        raise DataError(f"{path}: expected 1 to {_MAX_DIMENSIONS} dimensions, the IDX header says {dimensions}")
    sizes = file.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        raise DataError(f"{path}: truncated: the IDX header ends before its {dimensions} dimensions")
    shape = struct.unpack(f">{dimensions}I", sizes)
    expected = math.prod(shape) * dtype.itemsize
    described = " × ".join(f"{size:,}" for size in shape)
    if expected > max_bytes:
        raise DataError(f"{path}: {described} elements are {expected:,} bytes, more than the {max_bytes:,} accepted")
    content = file.read(expected)
    if len(content) < expected:
        raise DataError(
            f"{path}: truncated: {described} elements are {expected:,} bytes, the file has {len(content):,}"
        )
    if file.read(1):
        raise DataError(f"{path}: longer than its IDX header says: bytes follow the {described} elements")
    return np.frombuffer(content, dtype).reshape(shape).astype(dtype.newbyteorder("="), copy=False)
