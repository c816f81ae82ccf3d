"""Run folders as data: types, and two functions that load them.

Folders are written and read by `experiments`, a room above, which is imported when one of the functions is called.
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
    """A table: arrays of equal length by name, in order."""

    def __getitem__(self, name: str, /) -> NDArray[Any]:
        """Return a column, shape (rows,)."""

    def __iter__(self) -> Iterator[str]:
        """Iterate over the column names."""

    def __len__(self) -> int:
        """Return the number of columns."""

    @property
    def rows(self) -> int:
        """Number of rows."""

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
        """Its network settings."""

    @property
    def task(self) -> Any:
        """Its task (`environments.TaskConfig`)."""

    @property
    def fitness(self) -> float:
        """Training fitness."""

    @property
    def generation(self) -> int:
        """Generation in which it was found."""

    @property
    def seed(self) -> int:
        """Seed of its run."""


class RunPolicy(Protocol):
    """A champion as a function from an observation to an action."""

    def __call__(self, observation: Any) -> Any:
        """Return the action."""

    def reset(self, seed: int = 0) -> None:
        """Reset the state of the network, at the start of an episode."""

    def activate(self, observation: Any) -> NDArray[np.float64]:
        """Return the network's outputs, float64, shape (outputs,)."""


class RunData(Protocol):
    """The content of a run folder; each part is read on first access."""

    path: Path

    @property
    def champion(self) -> RunChampion:
        """The best network, with everything needed to play."""

    @property
    def champions(self) -> list[Any]:
        """The successive champions of the run."""

    @property
    def config(self) -> Config:
        """The settings of evolution and networks."""

    @property
    def result(self) -> dict[str, Any]:
        """The result, from ``result.json``; empty for an unfinished run."""

    @property
    def metrics(self) -> RunTable:
        """The generations, one column for each field of `neat.GenerationRecord`."""

    @property
    def species(self) -> RunTable:
        """The species of every generation: ``generation``, ``id``, ``size``, ``age``, ``best``, ``stagnation``."""

    @property
    def lineage(self) -> RunTable:
        """The ancestry: ``generation``, ``index``, ``mother``, ``father``, ``operators``, ``fitness``."""

    def policy(self) -> RunPolicy:
        """Return the champion as a function from an observation to an action.

        Raises:
            ConfigError: Its environment cannot be created.
            MissingExtraError: A required package is not installed.
        """

    def policy_plan(self) -> PolicyPlan:
        """Return the champion and its task as plain data; see `neat.export`."""

    def plot(self, what: str = "evolution", *, ax: Any = None, theme: str = "light") -> Any:
        """Draw ``evolution``, ``fitness``, ``species``, ``complexity``, ``network`` or ``lineage``; return the axes."""

    def population(self, threads: int | None = None) -> Population:
        """Return the population from the newest checkpoint, which continues bit for bit."""


def load_run(path: str | os.PathLike[str]) -> RunData:
    """Return the content of a run folder.

    Example:
        >>> run = neat.load_run("runs/cartpole-seed0")
        >>> action = run.policy()(observation)
        >>> run.metrics["best"].max()

    Args:
        path: A folder written by `neat run`, `experiments.run` or `experiments.Recorder`.

    Raises:
        RunDirectoryError: There is no run, or it has no champion yet.
    """
    run: RunData = late("experiments.folder.loading:load_run")(path)
    return run


def load_runs(*places: str | os.PathLike[str]) -> RunTable:
    """Return many runs as one table with one row each; `experiments.load_runs` lists the columns.

    With ``runs = neat.load_runs("runs/*")``, ``runs["verified_mean"][runs["solved"]]`` are the scores of the solved
    runs.

    Args:
        places: Run folders, patterns (``runs/*``), or folders that contain run folders.

    Raises:
        RunDirectoryError: There is no run, or a file of one is damaged.
    """
    table: RunTable = late("experiments.folder.loading:load_runs")(*places)
    return table
