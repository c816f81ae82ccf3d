"""An evaluated generation in a file: its genomes, their lineage and their fitness."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from neat.errors import DataError, NeatError
from neat.files.arrays import read_arrays, write_arrays
from neat.files.checkpoint import check_offsets, translate_activations
from neat.functions.activations import ACTIVATIONS
from neat.genes.schema import CONNECTION, NODE, completed
from neat.genes.table import LINEAGE, Genomes
from neat.genes.validation import validate_all

__all__ = ["load_played", "save_played"]

_FORMAT, _VERSION = "neat-arena generation", 1
_DTYPES: dict[str, Any] = {
    "nodes": NODE,
    "node_offsets": np.int64,
    "connections": CONNECTION,
    "connection_offsets": np.int64,
    "lineage": LINEAGE,
    "species": np.int64,
    "fitness": np.float64,
    "scaling": np.float64,
}


class _Header(msgspec.Struct):
    generation: int
    activations: list[str]


def save_played(
    path: str | os.PathLike[str],
    genomes: Genomes,
    fitness: NDArray[np.float64],
    scaling: Mapping[str, NDArray[np.float64]] | None = None,
) -> None:
    """Write a generation, replacing the file atomically, without waiting for the disk.

    Args:
        path: The file, usually ending in ``.npz``.
        genomes: Its genomes, with lineage and species if known.
        fitness: Fitness of each genome, float64, shape (genomes,).
        scaling: Its observation scaling: ``shift`` and ``factor``, each of shape (inputs,).

    Raises:
        OSError: The file cannot be written; an old one is untouched.
    """
    n = len(genomes)
    rows = np.zeros((2, 0)) if scaling is None else np.stack([np.asarray(scaling[k]) for k in ("shift", "factor")])
    arrays = {
        "nodes": genomes.nodes,
        "node_offsets": genomes.node_offsets,
        "connections": genomes.connections,
        "connection_offsets": genomes.connection_offsets,
        "lineage": np.array([(-1, -1, 0)] * n, LINEAGE) if genomes.lineage is None else genomes.lineage,
        "species": np.zeros(n, np.int64) if genomes.species is None else np.asarray(genomes.species, np.int64),
        "fitness": np.asarray(fitness, np.float64),
        "scaling": np.asarray(rows, np.float64),
    }
    header = {"generation": genomes.generation, "activations": [entry.name for entry in ACTIVATIONS]}
    write_arrays(path, _FORMAT, _VERSION, header, arrays, lasting=False)


def load_played(
    path: str | os.PathLike[str], *, acyclic: bool = False
) -> tuple[Genomes, NDArray[np.float64], dict[str, NDArray[np.float64]] | None]:
    """Return the genomes, fitness, and observation scaling (or None) written by `save_played`.

    Args:
        path: The file.
        acyclic: Whether genomes must be acyclic.

    Raises:
        DataError: The file is of another kind, is damaged, or contains invalid genomes or an activation that is not
            registered.
        OSError: The file cannot be read.
    """
    header, arrays = read_arrays(path, _FORMAT, _VERSION, _DTYPES, _Header, shorter=(NODE, CONNECTION))
    try:
        arrays |= {name: completed(arrays[name], _DTYPES[name]) for name in ("nodes", "connections")}
        check_offsets(arrays, "node_offsets", "nodes")
        check_offsets(arrays, "connection_offsets", "connections")
        n = len(arrays["node_offsets"]) - 1
        for name in ("lineage", "species", "fitness"):
            if arrays[name].shape != (n,):
                raise DataError(f"expected {n} rows of {name!r}, got shape {arrays[name].shape}")
        if n < 1 or len(arrays["connection_offsets"]) != n + 1 or header.generation < 0:
            raise DataError("no such generation")
        translate_activations(arrays, header.activations)
        nodes = arrays["nodes"], arrays["node_offsets"]
        connections = arrays["connections"], arrays["connection_offsets"]
        genomes = Genomes(*nodes, *connections, header.generation, arrays["lineage"])
        genomes.species = arrays["species"]
        validate_all(genomes, acyclic=acyclic)
        scaling = arrays["scaling"]
        if scaling.ndim != 2 or len(scaling) != 2 or not np.isfinite(scaling).all():
            raise DataError("its observation scaling is not usable")
    except (NeatError, ValueError, IndexError, OverflowError) as error:
        reason = " ".join(str(error).split())[:300]
        raise DataError(f"{os.fspath(path)}: not a usable generation: {reason}") from error
    return genomes, arrays["fitness"], {"shift": scaling[0], "factor": scaling[1]} if scaling.size else None
