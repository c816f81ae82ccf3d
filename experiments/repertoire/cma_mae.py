"""CMA-MAE on the weights of one topology, by pyribs (Fontaine & Nikolaidis 2023; the extra ``qd``).

The topology is that of the first genomes of the experiment. pyribs' emitters and archives cannot be saved without
running code on reading, so what is kept is what every solution scored, in order: asked for its solutions again and told
the same, pyribs comes to the same state, bit for bit, within seconds.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from environments import make_task
from environments.evaluators.backends import default_workers
from experiments.folder.files import AnyPath
from experiments.repertoire.folder import empty_repertoire
from experiments.settings import Experiment
from neat.breeding.initial import fixed_nodes, initial_population
from neat.errors import ConfigError, DataError, MissingExtraError
from neat.files.arrays import read_arrays, write_arrays
from neat.genes.innovation import InnovationRegister
from neat.genes.table import LINEAGE, Genomes
from neat.repertoires.repertoire import Repertoire

__all__ = ["BATCH", "EMITTERS", "LOG", "cma_mae"]

LOG = "evaluations.npz"
EMITTERS, BATCH = 5, 30
"""Emitters, and what each asks for at a time: those of pyribs' tutorials."""
_LEARNING_RATE = 0.01
_FORMAT, _VERSION = "neat-arena evaluations", 1
_SAVE_SECONDS = 20.0

Told = Callable[[int, Repertoire, int], None]


class _Header(msgspec.Struct):
    generations: int = 0
    steps: int = 0


def cma_mae(experiment: Experiment, folder: AnyPath, told: Told | None = None) -> tuple[Repertoire, int]:
    """Fill a repertoire by CMA-MAE, going on from what a folder holds of it.

    Args:
        experiment: The settings; generations of ``EMITTERS * BATCH`` solutions, whatever ``population.size`` says;
            ``repertoire.step`` is the first deviation of weights, which begin at 0.
        folder: Where `LOG` is kept.
        told: Is told after every generation how many are over, the repertoire and the steps so far.

    Returns:
        The repertoire, and the environment steps.

    Raises:
        MissingExtraError: pyribs is not installed.
        ConfigError: The settings have a division that it has not.
        DataError: The folder's log is of other settings, or damaged.
    """
    settings = experiment.config.repertoire
    if settings.archive != "grid":
        raise ConfigError("--method cma-mae: expected repertoire.archive = 'grid', which it fills")
    task = make_task(experiment.task)
    template = _template(experiment)
    scheduler = _scheduler(experiment, len(template.connections))
    objectives, measures, steps = _read(Path(folder) / LOG, len(settings.low))
    repertoire = empty_repertoire(experiment)
    size = EMITTERS * BATCH
    run = experiment.run
    saved = time.monotonic()
    with task.evaluator(
        experiment.config.network, seed=run.seed, workers=run.workers or default_workers(run.backend),
        backend=run.backend,
    ) as evaluator:  # fmt: skip
        for generation in range(max(run.generations, len(objectives) // size)):
            solutions = np.asarray(scheduler.ask(), np.float64)
            table = _table(template, solutions, generation)
            if len(objectives) < size * (generation + 1):
                evaluation = evaluator.evaluate(table)
                if evaluation.behaviours is None:
                    raise ConfigError("task.behaviour: expected a task that says what networks do")
                objectives = np.concatenate([objectives, evaluation.fitness])
                measures = np.concatenate([measures, evaluation.behaviours])
                steps += evaluation.steps
                if time.monotonic() - saved > _SAVE_SECONDS or generation + 1 == run.generations:
                    _write(Path(folder) / LOG, objectives, measures, steps)
                    saved = time.monotonic()
            rows = slice(size * generation, size * (generation + 1))
            scheduler.tell(objectives[rows], measures[rows])
            repertoire.add(table, objectives[rows], measures[rows])
            if told is not None:
                told(generation + 1, repertoire, steps)
    return repertoire, steps


def _template(experiment: Experiment) -> Genomes:
    """Return a table of one genome: the topology whose weights are searched."""
    config = experiment.config
    register = InnovationRegister(fixed_nodes(config))
    return initial_population(config, register, experiment.run.seed).shard(0, 1)


def _table(template: Genomes, weights: NDArray[np.float64], generation: int) -> Genomes:
    """Return genomes of the template's topology with other weights, float64, shape (genomes, weights)."""
    rows, every = len(weights), np.arange(len(weights) + 1)
    genes = np.tile(template.connections, rows)
    genes["weight"] = weights.reshape(-1)
    nodes = np.tile(template.nodes, rows)
    lineage = np.array([(-1, -1, 0)] * rows, LINEAGE)
    return Genomes(nodes, every * len(template.nodes), genes, every * len(template.connections), generation, lineage)


def _scheduler(experiment: Experiment, weights: int) -> Any:
    """Return pyribs' scheduler, with the archive of thresholds that CMA-MAE climbs."""
    for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
        os.environ.setdefault(name, "1")
    try:
        from ribs.archives import GridArchive
        from ribs.emitters import EvolutionStrategyEmitter
        from ribs.schedulers import Scheduler
    except ImportError as error:
        raise MissingExtraError(
            'CMA-MAE is pyribs\': run pip install "neat-arena[qd]" (or pip install ribs)'
        ) from error
    settings = experiment.config.repertoire
    archive = GridArchive(
        solution_dim=weights,
        dims=settings.cells,
        ranges=list(zip(settings.low, settings.high, strict=True)),
        learning_rate=_LEARNING_RATE,
        threshold_min=settings.offset,
    )
    seeds = np.random.SeedSequence(experiment.run.seed).generate_state(EMITTERS)
    emitters = [
        EvolutionStrategyEmitter(
            archive, x0=np.zeros(weights), sigma0=settings.step, ranker="imp", selection_rule="mu",
            restart_rule="basic", batch_size=BATCH, seed=int(seed),
        )
        for seed in seeds
    ]  # fmt: skip
    return Scheduler(archive, emitters)


def _read(path: Path, descriptors: int) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
    if not path.is_file():
        return np.empty(0), np.empty((0, descriptors)), 0
    dtypes = {"objectives": np.float64, "measures": np.float64}
    outer, arrays = read_arrays(path, _FORMAT, _VERSION, dtypes, _Header)
    objectives, measures = arrays["objectives"], arrays["measures"]
    size = EMITTERS * BATCH
    if objectives.ndim != 1 or measures.shape != (len(objectives), descriptors) or len(objectives) % size:
        raise DataError(f"{path}: not the evaluations of a run with these settings")
    return objectives, measures, outer.steps


def _write(path: Path, objectives: NDArray[np.float64], measures: NDArray[np.float64], steps: int) -> None:
    header = {"generations": len(objectives) // (EMITTERS * BATCH), "steps": steps}
    write_arrays(path, _FORMAT, _VERSION, header, {"objectives": objectives, "measures": measures})
