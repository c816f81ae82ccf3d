"""The whole state of a population in a file: a run goes on from it bit for bit as if it had never stopped."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Mapping
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from neat.arrays import read_arrays, write_arrays
from neat.config import Config
from neat.errors import DataError, NeatError
from neat.genes import CONNECTION, NODE
from neat.genome import LINEAGE
from neat.population import Population
from neat.speciation import SPECIES

__all__ = ["load_checkpoint", "save_checkpoint"]

_FORMAT, _VERSION = "neat-arena checkpoint", 1
_DTYPES: dict[str, Any] = {
    "nodes": NODE,
    "node_offsets": np.int64,
    "connections": CONNECTION,
    "connection_offsets": np.int64,
    "lineage": LINEAGE,
    "species": SPECIES,
    "members": np.int64,
    "representatives": CONNECTION,
    "representative_offsets": np.int64,
    "counters": np.int64,
    "pairs": np.int64,
    "splits": np.int64,
    "champion_nodes": NODE,
    "champion_connections": CONNECTION,
    "counts": np.int64,
    "values": np.float64,
    "extra": np.float64,
}
"""Every array of the file. ``extra`` holds the caller's arrays one after the other."""


def save_checkpoint(
    path: str | os.PathLike[str],
    population: Population,
    header: Mapping[str, Any] | None = None,
    extra: Mapping[str, NDArray[np.float64]] | None = None,
) -> None:
    """Write the state of a population between `tell` and `ask`, replacing a file there in one step.

    Args:
        path: Where, usually ending in ``.npz``.
        population: The population.
        header: What a caller wants to keep beside it; anything JSON can hold.
        extra: Further arrays of float64 by name, such as observation statistics.

    Raises:
        RuntimeError: The population waits for `tell`: its evaluation would be lost.
        OSError: The file cannot be written; an old one is untouched.
    """
    own = {name: np.asarray(array, np.float64) for name, array in (extra or {}).items()}
    outer = {
        "seed": population.seed,
        "config": dataclasses.asdict(population.config),
        "extra": {name: array.shape for name, array in own.items()},
        "caller": dict(header or {}),
    }
    flat = np.concatenate([array.reshape(-1) for array in own.values()] or [np.empty(0)])
    write_arrays(path, _FORMAT, _VERSION, outer, population.to_arrays() | {"extra": flat})


def load_checkpoint(
    path: str | os.PathLike[str], threads: int | None = None
) -> tuple[Population, dict[str, Any], dict[str, NDArray[np.float64]]]:
    """Return the population that a checkpoint holds, with the caller's header and arrays.

    Args:
        path: The file.
        threads: Threads for reproduction and speciation; the run does not depend on it.

    Raises:
        DataError: The file is no checkpoint, is damaged, or holds genomes that break a rule.
        OSError: The file cannot be read.
    """
    outer, arrays = read_arrays(path, _FORMAT, _VERSION, _DTYPES)
    try:
        header = msgspec.convert(outer, _Header)
        _check(arrays)
        extra, at = {}, 0
        for name, shape in header.extra.items():
            size = math.prod(shape)
            extra[name] = arrays["extra"][at : at + size].reshape(shape)
            at += size
        population = Population.from_arrays(header.config, header.seed, arrays, threads)
    except (msgspec.ValidationError, NeatError, ValueError, IndexError, OverflowError) as error:
        raise DataError(f"{os.fspath(path)}: not a usable checkpoint: {error}") from error
    return population, header.caller, extra


class _Header(msgspec.Struct):
    seed: int
    config: Config
    extra: dict[str, list[int]]
    caller: dict[str, Any]


def _check(arrays: Mapping[str, NDArray[Any]]) -> None:
    """Refuse arrays that do not fit together."""
    _check_offsets(arrays, "node_offsets", "nodes")
    _check_offsets(arrays, "connection_offsets", "connections")
    _check_offsets(arrays, "representative_offsets", "representatives")
    genomes, species = len(arrays["node_offsets"]) - 1, len(arrays["species"])
    shapes = {
        "connection_offsets": (genomes + 1,),
        "lineage": (genomes,),
        "species": (species,),
        "members": (genomes,),
        "representative_offsets": (species + 1,),
        "counters": (4,),
        "pairs": (len(arrays["pairs"]), 2),
        "splits": (len(arrays["splits"]), 2),
        "counts": (len(Population.COUNTS),),
        "values": (len(Population.VALUES),),
    }
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise DataError(f"expected {name!r} of shape {shape}, got {arrays[name].shape}")
    members = arrays["members"]
    if genomes < 2 or members.min() < 0 or members.max() >= species:
        raise DataError("genomes belong to species that are not there")
    for name in ("pairs", "splits"):
        if len(arrays[name]) and (arrays[name].min() < 0 or len(np.unique(arrays[name][:, 0])) < len(arrays[name])):
            raise DataError(f"{name!r} of the innovation register are negative or repeated")
    last = max(int(arrays[n]["innovation"].max(initial=-1)) for n in ("connections", "representatives"))
    if last >= arrays["counters"][0] or arrays["nodes"]["innovation"].max() >= arrays["counters"][1]:
        raise DataError("the innovation register has not given all numbers that genes carry")
    representatives = arrays["representatives"]["innovation"]
    if representatives.min(initial=0) < 0:
        raise DataError("a representative has a negative innovation number")


def _check_offsets(arrays: Mapping[str, NDArray[Any]], offsets: str, rows: str) -> None:
    bounds = arrays[offsets]
    if bounds.ndim != 1 or len(bounds) < 1 or bounds[0] != 0 or (np.diff(bounds) < 0).any():
        raise DataError(f"{offsets!r} do not rise from 0")
    if arrays[rows].ndim != 1 or bounds[-1] != len(arrays[rows]):
        raise DataError(f"{offsets!r} do not end where {rows!r} do")
