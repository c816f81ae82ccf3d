"""Layered layout of a genome: a column per depth, hidden nodes moved to where the fewest connections cross.

Inputs (and the bias node) fill the first column and outputs the last, both in the order of their innovation numbers, so
that the same game looks the same in every picture. A hidden node's column is its longest path from the inputs, after
the connections that close a cycle are set aside (Eades, Lin & Smyth's framework as in Sugiyama, Tagawa & Toda 1981).
Rows start at the mean of a node's neighbours (Tutte 1963) and are improved by a local search that counts crossings,
connections that run underneath a node, and length.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neat.genes.kinds import NodeKind
from neat.genes.schema import CONNECTION, NODE, ConnectionGenes, NodeGenes
from neat.genes.table import GenomeLike
from neat.visualize.rows import RowSearch, segments_cross

__all__ = ["GenomeLike", "Layout", "Union", "arrange", "crossings", "union"]

_FEWEST_ROWS = 6  # no column is set wider apart than one of so many nodes
_SWEEPS = 4
_MOST_PAIRS = 20_000_000  # pairs of connections to be looked at in a sweep (some 20 s): beyond, the means will do


@dataclass(frozen=True)
class Union:
    """The genes of several genomes together, so that one layout can place them all."""

    nodes: NodeGenes
    connections: ConnectionGenes


@dataclass(frozen=True)
class Layout:
    """Where the nodes of a genome go.

    Attributes:
        innovation: int32[n], the nodes' innovation numbers, ascending.
        column: int64[n], depth: 0 for inputs and bias, the largest for outputs.
        x: float64[n], from 0 (inputs) to 1 (outputs).
        y: float64[n], from 0 (top) to 1 (bottom).
        rows: Rows needed by the fullest column.
        separation: float64[n], smallest distance in ``y`` between a node and another one of its column.
    """

    innovation: NDArray[np.int32]
    column: NDArray[np.int64]
    x: NDArray[np.float64]
    y: NDArray[np.float64]
    rows: int
    separation: NDArray[np.float64]

    @property
    def columns(self) -> int:
        """Number of columns."""
        return int(self.column.max()) + 1 if len(self.column) else 0

    def index(self, innovations: NDArray[np.int32]) -> NDArray[np.int64]:
        """Return the places of nodes, given by innovation number, in this layout's arrays."""
        return np.searchsorted(self.innovation, innovations).astype(np.int64)


def union(genomes: Iterable[GenomeLike]) -> Union:
    """Return every node and every connection of ``genomes`` once, as the first genome that has it holds it."""
    nodes, connections = [], []
    for genome in genomes:
        nodes.append(genome.nodes)
        connections.append(genome.connections)
    merged_nodes = np.concatenate(nodes) if nodes else np.empty(0, NODE)
    merged = np.concatenate(connections) if connections else np.empty(0, CONNECTION)
    first_nodes = np.unique(merged_nodes["innovation"], return_index=True)[1]
    first = np.unique(merged["innovation"], return_index=True)[1]
    return Union(merged_nodes[first_nodes], merged[first])


def arrange(genome: GenomeLike) -> Layout:
    """Return where to draw the nodes of ``genome`` (or of a `union` of genomes). Same genome, same layout."""
    nodes = genome.nodes
    kinds = nodes["kind"]
    source = np.searchsorted(nodes["innovation"], genome.connections["source"])
    target = np.searchsorted(nodes["innovation"], genome.connections["target"])
    column = _columns(kinds, source, target, genome.connections["enabled"] != 0)
    counts = np.bincount(column) if len(column) else np.zeros(1, np.int64)
    rows = int(max(1, counts.max()))
    separation = 1.0 / (np.maximum(counts, _FEWEST_ROWS) + 0.5)[column]
    x = column / max(1, len(counts) - 1)
    if len(counts) == 1:
        x = np.full(len(nodes), 0.5)
    forward = column[source] < column[target]
    y = _rows(column, kinds == NodeKind.HIDDEN, source, target, forward, separation)
    return Layout(nodes["innovation"].astype(np.int32), column, x, y, rows, separation)


def crossings(genome: GenomeLike, placed: Layout) -> int:
    """Return how many pairs of the genome's connections, drawn as straight lines, cross."""
    a, b = placed.index(genome.connections["source"]), placed.index(genome.connections["target"])
    ax, ay, bx, by = placed.x[a], placed.y[a], placed.x[b], placed.y[b]
    return int(segments_cross(ax[:, None], ay[:, None], bx[:, None], by[:, None], ax, ay, bx, by).sum()) // 2


def _columns(
    kinds: NDArray[np.uint8], source: NDArray[np.int64], target: NDArray[np.int64], enabled: NDArray[np.bool_]
) -> NDArray[np.int64]:
    """Return each node's column: longest path from the inputs, connections that close a cycle set aside."""
    n = len(kinds)
    children: list[list[int]] = [[] for _ in range(n)]
    # Enabled connections are followed first: where a cycle has a disabled one, that one is set aside.
    for edge in np.argsort(~enabled, kind="stable"):
        if kinds[source[edge]] != NodeKind.OUTPUT and source[edge] != target[edge]:
            children[source[edge]].append(int(target[edge]))
    hidden, outputs = kinds == NodeKind.HIDDEN, kinds == NodeKind.OUTPUT
    depth = hidden.astype(np.int64)
    for v, successors in _finished_last_to_first(children):
        for w in successors:
            depth[w] = max(depth[w], depth[v] + 1)
    used, rank = np.unique(depth[hidden], return_inverse=True)
    depth[hidden] = rank + 1
    depth[outputs] = len(used) + 1
    depth[~hidden & ~outputs] = 0
    columns: NDArray[np.int64] = depth
    return columns


def _finished_last_to_first(children: list[list[int]]) -> list[tuple[int, list[int]]]:
    """Depth-first search in node order: nodes in topological order, each with its successors but for back edges."""
    unseen, open_, done = 0, 1, 2
    state = [unseen] * len(children)
    order: list[tuple[int, list[int]]] = []
    for root in range(len(children)):
        if state[root] != unseen:
            continue
        state[root] = open_
        stack: list[tuple[int, int, list[int]]] = [(root, 0, [])]
        while stack:
            v, place, kept = stack.pop()
            if place == len(children[v]):
                state[v] = done
                order.append((v, kept))
                continue
            w = children[v][place]
            stack.append((v, place + 1, kept))
            if state[w] != open_:
                kept.append(w)
            if state[w] == unseen:
                state[w] = open_
                stack.append((w, 0, []))
    return order[::-1]


def _rows(
    column: NDArray[np.int64],
    hidden: NDArray[np.bool_],
    source: NDArray[np.int64],
    target: NDArray[np.int64],
    forward: NDArray[np.bool_],
    separation: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return each node's height: fixed for inputs and outputs, searched for hidden nodes."""
    y = np.full(len(column), 0.5)
    for c in np.unique(column):
        members = np.flatnonzero((column == c) & ~hidden)
        y[members] = (np.arange(len(members)) + 0.5) / max(1, len(members))
    free = np.flatnonzero(hidden)
    if len(free) == 0:
        return y
    _centre(y, free, source, target)
    columns = [free[column[free] == c] for c in np.unique(column[free])]
    for members in columns:
        y[members] = _spread(y[members], separation[members[0]])
    a, b = source[forward], target[forward]
    search = RowSearch(column.astype(np.float64), y, a, b, separation)
    rounds = max(1, min(_SWEEPS, 40_000 // (len(free) * max(1, len(a)))))
    for _ in range(rounds if len(free) * len(a) ** 2 <= _MOST_PAIRS else 0):
        if not search.sweep(free):
            break
    for members in columns:
        y[members] = _spread(y[members], separation[members[0]])
    return y


def _centre(
    y: NDArray[np.float64], free: NDArray[np.int64], source: NDArray[np.int64], target: NDArray[np.int64]
) -> None:
    """Put every free node at the mean of its neighbours, as far as 60 rounds go; ``y`` is changed in place."""
    degree = np.bincount(source, minlength=len(y)) + np.bincount(target, minlength=len(y))
    movable = free[degree[free] > 0]
    for _ in range(60):
        total = np.bincount(source, y[target], len(y)) + np.bincount(target, y[source], len(y))
        y[movable] = total[movable] / degree[movable]


def _spread(y: NDArray[np.float64], separation: float) -> NDArray[np.float64]:
    """Return ``y`` with neighbours at least ``separation`` apart and all within 0 to 1, order and places kept."""
    order = np.argsort(y, kind="stable")
    half = separation / 2
    offset = np.arange(len(y)) * separation
    # Least-squares places under "at least so far apart" are an isotonic regression of y - offset.
    blocks: list[tuple[float, int]] = []
    for value in y[order] - offset:
        mean, size = float(value), 1
        while blocks and blocks[-1][0] > mean:
            last, count = blocks.pop()
            mean, size = (mean * size + last * count) / (size + count), size + count
        blocks.append((mean, size))
    level = np.repeat([mean for mean, _ in blocks], [size for _, size in blocks])
    spread = np.empty(len(y))
    spread[order] = np.clip(level, half, max(half, 1 - half - offset[-1])) + offset
    return spread
