"""A champion's file: the best network of a run with all it takes to play, as numbers and names.

Nothing in it is code. It is cut into its parts first, each of which is then read within its own bounds.
"""

from __future__ import annotations

import dataclasses
import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import numpy as np

from environments.task import Scaling, TaskConfig
from experiments.files import decode, finite, read_bounded
from neat.config import NetworkConfig
from neat.errors import GenomeError, RunDirectoryError
from neat.genes.table import Genome

__all__ = ["Champion"]

_FORMAT = "neat-arena champion"
_VERSION = 1
LARGEST_CHAMPION = 20 << 20
"""Bytes of a champion's file: its genome, at most 16 MiB, and some for the observation scaling."""
_LARGEST_SCALING = 4 << 20


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
                "format": _FORMAT,
                "version": _VERSION,
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
        if len(text) > LARGEST_CHAMPION:
            raise RunDirectoryError(f"{where}: larger than {LARGEST_CHAMPION >> 20} MiB, not read")
        parts = decode(text, _Parts, f"{where}: not readable as JSON (truncated or damaged?)")
        if bytes(parts.format) != f'"{_FORMAT}"'.encode():
            raise RunDirectoryError(f"{where}: expected a champion ('format': {_FORMAT!r}), got another file")
        if bytes(parts.version) != str(_VERSION).encode():
            came = bytes(parts.version)[:20].decode("utf-8", "replace") or "none"
            raise RunDirectoryError(f"{where}: expected version {_VERSION} of the file format, got {came!r}")
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
    return decode(raw, kind, f"{where}: not a usable champion: {name}")
