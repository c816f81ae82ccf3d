"""A finished or interrupted run for drawings and reports: all data of its folder, read once."""

from __future__ import annotations

import math
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Any, TypedDict

import msgspec

from environments.tasks.settings import NO_GAME, TaskConfig
from environments.tasks.task import make_task
from experiments.folder.behaviours import Behaved, read_behaviours
from experiments.folder.champion import LARGEST_CHAMPION, Champion
from experiments.folder.champions import History, Step, read_champions
from experiments.folder.directory import RunDirectory
from experiments.folder.files import AnyPath, decode, read_bounded
from experiments.folder.lineage_file import read_lineage
from experiments.folder.own_functions import reading
from experiments.folder.toml import LARGEST_FILE, parse_toml
from experiments.settings import Experiment
from experiments.targets import load
from neat.config import Config
from neat.errors import ConfigError, GenomeError, NeatError, RunDirectoryError
from neat.files.genome_json import FORMAT as GENOME_FORMAT
from neat.genes.table import Genome
from neat.history.ancestry import Ancestor, Births, Relatives, ancestral_line

__all__ = ["SavedRun", "load_champion"]


@dataclass(frozen=True)
class SavedRun:
    """The content of a run folder. Parts that an interrupted run has not written are empty."""

    path: Path
    name: str
    champion: Champion
    records: list[dict[str, Any]]
    result: dict[str, Any]
    settings: dict[str, Any]
    history: History
    relatives: list[Relatives] = field(default_factory=list)
    behaved: list[Behaved] = field(default_factory=list)

    @classmethod
    def load(cls, path: AnyPath) -> SavedRun:
        """Read a run folder.

        Raises:
            RunDirectoryError: There is no run, or one of its files is damaged.
            GenomeError: A genome is invalid.
        """
        directory = RunDirectory.open(path)
        folder = directory.path
        return cls(
            path=folder,
            name=folder.resolve().name,
            champion=directory.champion(),
            records=list(directory.metrics()) if (folder / "metrics.jsonl").is_file() else [],
            result=_result(directory),
            settings=_settings(folder / "config.toml"),
            history=reading(lambda: read_champions(folder), directory.register_functions),
            relatives=read_lineage(folder),
            behaved=read_behaviours(folder),
        )

    @property
    def steps(self) -> list[Step]:
        """Champions in order, the final one last."""
        steps: list[Step] = []
        for step in self.history.champions:
            if not steps or steps[-1].genome != step.genome:  # a trial may have confirmed the one before
                steps.append(step)
        if not steps or steps[-1].genome != self.champion.genome:
            steps.append(Step(self.champion.generation, self.champion.fitness, self.champion.genome))
        return steps

    @property
    def ancestors(self) -> list[Ancestor]:
        """The champion and its ancestors, the oldest first; empty if the run did not store them."""
        return ancestral_line(self.relatives, self.champion.generation, self.champion.fitness)

    @property
    def births(self) -> tuple[Births, Births] | None:
        """The generations in which the champion's genes first appeared, in its line of ancestors and in the run.

        It is None if the champion has no ancestors, or if the run did not store the genes that ancestors gained.
        """
        line = self.ancestors
        if len(line) < 2 or any(relatives.gained is None for relatives in self.relatives):
            return None
        return Births.along(self.champion.genome, line), Births.of(self.champion.genome, self.relatives)

    @cached_property
    def threshold(self) -> float | None:
        """Mean return that counts as solved. A run without a result does not store it, so its task is asked."""
        if "threshold" in self.result:
            value = self.result["threshold"]
            return None if value is None else float(value)
        with suppress(NeatError):
            return make_task(self.champion.task).threshold
        return self.champion.task.threshold

    @property
    def illuminates(self) -> bool:
        """Whether its genomes were bred from a repertoire, without species."""
        emitters = self.settings.get("breeding", {}).get("emitters", {})
        return bool(self.result.get("illuminates")) or emitters.get("map-elites", 0.0) >= 1.0


def load_champion(path: AnyPath, task: str | None = None, cell: str | None = None) -> Champion:
    """Read a champion from a run folder, from the file of a champion, or from the file of a genome (`Genome.to_json`).

    Args:
        path: The folder or the file.
        task: The task of a network without a game, as for `experiments.load`. The network settings of a genome's file
            are those of this experiment.
        cell: Return the elite of this cell of the run's repertoire instead.

    Raises:
        RunDirectoryError: There is no champion.
        GenomeError: The genome is invalid, or uses an activation function that is not registered.
        ConfigError: There is no such task or cell, or the champion already has a game.
    """
    path = Path(path)
    if cell is not None:
        from experiments.repertoire.folder import champion_of, read_repertoire

        repertoire, experiment = read_repertoire(path)
        return champion_of(repertoire, experiment, repertoire.cells.named(cell))
    if not (path.is_file() and path.suffix == ".json" and path.name != "result.json"):
        return _with_game(RunDirectory.open(path).champion(), task)
    content = read_bounded(path, LARGEST_CHAMPION)
    with suppress(RunDirectoryError):
        if decode(content, _Kind, str(path)).format == GENOME_FORMAT:
            return _of_genome(content, path, task)
    champion = reading(
        lambda: Champion.from_json(content, str(path)), lambda: RunDirectory(path.parent).register_functions()
    )
    return _with_game(champion, task)


class _Kind(msgspec.Struct):
    format: str = ""


def _with_game(champion: Champion, task: str | None) -> Champion:
    """Set the task of a champion without a game."""
    if task is None:
        return champion
    if champion.task.environment != NO_GAME:
        raise ConfigError(f"--task: this champion already has a game, {champion.task.environment}; leave --task out")
    return replace(champion, task=load(task).task)


def _of_genome(content: bytes, path: Path, task: str | None) -> Champion:
    """Return a single genome as a champion without a run."""
    try:
        genome = Genome.from_json(content)
    except GenomeError as error:
        raise type(error)(f"{path}: {error}") from None
    experiment = Experiment(name="genome", task=TaskConfig(environment=NO_GAME), config=Config.preset())
    experiment = experiment if task is None else load(task)
    network = experiment.config.network
    try:
        genome.network(network)
    except GenomeError:  # it has a cycle
        network = replace(network, kind="recurrent")
    return Champion(
        genome=genome, network=network, task=experiment.task, fitness=math.nan, generation=0, seed=experiment.run.seed
    )


class _Scores(TypedDict, total=False):
    mean: float | None
    sd: float | None
    low: float | None
    high: float | None
    minimum: float | None
    episodes: int
    returns: list[float | None]


class _Machine(TypedDict, total=False):
    versions: dict[str, str]


class _Result(TypedDict, total=False):
    """The fields of ``result.json`` that are checked; other fields are not."""

    status: str
    threshold: float | None
    verification: _Scores | None
    generations: int
    evaluations: int
    steps: int
    attempts: int
    seconds: float
    changed: dict[str, Any]
    machine: _Machine


def _result(directory: RunDirectory) -> dict[str, Any]:
    """Read ``result.json``; without the file the result is empty. Invalid content is an error of one line."""
    path = directory.path / "result.json"
    if not path.is_file():
        return {}
    result = directory.result()
    try:
        msgspec.convert(result, _Result)
    except msgspec.ValidationError as error:
        raise RunDirectoryError(f"{path}: not the result of a run: {' '.join(str(error).split())[:200]}") from None
    return result


def _settings(path: Path) -> dict[str, Any]:
    return parse_toml(read_bounded(path, LARGEST_FILE), str(path)) if path.is_file() else {}
