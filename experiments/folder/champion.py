"""The file of a champion: the best network of a run with everything needed to play, as numbers and names.

It contains no code. It is first split into its parts. Then each part is read, within limits.
"""

from __future__ import annotations

import dataclasses
import json
import math
import os
from dataclasses import dataclass
from typing import Annotated, Any

import msgspec
import numpy as np

from environments.tasks.settings import Scaling, TaskConfig
from experiments.folder.files import AnyPath, decode, finite, read_bounded
from neat.config import NetworkConfig
from neat.errors import GenomeError, RunDirectoryError
from neat.files.genome_json import LARGEST_TEXT
from neat.genes.table import Genome
from neat.networks.decoders import expanded
from neat.settings.plain import plain

__all__ = ["Champion"]

_FORMAT = "neat-arena champion"
_VERSION = 1
LARGEST_SCALING = 16 << 20
LARGEST_CHAMPION = LARGEST_TEXT + LARGEST_SCALING + (16 << 20)
"""Bytes of a champion's file: its genome, the observation scaling, and some for the task."""
_LARGEST_TASK = 8 << 20
"""Bytes of a task's settings, which were read from a file of at most 1 MiB, in JSON of ASCII alone."""
_LARGEST_NAMES = 1 << 20
_Name = Annotated[str, msgspec.Meta(max_length=200)]
_Names = tuple[tuple[_Name, ...], tuple[_Name, ...]] | None


@dataclass(frozen=True, kw_only=True)
class Champion:
    """The best network of a run, with everything that `neat play` and `neat verify` need."""

    genome: Genome
    network: NetworkConfig
    task: TaskConfig
    """Its task; ``environment`` is `environments.tasks.settings.NO_GAME` if fitness came from a user's own function."""
    scaling: Scaling | None = None
    """Observation scaling of its generation, frozen; None if observations are not scaled by statistics."""
    fitness: float
    """Training fitness: the mean return over the training episodes of its generation."""
    generation: int
    """Generation it was found in."""
    seed: int
    """Seed of its run."""
    names: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    """Names of inputs and outputs, if they would otherwise be known only to the user's code."""

    def expanded(self) -> Champion:
        """Return the champion with a directly encoded genome: one gene for each node and connection of its network."""
        genome, network = expanded(self.genome, self.network)
        return dataclasses.replace(self, genome=genome, network=network)

    def to_json(self) -> str:
        """Return the champion as readable, versioned JSON, with one gene per line."""
        scaling = None if self.scaling is None else {k: np.asarray(v).tolist() for k, v in self.scaling.items()}
        head = json.dumps(self._head() | {"scaling": scaling}, indent=1)
        return f'{head.removesuffix("}").rstrip()},\n "genome": {self.genome.to_json().strip()}\n}}'

    def _head(self) -> dict[str, Any]:
        """Return everything but the genome and the observation scaling."""
        return {
            "format": _FORMAT,
            "version": _VERSION,
            "fitness": finite(self.fitness),
            "generation": self.generation,
            "seed": self.seed,
            "task": plain(dataclasses.asdict(self.task)),
            "network": dataclasses.asdict(self.network),
            **({} if self.names is None else {"names": self.names}),
        }

    def head_json(self) -> str:
        """Return everything but the genome and the observation scaling as JSON; see `with_arrays`."""
        return json.dumps(self._head())

    @classmethod
    def with_arrays(cls, head: str, genome: Genome, scaling: Scaling | None, where: str) -> Champion:
        """Return a champion from the text of `head_json`, and the rest as arrays.

        Raises:
            RunDirectoryError: The text is not the head of a champion.
        """
        parts = _parts(head, where)
        return cls(genome=genome, scaling=scaling, **_head(parts, where))

    @classmethod
    def read(cls, path: AnyPath) -> Champion:
        """Read a champion's file; see `from_json`."""
        return cls.from_json(read_bounded(path, LARGEST_CHAMPION), os.fspath(path))

    @classmethod
    def from_json(cls, text: str | bytes, where: str = "champion.json") -> Champion:
        """Read a champion.

        Raises:
            RunDirectoryError: The text is truncated, is not a champion, or has a newer version.
            GenomeError: The genome is invalid, or uses an activation function that is not registered
                (`neat.register_activation`).
        """
        if len(text) > LARGEST_CHAMPION:
            raise RunDirectoryError(f"{where}: larger than {LARGEST_CHAMPION >> 20} MiB, not read")
        parts = _parts(text, where)
        scaling = _part(parts, "scaling", dict[str, list[float]] | None, where, LARGEST_SCALING)
        try:
            genome = Genome.from_json(bytes(parts.genome))
        except GenomeError as error:
            raise type(error)(f"{where}: {error}") from None
        return cls(
            genome=genome,
            scaling=None if scaling is None else {k: np.asarray(v, np.float64) for k, v in scaling.items()},
            **_head(parts, where),
        )


class _Parts(msgspec.Struct):
    """The parts of a champion's file, before each is read within its limits."""

    format: msgspec.Raw = msgspec.Raw()
    version: msgspec.Raw = msgspec.Raw()
    fitness: msgspec.Raw = msgspec.Raw()
    generation: msgspec.Raw = msgspec.Raw()
    seed: msgspec.Raw = msgspec.Raw()
    task: msgspec.Raw = msgspec.Raw()
    network: msgspec.Raw = msgspec.Raw()
    scaling: msgspec.Raw = msgspec.Raw()
    genome: msgspec.Raw = msgspec.Raw()
    names: msgspec.Raw = msgspec.Raw()


def _parts(text: str | bytes, where: str) -> _Parts:
    """Split a champion's text into its parts."""
    parts: _Parts = decode(text, _Parts, f"{where}: not readable as JSON (truncated or damaged?)")
    if bytes(parts.format) != f'"{_FORMAT}"'.encode():
        raise RunDirectoryError(f"{where}: expected a champion ('format': {_FORMAT!r}), got another file")
    if bytes(parts.version) != str(_VERSION).encode():
        came = bytes(parts.version)[:20].decode("utf-8", "replace") or "none"
        raise RunDirectoryError(f"{where}: expected version {_VERSION} of the file format, got {came!r}")
    return parts


def _head(parts: _Parts, where: str) -> dict[str, Any]:
    """Read the parts that `Champion._head` writes."""
    fitness = _part(parts, "fitness", float | None, where)
    return {
        "fitness": math.nan if fitness is None else fitness,
        "network": _part(parts, "network", NetworkConfig, where, _LARGEST_TASK),
        "task": _part(parts, "task", TaskConfig, where, _LARGEST_TASK),
        "generation": _part(parts, "generation", int, where),
        "seed": _part(parts, "seed", int, where),
        "names": _part(parts, "names", _Names, where, _LARGEST_NAMES) if bytes(parts.names) else None,
    }


def _part(parts: _Parts, name: str, kind: Any, where: str, largest: int = 1 << 16) -> Any:
    raw = bytes(getattr(parts, name))
    if not raw:
        raise RunDirectoryError(f"{where}: not a usable champion: '{name}' is missing")
    if len(raw) > largest:
        raise RunDirectoryError(f"{where}: not a usable champion: {name} has more than {largest:,} bytes")
    return decode(raw, kind, f"{where}: not a usable champion: {name}")
