"""The division of descriptor space into cells: a grid of boxes, or a centroidal Voronoi tessellation (CVT)."""

from __future__ import annotations

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from neat.compiled.kernel import kernel
from neat.config import RepertoireConfig
from neat.errors import ConfigError, EvaluationError

__all__ = ["Cells", "Centroids", "Grid", "cells_of", "check_number"]

Vector = NDArray[np.float64]
_SAMPLES = 25
"""Sample points per centroid for Lloyd's algorithm."""
_ROUNDS = 20


class Cells(Protocol):
    """A division of descriptor space.

    Attributes:
        total: Number of cells.
    """

    total: int

    def place(self, descriptors: Vector) -> NDArray[np.int64]:
        """Return the cell of each descriptor (float64, shape (n, d)), int64, shape (n,)."""
        ...

    def name(self, cell: int) -> str:
        """Return the display name of a cell, as in ``--cell``."""
        ...

    def named(self, name: str) -> int:
        """Return the cell with that name.

        Raises:
            ConfigError: There is none.
        """
        ...


class Grid(Cells):
    """Equal boxes. Descriptors outside the bounds belong to the nearest box, as in `ribs.archives.GridArchive`."""

    def __init__(self, low: Vector, high: Vector, shape: tuple[int, ...]) -> None:
        self.low, self.high, self.shape = low, high, shape
        self.total = int(np.prod(shape))

    def place(self, descriptors: Vector) -> NDArray[np.int64]:
        """Return the box of each descriptor; the last axis varies fastest."""
        shape = np.array(self.shape)
        share = (descriptors - self.low) / (self.high - self.low)
        index = np.clip(np.floor(np.clip(share, -1.0, 2.0) * shape), 0, shape - 1).astype(np.int64)
        places: NDArray[np.int64] = np.ravel_multi_index(tuple(index.T), self.shape).astype(np.int64)
        return places

    def name(self, cell: int) -> str:
        """Return the index along each axis: ``12,30``."""
        return ",".join(str(int(i)) for i in np.unravel_index(cell, self.shape))

    def named(self, name: str) -> int:
        """Return the cell of that name.

        Raises:
            ConfigError: There is none.
        """
        words = [word.strip() for word in name.split(",")]
        if len(words) == len(self.shape) and all(_is_number(word) for word in words):
            places = tuple(int(word) for word in words)
            if all(place < most for place, most in zip(places, self.shape, strict=True)):
                return int(np.ravel_multi_index(places, self.shape))
        ranges = ", ".join(f"0 to {most - 1}" for most in self.shape)
        raise ConfigError(f"--cell: expected a place along each axis ({ranges}), such as {self.name(0)}, got {name!r}")


@kernel
def _assign(points, centroids, found):  # type: ignore[no-untyped-def]
    """Write the index of the nearest centroid of each point; the first one at a tie."""
    for i in range(points.shape[0]):
        best = np.inf
        for c in range(centroids.shape[0]):
            square = 0.0
            for d in range(points.shape[1]):
                square += (points[i, d] - centroids[c, d]) * (points[i, d] - centroids[c, d])
            if square < best:
                best = square
                found[i] = c


class Centroids(Cells):
    """The cells around centroids spread evenly by Lloyd's algorithm (Vassiliades et al. 2018).

    Distances are measured in the space scaled to a unit cube.
    """

    def __init__(self, low: Vector, high: Vector, count: int) -> None:
        self.low, self.high, self.total = low, high, count
        rng = np.random.Generator(np.random.PCG64(0))  # the same for all seeds of a study
        points = rng.random((_SAMPLES * count, len(low)))
        self.units = points[:count].copy()
        nearest = np.zeros(len(points), np.int64)
        for _ in range(_ROUNDS):
            _assign(points, self.units, nearest)
            sizes = np.bincount(nearest, minlength=count)
            for d in range(len(low)):
                sums = np.bincount(nearest, points[:, d], count)
                self.units[:, d] = np.where(sizes > 0, sums / np.maximum(sizes, 1), self.units[:, d])

    def place(self, descriptors: Vector) -> NDArray[np.int64]:
        """Return the nearest centroid of each descriptor."""
        found = np.zeros(len(descriptors), np.int64)
        _assign(np.ascontiguousarray((descriptors - self.low) / (self.high - self.low)), self.units, found)
        return found

    def name(self, cell: int) -> str:
        """Return the number of the centroid."""
        return str(cell)

    def named(self, name: str) -> int:
        """Return the cell of that name.

        Raises:
            ConfigError: There is none.
        """
        if _is_number(name) and int(name) < self.total:
            return int(name)
        raise ConfigError(f"--cell: expected a number from 0 to {self.total - 1}, got {name!r}")


def cells_of(config: RepertoireConfig) -> Cells:
    """Return the division described by the settings.

    Raises:
        ConfigError: The bounds of the descriptors are not set.
    """
    if not config.low:
        raise ConfigError(
            "repertoire.low, repertoire.high: expected the bounds of what networks do, one number for each descriptor, "
            "such as repertoire.low = [0.0, 0.0]"
        )
    low, high = np.array(config.low), np.array(config.high)
    if config.archive == "cvt":
        return Centroids(low, high, config.centroids)
    return Grid(low, high, config.cells)


def _is_number(word: str) -> bool:
    return word.isascii() and word.isdigit() and len(word) < 10


def check_number(behaviours: Vector, settings: RepertoireConfig) -> None:
    """Check that behaviours (float64, shape (n, d)) have as many numbers as the bounds.

    Raises:
        EvaluationError: They have more or fewer.
    """
    if behaviours.shape[1] != len(settings.low):
        raise EvaluationError(
            f"behaviours have {behaviours.shape[1]} numbers, repertoire.low and repertoire.high {len(settings.low)}: "
            "give bounds for each (a behaviour is info['behaviour'] of an episode's last step, or the last observation "
            "of a game without it)"
        )
