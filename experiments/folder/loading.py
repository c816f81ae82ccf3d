"""A run's folder from Python: its champion as a policy, its curves as NumPy arrays, its settings and result."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from environments.playing.genome_policy import GenomePolicy
from experiments.folder.champion import Champion
from experiments.folder.champions import Step, read_champions
from experiments.folder.directory import RunDirectory
from experiments.folder.exportable import Exportable
from experiments.folder.files import AnyPath, read_bounded
from experiments.folder.own_functions import reading
from experiments.folder.toml import LARGEST_FILE
from experiments.loop.checkpoints import Checkpoints
from experiments.settings import Experiment, from_toml
from neat.config import Config
from neat.exporters.checking import Recording
from neat.exporters.policy_plan import PolicyPlan
from neat.functions.activations import ACTIVATIONS
from neat.population import Population

__all__ = ["LoadedRun", "load_run"]

_COUNTS = ("generation", "champion_hidden", "champion_connections", "champion_index", "evaluations", "steps")
_VALUES = ("best", "mean", "sd", "threshold", "hidden_mean", "connections_mean", "seconds")


class LoadedRun:
    """What a run's folder holds, each part read when it is asked for.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: AnyPath) -> None:
        """Take the folder, or a file in it.

        Raises:
            RunDirectoryError: There is no run, or it has no champion yet.
        """
        self._directory = RunDirectory.open(path)
        self.path: Path = self._directory.path

    @cached_property
    def champion(self) -> Champion:
        """The best network, with all it takes to play."""
        return self._directory.champion()

    @cached_property
    def champions(self) -> list[Step]:
        """The champions of the run, one after the other; empty where the run has not kept them."""
        return reading(lambda: read_champions(self.path), self._directory.register_functions).champions

    @cached_property
    def experiment(self) -> Experiment:
        """Every setting of the run."""
        path = self.path / "config.toml"
        return from_toml(read_bounded(path, LARGEST_FILE), name=str(path))

    @property
    def config(self) -> Config:
        """The settings of evolution and networks."""
        return self.experiment.config

    @cached_property
    def result(self) -> dict[str, Any]:
        """What came out, as ``result.json`` has it; empty for a run that has not ended."""
        return self._directory.result() if (self.path / "result.json").is_file() else {}

    @cached_property
    def metrics(self) -> dict[str, NDArray[Any]]:
        """The generations, a column for each field of `neat.GenerationRecord`, shape (generations,).

        Counts are int64 and values float64 (NaN for what was not finite); ``restarted`` is bool and ``species`` the
        number of species.
        """
        rows = list(self._directory.metrics()) if (self.path / "metrics.jsonl").is_file() else []
        columns: dict[str, NDArray[Any]] = {name: np.array([row[name] for row in rows], np.int64) for name in _COUNTS}
        columns |= {name: np.array([row[name] for row in rows], np.float64) for name in _VALUES}
        columns["restarted"] = np.array([row["restarted"] for row in rows], np.bool_)
        columns["species"] = np.array([len(row["species"]) for row in rows], np.int64)
        return columns

    def policy(self) -> GenomePolicy:
        """Return the champion as a function from an observation to an action.

        Observation scaling, recurrent state and action decoding are what they were when it was verified. Call its
        ``reset()`` at the start of an episode.

        Raises:
            ConfigError: The environment cannot be made.
            MissingExtraError: It needs a package that is not installed.
        """
        champion = self.champion
        return GenomePolicy(champion.genome, champion.network, champion.task, scaling=champion.scaling)

    def policy_plan(self) -> PolicyPlan:
        """Return the champion and its game as plain data; see `neat.export`."""
        return Exportable(self.champion).policy_plan()

    def recording(self) -> Recording | None:
        """Return observations of the champion's game, which it plays for that; None where it has none."""
        return Exportable(self.champion).recording()

    def population(self, threads: int | None = None) -> Population:
        """Return the population as its newest checkpoint has it, which goes on bit for bit.

        Args:
            threads: Threads for reproduction and speciation; the run does not depend on it.

        Raises:
            RunDirectoryError: There is no checkpoint, or none can be read.
        """
        genome = self.config.genome
        if not {genome.output_activation, *genome.activations} <= {entry.name for entry in ACTIVATIONS}:
            self._directory.register_functions()
        return Checkpoints(self.path).newest(threads)[0].population

    def __repr__(self) -> str:
        return f"<LoadedRun {str(self.path)!r}>"


def load_run(path: AnyPath) -> LoadedRun:
    """Return what a run's folder holds; see `LoadedRun`.

    Example:
        >>> run = load_run("runs/cartpole-seed0")
        >>> policy = run.policy()

    Args:
        path: The folder that `neat run`, `experiments.run` or `experiments.Recorder` wrote.

    Raises:
        RunDirectoryError: There is no run, or it has no champion yet.
    """
    return LoadedRun(path)
