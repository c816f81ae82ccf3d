"""Runs as data: what a run's folder holds, as types and two functions.

Folders are written and read by `experiments`, which stands above and is loaded when one of the functions is called.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neat.registry import late

if TYPE_CHECKING:
    from neat.config import Config
    from neat.exporters.policy_plan import PolicyPlan
    from neat.genes.table import Genome
    from neat.networks.settings import NetworkConfig
    from neat.population import Population

__all__ = ["RunChampion", "RunData", "RunPolicy", "RunTable", "load_run", "load_runs"]


class RunTable(Protocol):
    """A table: arrays of one length by name, in order."""

    def __getitem__(self, name: str, /) -> NDArray[Any]:
        """Return a column, shape (rows,)."""

    def __iter__(self) -> Iterator[str]:
        """Iterate over the names."""

    def __len__(self) -> int:
        """Return how many columns there are."""

    @property
    def rows(self) -> int:
        """How many rows there are."""

    def to_pandas(self) -> Any:
        """Return the table as a ``pandas.DataFrame``.

        Raises:
            MissingExtraError: pandas is not installed.
        """


class RunChampion(Protocol):
    """The best network of a run."""

    @property
    def genome(self) -> Genome:
        """Its genome."""

    @property
    def network(self) -> NetworkConfig:
        """How the genome becomes a network."""

    @property
    def task(self) -> Any:
        """Its game (`environments.TaskConfig`)."""

    @property
    def fitness(self) -> float:
        """Training fitness."""

    @property
    def generation(self) -> int:
        """Generation it was found in."""

    @property
    def seed(self) -> int:
        """Seed of its run."""


class RunPolicy(Protocol):
    """A champion as a function from an observation to an action."""

    def __call__(self, observation: Any) -> Any:
        """Return the action."""

    def reset(self, seed: int = 0) -> None:
        """Forget everything, as at the start of an episode."""

    def activate(self, observation: Any) -> NDArray[np.float64]:
        """Return the network's outputs, float64, shape (outputs,)."""


class RunData(Protocol):
    """What a run's folder holds, each part read when it is asked for."""

    path: Path

    @property
    def champion(self) -> RunChampion:
        """The best network, with all it takes to play."""

    @property
    def champions(self) -> list[Any]:
        """The champions of the run, one after the other."""

    @property
    def config(self) -> Config:
        """The settings of evolution and networks."""

    @property
    def result(self) -> dict[str, Any]:
        """What came out, as ``result.json`` has it; empty for a run that has not ended."""

    @property
    def metrics(self) -> RunTable:
        """The generations, a column for each field of `neat.GenerationRecord`."""

    @property
    def species(self) -> RunTable:
        """The species of every generation: ``generation``, ``id``, ``size``, ``age``, ``best``, ``stagnation``."""

    @property
    def lineage(self) -> RunTable:
        """Who descends from whom: ``generation``, ``index``, ``mother``, ``father``, ``operators``, ``fitness``."""

    def policy(self) -> RunPolicy:
        """Return the champion as a function from an observation to an action.

        Raises:
            ConfigError: Its environment cannot be made.
            MissingExtraError: It needs a package that is not installed.
        """

    def policy_plan(self) -> PolicyPlan:
        """Return the champion and its game as plain data; see `neat.export`."""

    def plot(self, what: str = "evolution", *, ax: Any = None, theme: str = "light") -> Any:
        """Draw ``evolution``, ``fitness``, ``species``, ``complexity``, ``network`` or ``lineage``; return the axes."""

    def population(self, threads: int | None = None) -> Population:
        """Return the population as the newest checkpoint has it, which goes on bit for bit."""


def load_run(path: str | os.PathLike[str]) -> RunData:
    """Return what a run's folder holds.

    Example:
        >>> run = neat.load_run("runs/cartpole-seed0")
        >>> action = run.policy()(observation)
        >>> run.metrics["best"].max()

    Args:
        path: The folder that `neat run`, `experiments.run` or `experiments.Recorder` wrote.

    Raises:
        RunDirectoryError: There is no run, or it has no champion yet.
    """
    run: RunData = late("experiments.folder.loading:load_run")(path)
    return run


def load_runs(*places: str | os.PathLike[str]) -> RunTable:
    """Return many runs as one table, a row each; `experiments.load_runs` says which columns it has.

    With ``runs = neat.load_runs("runs/*")``, ``runs["verified_mean"][runs["solved"]]`` are the scores of those that
    solved.

    Args:
        places: Folders of runs, patterns (``runs/*``), or folders that hold folders of runs.

    Raises:
        RunDirectoryError: There is no run, or a file of one is damaged.
    """
    table: RunTable = late("experiments.folder.loading:load_runs")(*places)
    return table
