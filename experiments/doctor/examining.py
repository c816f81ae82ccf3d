"""Examining: what the doctor looks at of a run or of a game, and what it says.

Of a run: its settings and generations, and some seconds of play by its champion and the genomes of its last checkpoint.
Of a game that is yet to be learnt: what random networks see, do and get, in a first generation and for some seconds.
"""

from __future__ import annotations

import contextlib
import dataclasses
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from environments import make_task
from environments.tasks.registry import is_registered
from environments.tasks.settings import NO_GAME, Scaling
from environments.tasks.task import Task
from experiments.doctor.case import Case, Played
from experiments.doctor.causes import CAUSES  # noqa: F401 - makes the bundled ones known
from experiments.doctor.finding import Finding
from experiments.doctor.observing import Game, at_random, undisturbed
from experiments.doctor.registry import findings
from experiments.folder.directory import RunDirectory
from experiments.folder.files import AnyPath
from experiments.loop.checkpoints import Checkpoints
from experiments.loop.runner import fitted
from experiments.loop.selection import aim_of
from experiments.settings import Experiment
from experiments.targets import load
from neat.compiled.parallel import available_cores
from neat.config import Config
from neat.errors import NeatError
from neat.genes.table import Genomes
from neat.population import Population

__all__ = ["Diagnosis", "examine_game", "examine_run", "first_word"]

_STEPS = 400
"""Steps of random play that are looked at."""
_LARGEST = 50_000
"""Weights of a first network with all connections, above which the run's own first genomes are taken."""
_TOLD = 10
"""Generations from which a run that did not improve is told so."""
_SHARE, _LEAST, _MOST = 0.015, 0.15, 5.0
"""Share of a run's time that a first word may take, and its bounds in seconds."""


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What the doctor says.

    Attributes:
        name: What was looked at.
        looked: What of it, in a few words each.
        well: Whether a run learns, or has learnt; None of a game alone.
        findings: Why nothing is learnt, the root of the trouble first; often nothing.
        at_once: Whether the first generation solved it.
    """

    name: str
    looked: tuple[str, ...]
    well: bool | None
    findings: tuple[Finding, ...]
    at_once: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Return the diagnosis, for JSON."""
        return {
            "name": self.name,
            "looked": list(self.looked),
            "well": self.well,
            "findings": [finding.as_dict() for finding in self.findings],
        }


def examine_run(path: AnyPath, seconds: float = 8.0) -> Diagnosis:
    """Look at a run's folder, and play some episodes.

    Args:
        path: The folder.
        seconds: About how long to play; 0 for not at all.

    Raises:
        RunDirectoryError: There is no run, or a file of it is damaged.
        ConfigError: Its settings or its game cannot be read.
        EvaluationError: Its game fails.
    """
    directory = RunDirectory.open(path)
    champion = directory.champion()
    folder = directory.path
    experiment = load(str(folder / "config.toml"))
    records = list(directory.metrics()) if (folder / "metrics.jsonl").is_file() else []
    solved = (folder / "result.json").is_file() and directory.result().get("status") == "solved"
    looked = [f"{len(records):,} generation{'s' * (len(records) != 1)}"]
    case = Case(experiment=experiment, goal=None, aim=None, records=records, solved=solved)
    if experiment.task.environment == NO_GAME:
        return _said(folder.resolve().name, case, looked)
    task = make_task(experiment.task)
    experiment = dataclasses.replace(experiment, config=fitted(experiment.config, task))
    case = dataclasses.replace(case, experiment=experiment, goal=task.threshold, aim=aim_of(experiment, task))
    if is_registered(experiment.task) or seconds <= 0.0:
        return _said(folder.resolve().name, case, looked)
    first = Population(_all_connected(experiment.config), experiment.run.seed, threads=1).genomes
    case = dataclasses.replace(case, first=first)
    members = [champion.genome]
    with contextlib.suppress(NeatError):
        members += list(Checkpoints(folder).newest()[0].population.genomes)
    case = _play(case, Genomes.of(members), champion.scaling, seconds, looked)
    if records and case.aim is not None and (records[0]["best"] or -np.inf) >= case.aim:
        case = _first_generation(case, task, experiment.config, seconds, looked)
    return _said(folder.resolve().name, case, looked)


def examine_game(experiment: Experiment, seconds: float = 8.0) -> Diagnosis:
    """Look at a game: what random networks see, do and get.

    Args:
        experiment: Its settings (`experiments.load`).
        seconds: About how long to play, twice: some genomes step by step, then a whole generation, if there is time.

    Raises:
        ConfigError: The game cannot be made.
        EvaluationError: It fails.
    """
    task = make_task(experiment.task)
    config = fitted(experiment.config, task)
    config = _all_connected(config)
    experiment = dataclasses.replace(experiment, config=config)
    case = Case(experiment=experiment, goal=task.threshold, aim=aim_of(experiment, task))
    if is_registered(experiment.task):
        return _said(experiment.name, case, [f"the task {task.name}, which is no game to play at random"], None)
    looked: list[str] = []
    genomes = Population(config, experiment.run.seed, threads=1).genomes
    scaling: Scaling | None = None
    with Game(experiment.task) as game, undisturbed():
        if experiment.task.observation_scaling == "running":
            seen = at_random(game.env, game.encoder, experiment.run.seed, _STEPS)
            scaling = {"shift": seen.mean(axis=0), "factor": 1.0 / np.maximum(seen.std(axis=0), 1e-4)}
    case = _play(case, genomes, scaling, seconds, looked)
    case = _first_generation(case, task, config, seconds, looked)
    return _said(experiment.name, case, looked, None)


def first_word(folder: Path, seconds: float) -> str | None:
    """Return a line about a run that has just ended and did not improve, or None; it takes little beside the run.

    Args:
        folder: The run's.
        seconds: How long the run took.
    """
    with contextlib.suppress(Exception):  # a run that ended well must not fail by this
        directory = RunDirectory.open(folder)
        records = list(directory.metrics())
        experiment = load(str(folder / "config.toml"))
        solved = directory.result().get("status") == "solved"
        case = Case(experiment=experiment, goal=None, aim=None, records=records, solved=solved)
        if len(records) < _TOLD or not case.bred or case.well:
            return None
        time = min(max(_SHARE * seconds, _LEAST), _MOST)
        # What 16 genomes need for two episodes each, by what the run needed for all of its own.
        last = records[-1]
        needed = 32 * seconds * available_cores() / max(last["evaluations"] * experiment.task.episodes, 1)
        found = examine_run(folder, time if needed < time else 0.0)
        if found.well:
            return None
        why = f": {found.findings[0].evidence}" if found.findings else ""
        return f"The fitness did not improve{why}. neat doctor {folder} says more"
    return None


def _all_connected(config: Config) -> Config:
    """Return settings by which first genomes have all connections, unless those are too many: so they can react."""
    genome = config.genome
    if config.network.encoding != "direct" or genome.inputs * genome.outputs > _LARGEST:
        return config
    return dataclasses.replace(config, genome=dataclasses.replace(genome, initial="full"))


def _play(case: Case, genomes: Genomes, scaling: Scaling | None, seconds: float, looked: list[str]) -> Case:
    experiment = case.experiment
    with undisturbed(), Game(experiment.task) as game:
        played, view = game.play(genomes, experiment.config.network, scaling, experiment.run.seed, seconds)
    count, episodes = played.returns.shape
    looked.append(
        f"{count} networks in {episodes} episodes each ({int(played.steps.sum()):,} steps of "
        f"{experiment.task.environment})"
    )
    looked.append(f"{len(view.x):,} observations of {view.x.shape[1]} inputs")
    return dataclasses.replace(case, genomes=genomes, view=view, played=played)


def _first_generation(case: Case, task: Task, config: Config, seconds: float, looked: list[str]) -> Case:
    """Add the fitness of the whole first generation, where that does not take much longer than it may."""
    experiment, played = case.experiment, case.played
    population = Population(config, experiment.run.seed)
    needed = len(population.genomes) * experiment.task.episodes * _episode_seconds(played)
    cores = available_cores()
    if needed > 2.0 * seconds * cores:
        return case
    serial = needed <= seconds
    with undisturbed(), task.evaluator(
        config.network, seed=experiment.run.seed, workers=1 if serial else cores, backend="serial" if serial else "auto"
    ) as evaluator:  # fmt: skip
        fitness = evaluator.evaluate(population.ask()).fitness
    looked.append(f"the fitness of {len(fitness)} random networks")
    return dataclasses.replace(case, fitness=fitness, generation=0)


def _episode_seconds(played: Played | None) -> float:
    if played is None:
        return 0.0
    return float(played.steps.mean()) * (played.step_seconds + played.other_seconds) + played.reset_seconds


def _said(name: str, case: Case, looked: list[str], well: bool | None = False) -> Diagnosis:
    return Diagnosis(
        name=name, looked=tuple(looked), well=None if well is None else case.well, findings=tuple(findings(case)),
        at_once=case.solved and len(case.records) == 1,
    )  # fmt: skip
