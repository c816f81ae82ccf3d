"""Local search over the rows of hidden nodes: fewest crossings, no connection underneath a node, short ways."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["RowSearch", "segments_cross"]

_UNDER_NODE = 3.0  # cost of a connection that runs underneath a node, in crossings
_CLEAR = 0.55  # free room above and below a node, in separations
_TOO_CLOSE = 60.0  # cost of two nodes of a column closer than they may be
_LENGTH = 1.0  # cost of a connection that climbs the whole height
_WORK = 6_000_000  # pairs of segments that one sweep of the local search may look at


class RowSearch:
    """Local search over the rows of hidden nodes; ``y`` is changed in place."""

    def __init__(
        self,
        x: NDArray[np.float64],
        y: NDArray[np.float64],
        source: NDArray[np.int64],
        target: NDArray[np.int64],
        separation: NDArray[np.float64],
    ) -> None:
        self.x, self.y, self.source, self.target, self.separation = x, y, source, target, separation
        self.slots = min(49, 3 * round(1 / float(separation.min())) + 1)

    def sweep(self, free: NDArray[np.int64]) -> bool:
        """Move each free node to its cheapest row; return whether any moved."""
        work = len(free) * self.slots * max(1, len(self.source)) ** 2 * 2 // max(1, len(self.x))
        slots = max(3, self.slots * _WORK // max(_WORK, work))
        if work > 40 * _WORK:
            return False
        moved = False
        for v in free:
            candidates = np.append((np.arange(slots) + 0.5) / slots, self.y[v])
            cost = self._cost(int(v), candidates)
            best = int(np.argmin(cost))
            if cost[best] < cost[-1] - 1e-9:
                self.y[v] = candidates[best]
                moved = True
        order = free[np.lexsort((self.y[free], self.x[free]))]
        for i, v in enumerate(order[:-1]):
            for w in order[i + 1 : i + 3]:
                moved |= self.x[v] == self.x[w] and self._swap(int(v), int(w))
        return moved

    def _swap(self, v: int, w: int) -> bool:
        """Exchange the rows of two nodes of a column if that is cheaper; return whether it was."""
        y = self.y
        before = self._cost(v, y[v : v + 1])[0] + self._cost(w, y[w : w + 1])[0]
        y[v], y[w] = y[w], y[v]
        after = self._cost(v, y[v : v + 1])[0] + self._cost(w, y[w : w + 1])[0]
        if after < before - 1e-9:
            return True
        y[v], y[w] = y[w], y[v]
        return False

    def _cost(self, v: int, rows: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the cost of node ``v`` at each of ``rows``."""
        x, y = self.x, self.y
        clear = _CLEAR * self.separation
        own = (self.source == v) | (self.target == v)
        a, b = self.source[~own], self.target[~own]
        ends = self.source[own] + self.target[own] - v
        vx, vy = x[v], rows[:, None, None]
        ex, ey = x[ends][:, None], y[ends][:, None]
        crossing = segments_cross(vx, vy, ex, ey, x[a], y[a], x[b], y[b])
        cost = crossing.sum(axis=(1, 2)) + _LENGTH * np.abs(vy[:, :, 0] - y[ends]).sum(axis=1)

        # Connections of v that run underneath another node.
        between = (x > np.minimum(vx, ex)) & (x < np.maximum(vx, ex))
        with np.errstate(divide="ignore", invalid="ignore"):
            at = vy + (ey - vy) * ((x - vx) / (ex - vx))
        cost += _UNDER_NODE * (between & (np.abs(at - y) < clear)).sum(axis=(1, 2))

        # Other connections that run underneath v.
        over = (x[a] < vx) & (x[b] > vx)
        p, q = a[over], b[over]
        passing = y[p] + (y[q] - y[p]) * ((vx - x[p]) / (x[q] - x[p]))
        cost += _UNDER_NODE * (np.abs(rows[:, None] - passing) < clear[v]).sum(axis=1)

        mates = np.flatnonzero((x == vx) & (np.arange(len(x)) != v))
        cost += _TOO_CLOSE * (np.abs(rows[:, None] - y[mates]) < 0.99 * self.separation[v]).sum(axis=1)
        return np.asarray(cost + 0.05 * np.abs(rows - 0.5), np.float64)


def segments_cross(
    ax: NDArray[np.float64],
    ay: NDArray[np.float64],
    bx: NDArray[np.float64],
    by: NDArray[np.float64],
    cx: NDArray[np.float64],
    cy: NDArray[np.float64],
    dx: NDArray[np.float64],
    dy: NDArray[np.float64],
) -> NDArray[np.bool_]:
    """Return whether segments ab and cd cross between their ends (arrays broadcast)."""
    ux, uy, wx, wy = bx - ax, by - ay, dx - cx, dy - cy
    left = wx * (ay - cy) - wy * (ax - cx)
    right = wx * (by - cy) - wy * (bx - cx)
    below = ux * (cy - ay) - uy * (cx - ax)
    above = ux * (dy - ay) - uy * (dx - ax)
    # Segments that share an end touch there; rounding must not make a crossing of it.
    return np.asarray((left * right < -1e-12) & (below * above < -1e-12))
