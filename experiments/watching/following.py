"""Reading a run folder during the run: the curves, the stored generations, and whether the run still runs."""

from __future__ import annotations

import logging
import os
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from environments.playing.observation_scaling import RunningStatistics
from environments.tasks.settings import Scaling
from experiments.folder.files import LARGEST_LINE, read_bounded
from experiments.folder.lineage_file import read_lineage
from experiments.folder.origins import recall
from experiments.folder.own_functions import register_own
from experiments.folder.toml import LARGEST_FILE
from experiments.loop.checkpoints import Checkpoints
from experiments.settings import Experiment, from_toml
from experiments.watching.snapshots import snapshots_of
from neat.errors import DataError, NeatError
from neat.files.played import load_played
from neat.genes.table import Genomes
from neat.history.ancestry import Ancestor, Relatives, ancestral_line

__all__ = ["Follower", "Point", "Seen"]

_log = logging.getLogger(__name__)
_MOST_POINTS = 400


class _Species(msgspec.Struct):
    id: int
    size: int


class Point(msgspec.Struct):
    """The part of a generation's record (a line of ``metrics.jsonl``) that charts need."""

    generation: int
    best: float | None
    mean: float | None
    evaluations: int
    steps: int
    seconds: float | None
    species: list[_Species]


@dataclass(frozen=True)
class Seen:
    """A generation to be shown.

    Attributes:
        generation: Its number.
        genomes: Its genomes.
        fitness: Fitness of each genome, float64, shape (genomes,); NaN before its evaluation.
        species: Species number of each genome, int64, shape (genomes,).
        scaling: Its observation scaling, if there is one.
    """

    generation: int
    genomes: Genomes
    fitness: NDArray[np.float64]
    species: NDArray[np.int64]
    scaling: Scaling | None

    @property
    def ranking(self) -> NDArray[np.int64]:
        """Indices of its genomes, the fittest first (int64, shape (genomes,))."""
        return np.argsort(-np.nan_to_num(self.fitness, nan=-np.inf), kind="stable").astype(np.int64)


@dataclass
class Follower:
    """Reads a run folder repeatedly. Files that cannot be read yet are read the next time.

    Attributes:
        path: The folder.
        experiment: The settings of the run; None until they are written.
        points: The points of the curves: at most 400 generations, evenly spread.
        latest: The last generation.
        result: The result; empty until the run has ended.
    """

    path: Path
    experiment: Experiment | None = None
    points: list[Point] = field(default_factory=list)
    latest: Point | None = None
    result: dict[str, Any] = field(default_factory=dict)
    _offset: int = 0
    _stride: int = 1
    _lineage: tuple[tuple[int, int], list[Relatives]] = ((-1, -1), [])

    def poll(self) -> bool:
        """Read the folder, and return whether there is something new.

        Raises:
            NeatError: The settings are invalid, or name something that cannot be imported.
        """
        if self.experiment is None and (self.path / "config.toml").is_file():
            recall(self.path)
            text = read_bounded(self.path / "config.toml", LARGEST_FILE)
            experiment = from_toml(text, name=str(self.path / "config.toml"))
            register_own(experiment)
            self.experiment = experiment
        return self._read_metrics() | self._read_result()

    @property
    def running(self) -> bool:
        """Whether a process is writing into the folder."""
        try:
            word = (self.path / "run.lock").read_text("utf-8").split()[-1]
        except (OSError, IndexError, UnicodeDecodeError):
            return False
        if sys.platform == "win32" or not word.isdigit():
            return True
        try:
            os.kill(int(word), 0)
        except ProcessLookupError:
            return False
        except OSError:
            pass
        return True

    def generations(self) -> list[int]:
        """Return the generations that can be shown, ascending."""
        found = set(snapshots_of(self.path))
        ready = self._checkpoints()
        if ready and (not found or max(ready) > max(found) + 1):
            found.add(max(ready))  # a run without --watch stores only checkpoints, taken before the evaluation
        return sorted(found)

    def load(self, generation: int) -> Seen:
        """Return a generation.

        Raises:
            DataError: It cannot be read, or has been deleted.
        """
        if self.experiment is None:
            raise DataError(f"{self.path}: there are no settings yet")
        path = snapshots_of(self.path).get(generation)
        try:
            if path is not None:
                acyclic = self.experiment.config.acyclic
                genomes, fitness, kept = load_played(path, acyclic=acyclic)
                scaling: Scaling | None = kept
            else:
                checkpoint = self._checkpoints()[generation]
                state = Checkpoints(self.path).read(checkpoint, 1)
                genomes = state.population.genomes
                tables = state.population.to_arrays()
                genomes.species = tables["species"]["id"][tables["members"]].astype(np.int64)
                fitness = np.full(len(genomes), np.nan)
                scaling = _running(state.evaluator)
        except (OSError, KeyError) as error:
            raise DataError(f"{self.path}: generation {generation} cannot be read: {error}") from None
        species = np.zeros(len(genomes), np.int64) if genomes.species is None else genomes.species
        return Seen(generation, genomes, fitness, species, scaling)

    def ancestors(self, seen: Seen, index: int) -> list[Ancestor]:
        """Return the ancestors of a genome, and the genome itself as the last one, the oldest first.

        Args:
            seen: A generation.
            index: Index of the genome in the generation.

        Returns:
            Only the genome itself if the run stored no lineage of earlier generations. Empty if the generation has no
            lineage at all.
        """
        history = self._relatives()
        lineage = seen.genomes.lineage
        if lineage is None:
            return []
        row = lineage[index]
        own = {index: (int(row["mother"]), int(row["father"]), int(row["operators"]), float(seen.fitness[index]))}
        before = [relatives for relatives in history if relatives.generation < seen.generation]
        line = [*before, Relatives(seen.generation, 0, 0, own)]
        return ancestral_line(line, seen.generation, float(seen.fitness[index]))

    def _checkpoints(self) -> dict[int, Path]:
        folder = self.path / "checkpoints"
        try:
            return {int(path.stem): path for path in folder.glob("[0-9]*.npz") if path.stem.isdigit()}
        except OSError:
            return {}

    def _relatives(self) -> list[Relatives]:
        path = self.path / "lineage.jsonl"
        try:
            about = path.stat()
        except OSError:
            return []
        key = about.st_size, about.st_mtime_ns
        if self._lineage[0] != key:
            try:
                self._lineage = key, read_lineage(self.path)
            except NeatError as error:
                _log.debug("%s", error)
                return []
        return self._lineage[1]

    def _read_metrics(self) -> bool:
        """Read the lines added since the last call; return whether there are any."""
        path = self.path / "metrics.jsonl"
        try:
            with open(path, "rb") as file:
                size = os.fstat(file.fileno()).st_size
                if size == self._offset:
                    return False
                if size < self._offset:  # a resumed run has shortened the file, and repeats these generations
                    self._offset, self._stride, self.latest = 0, 1, None
                    self.points.clear()
                file.seek(self._offset)
                while (line := file.readline(LARGEST_LINE)).endswith(b"\n"):
                    self._offset += len(line)
                    try:
                        self._take(msgspec.json.decode(line, type=Point))
                    except msgspec.MsgspecError:
                        continue
        except OSError:
            return False
        return True

    def _take(self, point: Point) -> None:
        self.latest = point
        if point.generation % self._stride == 0:
            self.points.append(point)
        if len(self.points) > _MOST_POINTS:
            self._stride *= 2
            self.points = [kept for kept in self.points if kept.generation % self._stride == 0]

    def _read_result(self) -> bool:
        path = self.path / "result.json"
        before = self.result
        try:
            self.result = msgspec.json.decode(read_bounded(path, 4 << 20), type=dict[str, Any])
        except (NeatError, msgspec.MsgspecError):
            self.result = {}
        return self.result != before


def _running(state: dict[str, NDArray[np.float64]]) -> Scaling | None:
    """Return the observation scaling in the state of an evaluator, if it has running statistics."""
    if not {"count", "mean", "squares"} <= state.keys():
        return None
    statistics = RunningStatistics(len(state["mean"]))
    statistics.restore(state)
    return statistics.scaling()
