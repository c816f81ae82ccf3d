"""Checkpoints: the whole state of a population in a file, from which a run continues bit for bit."""

from __future__ import annotations

import dataclasses
import math
import os
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec
import numpy as np
from numpy.typing import NDArray

from neat.breeding import EMITTERS
from neat.breeding.initial import fixed_nodes
from neat.config import Config
from neat.errors import DataError, NeatError
from neat.files.arrays import read_arrays, write_arrays
from neat.functions.activations import ACTIVATIONS, activation_index
from neat.genes.schema import CONNECTION, NODE, completed
from neat.genes.table import LINEAGE, Genome, Genomes
from neat.genes.validation import validate_all
from neat.population import Population
from neat.selection import SCORES
from neat.settings.plain import plain
from neat.species.speciation import SPECIES

__all__ = ["check_offsets", "load_checkpoint", "save_checkpoint", "translate_activations"]

_FORMAT, _VERSION = "neat-arena checkpoint", 3
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
    "kept_nodes": NODE,
    "kept_node_offsets": np.int64,
    "kept_connections": CONNECTION,
    "kept_connection_offsets": np.int64,
}
"""Arrays of every file. ``extra`` holds the caller's arrays one after the other, ``kept`` the caller's genomes."""
_KEPT = ("kept_nodes", "kept_node_offsets", "kept_connections", "kept_connection_offsets")
_SEARCH = {
    "search_nodes": NODE, "search_connections": CONNECTION, "search_vectors": np.float64, "search_values": np.float64,
    "search_counts": np.int64,
}  # fmt: skip
_OLDER = {2: {name: dtype for name, dtype in _DTYPES.items() if name not in _KEPT} | _SEARCH}
"""Version 2 always had a weight search, and stored a caller's genomes as text in its header."""


def _dtypes(outer: _Header) -> dict[str, Any]:
    """Return the dtype of every array of a file, including those of emitters and the score."""
    parts = {"score": SCORES[outer.config.selection.method].STATE}
    parts |= {name: EMITTERS[name].STATE for name in outer.config.emitted}
    return _DTYPES | {f"{part}_{name}": dtype for part, state in parts.items() for name, dtype in state.items()}


def _of(dtype: Any, arrays: Mapping[str, NDArray[Any]]) -> list[str]:
    """Return the names of the arrays of one kind of genes."""
    return [name for name, array in arrays.items() if array.dtype == dtype]


def save_checkpoint(
    path: str | os.PathLike[str],
    population: Population,
    header: Mapping[str, Any] | None = None,
    extra: Mapping[str, NDArray[np.float64]] | None = None,
    genomes: Mapping[str, Genome] | None = None,
) -> None:
    """Write the state of a population between `tell` and `ask`, replacing the file atomically.

    Args:
        path: The file, usually ending in ``.npz``.
        population: The population.
        header: Additional data of the caller; anything JSON can represent.
        extra: Additional float64 arrays by name, such as observation statistics.
        genomes: Additional genomes of the run by name, with innovation numbers of its register; for genomes that are
            too large for the header.

    Raises:
        DataError: ``header`` is too long.
        RuntimeError: The population waits for `tell`: its evaluation would be lost.
        OSError: The file cannot be written; an old one is untouched.
    """
    own = {name: np.asarray(array, np.float64) for name, array in (extra or {}).items()}
    outer = {
        "seed": population.seed,
        "config": plain(dataclasses.asdict(population.config)),
        "activations": [entry.name for entry in ACTIVATIONS],
        "extra": {name: array.shape for name, array in own.items()},
        "kept": list(genomes or {}),
        "caller": dict(header or {}),
    }
    flat = np.concatenate([array.reshape(-1) for array in own.values()] or [np.empty(0)])
    kept = Genomes.of(list((genomes or {}).values()))
    tables = (kept.nodes, kept.node_offsets, kept.connections, kept.connection_offsets)
    arrays = {**population.to_arrays(), "extra": flat, **dict(zip(_KEPT, tables, strict=True))}
    write_arrays(path, _FORMAT, _VERSION, outer, arrays)


T = TypeVar("T")


def load_checkpoint(
    path: str | os.PathLike[str],
    threads: int | None = None,
    *,
    header: type[T] = dict,  # type: ignore[assignment]
    genomes: dict[str, Genome] | None = None,
) -> tuple[Population, T, dict[str, NDArray[np.float64]]]:
    """Return the population in a checkpoint, with the caller's header and arrays.

    Args:
        path: The file.
        threads: Number of threads for reproduction and speciation; results do not depend on it.
        header: Type of the caller's header, for `msgspec`.
        genomes: Receives the caller's genomes by name.

    Raises:
        DataError: The file is not a checkpoint, is damaged, or contains an impossible state. Also if it uses an
            activation of your own that is not registered: loading a file never imports code.
        OSError: The file cannot be read.
    """
    outer, arrays = read_arrays(path, _FORMAT, _VERSION, _dtypes, _Header, older=_OLDER, shorter=(NODE, CONNECTION))
    for name in _KEPT:
        arrays.setdefault(name, np.zeros(1 if name.endswith("offsets") else 0, _DTYPES[name]))
    for kind in (NODE, CONNECTION):
        for name in _of(kind, arrays):
            arrays[name] = completed(arrays[name], kind)
    try:
        for name in (outer.config.genome.output_activation, *outer.config.genome.activations):
            activation_index(name)
        _check(arrays, outer.config)
        translate_activations(arrays, outer.activations)
        extra = _extra(arrays["extra"], outer.extra)
        kept = _kept(arrays, outer)
        population = Population.from_arrays(outer.config, outer.seed, arrays, threads)
        caller = msgspec.json.decode(outer.caller, type=header)
    except (msgspec.MsgspecError, NeatError, ValueError, IndexError, OverflowError, RecursionError) as error:
        reason = " ".join(str(error).split())[:300]
        raise DataError(f"{os.fspath(path)}: not a usable checkpoint: {reason}") from error
    if genomes is not None:
        genomes.update(kept)
    return population, caller, extra


class _Header(msgspec.Struct):
    seed: int
    config: Config
    activations: list[str]
    extra: dict[str, list[int]]
    caller: msgspec.Raw
    kept: list[str] = []


def _kept(arrays: Mapping[str, NDArray[Any]], outer: _Header) -> dict[str, Genome]:
    """Return the caller's genomes, after checking that each is valid and has the population's inputs and outputs."""
    nodes, node_offsets, connections, connection_offsets = (arrays[name] for name in _KEPT)
    table = Genomes(nodes, node_offsets, connections, connection_offsets)
    if len(table) != len(set(outer.kept)):
        raise DataError(f"{len(table)} genomes are kept, under the names {outer.kept!r}")
    if len(table):
        first = Genome(*(arrays[f"{name}s"][: arrays[f"{name}_offsets"][1]] for name in ("node", "connection")))
        validate_all(Genomes.of([first, *table]), acyclic=outer.config.acyclic)
    return {name: genome.copy() for name, genome in zip(outer.kept, table, strict=True)}


def _extra(flat: NDArray[np.float64], shapes: Mapping[str, list[int]]) -> dict[str, NDArray[np.float64]]:
    """Return the caller's arrays, which are stored one after the other."""
    found, at = {}, 0
    for name, shape in shapes.items():
        size = math.prod(shape)
        if min(shape, default=0) < 0 or size > len(flat) - at:
            raise DataError(f"the array {name!r} is not as long as its shape {shape} says")
        found[name] = flat[at : at + size].reshape(shape)
        at += size
    return found


def translate_activations(arrays: Mapping[str, NDArray[Any]], names: list[str]) -> None:
    """Replace the activation numbers of the program that wrote the file by this program's, in place."""
    ours = np.array([activation_index(name) for name in names[:256]] or [0], np.uint8)
    for key in _of(NODE, arrays):
        numbers = arrays[key]["activation"]
        if numbers.max(initial=0) >= len(ours):
            raise DataError(f"{key!r} have an unknown activation")
        arrays[key]["activation"] = ours[numbers]


def _check(arrays: Mapping[str, NDArray[Any]], config: Config) -> None:
    """Reject arrays that are inconsistent or describe an impossible state."""
    check_offsets(arrays, "node_offsets", "nodes")
    check_offsets(arrays, "connection_offsets", "connections")
    check_offsets(arrays, "representative_offsets", "representatives")
    check_offsets(arrays, "kept_node_offsets", "kept_nodes")
    check_offsets(arrays, "kept_connection_offsets", "kept_connections")
    genomes, species = len(arrays["node_offsets"]) - 1, len(arrays["species"])
    shapes = {
        "connection_offsets": (genomes + 1,),
        "lineage": (genomes,),
        "species": (species,),
        "members": (genomes,),
        "representative_offsets": (species + 1,),
        "kept_connection_offsets": arrays["kept_node_offsets"].shape,
        "counters": (4,),
        "pairs": (len(arrays["pairs"]), 2),
        "splits": (len(arrays["splits"]), 2),
        "champion_nodes": (arrays["champion_nodes"].size,),
        "champion_connections": (arrays["champion_connections"].size,),
        "counts": (len(Population.COUNTS),),
        "values": (len(Population.VALUES),),
        "extra": (arrays["extra"].size,),
    }
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise DataError(f"expected {name!r} of shape {shape}, got {arrays[name].shape}")
    if genomes != config.population.size:
        raise DataError(f"population.size is {config.population.size}, but there are {genomes} genomes")
    _check_species(arrays)
    _check_register(arrays, config)
    _check_numbers(arrays)
    kinds = arrays["nodes"]["kind"][: arrays["node_offsets"][1]]
    for name, kind in (("inputs", 0), ("outputs", 2)):
        if np.count_nonzero(kinds == kind) != getattr(config.genome, name):
            raise DataError(f"genome.{name} is {getattr(config.genome, name)}, but the genomes have another number")


def _check_species(arrays: Mapping[str, NDArray[Any]]) -> None:
    species, members = arrays["species"], arrays["members"]
    if members.min() < 0 or members.max() >= len(species) or not np.bincount(members, minlength=len(species)).all():
        raise DataError("genomes and species do not fit together")
    generation = arrays["counts"][0]
    ids = species["id"]
    if (np.diff(ids) <= 0).any() or ids[0] < 0 or ids[-1] >= arrays["counts"][4]:
        raise DataError("the numbers of the species are out of order")
    if min(species["born"].min(), species["improved"].min()) < 0 or max(
        species["born"].max(), species["improved"].max()
    ) > max(generation, 0):
        raise DataError("a species is younger than the population")
    if np.isnan(species["best"]).any():
        raise DataError("a species has a fitness that is not a number")


def _check_register(arrays: Mapping[str, NDArray[Any]], config: Config) -> None:
    """Check that innovation numbers are unique, belong to existing structure, and are within the counters."""
    counters, pairs, splits = arrays["counters"], arrays["pairs"], arrays["splits"]
    fixed = fixed_nodes(config)
    if counters.min() < 0 or counters[:2].max() >= 2**31 or counters[1] < fixed:
        raise DataError("the innovation register counts beyond its range")
    if (counters[2], counters[3]) != (len(pairs), len(splits)):
        raise DataError("the innovation register does not have as many entries as it says")
    if config.population.innovation_scope == "run" and counters[0] != len(pairs):
        raise DataError("the innovation register has forgotten connections")
    for name, rows, end in (("pairs", pairs, counters[0]), ("splits", splits, counters[1])):
        if len(rows) and (rows.min() < 0 or rows[:, 1].max() >= end):
            raise DataError(f"{name!r} of the innovation register are out of range")
        if any(len(np.unique(rows[:, column])) < len(rows) for column in (0, 1)):
            raise DataError(f"{name!r} of the innovation register are repeated")
    genes = np.concatenate([arrays[n] for n in _of(CONNECTION, arrays)])
    numbers = genes["innovation"].astype(np.int64)
    ends = (genes["source"].astype(np.int64) << 32) | genes["target"]
    known, first = np.unique(np.concatenate([pairs[:, 1], numbers]), return_index=True)
    meaning = np.concatenate([pairs[:, 0], ends])[first]
    if len(numbers) and (numbers.min() < 0 or numbers.max() >= counters[0]):
        raise DataError("the innovation register has not given all numbers that connections carry")
    if (meaning[np.searchsorted(known, numbers)] != ends).any():
        raise DataError("two connections share an innovation number")
    nodes = max(int(arrays[n]["innovation"].max(initial=0)) for n in _of(NODE, arrays))
    if nodes >= counters[1]:
        raise DataError("the innovation register has not given all numbers that nodes carry")
    own = arrays["representatives"]
    within = np.ones(len(own), np.bool_)
    within[arrays["representative_offsets"][:-1][np.diff(arrays["representative_offsets"]) > 0]] = False
    if (np.diff(own["innovation"], prepend=-1)[within] <= 0).any() or not np.isfinite(own["weight"]).all():
        raise DataError("a representative's connection genes are out of order or not finite")


def _check_numbers(arrays: Mapping[str, NDArray[Any]]) -> None:
    counts = arrays["counts"]
    if counts.min() < 0 or counts.max() >= 2**62 or counts[3] > counts[0] or counts[5:].max() > 1:
        raise DataError("its counts are out of range")
    champion, best, threshold, last_threshold, seconds = arrays["values"]
    if counts[5] and not math.isfinite(champion):
        raise DataError("the champion's fitness is not a finite number")
    if math.isnan(champion) or math.isnan(best):
        raise DataError("a fitness is not a number")
    if not all(math.isfinite(v) and v >= 0 for v in (threshold, last_threshold, seconds)):
        raise DataError("the threshold or the time is not a finite number of at least 0")
    if min(arrays["lineage"]["mother"].min(), arrays["lineage"]["father"].min()) < -1:
        raise DataError("a genome has a parent of negative number")


def check_offsets(arrays: Mapping[str, NDArray[Any]], offsets: str, rows: str) -> None:
    """Raise DataError if the offsets of a table do not match its rows."""
    bounds = arrays[offsets]
    if bounds.ndim != 1 or len(bounds) < 1 or bounds[0] != 0 or (np.diff(bounds) < 0).any():
        raise DataError(f"{offsets!r} do not rise from 0")
    if arrays[rows].ndim != 1 or bounds[-1] != len(arrays[rows]):
        raise DataError(f"{offsets!r} do not end where {rows!r} do")
