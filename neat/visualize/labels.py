"""Places for text on a canvas, so that no two labels overlap."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neat.visualize.text import LINE_HEIGHT, rendered_width

__all__ = ["Label", "LabelSpace"]


@dataclass(frozen=True)
class Label:
    """One line of text: anchor point, font size in points, and a colour role; ``halo`` clears what is behind it."""

    x: float
    y: float
    text: str
    size: float
    anchor: Literal["start", "middle", "end"]
    role: str
    halo: bool = False

    @property
    def box(self) -> tuple[float, float, float, float]:
        """Left, top, right and bottom."""
        width, half = rendered_width(self.text, self.size), self.size * LINE_HEIGHT / 2
        left = self.x - {"start": 0.0, "middle": width / 2, "end": width}[self.anchor]
        return left, self.y - half, left + width, self.y + half


class LabelSpace:
    """The taken part of a canvas.

    Attributes:
        labels: What has been placed.
        omitted: How many labels found no free place.
    """

    def __init__(self, width: float, height: float) -> None:
        self.labels: list[Label] = []
        self.omitted = 0
        self._canvas = width, height
        self._boxes = np.empty((64, 4))
        self._count = 0

    def occupy(self, x: float, y: float, width: float, height: float) -> None:
        """Keep text out of a box given by its centre."""
        self._add((x - width / 2, y - height / 2, x + width / 2, y + height / 2))

    def put(self, label: Label) -> None:
        """Place a label whose place is known to be free."""
        self.labels.append(label)
        self._add(label.box)

    def place_beside(self, text: str, x: float, y: float, radius: float, sizes: tuple[float, ...]) -> None:
        """Place a label below, above, right or left of a node, in the largest size that fits, or omit it."""
        for size in sizes:
            above, beside = radius + 0.65 * size, radius + 2.5
            if self._try(
                [
                    Label(x, y + above, text, size, "middle", "muted", True),
                    Label(x, y - above, text, size, "middle", "muted", True),
                    Label(x + beside, y, text, size, "start", "muted", True),
                    Label(x - beside, y, text, size, "end", "muted", True),
                ]
            ):
                return
        self.omitted += 1

    def place_along(self, text: str, points: NDArray[np.float64], sizes: tuple[float, ...], role: str) -> None:
        """Place a label on a line (float64[k, 2]), as near its middle as there is room, or omit it."""
        steps = np.hypot(*np.diff(points, axis=0).T)
        along = np.concatenate([[0.0], np.cumsum(steps)])
        shares = np.array([0.5, 0.42, 0.58, 0.34, 0.66, 0.26, 0.74, 0.18, 0.82, 0.12, 0.88]) * along[-1]
        xs, ys = (np.interp(shares, along, points[:, axis]) for axis in (0, 1))
        for size in sizes:
            if self._try(
                [Label(float(x), float(y), text, size, "middle", role, True) for x, y in zip(xs, ys, strict=True)]
            ):
                return
        self.omitted += 1

    def _try(self, candidates: list[Label]) -> bool:
        for label in candidates:
            if self._free(label.box):
                self.put(label)
                return True
        return False

    def _free(self, box: tuple[float, float, float, float]) -> bool:
        left, top, right, bottom = box
        if left < 0 or top < 0 or right > self._canvas[0] or bottom > self._canvas[1]:
            return False
        taken = self._boxes[: self._count]
        return not bool(
            np.any((taken[:, 0] < right) & (taken[:, 2] > left) & (taken[:, 1] < bottom) & (taken[:, 3] > top))
        )

    def _add(self, box: tuple[float, float, float, float]) -> None:
        if self._count == len(self._boxes):
            self._boxes = np.concatenate([self._boxes, np.empty_like(self._boxes)])
        self._boxes[self._count] = box
        self._count += 1
