"""A table of genomes as arrays of a checkpoint, for the state of emitters and scores."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neat.errors import DataError
from neat.genes.schema import CONNECTION, NODE
from neat.genes.table import Genome, Genomes
from neat.genes.validation import validate_all

__all__ = ["TABLE", "arrays_of", "table_of"]

TABLE: Mapping[str, Any] = {
    "nodes": NODE, "node_offsets": np.int64, "connections": CONNECTION, "connection_offsets": np.int64,
}  # fmt: skip
"""The dtype of each array, by name."""


def arrays_of(genomes: Genomes) -> dict[str, NDArray[Any]]:
    """Return the arrays of a table."""
    return {name: getattr(genomes, name) for name in TABLE}


def table_of(arrays: Mapping[str, NDArray[Any]], like: Genome | None, *, acyclic: bool) -> Genomes:
    """Return the table described by the arrays of `arrays_of`.

    Args:
        arrays: Arrays from a file; their dtypes are right, but their values are not checked yet.
        like: A valid genome with the inputs, bias and outputs that all genomes must have; by default the first of the
            table.
        acyclic: Whether genomes must be acyclic.

    Raises:
        DataError: The arrays are inconsistent.
        GenomeError: A genome is invalid.
    """
    for rows, name in (("nodes", "node_offsets"), ("connections", "connection_offsets")):
        offsets = arrays[name]
        if offsets.ndim != 1 or arrays[rows].ndim != 1 or not len(offsets) or offsets[0] != 0:
            raise DataError(f"{name!r} do not belong to a table of genomes")
        if (np.diff(offsets) < 0).any() or offsets[-1] != len(arrays[rows]):
            raise DataError(f"{name!r} do not fit {rows!r}")
    nodes, node_offsets, connections, connection_offsets = (arrays[name] for name in TABLE)
    table = Genomes(nodes, node_offsets, connections, connection_offsets)
    if len(table) != len(arrays["connection_offsets"]) - 1:
        raise DataError("a table of genomes has other numbers of nodes than of connections")
    validate_all(table if like is None else Genomes.of([like, *table]), acyclic=acyclic)
    return table
