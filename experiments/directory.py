"""A run's folder: what it was asked, what happened, and what it found.

::

    config.toml      every setting of the run, resolved: `neat run config.toml` repeats it
    metrics.jsonl    one `neat.statistics.GenerationRecord` a line, written as generations end
    champion.json    the best network, with all it takes to play: genome, network settings, task, observation scaling
    result.json      verification, seeds, versions, processor, steps, evaluations, seconds
    champions.jsonl  champions one after the other (`experiments.champions`)
    faults.jsonl     episodes that could not be scored, with the seeds that play them again
    checkpoints/     the whole state, from which `neat resume` goes on (`experiments.checkpoints`)
    run.lock         held while a run writes here

Whole files are written beside their place and renamed into it, so that a reader (or a power cut) never meets half of
one. Nothing in a folder is code: a champion from a stranger is numbers and names.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
import re
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, TypeVar

import msgspec
import numpy as np

from environments.task import Scaling, TaskConfig
from neat.arrays import replace_file
from neat.config import NetworkConfig
from neat.errors import GenomeError, RunDirectoryError
from neat.genome import Genome

if TYPE_CHECKING:
    from experiments.events import Faults
    from experiments.settings import Experiment
    from neat.statistics import GenerationRecord

__all__ = ["Champion", "RunDirectory", "default_folder", "finite", "write_atomically"]

CHAMPION_FORMAT = "neat-arena champion"
CHAMPION_VERSION = 1
LARGEST_FILE = 256 << 20
"""Files larger than this (bytes) are not read."""

LARGEST_CHAMPION = 20 << 20
"""Bytes of a champion's file: its genome, at most 16 MiB, and some for the observation scaling."""
_LARGEST_SCALING = 4 << 20
_LARGEST_RESULT = 16 << 20

T = TypeVar("T")

_NUMBERS = re.compile(r"\[[-+.\deE,\s]*\]")
"""A list of numbers, which is easier to read on one line than on a hundred."""


@dataclass(frozen=True, kw_only=True)
class Champion:
    """The best network of a run with all it takes to play: `neat play` and `neat verify` need nothing else."""

    genome: Genome
    network: NetworkConfig
    task: TaskConfig
    scaling: Scaling | None = None
    """Observation statistics it was selected with, frozen; None where observations are not scaled by them."""
    fitness: float
    """Training fitness: the mean return over the training episodes of its generation."""
    generation: int
    """Generation it was found in."""
    seed: int
    """Seed of its run."""

    def to_json(self) -> str:
        """Return the champion as readable, versioned JSON, one gene a line."""
        head = json.dumps(
            {
                "format": CHAMPION_FORMAT,
                "version": CHAMPION_VERSION,
                "fitness": finite(self.fitness),
                "generation": self.generation,
                "seed": self.seed,
                "task": dataclasses.asdict(self.task),
                "network": dataclasses.asdict(self.network),
                "scaling": None
                if self.scaling is None
                else {k: np.asarray(v).tolist() for k, v in self.scaling.items()},
            },
            indent=1,
        )
        return f'{head.removesuffix("}").rstrip()},\n "genome": {self.genome.to_json().strip()}\n}}'

    @classmethod
    def read(cls, path: Path) -> Champion:
        """Read a champion's file; see `from_json`."""
        return cls.from_json(read_bounded(path, LARGEST_CHAMPION), str(path))

    @classmethod
    def from_json(cls, text: str | bytes, where: str = "champion.json") -> Champion:
        """Read a champion.

        Raises:
            RunDirectoryError: The text is truncated, no champion, or of a newer version.
            GenomeError: Its genome breaks a rule of valid genomes.
        """
        parts = _decode(text, _Parts, where, LARGEST_CHAMPION)
        if bytes(parts.format) != f'"{CHAMPION_FORMAT}"'.encode():
            raise RunDirectoryError(f"{where}: expected a champion ('format': {CHAMPION_FORMAT!r}), got another file")
        if bytes(parts.version) != str(CHAMPION_VERSION).encode():
            came = bytes(parts.version)[:20].decode("utf-8", "replace") or "none"
            raise RunDirectoryError(f"{where}: expected version {CHAMPION_VERSION} of the file format, got {came!r}")
        fitness = _part(parts, "fitness", float | None, where)
        scaling = _part(parts, "scaling", dict[str, list[float]] | None, where, _LARGEST_SCALING)
        try:
            genome = Genome.from_json(bytes(parts.genome))
        except GenomeError as error:
            raise GenomeError(f"{where}: {error}") from None
        return cls(
            genome=genome,
            network=_part(parts, "network", NetworkConfig, where),
            task=_part(parts, "task", TaskConfig, where),
            scaling=None if scaling is None else {k: np.asarray(v, np.float64) for k, v in scaling.items()},
            fitness=math.nan if fitness is None else fitness,
            generation=_part(parts, "generation", int, where),
            seed=_part(parts, "seed", int, where),
        )


class _Parts(msgspec.Struct):
    """A champion's file cut into its parts, which are then read one by one, each within its own bounds."""

    format: msgspec.Raw = msgspec.Raw()
    version: msgspec.Raw = msgspec.Raw()
    fitness: msgspec.Raw = msgspec.Raw()
    generation: msgspec.Raw = msgspec.Raw()
    seed: msgspec.Raw = msgspec.Raw()
    task: msgspec.Raw = msgspec.Raw()
    network: msgspec.Raw = msgspec.Raw()
    scaling: msgspec.Raw = msgspec.Raw()
    genome: msgspec.Raw = msgspec.Raw()


def _part(parts: _Parts, name: str, kind: Any, where: str, largest: int = 1 << 16) -> Any:
    raw = bytes(getattr(parts, name))
    if not raw:
        raise RunDirectoryError(f"{where}: not a usable champion: '{name}' is missing")
    if len(raw) > largest:
        raise RunDirectoryError(f"{where}: not a usable champion: {name} has more than {largest:,} bytes")
    try:
        return msgspec.json.decode(raw, type=kind)
    except (ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:200]
        raise RunDirectoryError(f"{where}: not a usable champion: {name}: {reason}") from None


def _decode(text: str | bytes, kind: type[T], where: str, largest: int) -> T:
    """Read JSON as a record, with one line for what is none."""
    if len(text) > largest:
        raise RunDirectoryError(f"{where}: larger than {largest >> 20} MiB, not read")
    try:
        return msgspec.json.decode(text, type=kind)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())[:200]
        raise RunDirectoryError(f"{where}: not readable as JSON (truncated or damaged?): {reason}") from None


class RunDirectory:
    """A folder that one run writes, and others read.

    Attributes:
        path: The folder.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock: IO[str] | None = None
        self._metrics: IO[str] | None = None

    @classmethod
    def create(cls, path: Path) -> RunDirectory:
        """Make (or take) a folder without a run in it, and hold its lock until `close`.

        Raises:
            RunDirectoryError: The folder cannot be written, or already holds a run.
        """
        directory = cls(path)
        with _explained(path, "write to"):
            path.mkdir(parents=True, exist_ok=True)
            directory._acquire()
        if (path / "config.toml").exists():
            directory.close()
            raise RunDirectoryError(
                f"{path} already holds a run; choose another folder with --out, or go on with it: neat resume {path}"
            )
        return directory

    @classmethod
    def reopen(cls, path: Path) -> RunDirectory:
        """Take the folder of a run that has ended in whatever way, and hold its lock until `close`.

        Raises:
            RunDirectoryError: There is no run, it is still running, or its folder cannot be written.
        """
        if not (path / "config.toml").is_file():
            raise RunDirectoryError(f"{path}: expected the folder of a run, but it has no config.toml")
        directory = cls(path)
        with _explained(path, "write to"):
            directory._acquire()
        return directory

    def cut_back(self, generation: int) -> None:
        """Drop what was told of this generation and later ones, and lines cut short by a crash.

        Raises:
            RunDirectoryError: A file cannot be read or written.
        """
        with _explained(self.path, "write to"):
            for partial in self.path.glob(".*.part"):
                partial.unlink()
            (self.path / "result.json").unlink(missing_ok=True)
            for name in ("metrics.jsonl", "champions.jsonl", "lineage.jsonl"):
                if (self.path / name).is_file():
                    _cut_lines(self.path / name, generation)

    @classmethod
    def open(cls, path: Path) -> RunDirectory:
        """Return an existing run's folder for reading (a file in it will do as well).

        Raises:
            RunDirectoryError: There is no such folder, or no champion in it.
        """
        path = path.parent if path.is_file() else path
        if not path.is_dir():
            raise RunDirectoryError(f"{path}: expected the folder of a run, found nothing there")
        if not (path / "champion.json").is_file():
            raise RunDirectoryError(f"{path}: expected the folder of a run, but it has no champion.json")
        return cls(path)

    def write_config(self, experiment: Experiment) -> None:
        """Write ``config.toml``."""
        from experiments.settings import to_toml

        self._write("config.toml", to_toml(experiment))

    def write_champion(self, champion: Champion) -> None:
        """Write ``champion.json``."""
        self._write("champion.json", champion.to_json() + "\n")

    def write_result(self, result: Mapping[str, Any]) -> None:
        """Write ``result.json``."""
        text = json.dumps(finite(result), indent=1)
        self._write("result.json", _NUMBERS.sub(lambda found: " ".join(found[0].split()), text) + "\n")

    def append_metrics(self, record: GenerationRecord) -> None:
        """Append a generation to ``metrics.jsonl``, and hand it to the system at once."""
        with _explained(self.path, "write to"):
            if self._metrics is None:
                self._metrics = (self.path / "metrics.jsonl").open("a", encoding="utf-8")
            self._metrics.write(json.dumps(finite(record.as_dict())) + "\n")
            self._metrics.flush()

    def append_faults(self, faults: Faults) -> None:
        """Append a generation's faults to ``faults.jsonl``."""
        with _explained(self.path, "write to"), (self.path / "faults.jsonl").open("a", encoding="utf-8") as file:
            for line in faults.as_dicts():
                file.write(json.dumps(line) + "\n")

    def champion(self) -> Champion:
        """Read ``champion.json``."""
        return Champion.read(self.path / "champion.json")

    def result(self) -> dict[str, Any]:
        """Read ``result.json``."""
        return _parse(read_bounded(self.path / "result.json", _LARGEST_RESULT), str(self.path / "result.json"))

    def metrics(self) -> Iterator[dict[str, Any]]:
        """Yield the generations of ``metrics.jsonl``; a last line cut short by a crash is left out."""
        where = self.path / "metrics.jsonl"
        lines = read_bounded(where, LARGEST_FILE).decode("utf-8", "replace").split("\n")
        for number, line in enumerate(lines[:-1], start=1):
            yield _parse(line, f"{where}, line {number}")

    def discard_if_empty(self) -> None:
        """Remove the folder again if nothing was written into it (a task that could not be made, say)."""
        self.close()
        with suppress(OSError):
            self.path.rmdir()

    def close(self) -> None:
        """Let go of the folder."""
        if self._metrics is not None:
            with suppress(OSError):  # closing tries again to write what a full disk refused, which was reported then
                self._metrics.close()
            self._metrics = None
        if self._lock is not None:
            # Removed before it is let go: whoever waits for the name finds either a held lock or none.
            with suppress(OSError):
                (self.path / "run.lock").unlink()
            self._lock.close()
            self._lock = None

    def __enter__(self) -> RunDirectory:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _acquire(self) -> None:
        """Take the lock; the system lets go of it when the process ends, however it ends."""
        name = self.path / "run.lock"
        lock = name.open("a+", encoding="utf-8")
        try:
            _lock_file(lock)
            if not _same_file(lock, name):  # the run that held it has ended and removed it since it was opened
                lock.close()
                self._acquire()
                return
        except OSError:
            lock.seek(0)
            holder = lock.read(100).strip()
            lock.close()
            raise RunDirectoryError(
                f"{self.path}: another run ({holder or 'unknown process'}) is writing here"
            ) from None
        lock.truncate(0)
        lock.write(f"process {os.getpid()}\n")
        lock.flush()
        self._lock = lock

    def _write(self, name: str, text: str) -> None:
        with _explained(self.path, "write to"):
            write_atomically(self.path / name, text)


def read_bounded(path: Path, largest: int) -> bytes:
    """Read a whole file, unless it is larger than it can be.

    Raises:
        RunDirectoryError: It is larger, or cannot be read.
    """
    with _explained(path, "read"), path.open("rb") as file:
        content = file.read(largest + 1)
    if len(content) > largest:
        raise RunDirectoryError(f"{path}: larger than {largest >> 20} MiB, not read")
    return content


def default_folder(name: str, seed: int, root: Path = Path("runs")) -> Path:
    """Make and return a fresh folder ``runs/<name>-seed<seed>``, with a number appended where that exists."""
    stem = "".join(c if c.isalnum() or c in "-_." else "-" for c in name).strip(".-") or "run"
    with _explained(root, "write to"):
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


def write_atomically(path: Path, text: str) -> None:
    """Write a whole file so that its name always leads to a complete one: the old or the new.

    Raises:
        OSError: The folder cannot be written or is full; the old file is then untouched.
    """
    replace_file(path, text.encode())


class _Line(msgspec.Struct):
    """What every line of a run's files has."""

    generation: int


def _cut_lines(path: Path, generation: int) -> None:
    """Cut a file off at the first line that is damaged or tells of this generation or a later one."""
    end = 0
    with path.open("rb") as file:
        while line := file.readline(LARGEST_FILE):
            try:
                if not line.endswith(b"\n") or msgspec.json.decode(line, type=_Line).generation >= generation:
                    break
            except (ValueError, RecursionError):
                break
            end += len(line)
    os.truncate(path, end)


def _same_file(file: IO[str], path: Path) -> bool:
    """Tell whether a name still leads to an open file."""
    try:
        return os.path.samestat(os.fstat(file.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _lock_file(file: IO[str]) -> None:
    """Lock a file for this process alone, or raise OSError at once."""
    if sys.platform == "win32":
        import msvcrt

        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
    else:
        import fcntl

        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


def _parse(text: str | bytes, where: str) -> dict[str, Any]:
    """Parse a JSON object, with one line for what is none."""
    try:
        data = json.loads(text)
    except (ValueError, RecursionError) as error:
        reason = "nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise RunDirectoryError(f"{where}: not readable as JSON (truncated or damaged?): {reason}") from None
    if not isinstance(data, dict):
        raise RunDirectoryError(f"{where}: expected a JSON object, got {type(data).__name__}")
    return data


def finite(value: Any) -> Any:
    """Replace NaN and infinities by None: JSON has neither, and strict readers refuse the whole line."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: finite(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(item) for item in value]
    return value


@contextmanager
def _explained(path: Path, action: str) -> Iterator[None]:
    """Turn the system's refusals into one line that names the folder."""
    try:
        yield
    except RunDirectoryError:
        raise
    except OSError as error:
        raise RunDirectoryError(f"cannot {action} {path}: {error.strerror or error}") from None
