"""A run folder from Python: its champion as a policy, its metrics as NumPy arrays, its settings and result."""

from __future__ import annotations

import glob
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from environments.playing.genome_policy import GenomePolicy
from experiments.display.plots import draw_run
from experiments.folder.champion import Champion
from experiments.folder.champions import Step, read_champions
from experiments.folder.columns import Columns
from experiments.folder.directory import RunDirectory
from experiments.folder.exportable import Exportable
from experiments.folder.files import AnyPath, read_bounded
from experiments.folder.lineage_file import read_lineage
from experiments.folder.own_functions import reading, register_parts
from experiments.folder.saved import SavedRun
from experiments.folder.toml import LARGEST_FILE
from experiments.loop.checkpoints import Checkpoints
from experiments.settings import Experiment, from_toml
from neat.config import Config
from neat.errors import RunDirectoryError
from neat.exporters.checking import Recording
from neat.exporters.policy_plan import PolicyPlan
from neat.functions.activations import ACTIVATIONS
from neat.population import Population

__all__ = ["LoadedRun", "load_run", "load_runs"]

_COUNTS = ("generation", "champion_hidden", "champion_connections", "champion_index", "evaluations", "steps")
_VALUES = ("best", "mean", "sd", "threshold", "hidden_mean", "connections_mean", "seconds")


class LoadedRun:
    """The content of a run folder; each part is read on first access.

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
        """The best network, with everything needed to play."""
        return self._directory.champion()

    @cached_property
    def champions(self) -> list[Step]:
        """The successive champions of the run; empty if they were not stored."""
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
        """The result, from ``result.json``; empty for an unfinished run."""
        return self._directory.result() if (self.path / "result.json").is_file() else {}

    @cached_property
    def metrics(self) -> Columns:
        """The generations, a column for each field of `neat.GenerationRecord`, shape (generations,).

        Counts are int64 and values float64 (NaN for what was not finite); ``restarted`` is bool and ``species`` the
        number of species.
        """
        types = {**dict.fromkeys(_COUNTS, np.int64), **dict.fromkeys(_VALUES, np.float64), "restarted": np.bool_}
        rows = [{**row, "species": len(row["species"])} for row in self._records]
        return Columns.of(rows, {**types, "species": np.int64})

    @cached_property
    def species(self) -> Columns:
        """The species of every generation, a row each.

        Columns: ``generation``, ``id``, ``size``, ``age``, ``best`` (the fitness of its fittest genome) and
        ``stagnation`` (generations without improvement).
        """
        rows = [{"generation": row["generation"], **species} for row in self._records for species in row["species"]]
        counts = dict.fromkeys(("generation", "id", "size", "age"), np.int64)
        return Columns.of(rows, {**counts, "best": np.float64, "stagnation": np.int64})

    @cached_property
    def lineage(self) -> Columns:
        """The ancestry of genomes, one row for each stored genome; empty if the run did not store it.

        Columns: ``generation``, ``index``, ``mother`` and ``father`` (indices in the generation before, -1 for none),
        ``operators`` (flags of `neat.operators.registry.Operator`) and ``fitness``.
        """
        rows = [
            {"generation": relatives.generation, "index": index, "mother": mother, "father": father,
             "operators": operators, "fitness": fitness}
            for relatives in read_lineage(self.path)
            for index, (mother, father, operators, fitness) in relatives.genomes.items()
        ]  # fmt: skip
        counts = dict.fromkeys(("generation", "index", "mother", "father", "operators"), np.int64)
        return Columns.of(rows, {**counts, "fitness": np.float64})

    @cached_property
    def _records(self) -> list[dict[str, Any]]:
        return list(self._directory.metrics()) if (self.path / "metrics.jsonl").is_file() else []

    def plot(self, what: str = "evolution", *, ax: Any = None, theme: str = "light") -> Any:
        """Draw a picture of the run with Matplotlib, and return its axes (or its figure, for ``evolution``).

        Args:
            what: ``evolution`` (fitness, species and size over generations), ``fitness``, ``species``, ``complexity``,
                ``network`` (the champion's) or ``lineage`` (the champion's ancestors).
            ax: Axes to draw on; not for ``evolution``, which creates a figure.
            theme: ``light`` or ``dark``.

        Raises:
            ConfigError: There is no such picture, or the run did not store the data for it.
        """
        return draw_run(SavedRun.load(self.path), what, ax=ax, theme=theme)

    def policy(self) -> GenomePolicy:
        """Return the champion as a function from an observation to an action.

        Observation scaling, recurrent state and action decoding are those of its verification. Call its ``reset()`` at
        the start of an episode.

        Raises:
            ConfigError: The environment cannot be created.
            MissingExtraError: The environment needs a package that is not installed.
        """
        champion = self.champion
        return GenomePolicy(champion.genome, champion.network, champion.task, scaling=champion.scaling)

    def policy_plan(self) -> PolicyPlan:
        """Return the champion and its game as plain data, for `neat.export`."""
        return Exportable(self.champion).policy_plan()

    def recording(self) -> Recording | None:
        """Return observations of episodes that the champion plays; None if it has no game."""
        return Exportable(self.champion).recording()

    def population(self, threads: int | None = None) -> Population:
        """Return the population from its newest checkpoint, which continues bit for bit.

        Args:
            threads: Threads for reproduction and speciation; results do not depend on it.

        Raises:
            RunDirectoryError: There is no readable checkpoint.
        """
        genome = self.config.genome
        if not {genome.output_activation, *genome.activations} <= {entry.name for entry in ACTIVATIONS}:
            self._directory.register_functions()
        register_parts(self.experiment)
        return Checkpoints(self.path).newest(threads)[0].population

    def __repr__(self) -> str:
        return f"<LoadedRun {str(self.path)!r}>"


def load_run(path: AnyPath) -> LoadedRun:
    """Return the content of a run folder; see `LoadedRun`.

    Example:
        >>> run = load_run("runs/cartpole-seed0")
        >>> policy = run.policy()

    Args:
        path: A folder written by `neat run`, `experiments.run` or `experiments.Recorder`.

    Raises:
        RunDirectoryError: There is no run, or it has no champion yet.
    """
    return LoadedRun(path)


_RUN: dict[str, Any] = {
    "run": str, "task": str, "seed": np.int64, "status": str, "solved": np.bool_, "kind": str, "encoding": str,
    "population": np.int64, "generations": np.int64, "evaluations": np.int64, "steps": np.int64,
    "seconds": np.float64, "fitness": np.float64, "verified_mean": np.float64, "verified_sd": np.float64,
    "verified_low": np.float64, "verified_high": np.float64, "verified_minimum": np.float64,
    "verified_episodes": np.int64, "threshold": np.float64, "hidden": np.int64, "connections": np.int64,
}  # fmt: skip
"""The columns of `load_runs`."""


def load_runs(*places: AnyPath) -> Columns:
    """Return many runs as one table, with one row each.

    With ``runs = load_runs("runs/*")``, the scores of solved runs are ``runs["verified_mean"][runs["solved"]]``.

    Args:
        places: Run folders, patterns (``runs/*``), or folders that contain run folders.

    Returns:
        Columns: ``run`` (its folder), ``task``, ``seed``, ``status`` (empty if the run has not ended), ``solved``,
        ``kind`` and ``encoding`` of networks, ``population``, ``generations``, ``evaluations``, ``steps`` and
        ``seconds`` (-1 or NaN if unknown), training ``fitness``, the verified score, its goal (``threshold``), and the
        champion's ``hidden`` nodes and enabled ``connections``.

    Raises:
        RunDirectoryError: There is no run, or a file of a run is damaged.
    """
    folders: list[Path] = []
    for place in places or ("runs/*",):
        found = [Path(p) for p in sorted(glob.glob(str(place)))] if glob.has_magic(str(place)) else [Path(place)]
        for path in found:
            within = [] if (path / "champion.json").is_file() or not path.is_dir() else sorted(path.iterdir())
            folders += [p for p in [path, *within] if (p / "champion.json").is_file()]
    if not folders:
        raise RunDirectoryError(f"{', '.join(map(str, places)) or 'runs/*'}: expected folders of runs, found none")
    return Columns.of([_row(LoadedRun(folder)) for folder in dict.fromkeys(folders)], _RUN)


def _row(run: LoadedRun) -> dict[str, Any]:
    champion, result = run.champion, run.result
    score = result.get("verification") or {}
    config = run.config if (run.path / "config.toml").is_file() else None
    told = ("status", "solved", "generations", "evaluations", "steps", "seconds", "threshold")
    played: dict[str, Any] = {}
    if not result and run.metrics.rows:
        last = {name: run.metrics[name][-1].item() for name in ("evaluations", "steps", "seconds")}
        played = {"status": "unfinished", "generations": run.metrics.rows, **last}
    return {
        **{name: result.get(name, played.get(name)) for name in told},
        **{f"verified_{name}": score.get(name) for name in ("mean", "sd", "low", "high", "minimum", "episodes")},
        "run": run.path,
        "task": champion.task.environment,
        "seed": champion.seed,
        "kind": champion.network.kind,
        "encoding": champion.network.encoding,
        "population": None if config is None else config.population.size,
        "fitness": champion.fitness,
        "hidden": champion.genome.hidden,
        "connections": champion.genome.enabled,
    }
