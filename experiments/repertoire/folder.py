"""A repertoire as a folder, ``repertoire`` in that of its run: arrays, and JSON to be read by people.

::

    elites.npz        the genome of each elite, its cell, the sums of its fitness and descriptors, its evaluations
    repertoire.json   how the space is divided, coverage, QD score, the best; and after `neat illuminate --corrected`
                      the same of all elites on fresh episodes

Nothing in it is code. Every elite is a champion: `neat play`, `neat draw` and `neat verify` take it by ``--cell``.
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
    "read_figures",
    "read_repertoire",
    "write_repertoire",
]

FOLDER = "repertoire"
_ELITES, _FIGURES = "elites.npz", "repertoire.json"
_FORMAT, _VERSION = "neat-arena repertoire", 1
_LARGEST = 1 << 20


class _Header(msgspec.Struct):
    activations: list[str] = []


def empty_repertoire(experiment: Experiment) -> Repertoire:
    """Return a repertoire of an experiment's settings, with nothing in it yet.

    Raises:
        ConfigError: They do not say between which bounds descriptors lie.
    """
    settings = experiment.config.repertoire
    return Repertoire(cells_of(settings), len(settings.low))


def figures(repertoire: Repertoire, experiment: Experiment) -> dict[str, Any]:
    """Return what a repertoire comes to, as data for JSON."""
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


def write_repertoire(
    run: AnyPath, repertoire: Repertoire, experiment: Experiment, corrected: dict[str, Any] | None = None
) -> dict[str, Any]:
    """Write a run's repertoire, and return its figures.

    Args:
        run: The run's folder.
        repertoire: What to write.
        experiment: The run's settings.
        corrected: What all elites came to on fresh episodes, if they have played some.

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
        RunDirectoryError: There is none, or it is damaged.
        ConfigError: The run's settings cannot be read.
    """
    run = Path(run)
    path = run / FOLDER / _ELITES
    if not path.is_file():
        raise RunDirectoryError(f"{run}: expected a run with a repertoire (`neat illuminate`), found none in it")
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


def read_figures(run: AnyPath) -> dict[str, Any]:
    """Return what ``repertoire.json`` of a run says.

    Raises:
        RunDirectoryError: It cannot be read.
    """
    path = Path(run) / FOLDER / _FIGURES
    try:
        found: dict[str, Any] = msgspec.json.decode(read_bounded(path, _LARGEST), type=dict[str, Any])
    except msgspec.MsgspecError as error:
        raise RunDirectoryError(f"{path}: not readable as JSON: {error}") from None
    return found


def champion_of(repertoire: Repertoire, experiment: Experiment, cell: int) -> Champion:
    """Return the elite of a cell with all it takes to play.

    Raises:
        RunDirectoryError: The cell is empty.
    """
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
