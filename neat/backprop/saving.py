"""A perceptron in a file: NumPy's .npz with a JSON header beside the parameters, and no pickle that could run code."""

from __future__ import annotations

import io
import itertools
import json
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np

from neat.backprop.mlp import MLP
from neat.errors import ConfigError, DataError

__all__ = ["load", "save"]

_FORMAT, _VERSION = "neat-arena mlp", 1


def save(network: MLP, path: str | os.PathLike[str]) -> None:
    """Write a network to ``path`` (its name as given), replacing a file there in one step.

    Args:
        network: The network.
        path: Where, usually ending in ``.npz``.

    Raises:
        OSError: The file cannot be written.
    """
    header = {
        "format": _FORMAT,
        "version": _VERSION,
        "sizes": network.sizes,
        "activations": network.activations,
        "slope": network.slope,
    }
    content = io.BytesIO()
    text = np.frombuffer(json.dumps(header).encode(), np.uint8)
    np.savez(content, header=text, parameters=network.parameters)
    path = Path(path)
    partial = path.with_name(path.name + ".part")
    partial.write_bytes(content.getvalue())
    partial.replace(path)


def load(path: str | os.PathLike[str]) -> MLP:
    """Read a network that `save` wrote.

    Takes no more memory than a few times the file's size, whatever the file claims.

    Raises:
        DataError: The file is not such a network, is damaged, or is of a later version.
        OSError: The file cannot be read.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            header = json.loads(_member(archive, path, "header", np.uint8).tobytes())
            parameters = _member(archive, path, "parameters", np.float64)
    except DataError:
        raise
    except (zipfile.BadZipFile, ValueError, EOFError) as error:
        raise DataError(f"{os.fspath(path)}: not a saved network, or damaged ({error})") from error
    return _network(header, parameters, path)


def _member(archive: zipfile.ZipFile, path: Any, name: str, dtype: Any) -> np.ndarray[Any, np.dtype[Any]]:
    """Read one array, stored without compression, so that it cannot be larger than the file."""
    try:
        member = archive.getinfo(f"{name}.npy")
    except KeyError:
        raise DataError(f"{os.fspath(path)}: not a saved network: it has no {name!r}") from None
    if member.compress_type != zipfile.ZIP_STORED:
        raise DataError(f"{os.fspath(path)}: {name!r} is compressed, which saved networks never are")
    content = archive.read(member)
    file = io.BytesIO(content)
    if np.lib.format.read_magic(file) != (1, 0):
        raise DataError(f"{os.fspath(path)}: {name!r} is not an array of format 1.0")
    shape, _, found = np.lib.format.read_array_header_1_0(file)
    if found != dtype:
        raise DataError(f"{os.fspath(path)}: expected {name!r} to be {np.dtype(dtype)}, got {found}")
    return np.frombuffer(content, found, offset=file.tell()).reshape(shape)


def _network(header: Any, parameters: np.ndarray[Any, np.dtype[Any]], path: Any) -> MLP:
    if not isinstance(header, dict) or header.get("format") != _FORMAT:
        raise DataError(f"{os.fspath(path)}: not a saved network: its header does not say {_FORMAT!r}")
    if header.get("version") != _VERSION:
        version = header.get("version")
        raise DataError(f"{os.fspath(path)}: file version {version!r}, this program reads {_VERSION}: update it")
    try:
        sizes = [int(size) for size in header["sizes"]]
        expected = sum(units * (inputs + 1) for inputs, units in itertools.pairwise(sizes))
        if parameters.shape != (expected,) or not np.isfinite(parameters).all():
            raise ConfigError(f"expected {expected:,} finite parameters, got an array of shape {parameters.shape}")
        network = MLP(sizes, header["activations"], slope=header["slope"], initialisation="zeros")
    except (KeyError, TypeError, ValueError) as error:
        raise DataError(f"{os.fspath(path)}: header of a saved network: {error}") from error
    network.parameters = parameters
    return network
