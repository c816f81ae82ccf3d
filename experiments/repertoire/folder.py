"""The folder of a repertoire, ``repertoire`` in the run folder: arrays, and JSON for people.

::

    elites.npz        for each elite: genome, cell, sums of fitness and descriptors, number of evaluations
    repertoire.json   division of the space, coverage, QD score, best elite; after `neat illuminate --corrected` also
                      the figures of all elites on fresh episodes

The files contain no code. Each elite can be used like a champion: `neat play`, `neat draw` and `neat verify` select it
by ``--cell``.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from experiments.folder.champion import Champion
from experiments.folder.directory import RunDirectory
from experiments.folder.files import AnyPath, explained, finite, read_bounded, write_atomically
from experiments.settings import Experiment
from experiments.targets import load
from neat.breeding.initial import make_genome
from neat.errors import DataError, NeatError, RunDirectoryError
from neat.files.arrays import read_arrays, write_arrays
from neat.functions.activations import ACTIVATIONS, activation_index
from neat.repertoires.cells import cells_of
from neat.repertoires.repertoire import Repertoire

__all__ = [
    "FOLDER",
    "champion_of",
    "empty_repertoire",
    "figures",
    "outside",
    "read_figures",
    "read_repertoire",
    "stored",
    "write_repertoire",
]

FOLDER = "repertoire"
_ELITES, _FIGURES = "elites.npz", "repertoire.json"
_FORMAT, _VERSION = "neat-arena repertoire", 1
_LARGEST = 1 << 20


class _Header(msgspec.Struct):
    activations: list[str] = []


class _Counted(msgspec.Struct):
    """The figures that are read again; `figures` has more."""

    cells: int
    filled: int
    coverage: float
    offset: float
    qd_score: float
    best: float | None
    best_cell: str | None
    mean: float | None


class _Fresh(_Counted):
    episodes: int


class _Figures(_Counted):
    corrected: _Fresh | None = None


def empty_repertoire(experiment: Experiment) -> Repertoire:
    """Return an empty repertoire with an experiment's settings.

    Raises:
        ConfigError: The settings have no bounds of the descriptors.
    """
    settings = experiment.config.repertoire
    return Repertoire(cells_of(settings), len(settings.low))


def figures(repertoire: Repertoire, experiment: Experiment) -> dict[str, Any]:
    """Return the figures of a repertoire (coverage, QD score, best elite, …), as data for JSON."""
    settings = experiment.config.repertoire
    fitness = repertoire.fitness
    best = int(repertoire.filled[fitness.argmax()]) if len(fitness) else None
    return {
        "cells": repertoire.cells.total,
        "filled": len(fitness),
        "coverage": repertoire.coverage,
        "offset": settings.offset,
        "qd_score": repertoire.score(settings.offset),
        "best": float(fitness.max()) if len(fitness) else None,
        "best_cell": None if best is None else repertoire.cells.name(best),
        "mean": float(fitness.mean()) if len(fitness) else None,
        "evaluations_of_elites": int(repertoire.evaluations.sum()),
    }


def outside(repertoire: Repertoire, experiment: Experiment) -> str:
    """Return a sentence on elites whose descriptors are out of bounds, which are in cells at the border; or nothing."""
    settings = experiment.config.repertoire
    found = repertoire.descriptors
    beyond = ((found < settings.low) | (found > settings.high)).any(axis=1)
    if not beyond.any():
        return ""
    ranges = " and ".join(f"{low:.4g} to {high:.4g}" for low, high in zip(found.min(0), found.max(0), strict=True))
    bounds = " and ".join(f"{low:g} to {high:g}" for low, high in zip(settings.low, settings.high, strict=True))
    return (
        f"{beyond.sum():,} of {len(found):,} elites are out of bounds, in cells at the border: their behaviours range "
        f"from {ranges}, repertoire.low and repertoire.high say {bounds}"
    )


def write_repertoire(
    run: AnyPath, repertoire: Repertoire, experiment: Experiment, corrected: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Write a run's repertoire, and return its figures.

    Args:
        run: The run's folder.
        repertoire: The repertoire.
        experiment: The run's settings.
        corrected: Figures on fresh episodes (`experiments.repertoire.corrected`), if there are any.

    Raises:
        RunDirectoryError: The folder cannot be written.
    """
    folder = Path(run) / FOLDER
    data: dict[str, Any] = {
        "format": _FORMAT,
        "version": _VERSION,
        "environment": experiment.task.environment,
        "division": dataclasses.asdict(experiment.config.repertoire),
        **figures(repertoire, experiment),
    }
    if corrected is not None:
        data["corrected"] = corrected
    with explained(folder, "write to"):
        folder.mkdir(exist_ok=True)
        header = {"activations": [entry.name for entry in ACTIVATIONS]}
        write_arrays(folder / _ELITES, _FORMAT, _VERSION, header, repertoire.to_arrays())
        write_atomically(folder / _FIGURES, json.dumps(finite(data), indent=1) + "\n")
    return data


def read_repertoire(run: AnyPath) -> tuple[Repertoire, Experiment]:
    """Read a run's repertoire, and the run's settings.

    Raises:
        RunDirectoryError: The run has no repertoire, or it is damaged.
        ConfigError: The run's settings cannot be read.
    """
    run = Path(run)
    path = run / FOLDER / _ELITES
    if not path.is_file():
        raise RunDirectoryError(f"{run}: expected a run with a repertoire (`neat illuminate`), found none")
    RunDirectory(run).register_functions()
    experiment = load(str(run / "config.toml"))
    try:
        outer, arrays = read_arrays(path, _FORMAT, _VERSION, Repertoire.STATE, _Header)
        ours = np.array([activation_index(name) for name in outer.activations[:256]] or [0], np.uint8)
        numbers = arrays["nodes"]["activation"]
        if numbers.max(initial=0) >= len(ours):
            raise DataError("a node has an unknown activation")
        arrays["nodes"]["activation"] = ours[numbers]
        repertoire = empty_repertoire(experiment)
        repertoire.restore(arrays, make_genome(experiment.config), acyclic=experiment.config.acyclic)
    except (NeatError, OSError, ValueError) as error:
        raise RunDirectoryError(f"{path}: not a usable repertoire: {' '.join(str(error).split())[:300]}") from error
    return repertoire, experiment


def stored(run: AnyPath, cell: str) -> str:
    """Return what a run's repertoire says of the elite of a cell, as text.

    Raises:
        RunDirectoryError: The run has no repertoire, or it is damaged.
        ConfigError: There is no such cell.
    """
    repertoire, experiment = read_repertoire(run)
    number = repertoire.cells.named(cell)
    place = int(np.searchsorted(repertoire.filled, number))
    names = experiment.config.repertoire.names or tuple(
        f"descriptor {i + 1}" for i in range(repertoire.descriptors.shape[1])
    )
    where = ", ".join(f"{name} {value:.4g}" for name, value in zip(names, repertoire.descriptors[place], strict=True))
    count = int(repertoire.evaluations[number])
    times = "1 evaluation" if count == 1 else f"{count} evaluations"
    return f"cell {cell}: fitness {repertoire.worth(number):.4g} in training ({times}), {where}"


def read_figures(run: AnyPath) -> dict[str, Any]:
    """Return the content of ``repertoire.json`` in a run folder.

    Raises:
        RunDirectoryError: The file cannot be read.
    """
    path = Path(run) / FOLDER / _FIGURES
    content = read_bounded(path, _LARGEST)
    try:
        msgspec.json.decode(content, type=_Figures)
        found: dict[str, Any] = msgspec.json.decode(content, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise RunDirectoryError(f"{path}: not the figures of a repertoire: {reason}") from None
    return found


def champion_of(repertoire: Repertoire, experiment: Experiment, cell: int) -> Champion:
    """Return the elite of a cell as a champion, with its network settings and its task.

    Raises:
        RunDirectoryError: The cell is empty.
    """
    if not repertoire.genomes:
        raise RunDirectoryError(f"--cell {repertoire.cells.name(cell)}: no cell of this repertoire is filled yet")
    if cell not in repertoire.genomes:
        nearest = repertoire.cells.name(int(repertoire.filled[np.abs(repertoire.filled - cell).argmin()]))
        raise RunDirectoryError(f"--cell {repertoire.cells.name(cell)}: this cell is empty; {nearest} is not")
    return Champion(
        genome=repertoire.genomes[cell],
        network=experiment.config.network,
        task=experiment.task,
        fitness=repertoire.worth(cell),
        generation=int(repertoire.found[cell]),
        seed=experiment.run.seed,
    )
