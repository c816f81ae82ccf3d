"""Observations as network inputs: Gymnasium spaces flattened to one float64 vector, with a name per input.

============== =============================================================
Space          Inputs
============== =============================================================
Box            its elements, row by row
Discrete       one per value: 1 for the current value, else 0
MultiDiscrete  the same for each component
MultiBinary    its bits
Tuple, Dict    those of its parts, one after another (Dict: in the space's order)
============== =============================================================

The order equals that of ``gymnasium.spaces.flatten``, which takes several times as long per step.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from neat.errors import ConfigError, EvaluationError

__all__ = ["ObservationEncoder", "check_finite"]

_INFINITE = 1e30
"""Larger bounds count as infinite (older environments use the largest float32 instead of infinity)."""

Vector = NDArray[np.float64]
_Writer = Callable[[Any], None]


class ObservationEncoder:
    """Writes observations of a space into vectors.

    Attributes:
        space: The observation space.
        size: Length of the vectors.
        names: Name of each element (``obs[3]``; ``obs=3`` for the value 3 of a discrete observation).
        low: Lower bound of each element, float64, shape (size,). It is -inf without a bound, and for discrete
            observations, whose elements are 0 or 1 and need no scaling.
        high: Upper bound of each element, float64, shape (size,); inf in the same cases.
    """

    def __init__(self, space: spaces.Space[Any]) -> None:
        """Plan the layout.

        Raises:
            ConfigError: The space or a part of it has no fixed size (Text, Graph, Sequence, …), or no elements.
        """
        self.space = space
        parts = list(_parts(space, "obs"))
        self.names = tuple(name for names, _, _ in parts for name in names)
        self.low = np.concatenate([low for _, low, _ in parts]) if parts else np.empty(0)
        self.high = np.concatenate([high for _, _, high in parts]) if parts else np.empty(0)
        self.size = len(self.names)
        if self.size == 0:
            raise ConfigError(f"the observation space {space} has no element: a network needs at least one input")

    def reader(self, x: Vector) -> Callable[[Any], Vector]:
        """Return a function that writes an observation into ``x`` and returns ``x``.

        `environments.playing.policy` has a faster implementation for the common case, a flat Box. The function raises
        `EvaluationError` if an observation has another shape, is outside a discrete space, or is not finite.
        """
        write = _writer(self.space, x)

        def read(observation: Any) -> Vector:
            write(observation)
            return x

        return read

    def encode(self, observation: Any) -> Vector:
        """Return an observation as a new vector, float64, shape (size,).

        Raises:
            EvaluationError: The observation has another shape, is outside a discrete space, or is not finite.
        """
        return self.reader(np.zeros(self.size))(observation)


def _parts(space: spaces.Space[Any], name: str) -> Iterator[tuple[list[str], Vector, Vector]]:
    """Yield names, lower and upper bounds for each simple space in ``space``."""
    if isinstance(space, spaces.Box):
        if space.shape == ():
            names = [name]
        else:
            names = [f"{name}[{','.join(map(str, index))}]" for index in np.ndindex(*space.shape)]
        low, high = (np.asarray(b, np.float64).reshape(-1).copy() for b in (space.low, space.high))
        low[low < -_INFINITE] = -np.inf
        high[high > _INFINITE] = np.inf
        yield names, low, high
    elif isinstance(space, spaces.Discrete):
        yield _without_bounds([f"{name}={space.start + i}" for i in range(space.n)])
    elif isinstance(space, spaces.MultiDiscrete):
        starts = space.start.reshape(-1)
        counts = space.nvec.reshape(-1)
        indices = [",".join(map(str, index)) for index in np.ndindex(*space.nvec.shape)]
        yield _without_bounds(
            [f"{name}[{i}]={start + v}" for i, start, n in zip(indices, starts, counts, strict=True) for v in range(n)]
        )
    elif isinstance(space, spaces.MultiBinary):
        yield _without_bounds([f"{name}[{','.join(map(str, index))}]" for index in np.ndindex(*space.shape)])
    elif isinstance(space, spaces.Tuple):
        for i, part in enumerate(space.spaces):
            yield from _parts(part, f"{name}.{i}")
    elif isinstance(space, spaces.Dict):
        for key, part in space.spaces.items():
            yield from _parts(part, f"{name}.{key}")
    else:
        raise ConfigError(
            f"observations of kind {type(space).__name__} have no fixed size: expected Box, Discrete, MultiDiscrete, "
            "MultiBinary, or a Tuple or Dict of these (a wrapper in task.wrappers can convert them)"
        )


def _without_bounds(names: list[str]) -> tuple[list[str], Vector, Vector]:
    return names, np.full(len(names), -np.inf), np.full(len(names), np.inf)


def _writer(space: spaces.Space[Any], x: Vector) -> _Writer:
    """Return a function that writes an observation of ``space`` into ``x``."""
    if isinstance(space, spaces.Box):
        return _box_writer(space, x)
    if isinstance(space, spaces.Discrete):
        return _discrete_writer(space, x)
    if isinstance(space, spaces.MultiDiscrete):
        return _multi_discrete_writer(space, x)
    if isinstance(space, spaces.MultiBinary):
        return _multi_binary_writer(space, x)
    return _composite_writer(space, x)


def check_finite(x: Vector) -> None:
    """Raise `EvaluationError` if an observation (float64, shape (inputs,)) is not finite."""
    finite = np.isfinite(x)
    if not finite.all():
        i = int(finite.argmin())
        raise EvaluationError(f"returned an observation that is not finite (element {i} is {x[i]})")


def _box_writer(space: spaces.Box, x: Vector) -> _Writer:
    shape = space.shape

    def write(observation: Any) -> None:
        values = np.asarray(observation)
        if values.shape != shape:
            raise EvaluationError(f"returned an observation of shape {values.shape}, expected {shape}")
        x[:] = values.reshape(-1)
        check_finite(x)

    return write


def _discrete_writer(space: spaces.Discrete, x: Vector) -> _Writer:
    n, start = int(space.n), int(space.start)
    last = 0

    def write(observation: Any) -> None:
        nonlocal last
        value = int(observation) - start
        if not 0 <= value < n:
            raise EvaluationError(f"returned the observation {observation!r}, expected {start} to {start + n - 1}")
        x[last] = 0.0
        x[value] = 1.0
        last = value

    x[:] = 0.0
    return write


def _multi_discrete_writer(space: spaces.MultiDiscrete, x: Vector) -> _Writer:
    shape = space.nvec.shape
    counts, starts = space.nvec.reshape(-1), space.start.reshape(-1)
    first = np.concatenate([[0], np.cumsum(counts)[:-1]])

    def write(observation: Any) -> None:
        values = np.asarray(observation)
        if values.shape != shape:
            raise EvaluationError(f"returned an observation of shape {values.shape}, expected {shape}")
        values = values.reshape(-1) - starts
        if (values < 0).any() or (values >= counts).any():
            raise EvaluationError(f"returned an observation outside its space: {observation!r}")
        x[:] = 0.0
        x[first + values] = 1.0

    return write


def _multi_binary_writer(space: spaces.MultiBinary, x: Vector) -> _Writer:
    shape = space.shape

    def write(observation: Any) -> None:
        bits = np.asarray(observation)
        if bits.shape != shape:
            raise EvaluationError(f"returned an observation of shape {bits.shape}, expected {shape}")
        x[:] = bits.reshape(-1)

    return write


def _composite_writer(space: spaces.Space[Any], x: Vector) -> _Writer:
    """Return the writer of a Tuple or a Dict: each part writes its own slice of ``x``."""
    if isinstance(space, spaces.Tuple):
        keyed: list[tuple[Any, spaces.Space[Any]]] = list(enumerate(space.spaces))
    elif isinstance(space, spaces.Dict):
        keyed = list(space.spaces.items())
    else:
        raise ConfigError(f"observations of kind {type(space).__name__} are not supported")
    writers: list[tuple[Any, _Writer]] = []
    begin = 0
    for key, part in keyed:
        end = begin + sum(len(names) for names, _, _ in _parts(part, ""))
        writers.append((key, _writer(part, x[begin:end])))
        begin = end

    def write(observation: Any) -> None:
        try:
            for key, write_part in writers:
                write_part(observation[key])
        except (KeyError, IndexError, TypeError) as error:
            raise EvaluationError(f"returned an observation that lacks a part: {error!r}, expected {space}") from error

    return write
