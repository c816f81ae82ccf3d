"""A run's folder: what it was asked, what happened, and what it found.

::

    config.toml      every setting of the run, resolved: `neat run config.toml` repeats it
    metrics.jsonl    one `neat.history.records.GenerationRecord` a line, written as generations end
    champion.json    the best network, with all it takes to play (`experiments.folder.champion`)
    result.json      verification, seeds, versions, processor, steps, evaluations, seconds
    champions.jsonl  champions one after the other (`experiments.folder.champions`)
    behaviours.jsonl what genomes did, where the task says so (`experiments.folder.behaviours`)
    lineage.jsonl    who descends from whom (`experiments.folder.lineage_file`)
    faults.jsonl     episodes that could not be scored, with the seeds that play them again
    origin.json      the run it started from (`experiments.loop.branching`), if any
    checkpoints/     the whole state, from which `neat resume` goes on (`experiments.loop.checkpoints`)
    watch/           generations to be watched, the last one in any case (`experiments.watching.snapshots`)
    modules.json     where modules of the user's own were found, if any (`experiments.folder.origins`)
    run.lock         held while a run writes here
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypedDict

from msgspec import Meta

from experiments.folder.champion import Champion
from experiments.folder.files import (
    AnyPath,
    Lines,
    cut_lines,
    decode,
    explained,
    finite,
    read_bounded,
    read_lines,
    write_atomically,
)
from experiments.folder.lock import FolderLock
from experiments.folder.origins import named_modules, recall, write_origins
from experiments.folder.own_functions import reading, register_functions
from neat.errors import NeatError, RunDirectoryError

if TYPE_CHECKING:
    from experiments.loop.events import Faults
    from experiments.settings import Experiment
    from neat.history.records import GenerationRecord

__all__ = ["RunDirectory", "default_folder"]

_LARGEST_RESULT = 4 << 20
"""Bytes of a result's file: the returns of 100,000 episodes, and some for what else is said."""
_LINES = ("metrics.jsonl", "champions.jsonl", "lineage.jsonl", "faults.jsonl", "behaviours.jsonl")

_NUMBERS = re.compile(r"\[[-+.\deE,\s]*\]")
"""A list of numbers, which is easier to read on one line than on a hundred."""

Count = Annotated[int, Meta(ge=0, le=2**53)]


class _Species(TypedDict):
    """A species in a line of ``metrics.jsonl``, as `neat.history.records.SpeciesRecord` writes it."""

    id: Count
    size: Count
    age: Count
    best: float | None
    stagnation: Count


class _Record(TypedDict):
    """A line of ``metrics.jsonl`` (`neat.history.records.GenerationRecord`); None for what is not finite."""

    generation: Count
    best: float | None
    mean: float | None
    sd: float | None
    threshold: float | None
    hidden_mean: float | None
    connections_mean: float | None
    champion_hidden: Count
    champion_connections: Count
    champion_index: Count
    evaluations: Count
    steps: Count
    seconds: float | None
    restarted: bool
    species: list[_Species]


class RunDirectory:
    """A folder that one run writes, and others read.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: AnyPath) -> None:
        self.path = path = Path(path)
        self._lock: FolderLock | None = None
        self._metrics = Lines(path / "metrics.jsonl")
        self._faults = Lines(path / "faults.jsonl")

    @classmethod
    def create(cls, path: AnyPath) -> RunDirectory:
        """Make (or take) a folder without a run in it, and hold its lock until `close`.

        Raises:
            RunDirectoryError: The folder cannot be written, or already holds a run or something called as its files.
        """
        directory = cls(path)
        path = directory.path
        with explained(path, "write to"):
            path.mkdir(parents=True, exist_ok=True)
            directory._lock = FolderLock(path)
        try:
            if (path / "config.toml").exists():
                raise RunDirectoryError(
                    f"{path} already holds a run; choose another folder (--out), or continue it: neat resume {path}"
                )
            for name in ("champion.json", "result.json", "origin.json", "checkpoints", *_LINES):
                if (path / name).exists():
                    raise RunDirectoryError(f"{path} holds {name!r}, where a run writes: choose another folder (--out)")
        except BaseException:
            directory.close()
            raise
        return directory

    @classmethod
    def reopen(cls, path: AnyPath) -> RunDirectory:
        """Take the folder of a run that has ended in whatever way, and hold its lock until `close`.

        Raises:
            RunDirectoryError: There is no run, it is still running, or its folder cannot be written.
        """
        directory = cls(path)
        path = directory.path
        if not (path / "config.toml").is_file():
            raise RunDirectoryError(f"{path}: expected the folder of a run, but it has no config.toml")
        with explained(path, "write to"):
            directory._lock = FolderLock(path)
        return directory

    def cut_back(self, generation: int) -> None:
        """Drop what was told of this generation and later ones, and lines cut short by a crash.

        Raises:
            RunDirectoryError: A file cannot be read or written.
        """
        with explained(self.path, "write to"):
            for partial in self.path.glob(".*.part"):
                partial.unlink()
            (self.path / "result.json").unlink(missing_ok=True)
            for name in _LINES:
                if (self.path / name).is_file():
                    cut_lines(self.path / name, generation)

    @classmethod
    def open(cls, path: AnyPath) -> RunDirectory:
        """Return an existing run's folder for reading (a file in it will do as well).

        Raises:
            RunDirectoryError: There is no such folder, or no champion in it.
        """
        path = Path(path)
        path = path.parent if path.is_file() else path
        if not path.is_dir():
            raise RunDirectoryError(f"{path}: expected the folder of a run, found nothing there")
        if not (path / "champion.json").is_file():
            raise RunDirectoryError(f"{path}: expected the folder of a run, but it has no champion.json")
        recall(path)
        return cls(path)

    def write_config(self, experiment: Experiment) -> None:
        """Write ``config.toml``."""
        from experiments.settings import to_toml

        self._write("config.toml", to_toml(experiment))
        write_origins(self.path, named_modules(experiment))

    def write_champion(self, champion: Champion) -> None:
        """Write ``champion.json``."""
        self._write("champion.json", champion.to_json() + "\n")

    def write_result(self, result: Mapping[str, Any]) -> None:
        """Write ``result.json``."""
        text = json.dumps(finite(result), indent=1)
        self._write("result.json", _NUMBERS.sub(lambda found: " ".join(found[0].split()), text) + "\n")

    def append_metrics(self, record: GenerationRecord) -> None:
        """Append a generation to ``metrics.jsonl``, and hand it to the system at once."""
        self._metrics.append(record.as_dict())

    def append_faults(self, faults: Faults) -> None:
        """Append a generation's faults to ``faults.jsonl``."""
        for line in faults.as_dicts():
            self._faults.append(line)

    def champion(self) -> Champion:
        """Read ``champion.json``.

        Activation functions of one's own are registered first, where the run's settings name a module that does
        (`experiments.folder.own_functions`).

        Raises:
            RunDirectoryError: The file cannot be read or is no champion.
            GenomeError: Its genome breaks a rule of valid genomes, or uses a function that nobody registers.
        """
        return reading(lambda: Champion.read(self.path / "champion.json"), self.register_functions)

    def register_functions(self) -> None:
        """Import what ``config.toml`` names, for its activation functions.

        Raises:
            ConfigError: A module cannot be imported, or the file is none of an experiment.
        """
        from experiments.folder.toml import LARGEST_FILE
        from experiments.settings import from_toml

        path = self.path / "config.toml"
        if path.is_file():
            experiment = from_toml(read_bounded(path, LARGEST_FILE + 1), name=str(path))
            genome = experiment.config.genome
            names = (genome.output_activation, *genome.activations)
            register_functions(experiment.task.environment, [name for name in names if ":" in name])

    def result(self) -> dict[str, Any]:
        """Read ``result.json``."""
        path = self.path / "result.json"
        found: dict[str, Any] = decode(
            read_bounded(path, _LARGEST_RESULT), dict[str, Any], f"{path}: not readable as JSON (truncated or damaged?)"
        )
        return found

    def metrics(self) -> Iterator[dict[str, Any]]:
        """Yield the generations of ``metrics.jsonl``; a last line cut short by a crash is left out."""
        records: Iterator[Any] = read_lines(self.path / "metrics.jsonl", _Record, "a generation's record")
        return records

    def is_serial(self) -> bool:
        """Tell whether the run was played by one process alone (``run.backend = "serial"``)."""
        from experiments.targets import load

        try:
            return load(str(self.path / "config.toml")).run.backend == "serial"
        except NeatError:
            return False  # a champion needs no settings to be played

    def discard_if_empty(self) -> None:
        """Remove the folder again if nothing was written into it (a task that could not be made, say)."""
        self.close()
        with suppress(OSError):
            self.path.rmdir()

    def close(self) -> None:
        """Let go of the folder."""
        self._metrics.close()
        self._faults.close()
        if self._lock is not None:
            self._lock.release()
            self._lock = None

    def __enter__(self) -> RunDirectory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _write(self, name: str, text: str) -> None:
        with explained(self.path, "write to"):
            write_atomically(self.path / name, text)


def default_folder(name: str, seed: int, root: AnyPath = "runs") -> Path:
    """Make and return a fresh folder ``runs/<name>-seed<seed>``, with a number appended where that exists."""
    stem = "".join(c if c.isalnum() or c in "-_." else "-" for c in name).strip(".-") or "run"
    root = Path(root)
    with explained(root, "write to"):
        root.mkdir(parents=True, exist_ok=True)
        number = 1
        while True:
            path = root / (f"{stem}-seed{seed}" + (f"-{number}" if number > 1 else ""))
            try:
                path.mkdir()
            except FileExistsError:
                number += 1
            else:
                return path
