"""A finished or interrupted run as pictures and reports need it: everything its folder holds, read once."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypedDict

from environments.task import TaskConfig
from experiments.champions import History, Step, read_champions
from experiments.directory import Champion, RunDirectory
from experiments.lineage import read_lineage
from neat.ancestry import Ancestor, Relatives, ancestral_line
from neat.errors import NeatError, RunDirectoryError
from neat.genome import Genome

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
            result=directory.result() if (folder / "result.json").is_file() else {},
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


def _settings(path: Path) -> dict[str, Any]:
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise RunDirectoryError(f"{path}: not readable as TOML: {' '.join(str(error).split())}") from None
