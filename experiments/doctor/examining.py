"""Examining a run or a game: collecting the data for the doctor, and returning its diagnosis.

For a run, these are the settings, the records, and some seconds of play by the champion and the genomes of the last
checkpoint. For a game, they are some seconds of play by random networks, and the fitness of a first generation.
"""

from __future__ import annotations

import contextlib
import dataclasses
import shlex
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
"""Number of steps of random play to estimate observation scaling."""
_LARGEST = 50_000
"""Maximum number of weights of fully connected first networks; above it, the run's own first genomes are used."""
_TOLD = 10
"""Minimum number of generations before a run gets a diagnosis at its end."""
_SHARE, _LEAST, _MOST = 0.015, 0.15, 5.0
"""Share of a run's time that this diagnosis may take, and its minimum and maximum in seconds."""


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """The diagnosis of a run or a game.

    Attributes:
        name: The name of the run or the game.
        looked: The data that was checked, in a few words each.
        well: Whether the run learns, or has learned; None for a game.
        findings: The causes found, the most basic first; may be empty.
        at_once: Whether the first generation solved the task.
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
    """Diagnose a run from its folder and some episodes.

    Args:
        path: The run folder.
        seconds: Approximate time to play, in seconds; 0 for no play.

    Raises:
        RunDirectoryError: There is no run, or one of its files is damaged.
        ConfigError: The settings or the game cannot be loaded.
        EvaluationError: The game raised an error.
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
    """Diagnose a game from episodes of random networks.

    Args:
        experiment: The settings with the game (`experiments.load`).
        seconds: Approximate time in seconds for each of two parts: some genomes play step by step, then a whole
            generation plays, if there is time.

    Raises:
        ConfigError: The game cannot be created.
        EvaluationError: The game raised an error.
    """
    task = make_task(experiment.task)
    config = fitted(experiment.config, task)
    config = _all_connected(config)
    experiment = dataclasses.replace(experiment, config=config)
    case = Case(experiment=experiment, goal=task.threshold, aim=aim_of(experiment, task))
    if is_registered(experiment.task):
        return _said(experiment.name, case, [f"the task {task.name}, which is not a game for random play"], None)
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
    """Return a line about a run that has just ended and did not improve, or None; it takes about 1.5% of its time.

    Args:
        folder: The run folder.
        seconds: Duration of the run in seconds.
    """
    with contextlib.suppress(Exception):  # an error here must not fail the run
        directory = RunDirectory.open(folder)
        records = list(directory.metrics())
        experiment = load(str(folder / "config.toml"))
        solved = directory.result().get("status") == "solved"
        case = Case(experiment=experiment, goal=None, aim=None, records=records, solved=solved)
        if len(records) < _TOLD or not case.bred or case.well:
            return None
        time = min(max(_SHARE * seconds, _LEAST), _MOST)
        # Estimated time for two episodes of each of 16 genomes, from the time that the run took for its episodes.
        last = records[-1]
        needed = 32 * seconds * available_cores() / max(last["evaluations"] * experiment.task.episodes, 1)
        found = examine_run(folder, time if needed < time else 0.0)
        if found.well:
            return None
        why = f": {found.findings[0].evidence}" if found.findings else ""
        return f"The fitness did not improve{why}. For more: neat doctor {shlex.quote(str(folder))}"
    return None


def _all_connected(config: Config) -> Config:
    """Return settings with fully connected first genomes, which react to all inputs, unless they would be too large."""
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
    """Add the fitness of the whole first generation, if its evaluation fits into the time."""
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
