"""The checkpoints of a run: when they are written, which are kept, and how a run is restored from one.

``checkpoints/`` in a run folder contains ``000120.npz`` (the state before generation 120, the next one to be played),
of which the last few are kept, and ``best.npz``, the state after the champion last improved. Each is complete:
population, innovation register, observation statistics, champion and all counts (`neat.files.checkpoint`). Genomes are
stored as arrays: for games with images they can have tens of thousands of connections.
"""

from __future__ import annotations

import contextlib
import logging
import math
import os
import re
import time
from dataclasses import dataclass
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from experiments.folder.champion import LARGEST_SCALING, Champion
from experiments.folder.files import AnyPath
from neat.breeding.initial import first_size
from neat.config import Config
from neat.errors import ConfigError, DataError, NeatError, RunDirectoryError
from neat.files.checkpoint import load_checkpoint, save_checkpoint
from neat.files.genome_json import LARGEST_TEXT, text_size
from neat.genes.table import Genome
from neat.population import Population

__all__ = ["RECORDED", "Checkpoints", "Progress", "State"]

_log = logging.getLogger(__name__)
FOLDER = "checkpoints"
RECORDED = "recorded"
"""Instead of settings: the state of a loop in a script (`experiments.loop.recorder`)."""
_NAME = re.compile(r"\d{6,18}\.npz")
_LARGEST_FIRST = LARGEST_TEXT // 4 * 3
"""Bytes of text of a genome of the first generation: some room is left to grow."""
_SCALING_BYTES = 48
"""Bytes of text of an input's observation scaling, two numbers."""


class _Figures(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """What the loop knows beyond the population, but for champions."""

    solved: bool = False
    evaluations: int = 0
    """Evaluations up to the champion that was accepted."""
    tried: list[str] = []
    """Genomes tried on fresh episodes, by the digest of their genes."""
    best_mean: float | None = None
    """The best of what they scored there."""
    sets: int = 0
    """Sets of fresh episodes played so far; one for each genome tried where none was tried again on more."""
    verification_steps: int = 0
    seconds: float = 0.0
    """Wall-clock time so far."""
    latest_is_mean: bool = False
    """Whether the favourite of the last generation (`Progress.latest`) is the mean of a weight search."""
    settings: str = ""
    """The settings that this state followed from (`experiments.settings.essence`)."""


class Progress(_Figures):
    """The state of the loop besides the population."""

    champion: Champion | None = None
    """The champion of the run."""
    latest: Champion | None = None
    """The favourite of the last generation: it has a trial if the run ends here."""
    fittest: Champion | None = None
    """Its fittest, where weights are searched and that is another one: it is tried too."""


class _Header(_Figures):
    """The figures, and champions as text: without their genomes and scaling, which are arrays beside it.

    Files of an older version hold them whole.
    """

    champion: str | None = None
    latest: str | None = None
    fittest: str | None = None


_CHAMPIONS = ("champion", "latest", "fittest")


@dataclass(frozen=True)
class State:
    """The state of a whole run between two generations."""

    population: Population
    progress: Progress
    evaluator: dict[str, NDArray[np.float64]]
    """What the evaluator carries from generation to generation."""


class Checkpoints:
    """Writes and reads the checkpoints of a run's folder.

    Attributes:
        folder: Where they are.
        last: Generation before which the last one was written, if one was.
    """

    def __init__(self, run: AnyPath, *, every: int = 1, seconds: float = 0.0, kept: int = 3) -> None:
        """Take the settings; nothing is written yet.

        Args:
            run: The run's folder.
            every: Generations between two checkpoints.
            seconds: Least time between two, so that fast generations do not wait for the disk.
            kept: How many of the last ones are kept.
        """
        self.folder = Path(run) / FOLDER
        self.every, self.seconds, self.kept = every, seconds, kept
        self.last: int | None = None
        self._last_time = time.monotonic()
        self._champion: int | None = None

    def due(self, generation: int) -> bool:
        """Tell whether a checkpoint should be written before this generation."""
        return generation % self.every == 0 and time.monotonic() - self._last_time >= self.seconds

    def check_size(self, config: Config, *, running: bool = False) -> None:
        """Refuse a run whose genomes are larger than its files keep, before anything is played.

        Args:
            config: Settings, with the numbers of inputs and outputs.
            running: Whether observations are scaled by running statistics, which champions keep.

        Raises:
            ConfigError: They are.
        """
        nodes, connections = first_size(config)
        text = text_size(nodes, connections)
        scaling = _SCALING_BYTES * config.genome.inputs if running else 0
        if text > _LARGEST_FIRST or scaling > LARGEST_SCALING:
            raise ConfigError(
                f"genomes of {nodes:,} nodes and {connections:,} connections are larger than a run's files keep (some "
                f"{_LARGEST_FIRST // text_size(1, 1):,} of both): make observations smaller by task.wrappers "
                "(GrayscaleObservation, ResizeObservation), take obs_type = 'ram' in task.kwargs (Atari), or begin "
                "with genome.initial = 'empty'"
            )

    def save(self, state: State, champion: int | None = None) -> None:
        """Write a checkpoint, and remove those no longer kept.

        Args:
            state: The state of the run.
            champion: The generation that its champion is from.

        Raises:
            RunDirectoryError: It cannot be written; those before it are untouched.
        """
        generation = state.population.generation
        path = self.folder / f"{generation:06}.npz"
        try:
            self.folder.mkdir(exist_ok=True)
            for lines in self.folder.parent.glob("*.jsonl"):
                _sync(lines)  # what is told of generations before the checkpoint must last too
            _write(path, state)
            if champion is not None and champion != self._champion:
                _link(path, self.folder / "best.npz")
        except OSError as error:
            raise RunDirectoryError(f"cannot write to {self.folder}: {error.strerror or error}") from None
        _log.debug("wrote %s", path)
        self.last, self._last_time, self._champion = generation, time.monotonic(), champion
        for old in self._files()[self.kept :]:
            with contextlib.suppress(OSError):
                old.unlink()

    def newest(self, threads: int | None = None) -> tuple[State, list[str]]:
        """Return the newest state that can be read, and a line for each that cannot.

        Raises:
            RunDirectoryError: There is no checkpoint, or none can be read.
        """
        refused: list[str] = []
        for path in (*self._files(), self.folder / "best.npz"):
            try:
                return self.read(path, threads), refused
            except FileNotFoundError:
                continue
            except OSError as error:
                refused.append(f"cannot read {path}: {error.strerror or error}")
            except DataError as error:
                refused.append(str(error))
        reason = f"none of its checkpoints can be read: {refused[0]}" if refused else "it has no checkpoint"
        raise RunDirectoryError(f"{self.folder.parent}: {reason}")

    def any(self) -> bool:
        """Tell whether there is a checkpoint."""
        return bool(self._files()) or (self.folder / "best.npz").exists()

    def read(self, path: AnyPath, threads: int | None = None) -> State:
        """Read one checkpoint.

        Raises:
            DataError: It is none, is damaged or holds a state that no run can be in.
            OSError: It cannot be read.
        """
        genomes: dict[str, Genome] = {}
        population, header, extra = load_checkpoint(path, threads, header=_Header, genomes=genomes)
        where = f"{path}: not a usable checkpoint"
        if any(not np.isfinite(values).all() for values in extra.values()):
            raise DataError(f"{where}: observation statistics that are not finite")
        champions: dict[str, Champion] = {}
        for name in _CHAMPIONS:
            text = getattr(header, name)
            if text is None:
                continue
            scaling = {key.partition(".")[2]: values for key, values in extra.items() if key.startswith(f"{name}.")}
            try:
                if name in genomes:
                    champions[name] = Champion.with_arrays(text, genomes[name], scaling or None, where)
                else:  # version 2
                    champions[name] = Champion.from_json(text, where)
            except NeatError as error:
                raise DataError(str(error)) from None
            if not math.isfinite(champions[name].fitness):
                raise DataError(f"{where}: the champion's fitness is not a finite number")
        figures = {name: getattr(header, name) for name in _Figures.__struct_fields__}
        evaluator = {key: values for key, values in extra.items() if key.partition(".")[0] not in _CHAMPIONS}
        return State(population, Progress(**(figures | champions)), evaluator)

    def forget_after(self, generation: int) -> None:
        """Remove checkpoints of later generations, and what an interrupted write has left."""
        if not self.folder.is_dir():
            return
        with contextlib.suppress(OSError):
            for path in self.folder.glob(".*.part"):
                path.unlink()
            for path in self._files():
                if int(path.stem) > generation:
                    path.unlink()

    def _files(self) -> list[Path]:
        """Return the numbered checkpoints, newest first."""
        try:
            found = [path for path in self.folder.iterdir() if _NAME.fullmatch(path.name)]
        except OSError:
            return []
        return sorted(found, key=lambda path: int(path.stem), reverse=True)


def _write(path: Path, state: State) -> None:
    """Write a checkpoint: figures as its header, what may be large as arrays."""
    progress = state.progress
    header = {name: getattr(progress, name) for name in _Figures.__struct_fields__}
    arrays, genomes = dict(state.evaluator), {}
    for name in _CHAMPIONS:
        champion: Champion | None = getattr(progress, name)
        if champion is not None:
            header[name], genomes[name] = champion.head_json(), champion.genome
            arrays |= {f"{name}.{key}": np.asarray(values) for key, values in (champion.scaling or {}).items()}
    save_checkpoint(path, state.population, header, arrays, genomes)


def _sync(path: Path) -> None:
    """Have the system write a file's content to the disk."""
    file = os.open(path, os.O_RDWR)
    try:
        os.fsync(file)
    finally:
        os.close(file)


def _link(path: Path, name: Path) -> None:
    """Let ``name`` stand for the same file, in one step."""
    partial = name.with_name(f".{name.name}.{os.getpid()}.part")
    with contextlib.suppress(FileNotFoundError):
        partial.unlink()
    try:
        os.link(path, partial)
    except OSError:  # a file system without links
        partial.write_bytes(path.read_bytes())
    partial.replace(name)
