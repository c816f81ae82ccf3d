"""Network outputs as actions: the number of outputs for an action space, and their meaning.

============== ============================ ===========================================================
Space          Outputs                      Action
============== ============================ ===========================================================
Discrete       one per value                value of the largest output (first of equal ones), or softmax sampling
MultiDiscrete  one per value and component  the same for each component
MultiBinary    one per bit                  1 if the output is in the upper half of its range, or sampling
Box            one per element              the output, mapped from its range to the element's bounds (bool elements:
                                            True above the middle)
Tuple, Dict    those of its parts           the parts' actions
============== ============================ ===========================================================

**Ranges.** The range [a, b] of an output is that of its activation function: [0, 1] for sigmoid, [-1, 1] for tanh (see
`neat.functions.activations`). If an end is infinite (identity, ReLU, a function of your own …), tanh is applied to the
output first, and the range is [tanh a, tanh b]. The range is then mapped linearly to the bounds of the action, and the
result is clipped to them.

**Infinite bounds.** An output with finite range is mapped to [-1, 1] if neither bound is finite, and to the two units
next to the bound if only one is. An output with infinite range is the action itself, clipped to the finite bound, if
there is one.

**NaN.** The outputs of a network with overflowing values may be NaN. For discrete values, NaN is less than all other
outputs; in a Box it counts as 0, clipped to the bounds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from neat.compiled.kernel import kernel
from neat.compiled.random import uniform
from neat.errors import ConfigError
from neat.functions.activations import activation_range

__all__ = [
    "ActionDecoder",
    "action_table",
    "draw",
    "greatest",
    "scale_outputs",
]

Vector = NDArray[np.float64]
Decoder = Callable[[Vector], Any]


class ActionDecoder:
    """Turns network outputs into actions of a space.

    Attributes:
        space: The action space.
        size: Number of outputs.
        names: Meaning of each output (``action[0]``; ``action[1]=3`` for the value 3 of a component).
        sample: Whether discrete actions are sampled.
    """

    def __init__(self, space: spaces.Space[Any], *, sample: bool = False) -> None:
        """Plan the layout.

        Raises:
            ConfigError: The space or a part of it has no fixed size (Text, Graph, Sequence, …), or no elements.
        """
        self.space = space
        self.sample = sample
        self.names = tuple(_names(space, "action"))
        self.size = len(self.names)
        if self.size == 0:
            raise ConfigError(f"the action space {space} has no element: a network needs at least one output")

    def decoder(self, activations: Sequence[str], rng: NDArray[np.uint64]) -> Decoder:
        """Return a function from outputs (float64, shape (size,)) to an action.

        Args:
            activations: Activation function of each output (`neat.Network.output_activations`).
            rng: Generator of `neat.compiled.random`; used only if actions are sampled.
        """
        return _decoder(self.space, tuple(activations), 0, self.sample, rng)

    def amounts(self) -> tuple[bool, ...]:
        """Return for each output whether it is an amount (an element of a Box) instead of a choice."""
        return tuple(amount for amount, _ in _shares(self.space, None))

    def shares(self, action: Any) -> Vector:
        """Return an action as one number per output, float64, shape (size,).

        Returns:
            For a choice, 1 if the value was chosen, else 0. For an element of a Box, its position between the bounds,
                from -1 to 1 (without two finite bounds, its tanh).
        """
        return np.array([share for _, share in _shares(self.space, action)], np.float64)


def _names(space: spaces.Space[Any], name: str) -> Iterator[str]:
    if isinstance(space, spaces.Box | spaces.MultiBinary):
        for index in np.ndindex(*space.shape):
            yield f"{name}[{','.join(map(str, index))}]" if index else name
    elif isinstance(space, spaces.Discrete):
        for value in range(int(space.n)):
            yield f"{name}[{space.start + value}]"
    elif isinstance(space, spaces.MultiDiscrete):
        for index in np.ndindex(*space.nvec.shape):
            for value in range(int(space.nvec[index])):
                yield f"{name}[{','.join(map(str, index))}]={space.start[index] + value}"
    elif isinstance(space, spaces.Tuple):
        for i, part in enumerate(space.spaces):
            yield from _names(part, f"{name}.{i}")
    elif isinstance(space, spaces.Dict):
        for key, part in space.spaces.items():
            yield from _names(part, f"{name}.{key}")
    else:
        raise ConfigError(
            f"actions of kind {type(space).__name__} have no fixed size: expected Discrete, Box, MultiDiscrete, "
            "MultiBinary, or a Tuple or Dict of these (a wrapper in task.wrappers can convert them)"
        )


def _shares(space: spaces.Space[Any], action: Any) -> Iterator[tuple[bool, float]]:
    """Yield for each output whether it is an amount, and its number for an action; see `ActionDecoder.shares`.

    Args:
        space: The action space.
        action: The action; None if only the first part is needed.
    """
    if isinstance(space, spaces.Box):
        n = int(np.prod(space.shape, dtype=np.int64))
        low, high = (np.asarray(bound, np.float64).reshape(-1) for bound in (space.low, space.high))
        values = np.zeros(n) if action is None else np.asarray(action, np.float64).reshape(-1)
        for value, least, greatest in zip(values.tolist(), low.tolist(), high.tolist(), strict=True):
            bounded = math.isfinite(least) and math.isfinite(greatest) and greatest > least
            yield True, 2 * (value - least) / (greatest - least) - 1 if bounded else math.tanh(value)
    elif isinstance(space, spaces.Discrete):
        for value in range(int(space.n)):
            yield False, float(action is not None and int(action) - int(space.start) == value)
    elif isinstance(space, spaces.MultiDiscrete):
        chosen = None if action is None else (np.asarray(action) - space.start).reshape(-1)
        for i, count in enumerate(space.nvec.reshape(-1).tolist()):
            for value in range(count):
                yield False, float(chosen is not None and int(chosen[i]) == value)
    elif isinstance(space, spaces.MultiBinary):
        for bit in np.zeros(space.shape).reshape(-1) if action is None else np.asarray(action).reshape(-1):
            yield False, float(bit)
    elif isinstance(space, spaces.Tuple):
        for i, part in enumerate(space.spaces):
            yield from _shares(part, None if action is None else action[i])
    elif isinstance(space, spaces.Dict):
        for key, part in space.spaces.items():
            yield from _shares(part, None if action is None else action[key])


def _decoder(
    space: spaces.Space[Any], activations: tuple[str, ...], begin: int, sample: bool, rng: NDArray[np.uint64]
) -> Decoder:
    """Return the decoder of ``space``, whose outputs start at ``begin``."""
    if isinstance(space, spaces.Discrete):
        return _discrete_decoder(space, begin, len(activations), sample, rng)
    if isinstance(space, spaces.Box):
        return _box_decoder(space, activations, begin)
    if isinstance(space, spaces.MultiDiscrete):
        return _multi_discrete_decoder(space, begin, sample, rng)
    if isinstance(space, spaces.MultiBinary):
        return _multi_binary_decoder(space, activations, begin, sample, rng)
    if isinstance(space, spaces.Tuple):
        keyed: list[tuple[Any, spaces.Space[Any]]] = list(enumerate(space.spaces))
    elif isinstance(space, spaces.Dict):
        keyed = list(space.spaces.items())
    else:
        raise ConfigError(f"actions of kind {type(space).__name__} are not supported")
    decoders: list[tuple[Any, Decoder]] = []
    for key, part in keyed:
        decoders.append((key, _decoder(part, activations, begin, sample, rng)))
        begin += sum(1 for _ in _names(part, ""))
    if isinstance(space, spaces.Tuple):
        return lambda y: tuple(decode(y) for _, decode in decoders)
    return lambda y: {key: decode(y) for key, decode in decoders}


@kernel
def greatest(y, begin, end):  # type: ignore[no-untyped-def]
    """Return the index, relative to ``begin``, of the largest of ``y[begin:end]`` (the first one of equal values).

    NaN counts as less than any other output. If all are NaN, the index is 0.
    """
    best = begin
    for i in range(begin + 1, end):
        if y[i] > y[best] or (math.isnan(y[best]) and not math.isnan(y[i])):
            best = i
    return best - begin


@kernel
def _share(v, top):  # type: ignore[no-untyped-def]
    """Return the softmax weight of an output, relative to 1 for the largest output; 0 for NaN."""
    if v == top:
        return 1.0  # also if both are infinite
    return 0.0 if math.isnan(v) else math.exp(v - top)


@kernel
def draw(y, begin, end, rng):  # type: ignore[no-untyped-def]
    """Return an index, relative to ``begin``, sampled with the softmax probabilities of ``y[begin:end]``."""
    top = y[begin + greatest(y, begin, end)]
    total = 0.0
    for i in range(begin, end):
        total += _share(y[i], top)
    left = uniform(rng) * total
    for i in range(begin, end):
        left -= _share(y[i], top)
        if left < 0.0:
            return i - begin
    return greatest(y, begin, end) if math.isnan(top) else end - 1 - begin


def _discrete_decoder(
    space: spaces.Discrete, begin: int, outputs: int, sample: bool, rng: NDArray[np.uint64]
) -> Decoder:
    n, start = int(space.n), int(space.start)
    end = begin + n
    if sample:
        return lambda y: start + int(draw(y, begin, end, rng))
    if n == outputs and start == 0:

        def decide(y: Vector) -> int:
            best = int(y.argmax())  # the fastest way, but NaN counts as the largest value there
            return best if y[best] == y[best] else int(greatest(y, 0, n))

        return decide
    return lambda y: start + int(greatest(y, begin, end))


def _multi_discrete_decoder(space: spaces.MultiDiscrete, begin: int, sample: bool, rng: NDArray[np.uint64]) -> Decoder:
    shape, dtype = space.nvec.shape, space.dtype
    starts = space.start.reshape(-1)
    ends = begin + np.cumsum(space.nvec.reshape(-1))
    stretches = list(zip([begin, *ends[:-1].tolist()], ends.tolist(), strict=True))

    def decode(y: Vector) -> Any:
        if sample:
            places = [draw(y, first, last, rng) for first, last in stretches]
        else:
            places = [greatest(y, first, last) for first, last in stretches]
        return (starts + places).astype(dtype).reshape(shape)

    return decode


@kernel
def scale_outputs(y, begin, table, action):  # type: ignore[no-untyped-def]
    """Write the outputs ``y[begin:]``, mapped by a table of `action_table`, into ``action`` (one element per row)."""
    for i in range(table.shape[0]):
        v = y[begin + i]
        if table[i, 0] != 0.0:
            v = math.tanh(v)
        v = v * table[i, 1] + table[i, 2]
        if v != v:  # NaN, for example from a user's activation function
            v = 0.0
        action[i] = min(max(v, table[i, 3]), table[i, 4])


def action_table(activations: Sequence[str], low: Vector, high: Vector) -> Vector:
    """Return the table that maps outputs to elements of a Box; the rules are in the module's docstring.

    Args:
        activations: Activation function of each output, n names.
        low: Lower bound of each element, float64, shape (n,); may be -inf.
        high: Upper bound of each element, float64, shape (n,); may be inf.

    Returns:
        float64, shape (n, 5): whether tanh is applied first (0 or 1), factor, offset, lower bound, upper bound.
    """
    table = np.empty((len(activations), 5))
    for i, (name, least, greatest) in enumerate(zip(activations, low.tolist(), high.tolist(), strict=True)):
        a, b = activation_range(name)
        infinite = math.isinf(a) or math.isinf(b)
        if math.isinf(least) and math.isinf(greatest):
            target = (-1.0, 1.0)
        elif math.isinf(greatest):
            target = (least, least + 2.0)
        elif math.isinf(least):
            target = (greatest - 2.0, greatest)
        else:
            target = (least, greatest)
        if infinite and target != (least, greatest):
            table[i] = 0.0, 1.0, 0.0, least, greatest
            continue
        if infinite:
            a, b = math.tanh(a), math.tanh(b)
        factor = (target[1] - target[0]) / (b - a)
        table[i] = float(infinite), factor, target[0] - a * factor, least, greatest
    return table


def _box_decoder(space: spaces.Box, activations: tuple[str, ...], begin: int) -> Decoder:
    shape, dtype = space.shape, space.dtype
    n = int(np.prod(shape, dtype=np.int64))
    low, high = (np.asarray(bound, np.float64).reshape(-1) for bound in (space.low, space.high))
    table = action_table(activations[begin : begin + n], low, high)
    floats = dtype in (np.dtype(np.float32), np.dtype(np.float64))
    bools = dtype == np.bool_
    flat = len(shape) == 1

    def decode(y: Vector) -> Any:
        action = np.empty(n, dtype if floats else np.float64)
        scale_outputs(y, begin, table, action)
        if bools:
            action = action > 0.5
        elif not floats:
            action = np.rint(action).astype(dtype) if np.issubdtype(dtype, np.integer) else action.astype(dtype)
        return action if flat else action.reshape(shape)

    return decode


def _multi_binary_decoder(
    space: spaces.MultiBinary, activations: tuple[str, ...], begin: int, sample: bool, rng: NDArray[np.uint64]
) -> Decoder:
    shape, dtype = space.shape, space.dtype
    n = int(np.prod(shape, dtype=np.int64))
    table = action_table(activations[begin : begin + n], np.zeros(n), np.ones(n))

    def decode(y: Vector) -> Any:
        share = np.empty(n)
        scale_outputs(y, begin, table, share)
        limits = np.array([uniform(rng) for _ in range(n)]) if sample else 0.5
        return (share > limits).astype(dtype).reshape(shape)

    return decode
