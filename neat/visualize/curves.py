"""Curves of connections that are no straight lines: arcs, loops, and arrow heads."""

from __future__ import annotations

from functools import cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["arc", "arrow_head", "bezier", "loop"]

_SAMPLES = 28
_BORDER = 3.0


def arc(start: NDArray[np.float64], end: NDArray[np.float64], room: tuple[float, float]) -> NDArray[np.float64]:
    """Return a curve float64[k, 2] from ``start`` to ``end``, which lies in the same column or an earlier one.

    Args:
        start: Centre of the source node.
        end: Centre of the target node.
        room: Distance between columns, and height of the canvas.
    """
    column, height = room
    middle = (start + end) / 2
    length = float(np.hypot(*(end - start)))
    if start[0] == end[0]:
        # Down on the left side, up further out, so that a pair of opposite connections shows as two.
        bulge = min(12 + 0.35 * length, 0.9 * column) * (1.0 if end[1] > start[1] else 1.7)
        control = middle - np.array([bulge, 0.0])
    else:
        away = -1.0 if middle[1] < height / 2 else 1.0
        control = middle + np.array([0.0, away * (18 + 0.3 * length)])
    # The curve's own peak is halfway to its control point.
    control[1] = np.clip(control[1], 2 * _BORDER - middle[1], 2 * (height - _BORDER) - middle[1])
    t = np.linspace(0, 1, _SAMPLES)[:, None]
    return np.asarray((1 - t) ** 2 * start + 2 * t * (1 - t) * control + t**2 * end)


def loop(centre: NDArray[np.float64], radius: float, height: float) -> NDArray[np.float64]:
    """Return a loop float64[k, 2] from a node to itself, above the node or, at the top border, below it."""
    side = 1.0 if centre[1] < 4 * radius + _BORDER and centre[1] < height / 2 else -1.0
    corners = np.array([[-0.3, 0.5], [-2.2, 3.2], [2.2, 3.2], [0.3, 0.5]]) * radius * [1, side] + centre
    return bezier(*corners)


def bezier(
    a: NDArray[np.float64],
    b: NDArray[np.float64],
    c: NDArray[np.float64],
    d: NDArray[np.float64],
    samples: int = _SAMPLES,
) -> NDArray[np.float64]:
    """Return points float64[..., samples, 2] on cubic curves from ``a`` to ``d`` with controls ``b`` and ``c``."""
    w0, w1, w2, w3 = _bernstein(samples)
    return np.asarray(w0 * a[..., None, :] + w1 * b[..., None, :] + w2 * c[..., None, :] + w3 * d[..., None, :])


@cache
def _bernstein(samples: int) -> NDArray[np.float64]:
    """Return the weights of a cubic curve's four points, float64[4, samples, 1]."""
    t = np.linspace(0, 1, samples)[:, None]
    return np.array([(1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3])


def arrow_head(
    curve: NDArray[np.float64], centre: NDArray[np.float64], radius: float, width: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the curve cut short at its target node, and the triangle float64[3, 2] whose tip touches the node."""
    length = min(5.0 + 1.4 * width, max(3.0, 0.9 * radius + width))
    half = 0.42 * length
    distance = np.hypot(*(curve - centre).T)
    outside = np.flatnonzero(distance > radius + 0.7 * length)
    cut = curve[: max(2, int(outside[-1]) + 1 if len(outside) else 2)]
    base = cut[-1]
    direction = centre - base
    direction = direction / max(1e-9, float(np.hypot(*direction)))
    tip = centre - radius * direction
    base = tip - length * direction
    normal = np.array([-direction[1], direction[0]])
    return np.vstack([cut, base]), np.array([tip, base + half * normal, base - half * normal])
