"""Substrates: nodes with coordinates, the possible connections between them, and the CPPN queries for these.

Nodes are numbered like genes: inputs, outputs, then hidden nodes layer by layer.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neat.errors import ConfigError, did_you_mean
from neat.networks.decoders.settings import AXES, LayerConfig, SubstrateConfig

__all__ = ["Questions", "Substrate", "answer_names", "layers_of", "questions_of", "substrate_of"]

_MOST_CONNECTIONS = 20_000_000
_CHANNELS = 0.2
"""How deep the channels of an image are laid, one behind the other."""

Integers = NDArray[np.int64]
Numbers = NDArray[np.float64]


class Substrate(NamedTuple):
    """Nodes and possible connections.

    Attributes:
        names: Name of each layer.
        places: Coordinates of every node, float64, shape (nodes, dimensions).
        layer: Layer of every node, int64, shape (nodes,).
        inputs: Number of inputs.
        outputs: Number of outputs.
        pairs: Pairs of connected layers, (from, to).
        source: Source of every possible connection, int64; sorted by target, then source.
        target: Its target.
        pair: Its index in ``pairs``.
    """

    names: tuple[str, ...]
    places: Numbers
    layer: Integers
    inputs: int
    outputs: int
    pairs: tuple[tuple[int, int], ...]
    source: Integers
    target: Integers
    pair: Integers


class Questions(NamedTuple):
    """The queries of a CPPN: each query once, however many connections share it.

    Attributes:
        table: Inputs of the CPPN, float64, shape (inputs, queries).
        of_connection: Query of each possible connection, int64.
        of_node: Query of each node except inputs, int64; empty if none is needed.
    """

    table: Numbers
    of_connection: Integers
    of_node: Integers


def layers_of(config: SubstrateConfig) -> list[tuple[str, Numbers]]:
    """Return name and coordinates of each layer, inputs first, outputs last; float64, shape (nodes, dimensions).

    Raises:
        ConfigError: The layers are automatic, and the number of inputs or outputs is not set.
    """
    if config.layers:
        return [(layer.name or str(i), _places(layer)) for i, layer in enumerate(config.layers)]
    for name, shape in (("inputs", config.inputs), ("outputs", config.outputs)):
        if not shape:
            raise ConfigError(f"network.substrate.{name}: expected a shape (a task sets it by itself), got nothing")
    heights = np.linspace(-1.0, 1.0, len(config.hidden) + 2)
    shapes: list[tuple[int, ...]] = [config.inputs, *((n,) for n in config.hidden), config.outputs]
    names = ["inputs", *(f"hidden {i + 1}" for i in range(len(config.hidden))), "outputs"]
    if max(len(config.inputs), len(config.outputs)) == 1:
        return [(name, _placed(_grid((n,)), height)) for name, (n,), height in zip(names, shapes, heights, strict=True)]
    shapes[1:-1] = [(n, n) for n in config.hidden]
    return [(name, _image(shape, height)) for name, shape, height in zip(names, shapes, heights, strict=True)]


def _places(layer: LayerConfig) -> Numbers:
    if layer.grid:
        own = layer.radius * _grid(layer.grid)
    elif layer.circle:
        angles = 2.0 * np.pi * np.arange(layer.circle) / layer.circle
        own = layer.radius * np.column_stack([np.cos(angles), np.sin(angles)])
    else:
        own = np.array(layer.points, np.float64)
    return np.column_stack([own, np.tile(np.array(layer.at, np.float64), (len(own), 1))])


def _grid(counts: Sequence[int]) -> Numbers:
    """Return the points of a grid from -1 to 1, x first; a single point along an axis is in the middle."""
    axes = [np.linspace(-1.0, 1.0, n) if n > 1 else np.zeros(1) for n in counts]
    mesh = np.meshgrid(*axes[::-1], indexing="ij")
    return np.column_stack([axis.reshape(-1) for axis in mesh[::-1]])


def _placed(points: Numbers, *further: float) -> Numbers:
    return np.column_stack([points, *(np.full(len(points), value) for value in further)])


def _image(shape: tuple[int, ...], height: float) -> Numbers:
    """Return the pixels of an image (height, width[, channels]) as a plane; for a number of nodes, the middle line."""
    if len(shape) == 1:
        return _placed(_grid(shape), 0.0, height)
    rows, columns, channels = shape[0], shape[1], int(np.prod(shape[2:]))
    plane = _grid((columns, rows))
    if channels == 1:
        return _placed(plane, height)
    depths = height - np.sign(height) * np.linspace(0.0, _CHANNELS, channels)
    return np.column_stack([np.repeat(plane, channels, axis=0), np.tile(depths, len(plane))])


def pairs_of(config: SubstrateConfig, names: Sequence[str]) -> tuple[tuple[int, int], ...]:
    """Return the pairs of connected layers.

    Raises:
        ConfigError: A pair names an unknown layer, or has the inputs as its target.
    """
    layers = range(len(names))
    if not config.pairs:
        if config.connect == "next":
            return tuple((i, i + 1) for i in layers[:-1])
        return tuple((i, j) for j in layers[1:] for i in layers if i < j or config.connect == "all")
    found = []
    for text in config.pairs:
        halves = [half.strip() for half in re.split(r"->|>", text)]
        if len(halves) != 2:
            raise ConfigError(f"network.substrate.pairs: expected 'from > to', got {text!r}")
        for half in halves:
            if half not in names:
                hint = did_you_mean(half, names)
                raise ConfigError(
                    f"network.substrate.pairs: no layer {half!r}{hint}; there are {', '.join(map(repr, names))}"
                )
        pair = names.index(halves[0]), names.index(halves[1])
        if pair[1] == 0:
            raise ConfigError(f"network.substrate.pairs: expected no pair into the inputs, got {text!r}")
        found.append(pair)
    return tuple(dict.fromkeys(found))


@functools.lru_cache(maxsize=4)
def substrate_of(config: SubstrateConfig) -> Substrate:
    """Return the substrate described by the settings.

    Raises:
        ConfigError: There is none, or it has more than 20 million possible connections.
    """
    named = layers_of(config)
    names, layers = tuple(name for name, _ in named), [places for _, places in named]
    pairs = pairs_of(config, names)
    possible = sum(len(layers[a]) * len(layers[b]) for a, b in pairs)
    if possible > _MOST_CONNECTIONS:
        raise ConfigError(
            f"network.substrate: expected at most {_MOST_CONNECTIONS:,} possible connections, got {possible:,}: use "
            "fewer nodes, or fewer pairs of layers"
        )
    order = [0, len(layers) - 1, *range(1, len(layers) - 1)]
    begin, members, count = {}, {}, 0
    for i in order:
        begin[i], members[i] = count, np.arange(count, count + len(layers[i]))
        count += len(layers[i])
    sources, targets, pair_of = [], [], []
    for i in order[1:]:
        into = sorted((begin[a], a, k) for k, (a, b) in enumerate(pairs) if b == i)
        if not into:
            continue
        from_ = np.concatenate([members[a] for _, a, _ in into])
        kinds = np.concatenate([np.full(len(layers[a]), k) for _, a, k in into])
        sources.append(np.tile(from_, len(layers[i])))
        pair_of.append(np.tile(kinds, len(layers[i])))
        targets.append(np.repeat(members[i], len(from_)))
    empty = [np.empty(0, np.int64)]
    return Substrate(
        names=names,
        places=np.concatenate([layers[i] for i in order]),
        layer=np.concatenate([np.full(len(layers[i]), i) for i in order]),
        inputs=len(layers[0]),
        outputs=len(layers[-1]),
        pairs=pairs,
        source=np.concatenate(sources or empty),
        target=np.concatenate(targets or empty),
        pair=np.concatenate(pair_of or empty),
    )


@functools.lru_cache(maxsize=4)
def questions_of(config: SubstrateConfig) -> Questions:
    """Return the CPPN queries of a substrate.

    Raises:
        ConfigError: The settings do not describe a substrate.
    """
    substrate = substrate_of(config)
    dimensions = substrate.places.shape[1]
    points, point_of = np.unique(
        np.concatenate([substrate.places, np.zeros((1, dimensions))]), axis=0, return_inverse=True
    )
    point_of = point_of.reshape(-1).astype(np.int64)
    origin, many = point_of[-1], len(points)
    keys = point_of[substrate.source] * many + point_of[substrate.target]
    if config.bias or config.time_constant:
        keys = np.concatenate([keys, origin * many + point_of[substrate.inputs : -1]])
    asked, question = np.unique(keys, return_inverse=True)
    question = question.reshape(-1).astype(np.int64)
    from_, to = points[asked // many], points[asked % many]
    m = len(substrate.source)
    return Questions(inputs_of(config, from_, to), question[:m], question[m:])


def inputs_of(config: SubstrateConfig, from_: Numbers, to: Numbers) -> Numbers:
    """Return the inputs of a CPPN for pairs of points.

    Args:
        config: Which inputs there are besides the coordinates.
        from_: float64, shape (n, dimensions).
        to: float64, shape (n, dimensions).

    Returns:
        float64, shape (inputs, n).
    """
    rows = [from_.T, to.T]
    if config.deltas:
        rows.append((to - from_).T)
    if config.distance:
        rows.append(np.sqrt(np.square(to - from_).sum(axis=1))[None])
    return np.ascontiguousarray(np.concatenate(rows))


def input_names(config: SubstrateConfig, dimensions: int) -> tuple[str, ...]:
    """Return the names of the CPPN's inputs."""
    axes = AXES[:dimensions]
    names = [*(f"{axis}1" for axis in axes), *(f"{axis}2" for axis in axes)]
    if config.deltas:
        names += [f"{axis}2 - {axis}1" for axis in axes]
    return (*names, "distance") if config.distance else tuple(names)


def answer_names(config: SubstrateConfig, names: Sequence[str] = ()) -> tuple[str, ...]:
    """Return the names of the CPPN's outputs: weights, LEOs, biases, time constants.

    Args:
        config: The settings.
        names: Names of the layers; hidden nodes placed by ES-HyperNEAT have none.
    """
    between, within = [""], [""]
    if config.multi:
        between = [f" {names[a]} > {names[b]}" for a, b in pairs_of(config, names)]
        within = [f" {name}" for name in names[1:]]
    found = [f"weight{pair}" for pair in between]
    if config.leo:
        found += [f"LEO{pair}" for pair in between]
    if config.bias:
        found += [f"bias{layer}" for layer in within]
    if config.time_constant:
        found += [f"time constant{layer}" for layer in within]
    return tuple(found)
