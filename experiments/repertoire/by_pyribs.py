"""CMA-ME and CMA-MAE on the weights of one topology, with pyribs (the extra ``qd``).

CMA-ME: Fontaine et al. (2020); CMA-MAE: Fontaine & Nikolaidis (2023). The topology is that of the experiment's first
generation. pyribs' emitters and archives cannot be stored without pickle. So the scores of all solutions are stored in
order, and replaying them restores the same state of pyribs, bit for bit, within seconds.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from environments import make_task
from environments.evaluators.backends import default_workers
from experiments.folder.directory import EVALUATIONS
from experiments.folder.files import AnyPath
from experiments.repertoire.folder import empty_repertoire
from experiments.settings import Experiment, essence
from neat.breeding.initial import fixed_nodes, initial_population
from neat.errors import ConfigError, DataError, MissingExtraError
from neat.files.arrays import read_arrays, write_arrays
from neat.genes.innovation import InnovationRegister
from neat.genes.table import LINEAGE, Genomes
from neat.repertoires.cells import check_number
from neat.repertoires.repertoire import Repertoire

__all__ = ["BATCH", "EMITTERS", "LOG", "METHODS", "Filled", "by_pyribs", "method_of", "refuse_fewer"]

LOG = EVALUATIONS
EMITTERS, BATCH = 5, 30
"""Number of emitters, and of solutions per emitter and generation, as in pyribs' tutorials."""
METHODS = ("cma-me", "cma-mae")
_FORMAT, _VERSION = "neat-arena evaluations", 1
_SAVE_SECONDS = 20.0

Told = Callable[[int, Repertoire, int], None]


class _Header(msgspec.Struct):
    generations: int = 0
    steps: int = 0
    seconds: float = 0.0
    method: str = "cma-mae"
    settings: str = ""
    """SHA-256 of the settings that determine the solutions (`experiments.settings.essence`)."""


@dataclass(frozen=True)
class Filled:
    """A repertoire, and what filling it took."""

    repertoire: Repertoire
    evaluations: int
    steps: int
    """Environment steps."""
    seconds: float
    """Wall-clock time, without interruptions."""


def by_pyribs(experiment: Experiment, method: str, folder: AnyPath, told: Told | None = None) -> Filled:
    """Fill a repertoire by CMA-ME or CMA-MAE. If the folder contains a log, the search continues from there.

    Args:
        experiment: The settings. A generation has ``EMITTERS * BATCH`` solutions; ``population.size`` is not used.
            ``repertoire.step`` is the initial standard deviation of the weights, whose initial mean is 0.
        method: One of `METHODS`.
        folder: Folder of the log, a file `LOG`.
        told: Called after each generation with the number of generations, the repertoire and the number of steps.

    Raises:
        MissingExtraError: pyribs is not installed.
        ConfigError: The archive is not a grid, the task has no behaviours, or more generations were played already.
        EvaluationError: Behaviours have more or fewer numbers than the bounds.
        DataError: The log belongs to other settings, or is damaged.
    """
    settings = experiment.config.repertoire
    if settings.archive != "grid":
        raise ConfigError(f"--method {method}: expected repertoire.archive = 'grid', got {settings.archive!r}")
    task = make_task(experiment.task)
    template = _template(experiment)
    scheduler = _scheduler(experiment, method, len(template.connections))
    log = Path(folder) / LOG
    refuse_fewer(folder, experiment.run.generations)
    mark = hashlib.sha256(essence(experiment).encode()).hexdigest()
    objectives, measures, before = _read(log, method, len(settings.low), mark)
    steps, kept = before.steps, len(objectives)
    if not len(objectives):  # from the first moment on, the folder tells which method fills it
        _write(log, _Header(method=method, settings=mark), objectives, measures)
    repertoire = empty_repertoire(experiment)
    size = EMITTERS * BATCH
    run = experiment.run
    begun = saved = time.monotonic()

    def keep() -> _Header:
        seconds = before.seconds + time.monotonic() - begun
        whole = min(len(objectives), len(measures)) // size  # an interruption may come between the two
        header = _Header(whole, steps, seconds, method, mark)
        _write(log, header, objectives[: whole * size], measures[: whole * size])
        return header

    try:
        with task.evaluator(
            experiment.config.network, seed=run.seed, workers=run.workers or default_workers(run.backend),
            backend=run.backend,
        ) as evaluator:  # fmt: skip
            for generation in range(run.generations):
                solutions = np.asarray(scheduler.ask(), np.float64)
                table = _table(template, solutions, generation)
                if len(objectives) < size * (generation + 1):
                    evaluation = evaluator.evaluate(table)
                    if evaluation.behaviours is None:
                        raise ConfigError(
                            "task.behaviour: expected a task with behaviours, and a value other than 'none'"
                        )
                    check_number(evaluation.behaviours, settings)
                    objectives = np.concatenate([objectives, evaluation.fitness])
                    measures = np.concatenate([measures, evaluation.behaviours])
                    steps += evaluation.steps
                    if time.monotonic() - saved > _SAVE_SECONDS or generation + 1 == run.generations:
                        keep()
                        saved = time.monotonic()
                rows = slice(size * generation, size * (generation + 1))
                scheduler.tell(objectives[rows], measures[rows])
                repertoire.add(table, objectives[rows], measures[rows])
                if told is not None:
                    told(generation + 1, repertoire, steps)
    except BaseException:  # Ctrl-C, or an error of the game
        if len(objectives) > kept:
            keep()
        raise
    seconds = keep().seconds if len(objectives) > kept else before.seconds
    return Filled(repertoire, len(objectives), steps, seconds)


def refuse_fewer(folder: AnyPath, generations: int) -> None:
    """Check that a run is not to end before what it has played.

    Raises:
        ConfigError: It is.
    """
    path = Path(folder) / LOG
    played = _arrays(path)[0].generations if path.is_file() else 0
    if played > generations:
        raise ConfigError(
            f"{folder}: this run has played {played} generations; --generations {2 * played} continues it"
        )


def _template(experiment: Experiment) -> Genomes:
    """Return a table with one genome, which has the topology whose weights are optimised."""
    config = experiment.config
    register = InnovationRegister(fixed_nodes(config))
    return initial_population(config, register, experiment.run.seed).shard(0, 1)


def _table(template: Genomes, weights: NDArray[np.float64], generation: int) -> Genomes:
    """Return genomes with the template's topology and these weights, float64, shape (genomes, weights)."""
    rows, every = len(weights), np.arange(len(weights) + 1)
    genes = np.tile(template.connections, rows)
    genes["weight"] = weights.reshape(-1)
    nodes = np.tile(template.nodes, rows)
    lineage = np.array([(-1, -1, 0)] * rows, LINEAGE)
    return Genomes(nodes, every * len(template.nodes), genes, every * len(template.connections), generation, lineage)


def _scheduler(experiment: Experiment, method: str, weights: int) -> Any:
    """Return pyribs' scheduler for a method, with the settings of its tutorials."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    try:
        from ribs.archives import GridArchive
        from ribs.emitters import EvolutionStrategyEmitter
        from ribs.schedulers import Scheduler
    except ImportError as error:
        raise MissingExtraError(
            'CMA-ME and CMA-MAE need pyribs: run pip install "neat-arena[qd]" (or pip install ribs)'
        ) from error
    settings = experiment.config.repertoire
    annealed = method == "cma-mae"  # a cell's threshold rises slowly, not to its elite's score at once
    archive = GridArchive(
        solution_dim=weights,
        dims=settings.cells,
        ranges=list(zip(settings.low, settings.high, strict=True)),
        learning_rate=0.01 if annealed else None,
        threshold_min=settings.offset if annealed else -np.inf,
    )
    rules: dict[str, Any] = (
        {"ranker": "imp", "selection_rule": "mu", "restart_rule": "basic"} if annealed else {"ranker": "2imp"}
    )
    seeds = np.random.SeedSequence(experiment.run.seed).generate_state(EMITTERS)
    emitters = [
        EvolutionStrategyEmitter(
            archive, x0=np.zeros(weights), sigma0=settings.step, batch_size=BATCH, seed=int(seed), **rules
        )
        for seed in seeds
    ]
    return Scheduler(archive, emitters)


def method_of(folder: AnyPath) -> str | None:
    """Return the method of pyribs that filled the repertoire in a folder, or None if another one did."""
    path = Path(folder) / LOG
    return _arrays(path)[0].method if path.is_file() else None


def _read(
    path: Path, method: str, descriptors: int, mark: str
) -> tuple[NDArray[np.float64], NDArray[np.float64], _Header]:
    if not path.is_file():
        return np.empty(0), np.empty((0, descriptors)), _Header(method=method)
    outer, arrays = _arrays(path)
    objectives, measures = arrays["objectives"], arrays["measures"]
    size = EMITTERS * BATCH
    if objectives.ndim != 1 or measures.shape != (len(objectives), descriptors) or len(objectives) % size:
        raise DataError(f"{path}: not the evaluations of a run with these settings")
    if outer.method != method:
        raise DataError(f"{path}: expected the evaluations of {method}, got those of {outer.method}")
    if outer.settings not in ("", mark):
        raise DataError(
            f"{path}: not the evaluations of a run with these settings; give its folder its own config.toml"
        )
    return objectives, measures, outer


def _arrays(path: Path) -> tuple[_Header, dict[str, NDArray[np.float64]]]:
    return read_arrays(path, _FORMAT, _VERSION, {"objectives": np.float64, "measures": np.float64}, _Header)


def _write(path: Path, header: _Header, objectives: NDArray[np.float64], measures: NDArray[np.float64]) -> None:
    arrays = {"objectives": objectives, "measures": measures}
    write_arrays(path, _FORMAT, _VERSION, msgspec.structs.asdict(header), arrays)
