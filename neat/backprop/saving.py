"""A perceptron in a file: named arrays with a JSON header (`neat.files.arrays`), and no pickle that could run code."""

from __future__ import annotations

import itertools
import os

import msgspec
import numpy as np

from neat.backprop.mlp import MLP
from neat.errors import ConfigError, DataError
from neat.files.arrays import read_arrays, write_arrays

__all__ = ["load", "save"]

_FORMAT, _VERSION = "neat-arena mlp", 1


class _Header(msgspec.Struct):
    sizes: list[int]
    activations: list[str]
    slope: float


def save(network: MLP, path: str | os.PathLike[str]) -> None:
    """Write a network to ``path`` (its name as given), replacing a file there in one step.

    Args:
        network: The network.
        path: Where, usually ending in ``.npz``.

    Raises:
        OSError: The file cannot be written.
    """
    header = {"sizes": network.sizes, "activations": network.activations, "slope": network.slope}
    write_arrays(path, _FORMAT, _VERSION, header, {"parameters": network.parameters})


def load(path: str | os.PathLike[str]) -> MLP:
    """Read a network that `save` wrote.

    Takes no more memory than a few times the file's size, whatever the file claims.

    Raises:
        DataError: The file is not such a network, is damaged, or is of a later version.
        OSError: The file cannot be read.
    """
    header, arrays = read_arrays(path, _FORMAT, _VERSION, {"parameters": np.float64}, _Header)
    parameters = arrays["parameters"]
    try:
        if min(header.sizes, default=0) < 1:
            raise ConfigError(f"expected layers of at least one unit, got {header.sizes[:20]}")
        expected = sum(units * (inputs + 1) for inputs, units in itertools.pairwise(header.sizes))
        if parameters.shape != (expected,) or not np.isfinite(parameters).all():
            raise ConfigError(f"expected {expected:,} finite parameters, got an array of shape {parameters.shape}")
        network = MLP(header.sizes, header.activations, slope=header.slope, initialisation="zeros")
    except (TypeError, ValueError) as error:
        raise DataError(f"{os.fspath(path)}: header of a saved network: {error}") from error
    network.parameters = parameters
    return network
