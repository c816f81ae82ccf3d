"""A run folder: the settings, the history and the result of a run.

::

    config.toml      all settings of the run: `neat run config.toml` repeats it
    metrics.jsonl    one `neat.history.records.GenerationRecord` per line, written when a generation ends
    champion.json    the best network, with everything needed to play (`experiments.folder.champion`)
    result.json      verification, seeds, versions, processor, steps, evaluations, seconds
    champions.jsonl  all successive champions (`experiments.folder.champions`)
    behaviours.jsonl behaviours of genomes, if the task has any (`experiments.folder.behaviours`)
    lineage.jsonl    ancestry of genomes (`experiments.folder.lineage_file`)
    faults.jsonl     episodes that could not be scored, with the seeds that repeat them
    origin.json      the run it started from, if any (`experiments.loop.branching`)
    checkpoints/     the whole state, from which `neat resume` continues (`experiments.loop.checkpoints`)
    watch/           generations for the watch page, at least the last one (`experiments.watching.snapshots`)
    modules.json     folders of the user's own modules, if any (`experiments.folder.origins`)
    run.lock         locked while a run writes into the folder
"""

from __future__ import annotations

import json
import re
import shlex
import shutil
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

__all__ = ["EVALUATIONS", "RunDirectory", "default_folder"]

_LARGEST_RESULT = 4 << 20

EVALUATIONS = "evaluations.npz"
"""File of all scores of a repertoire that pyribs fills, from which it is continued."""
"""Bytes of a result's file: the returns of 100,000 episodes, and some more."""
_BEFORE_PLAY = ("config.toml", "modules.json", "origin.json", "run.lock")
"""Files that are written before generation 0 has been evaluated; besides them, there is the folder of checkpoints."""
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
        """Create a folder (or use an existing one) without a run, and hold its lock until `close`.

        Raises:
            RunDirectoryError: The folder cannot be written, or already has a run or files with the names of a run's.
        """
        directory = cls(path)
        path = directory.path
        with explained(path, "write to"):
            path.mkdir(parents=True, exist_ok=True)
            directory._lock = FolderLock(path)
        try:
            if (path / "config.toml").exists():
                raise RunDirectoryError(
                    f"{path} already holds a run; choose another folder (--out), or continue it: neat resume "
                    f"{shlex.quote(str(path))}"
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
        """Open the folder of a run that is finished or was interrupted, and hold its lock until `close`.

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
        """Remove the lines of this generation and of later ones, and lines that a crash has truncated.

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
        """Open an existing run folder for reading.

        Args:
            path: The folder, or a file in it.

        Raises:
            RunDirectoryError: The folder does not exist, or has no champion.
        """
        path = Path(path)
        path = path.parent if path.is_file() else path
        if not path.is_dir():
            raise RunDirectoryError(f"{path}: expected the folder of a run, found nothing there")
        if not (path / "champion.json").is_file():
            if (path / "config.toml").is_file():
                how = "illuminate" if (path / EVALUATIONS).is_file() else "resume"
                raise RunDirectoryError(f"{path}: this run was stopped and has no champion yet; neat {how} {path}")
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
        """Append a generation to ``metrics.jsonl``, and pass it to the operating system at once."""
        self._metrics.append(record.as_dict())

    def append_faults(self, faults: Faults) -> None:
        """Append a generation's faults to ``faults.jsonl``."""
        for line in faults.as_dicts():
            self._faults.append(line)

    def champion(self) -> Champion:
        """Read ``champion.json``.

        The user's own activation functions are registered first, if the settings name a module that does so
        (`experiments.folder.own_functions`).

        Raises:
            RunDirectoryError: The file cannot be read, or is not a champion.
            GenomeError: The genome is invalid, or uses a function that is not registered.
        """
        return reading(lambda: Champion.read(self.path / "champion.json"), self.register_functions)

    def register_functions(self) -> None:
        """Import the modules that ``config.toml`` names, to register their activation functions.

        Raises:
            ConfigError: A module cannot be imported, or the file is not an experiment.
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
        """Yield the generations in ``metrics.jsonl``, without a last line that a crash has truncated."""
        records: Iterator[Any] = read_lines(self.path / "metrics.jsonl", _Record, "a generation's record")
        return records

    def is_serial(self) -> bool:
        """Return whether the run used a single process (``run.backend = "serial"``)."""
        from experiments.targets import load

        try:
            return load(str(self.path / "config.toml")).run.backend == "serial"
        except NeatError:
            return False  # a champion can be played without the settings

    def discard_if_unplayed(self) -> None:
        """Delete the folder if it has nothing but settings and the state before generation 0.

        So the same command can be repeated after a game that fails at once has been mended.
        """
        self.close()
        with suppress(OSError):
            if {entry.name for entry in self.path.iterdir()} <= {*_BEFORE_PLAY, "checkpoints"}:
                shutil.rmtree(self.path / "checkpoints", ignore_errors=True)
                for name in _BEFORE_PLAY:
                    (self.path / name).unlink(missing_ok=True)
            self.path.rmdir()

    def close(self) -> None:
        """Release the folder."""
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
    """Create and return a new folder ``runs/<name>-seed<seed>``, with a number appended if that exists."""
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
