"""A finished or interrupted run as pictures and reports need it: everything its folder holds, read once."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict

import msgspec

from environments.task import TaskConfig
from experiments.champion import Champion
from experiments.champions import History, Step, read_champions
from experiments.directory import RunDirectory
from experiments.files import read_bounded
from experiments.lineage import read_lineage
from experiments.toml import LARGEST_FILE, parse_toml
from neat.ancestry import Ancestor, Births, Relatives, ancestral_line
from neat.errors import NeatError, RunDirectoryError
from neat.genes.table import Genome

__all__ = ["Names", "SavedRun", "load_champion", "names_for"]


class Names(TypedDict):
    """Names of a task's inputs and outputs, as drawing functions take them."""

    input_names: tuple[str, ...] | None
    output_names: tuple[str, ...] | None


@dataclass(frozen=True)
class SavedRun:
    """What a run's folder holds. What an interrupted run has not written is empty."""

    path: Path
    name: str
    champion: Champion
    records: list[dict[str, Any]]
    result: dict[str, Any]
    settings: dict[str, Any]
    history: History
    relatives: list[Relatives] = field(default_factory=list)

    @classmethod
    def load(cls, path: Path) -> SavedRun:
        """Read a run's folder.

        Raises:
            RunDirectoryError: There is no run, or a file of it is damaged.
            GenomeError: A genome breaks a rule of valid genomes.
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
            history=read_champions(folder),
            relatives=read_lineage(folder),
        )

    @property
    def steps(self) -> list[Step]:
        """Champions in order, the final one last."""
        steps = list(self.history.champions)
        if not steps or steps[-1].genome != self.champion.genome:
            steps.append(Step(self.champion.generation, self.champion.fitness, self.champion.genome))
        return steps

    @property
    def ancestors(self) -> list[Ancestor]:
        """The champion and its ancestors, the oldest first; empty where the run has not kept them."""
        return ancestral_line(self.relatives, self.champion.generation, self.champion.fitness)

    @property
    def births(self) -> tuple[Births, Births] | None:
        """When the champion's genes were born, in its line of ancestors and in the run.

        None where the champion has no ancestors, or the run has not kept what they gained.
        """
        line = self.ancestors
        if len(line) < 2 or any(relatives.gained is None for relatives in self.relatives):
            return None
        return Births.along(self.champion.genome, line), Births.of(self.champion.genome, self.relatives)

    @property
    def threshold(self) -> float | None:
        """Mean return that counts as solved."""
        value = self.result.get("threshold", self.champion.task.threshold)
        return None if value is None else float(value)


def load_champion(path: Path) -> Champion:
    """Read the champion of a run's folder, or a champion's file of any name.

    Raises:
        RunDirectoryError: There is no champion.
        GenomeError: Its genome breaks a rule of valid genomes.
    """
    if path.is_file() and path.suffix == ".json" and path.name != "result.json":
        return Champion.read(path)
    return RunDirectory.open(path).champion()


def names_for(task: TaskConfig, genome: Genome) -> Names:
    """Return the names of a task's inputs and outputs, None where they are unknown.

    The task is made for it, except where that would import modules that its settings name: looking at a stranger's
    champion runs none of their code.
    """
    inputs = [str(i) for i in range(genome.inputs)]
    outputs = [str(i) for i in range(genome.outputs)]
    foreign = ":" in task.environment or any(":" in str(wrapper.get("name", "")) for wrapper in task.wrappers)
    if not foreign:
        from environments import make_task

        try:
            made = make_task(task)
        except NeatError:
            pass  # an environment whose package is not installed here: the table of names will do
        else:
            if len(made.input_names) == len(inputs) and len(made.output_names) == len(outputs):
                return {"input_names": tuple(made.input_names), "output_names": tuple(made.output_names)}
    from environments.names import input_names, output_names

    known = input_names(task.environment, tuple(inputs)), output_names(task.environment, tuple(outputs))
    return {
        "input_names": None if known[0] == tuple(inputs) else known[0],
        "output_names": None if known[1] == tuple(outputs) else known[1],
    }


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
    """What is read of ``result.json``; what else it holds is left alone."""

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
    """Read ``result.json``, with one line for what no run wrote; without the file there is no result."""
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
