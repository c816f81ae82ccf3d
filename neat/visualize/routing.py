"""Ways of connections past the nodes that are not their ends, so that every connection can be seen from end to end.

A straight line is taken where it is clear; otherwise the cheapest of a few gentle curves; where columns are crowded, a
way through the gaps of each column between, found column by column (dynamic programming), as dummy nodes do in layered
drawings (Sugiyama, Tagawa & Toda 1981). Among clear ways, those that run along others cost more.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from neat.visualize.curves import arc, bezier

__all__ = ["Router"]

_BOWS = (1.2, 1.8, 2.6, 3.6, 5.0, 7.0, 10.0)  # how far a curve's controls leave the straight way, in node radii
_SHIFTS = (0.0, 1.5, -1.5, 3.0, -3.0, 6.0, -6.0)  # how far curves that leave level rise and fall, in node radii
_REACH = (0.45, 0.7, 0.95)  # how far a curve runs level with its ends, in shares of the distance between columns
_CELL = 1.5  # side of a cell of the grid that tells where lines run, in points
_ALONG = 6.0  # cost of running along other lines all the way, in lengths
_DETOUR = 0.15  # cost of not being the simplest curve
_ROUND = 30.0  # how far before and after a corner a taut way begins to turn, in points
_WIGGLE = 1.0  # cost of rising and falling, in lengths: going up to come down again is worth a detour
_WORK = 250_000  # crowded connections times nodes beyond which a drawing says nothing, and curves are not searched


class Router:
    """Finds a way for every connection; `route` may be called again with smaller nodes for those without one.

    Attributes:
        paths: A polyline float64[k, 2] for each connection, from centre to centre; None where it has not been routed.
        clear: bool[connections], whether the way keeps clear of the nodes.
    """

    def __init__(
        self,
        nodes: NDArray[np.float64],
        source: NDArray[np.int64],
        target: NDArray[np.int64],
        box: tuple[float, float, float, float],
        column_distance: float,
    ) -> None:
        """Take the places.

        Args:
            nodes: Centres, float64[n, 2]; nodes of one column have the same x.
            source: int64[m], indices of the connections' sources.
            target: int64[m], of their targets, none of them the source.
            box: Left, top, right and bottom of where lines may run.
            column_distance: Between columns.
        """
        self.nodes, self.source, self.target, self.box = nodes, source, target, box
        self.column_distance = column_distance
        self.paths: list[NDArray[np.float64] | None] = [None] * len(source)
        self.clear = np.zeros(len(source), np.bool_)
        shape = tuple(max(1, int(size / _CELL) + 2) for size in (box[2] - box[0], box[3] - box[1]))
        self._used = np.zeros(shape, np.bool_)
        self._corner, self._last = np.array(box[:2]), np.array(shape) - 1
        self._columns = [np.sort(nodes[nodes[:, 0] == x, 1]) for x in np.unique(nodes[:, 0])]
        self._xs = np.unique(nodes[:, 0])

    def route(self, keep: NDArray[np.float64], width: NDArray[np.float64]) -> bool:
        """Find ways for the connections that have no clear one; return whether all are clear now.

        Args:
            keep: Distance from each node's centre that other lines keep, float64[n].
            width: Of the lines, float64[m].
        """
        start, end = self.nodes[self.source], self.nodes[self.target]
        waiting = np.flatnonzero(~self.clear)
        for i in waiting[self.nodes[self.source[waiting], 0] < self.nodes[self.target[waiting], 0]]:
            straight = np.array([start[i], end[i]])
            self.paths[i] = straight
            self.clear[i] = self._slack(straight[None], int(i), keep, width[i])[0] >= 0
            if self.clear[i]:
                self._mark(straight)
        crowded = np.flatnonzero(~self.clear)
        search = len(crowded) * len(self.nodes) <= _WORK
        # Short ways first: they have the least choice.
        for i in crowded[np.argsort(np.hypot(*(end - start)[crowded].T), kind="stable")]:
            if not search and self.paths[i] is not None:
                continue
            self._choose(int(i), keep, float(width[i]), search=search)
        return bool(self.clear.all())

    def _choose(self, i: int, keep: NDArray[np.float64], width: float, *, search: bool) -> None:
        """Give a connection its cheapest way."""
        start, end = self.nodes[self.source[i]], self.nodes[self.target[i]]
        typical = float(keep.mean()) if len(keep) else 1.0
        if start[0] == end[0]:
            paths = _beside(start, end, self.column_distance)
        elif start[0] > end[0]:
            plain = arc(start, end, (self.column_distance, self.box[3]))
            paths = np.concatenate([plain[None], _bows(start, end, typical), _levels(start, end, typical)])
        else:
            paths = np.concatenate([_bows(start, end, typical), _levels(start, end, typical)])
        if not search:
            paths = paths[:1]
        cost, slack = self._judge(paths, i, keep, width)
        best = int(np.argmin(cost))
        found, found_cost, found_slack = paths[best], cost[best], slack[best]
        if search and start[0] != end[0]:
            for through in self._through_gaps(start, end, keep, width):
                cost, slack = self._judge(through, i, keep, width)
                best = int(np.argmin(cost))
                if cost[best] + _DETOUR < found_cost:
                    found, found_cost, found_slack = through[best], cost[best] + _DETOUR, slack[best]
        self.paths[i] = found
        self.clear[i] = found_slack >= 0
        if self.clear[i]:
            self._mark(found)

    def _judge(
        self, paths: NDArray[np.float64], i: int, keep: NDArray[np.float64], width: float
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the cost of each of some ways, float64[k], and by how much it is clear (negative: it is not)."""
        left, top, right, bottom = self.box
        slack = self._slack(paths, i, keep, width)
        x, y = paths[:, :, 0], paths[:, :, 1]
        outside = np.maximum(np.maximum(left - x, x - right), np.maximum(top - y, y - bottom)).max(axis=1)
        slack = np.where(outside > 0, np.minimum(slack, -outside), slack)
        steps = np.hypot(np.diff(x, axis=1), np.diff(y, axis=1)).sum(axis=1)
        straight = max(1.0, float(np.hypot(*(paths[0, -1] - paths[0, 0]))))
        cost = 1e3 - slack
        fit = np.flatnonzero(slack >= 0)
        along = np.array([self._used[self._under(paths[k])].mean() for k in fit])
        cost[fit] = steps[fit] / straight + _ALONG * along + _DETOUR * (fit > 0)
        return cost, slack

    def _slack(
        self, paths: NDArray[np.float64], i: int, keep: NDArray[np.float64], width: float
    ) -> NDArray[np.float64]:
        """Return the least distance of ways float64[k, s, 2] from foreign nodes, beyond what they keep."""
        other = np.ones(len(self.nodes), np.bool_)
        other[[self.source[i], self.target[i]]] = False
        if not other.any():
            return np.full(len(paths), np.inf)
        px, py = self.nodes[other, 0], self.nodes[other, 1]
        ax, ay = paths[:, :-1, 0, None], paths[:, :-1, 1, None]
        dx, dy = np.diff(paths[:, :, 0])[:, :, None], np.diff(paths[:, :, 1])[:, :, None]
        share = ((px - ax) * dx + (py - ay) * dy) / np.maximum(dx * dx + dy * dy, 1e-12)
        share = np.minimum(np.maximum(share, 0.0), 1.0)
        squared = (ax + share * dx - px) ** 2 + (ay + share * dy - py) ** 2
        return np.asarray((np.sqrt(squared.min(axis=1)) - keep[other]).min(axis=1) - width / 2)

    def _through_gaps(
        self, start: NDArray[np.float64], end: NDArray[np.float64], keep: NDArray[np.float64], width: float
    ) -> list[NDArray[np.float64]]:
        """Return ways through the gaps of all columns between, as arrays float64[k, s, 2]; none if none lies between.

        The first are pulled taut in their gaps, the others keep to the tracks on which the search found room.
        """
        low, high = sorted((start[0], end[0]))
        between = np.flatnonzero((self._xs > low) & (self._xs < high))
        if len(between) == 0:
            return []
        if start[0] > end[0]:
            between = between[::-1]
        reach = float(keep.max()) + width / 2
        ys, cost, came = np.array([start[1]]), np.zeros(1), []
        x, layers = start[0], []
        for c in between:
            straight = start[1] + (end[1] - start[1]) * (self._xs[c] - start[0]) / (end[0] - start[0])
            slots = self._slots(self._columns[c], float(straight), reach)
            here = np.column_stack([np.full(len(slots), self._xs[c]), slots])
            busy = self._used[self._cells(here)]
            rise = np.abs(slots[:, None] - ys[None])
            climb = np.hypot(rise, self._xs[c] - x) + _WIGGLE * rise + cost[None]
            came.append(np.argmin(climb, axis=1))
            cost = climb.min(axis=1) + 4 * reach * busy + 0.02 * np.abs(slots - straight)
            layers.append(slots)
            ys, x = slots, self._xs[c]
        place = int(np.argmin(cost + np.hypot(ys - end[1], x - end[0])))
        way, gaps = [end], [(end[1], end[1])]
        for c, slots, back in zip(between[::-1], layers[::-1], came[::-1], strict=True):
            way.append(np.array([self._xs[c], slots[place]]))
            gaps.append(self._gap(self._columns[c], float(slots[place]), reach))
            place = int(back[place])
        points = np.array([start, *way[::-1]])
        taut = [_taut(points[:, 0], np.array([(start[1], start[1]), *gaps[::-1]]))]
        taut.append(_taut(points[:, 0], np.column_stack([points[:, 1] - reach / 2, points[:, 1] + reach / 2])))
        taut[-1][[0, -1]] = points[[0, -1]]
        flowing = _smooth(points, 1 / 3, _slopes(points))
        level = np.zeros(len(points))
        wound = np.array([flowing, *(_smooth(points, share, level) for share in _REACH)])
        return [*(_rounded(corners)[None] for corners in taut), wound]

    def _gap(self, column: NDArray[np.float64], y: float, reach: float) -> tuple[float, float]:
        """Return between which heights a line that passes a column at ``y`` may pass it."""
        edges = np.concatenate([[self.box[1] - reach], column, [self.box[3] + reach]])
        below = int(np.clip(np.searchsorted(edges, y), 1, len(edges) - 1))
        return min(y, edges[below - 1] + reach), max(y, edges[below] - reach)

    def _slots(self, column: NDArray[np.float64], wanted: float, reach: float) -> NDArray[np.float64]:
        """Return heights at which a line may pass a column: in every gap the nearest to ``wanted``, and tracks."""
        edges = np.concatenate([[self.box[1] - reach], column, [self.box[3] + reach]])
        slots = []
        for above, below in pairwise(edges):
            first, last = above + reach, below - reach
            if last < first:
                slots.append([(above + below) / 2])
                continue
            tracks = np.linspace(first, last, int(np.clip((last - first) / (2 * _CELL), 1, 8)))
            slots.append([min(max(wanted, first), last), *tracks])
        return np.concatenate(slots)

    def _cells(self, points: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the cells of the grid under points."""
        cells = ((points - self._corner) / _CELL).astype(np.int64)
        cells = np.minimum(np.maximum(cells, 0), self._last)
        return cells[:, 0], cells[:, 1]

    def _under(self, path: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Return the cells of the grid under a line."""
        return self._cells(_resampled(path))

    def _mark(self, path: NDArray[np.float64]) -> None:
        self._used[self._under(path)] = True


def _bows(start: NDArray[np.float64], end: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    """Return curves that leave the straight way to either side, the flattest first."""
    third = (end - start) / 3
    across = np.array([-third[1], third[0]]) / max(1e-9, float(np.hypot(*third)))
    offset = np.outer([side * bow * radius for bow in _BOWS for side in (-1.0, 1.0)], across)
    return bezier(start, start + third + offset, end - third + offset, end)


def _levels(start: NDArray[np.float64], end: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    """Return curves that leave and arrive level, some of them shifted up or down."""
    ahead = np.array([[reach * (end[0] - start[0]), 0.0] for reach in _REACH for _ in _SHIFTS])
    shift = np.array([[0.0, radius * bow] for _ in _REACH for bow in _SHIFTS])
    return bezier(start, start + ahead + shift, end - ahead + shift, end)


def _beside(start: NDArray[np.float64], end: NDArray[np.float64], column: float) -> NDArray[np.float64]:
    """Return curves between nodes of one column: downward connections on its left, upward ones further out."""
    shares = (0.35, 0.5, 0.7, 0.9, 1.1) if end[1] > start[1] else (0.45, 0.6, 0.8, 1.0, 1.2)
    choices = [(share, side, lean) for share in shares for side in (-1.0, 1.0) for lean in (0.0, 0.15)]
    out = np.array([[side * share * column, 0.0] for share, side, _ in choices])
    lean = np.array([lean for _, _, lean in choices])[:, None] * (end - start)
    return np.concatenate(
        [arc(start, end, (column, np.inf))[None], bezier(start, start + out + lean, end + out - lean, end)]
    )


def _taut(x: NDArray[np.float64], gates: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the corners float64[k, 2] of the shortest way through gates (low and high, float64[n, 2]) at ``x``."""
    along = np.abs(x - x[0])
    corners = [0]
    heights = [float(gates[0].mean())]
    low, high, at_low, at_high = -np.inf, np.inf, 0, 0
    j = 1
    while j < len(x):
        apex, y = corners[-1], heights[-1]
        down, up = (gates[j] - y) / (along[j] - along[apex])
        if down > high or up < low:  # no longer seen from the last corner: bend at the gate that hides it
            place, side = (at_high, 1) if down > high else (at_low, 0)
            corners.append(place)
            heights.append(float(gates[place, side]))
            low, high, j = -np.inf, np.inf, place
        else:
            if down > low:
                low, at_low = down, j
            if up < high:
                high, at_high = up, j
        j += 1
    return np.column_stack([x[[*corners, -1]], [*heights, gates[-1].mean()]])


def _rounded(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a polyline with its corners rounded off, float64[k, 2]."""
    steps = np.diff(corners, axis=0)
    lengths = np.hypot(*steps.T)[:, None]
    ahead = steps / np.maximum(lengths, 1e-9)
    t = np.linspace(0, 1, 9)[:, None]
    parts = [corners[:1]]
    for i in range(1, len(corners) - 1):
        cut = min(_ROUND, 0.45 * float(lengths[i - 1, 0]), 0.45 * float(lengths[i, 0]))
        before, after = corners[i] - cut * ahead[i - 1], corners[i] + cut * ahead[i]
        parts.append((1 - t) ** 2 * before + 2 * t * (1 - t) * corners[i] + t**2 * after)
    return np.concatenate([*parts, corners[-1:]])


def _slopes(points: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return slopes at points float64[k, 2] with which a curve through them rises only where they do."""
    steep = np.diff(points[:, 1]) / np.diff(points[:, 0])
    before, after = steep[:-1], steep[1:]
    # The harmonic mean of both sides (Fritsch & Butland 1984) where they agree in sign.
    agree = before * after > 0
    inner = np.where(agree, 2 * before * after / np.where(agree, before + after, 1.0), 0.0)
    return np.concatenate([steep[:1], inner, steep[-1:]])


def _smooth(points: NDArray[np.float64], reach: float, slopes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a curve float64[k, 2] through points, with the given slopes there."""
    ahead = np.diff(points[:, 0])[:, None] * reach
    leave = points[:-1] + ahead * np.column_stack([np.ones(len(ahead)), slopes[:-1]])
    arrive = points[1:] - ahead * np.column_stack([np.ones(len(ahead)), slopes[1:]])
    pieces = bezier(points[:-1], leave, arrive, points[1:], 17)
    return np.vstack([pieces[:, :-1].reshape(-1, 2), points[-1:]])


def _resampled(path: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return points along a line, a cell's side apart."""
    steps = np.hypot(*np.diff(path, axis=0).T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    places = np.linspace(0.0, along[-1], max(3, int(along[-1] / _CELL)))
    return np.column_stack([np.interp(places, along, path[:, axis]) for axis in (0, 1)])
