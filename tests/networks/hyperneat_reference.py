"""HyperNEAT and ES-HyperNEAT from their papers, one question at a time: slow, plain, and sharing no code with ours."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from neat.config import NetworkConfig
from neat.genes.table import Genome
from neat.networks.network import Network

Point = tuple[float, ...]


class Cppn:
    """The CPPN of a genome as a function of two points."""

    def __init__(self, genome: Genome, network: NetworkConfig) -> None:
        self.config = network.substrate
        self._activate = Network(genome, NetworkConfig(sigmoid_slope=network.sigmoid_slope)).activate

    def __call__(self, source: Point, target: Point) -> np.ndarray:
        x = [*source, *target]
        if self.config.deltas:
            x += [t - s for s, t in zip(source, target, strict=True)]
        if self.config.distance:
            x.append(math.sqrt(sum((t - s) ** 2 for s, t in zip(source, target, strict=True))))
        return self._activate(x)


def weight_of(answer: float, threshold: float, maximum: float) -> float | None:
    """Stanley, D'Ambrosio & Gauci 2009, section 3.2."""
    size = min(abs(answer), 1.0)
    if size <= threshold:
        return None
    return math.copysign((size - threshold) / (1.0 - threshold), answer) * maximum


Edges = dict[tuple[int, int], float]


def hyperneat(
    genome: Genome, network: NetworkConfig, layers: Sequence[Sequence[Point]], pairs: Sequence[tuple[int, int]]
) -> tuple[Edges, dict[int, float], dict[int, float]]:
    """Connections {(source, target): weight}, biases and time constants; nodes are numbered layer by layer."""
    config, ask = network.substrate, Cppn(genome, network)
    first = [sum(map(len, layers[:i])) for i in range(len(layers))]
    groups = len(pairs) if config.multi else 1
    edges: Edges = {}
    for k, (a, b) in enumerate(pairs):
        k = k if config.multi else 0
        for i, source in enumerate(layers[a]):
            for j, target in enumerate(layers[b]):
                answer = ask(source, target)
                if config.leo:
                    if answer[groups + k] > 0.0:
                        o = answer[k]
                        edges[first[a] + i, first[b] + j] = math.copysign(min(abs(o), 1.0), o) * config.maximum
                elif (weight := weight_of(answer[k], config.threshold, config.maximum)) is not None:
                    edges[first[a] + i, first[b] + j] = weight
    biases, constants = {}, {}
    own = len(layers) - 1 if config.multi else 1
    at = groups * (2 if config.leo else 1)
    for b in range(1, len(layers)):
        for j, target in enumerate(layers[b]):
            answer = ask((0.0,) * len(target), target)
            k = b - 1 if config.multi else 0
            if config.bias:
                biases[first[b] + j] = weight_of(answer[at + k], config.threshold, config.maximum) or 0.0
            if config.time_constant:
                o = answer[at + own * config.bias + k]
                constants[first[b] + j] = 10.0 ** min(max(o, -1.0), 1.0)
    return edges, biases, constants


class QuadPoint:
    """A square around its middle; ``width`` is half of its side."""

    def __init__(self, x: float, y: float, width: float, level: int) -> None:
        self.x, self.y, self.width, self.level = x, y, width, level
        self.weight = self.leo = 0.0
        self.children: list[QuadPoint] = []

    def leaves(self) -> list[float]:
        return [w for child in self.children for w in child.leaves()] if self.children else [self.weight]

    def variance(self) -> float:
        leaves = self.leaves()
        mean = sum(leaves) / len(leaves)
        return sum((w - mean) ** 2 for w in leaves) / len(leaves) if self.children else 0.0


Found = list[tuple[Point, float, float]]


def search(ask: Callable[[Point, Point], np.ndarray], config, point: Point, outgoing: bool) -> Found:
    """Risi & Stanley 2012, algorithms 1 and 2: (place, answer, LEO) of each connection."""

    def answer(x: float, y: float) -> np.ndarray:
        return ask(point, (x, y)) if outgoing else ask((x, y), point)

    root = QuadPoint(0.0, 0.0, 1.0, 1)
    queue = [root]
    while queue:
        p = queue.pop(0)
        half = p.width / 2
        for dy in (-half, half):
            for dx in (-half, half):
                c = QuadPoint(p.x + dx, p.y + dy, half, p.level + 1)
                told = answer(c.x, c.y)
                c.weight, c.leo = told[0], told[1] if config.leo else 1.0
                p.children.append(c)
        if p.level < config.initial_depth or (p.level < config.max_depth and p.variance() > config.division):
            queue += p.children
    found: Found = []

    def prune(p: QuadPoint) -> None:
        for c in p.children:
            if c.children and c.variance() >= config.variance:
                prune(c)
                continue
            left, right = (abs(c.weight - answer(c.x + d, c.y)[0]) for d in (-p.width, p.width))
            below, above = (abs(c.weight - answer(c.x, c.y + d)[0]) for d in (-p.width, p.width))
            if max(min(below, above), min(left, right)) > config.band:
                found.append(((c.x, c.y), c.weight, c.leo))

    prune(root)
    return found


def es_hyperneat(
    genome: Genome, network: NetworkConfig, inputs: Sequence[Point], outputs: Sequence[Point], *, forward: bool
) -> tuple[list[Point], list[tuple[object, object, float]]]:
    """Risi & Stanley 2012, algorithm 3: hidden nodes, and (source, target, weight) of every connection.

    A node is ``("in", i)``, ``("out", i)`` or a hidden node's place.
    """
    config, ask = network.substrate, Cppn(genome, network)
    hidden: list[Point] = []
    edges: list[tuple[object, object, float]] = []

    def weights(found: Found):
        for place, o, leo in found:
            if config.leo:
                if leo > 0.0:
                    yield place, math.copysign(min(abs(o), 1.0), o) * config.maximum
            elif (weight := weight_of(o, config.threshold, config.maximum)) is not None:
                yield place, weight

    for i, point in enumerate(inputs):
        for place, weight in weights(search(ask, config, point, outgoing=True)):
            if place not in hidden:
                hidden.append(place)
            edges.append((("in", i), place, weight))
    begin = 0
    for _ in range(config.iterations):
        end = len(hidden)
        for point in hidden[begin:end]:
            for place, weight in weights(search(ask, config, point, outgoing=True)):
                if forward and place[1] <= point[1]:
                    continue
                if place not in hidden:
                    hidden.append(place)
                edges.append((point, place, weight))
        begin = end
    for i, point in enumerate(outputs):
        for place, weight in weights(search(ask, config, point, outgoing=False)):
            if place in hidden:
                edges.append((place, ("out", i), weight))
    # Without nodes that lead to no output.
    useful = {("out", i) for i in range(len(outputs))}
    grown = True
    while grown:
        more = {s for s, t, _ in edges if t in useful} - useful
        grown = bool(more)
        useful |= more
    edges = [(s, t, w) for s, t, w in edges if t in useful and s in useful]
    return sorted(p for p in hidden if p in useful), edges
