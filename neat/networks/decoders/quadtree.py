"""The quadtree of ES-HyperNEAT, compiled: hidden nodes are placed where the CPPN's output varies (Risi & Stanley 2012).

The plane from -1 to 1 is divided into 2 x 2 cells, those again, and so on; a side has 2^l cells at level l. The CPPN is
queried once for the centre of each cell that the tree, or a comparison of neighbours, needs.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neat.compiled.kernel import inlined_uncounted, kernel, uncounted
from neat.networks.batch import BLOCK, sweep_block

__all__ = ["Room", "Search", "cells_to", "explore", "find_cells", "place_of_cell", "room_for"]

_NEIGHBOURS = 4
_CANDIDATES = BLOCK // _NEIGHBOURS

Integers = NDArray[np.int64]
Numbers = NDArray[np.float64]


class Search(NamedTuple):
    """Settings of division and pruning; see `neat.networks.decoders.settings.SubstrateConfig`."""

    initial_depth: int
    max_depth: int
    division: float
    variance: float
    band: float
    deltas: bool
    distance: bool
    leo: int
    """Which output of the CPPN is the LEO, -1 for none."""


class Room(NamedTuple):
    """Scratch memory of a search. The data of a cell is valid if ``asked`` or ``divided`` has the search's number."""

    asked: Integers
    divided: Integers
    weight: Numbers
    leo: Numbers
    queue: Integers
    next: Integers
    stack: Integers
    leaves: Numbers
    found: Integers
    points: Numbers
    cells: Integers
    near: Numbers
    values: Numbers
    scratch: Numbers


@inlined_uncounted
def cells_to(level):  # type: ignore[no-untyped-def]
    """Return how many cells there are above a level: the number of its first cell, cells of level 1 being 0 to 3."""
    return ((1 << (2 * level)) - 4) // 3


@inlined_uncounted
def _level_of(cell):  # type: ignore[no-untyped-def]
    level = 1
    while cell >= cells_to(level + 1):
        level += 1
    return level


@uncounted
def place_of_cell(cell):  # type: ignore[no-untyped-def]
    """Return the coordinates of a cell's middle."""
    level = _level_of(cell)
    side, place = 1 << level, cell - cells_to(level)
    return -1.0 + (2 * (place % side) + 1) / side, -1.0 + (2 * (place // side) + 1) / side


@inlined_uncounted
def _child(cell, k):  # type: ignore[no-untyped-def]
    """Return child k of a cell (-1: the whole plane): left before right, below before above."""
    if cell < 0:
        return k
    level = _level_of(cell)
    side, place = 1 << level, cell - cells_to(level)
    row, column = 2 * (place // side) + k // 2, 2 * (place % side) + k % 2
    return cells_to(level + 1) + row * 2 * side + column


@kernel
def room_for(max_depth, slots):  # type: ignore[no-untyped-def]
    """Return room for searches to a depth, with CPPNs of so many slots."""
    cells, most = cells_to(max_depth + 1), 1 << (2 * max_depth)
    return Room(
        np.zeros(cells, np.int64), np.zeros(cells, np.int64), np.empty(cells), np.empty(cells),
        np.empty(most, np.int64), np.empty(most, np.int64), np.empty(8 * max_depth + 16, np.int64), np.empty(most),
        np.empty(most, np.int64), np.empty((2, BLOCK)), np.empty(BLOCK, np.int64),
        np.empty((_NEIGHBOURS, _CANDIDATES)), np.empty((slots, BLOCK)), np.empty(slots),
    )  # fmt: skip


@uncounted
def _ask(batch, g, search, room, x, y, outgoing, count):  # type: ignore[no-untyped-def]
    """Ask about connections between (x, y) and the points of a block; answers stand in ``room.values``."""
    values = room.values
    for q in range(count):
        u, v = room.points[0, q], room.points[1, q]
        x1, y1, x2, y2 = (x, y, u, v) if outgoing else (u, v, x, y)
        values[0, q] = x1
        values[1, q] = y1
        values[2, q] = x2
        values[3, q] = y2
        k = 4
        if search.deltas:
            values[4, q] = x2 - x1
            values[5, q] = y2 - y1
            k = 6
        if search.distance:
            values[k, q] = math.sqrt((x2 - x1) * (x2 - x1) + (y2 - y1) * (y2 - y1))
    sweep_block(batch, g, count, values, room.scratch)


@uncounted
def _answer_cells(batch, g, search, room, x, y, outgoing, count, epoch):  # type: ignore[no-untyped-def]
    """Ask about the cells of a block and note the answers."""
    for q in range(count):
        room.points[0, q], room.points[1, q] = place_of_cell(room.cells[q])
    _ask(batch, g, search, room, x, y, outgoing, count)
    for q in range(count):
        cell = room.cells[q]
        room.asked[cell] = epoch
        room.weight[cell] = room.values[batch.output_slot[g, 0], q]
        if search.leo >= 0:
            room.leo[cell] = room.values[batch.output_slot[g, search.leo], q]


@uncounted
def _variance(numbers, count):  # type: ignore[no-untyped-def]
    mean = 0.0
    for i in range(count):
        mean += numbers[i]
    mean /= count
    total = 0.0
    for i in range(count):
        total += (numbers[i] - mean) * (numbers[i] - mean)
    return total / count


@uncounted
def _divide(batch, g, search, room, x, y, outgoing, epoch):  # type: ignore[no-untyped-def]
    """Grow the tree: four siblings are divided down to the first depth, and further where their answers vary."""
    queue, following = room.queue, room.next
    queue[0], waiting, level = -1, 1, 1
    while waiting > 0:
        count = 0
        for p in range(waiting):
            for k in range(4):
                room.cells[count] = _child(queue[p], k)
                count += 1
            if count == BLOCK or p == waiting - 1:
                _answer_cells(batch, g, search, room, x, y, outgoing, count, epoch)
                count = 0
        further = 0
        if level < search.max_depth:
            for p in range(waiting):
                for k in range(4):
                    room.leaves[k] = room.weight[_child(queue[p], k)]
                if level < search.initial_depth or _variance(room.leaves, 4) > search.division:
                    for k in range(4):
                        cell = _child(queue[p], k)
                        room.divided[cell] = epoch
                        following[further] = cell
                        further += 1
        queue, following = following, queue
        waiting = further
        level += 1


@uncounted
def _varies(room, cell, threshold, depth, epoch):  # type: ignore[no-untyped-def]
    """Tell whether the answers of a divided cell's leaves vary at least so much; the stack is used beyond ``depth``."""
    count, top = 0, depth
    room.stack[top] = cell
    top += 1
    while top > depth:
        top -= 1
        here = room.stack[top]
        if room.divided[here] == epoch:
            for k in range(3, -1, -1):
                room.stack[top] = _child(here, k)
                top += 1
        else:
            room.leaves[count] = room.weight[here]
            count += 1
    return _variance(room.leaves, count) >= threshold


@uncounted
def _prune(search, room, epoch):  # type: ignore[no-untyped-def]
    """List the cells that stand for one connection each; return their number."""
    found, top = 0, 0
    for k in range(3, -1, -1):
        room.stack[top] = _child(-1, k)
        top += 1
    while top > 0:
        top -= 1
        cell = room.stack[top]
        if room.divided[cell] == epoch and _varies(room, cell, search.variance, top, epoch):
            for k in range(3, -1, -1):
                room.stack[top] = _child(cell, k)
                top += 1
        else:
            room.found[found] = cell
            found += 1
    return found


@uncounted
def _neighbour(cell, k):  # type: ignore[no-untyped-def]
    """Return the cell left (0), right (1), below (2) or above (3) of a cell at its level; -1 beyond the plane."""
    level = _level_of(cell)
    side, place = 1 << level, cell - cells_to(level)
    row, column = place // side, place % side
    if k < 2:
        column += 2 * k - 1
    else:
        row += 2 * (k - 2) - 1
    if min(row, column) < 0 or max(row, column) >= side:
        return -1
    return cells_to(level) + row * side + column


@uncounted
def _compare(batch, g, search, room, x, y, outgoing, begin, end, epoch):  # type: ignore[no-untyped-def]
    """Write how much cells ``begin … end - 1`` of the list differ from each neighbour."""
    count = 0
    for c in range(begin, end):  # neighbours on the plane that the tree has not asked about
        for k in range(_NEIGHBOURS):
            near = _neighbour(room.found[c], k)
            if near >= 0 and room.asked[near] != epoch:
                room.cells[count] = near
                room.asked[near] = epoch
                count += 1
    if count > 0:
        _answer_cells(batch, g, search, room, x, y, outgoing, count, epoch)
    count = 0
    for c in range(begin, end):  # and those beyond its edge
        cell = room.found[c]
        for k in range(_NEIGHBOURS):
            near = _neighbour(cell, k)
            if near >= 0:
                room.near[k, c - begin] = abs(room.weight[cell] - room.weight[near])
            else:
                u, v = place_of_cell(cell)
                width = 2.0 / (1 << _level_of(cell))
                room.points[0, count] = u + (width * (2 * k - 1) if k < 2 else 0.0)
                room.points[1, count] = v + (width * (2 * (k - 2) - 1) if k >= 2 else 0.0)
                room.cells[count] = _NEIGHBOURS * (c - begin) + k
                count += 1
    if count > 0:
        _ask(batch, g, search, room, x, y, outgoing, count)
        for q in range(count):
            c, k = room.cells[q] // _NEIGHBOURS, room.cells[q] % _NEIGHBOURS
            answer = room.values[batch.output_slot[g, 0], q]
            room.near[k, c] = abs(room.weight[room.found[begin + c]] - answer)


@uncounted
def find_cells(batch, g, search, room, x, y, outgoing, epoch):  # type: ignore[no-untyped-def]
    """Search for the nodes that (x, y) is connected with.

    Args:
        batch: The CPPNs.
        g: Which of them.
        search: How to search (`Search`).
        room: Room for it (`Room`); ``found`` receives the cells, whose answers are ``weight`` and ``leo``.
        x: Coordinates of the node at one end.
        y: The other one.
        outgoing: Whether it is the source.
        epoch: Number of the search, another for each.

    Returns:
        How many cells there are.
    """
    _divide(batch, g, search, room, x, y, outgoing, epoch)
    candidates = _prune(search, room, epoch)
    kept = 0
    for begin in range(0, candidates, _CANDIDATES):
        end = min(begin + _CANDIDATES, candidates)
        _compare(batch, g, search, room, x, y, outgoing, begin, end, epoch)
        for c in range(begin, end):
            near = room.near[:, c - begin]
            if max(min(near[0], near[1]), min(near[2], near[3])) > search.band:
                room.found[kept] = room.found[c]
                kept += 1
    return kept


@kernel
def explore(batch, search, x, y, outgoing):  # type: ignore[no-untyped-def]
    """Search from one node with the first CPPN, for pictures.

    Returns:
        Whether each cell was divided, bool; its answer, float64, NaN where none was asked for; and the cells that are
        connected with the node, int64.
    """
    room = room_for(search.max_depth, batch.slots)
    kept = find_cells(batch, 0, search, room, x, y, outgoing, 1)
    divided, weight = np.zeros(room.divided.size, np.bool_), np.full(room.weight.size, math.nan)
    for cell in range(weight.size):
        divided[cell] = room.divided[cell] == 1
        if room.asked[cell] == 1:
            weight[cell] = room.weight[cell]
    return divided, weight, room.found[:kept].copy()
