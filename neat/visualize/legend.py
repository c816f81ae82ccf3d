"""The legend of a drawing: entries set in rows along its lower border."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neat.visualize.curves import arrow_head
from neat.visualize.labels import Label, LabelSpace
from neat.visualize.text import rendered_width

__all__ = ["Entry", "legend_rows", "set_legend"]

_SAMPLE = 18.0  # length of a sample line, in points
_GAP = 16.0

Mark = tuple[NDArray[np.float64], str, float, bool, NDArray[np.float64] | None]


@dataclass(frozen=True)
class Entry:
    """A text with a sample line before it; an entry without ``role`` is text alone."""

    text: str
    role: str = ""
    width: float = 0.0
    dashed: bool = False
    arrow: bool = False

    def length(self, size: float) -> float:
        """Return the room the entry takes, in points."""
        return rendered_width(self.text, size) + (_SAMPLE + 6 if self.role else 0.0)


def legend_rows(entries: list[Entry], width: float, size: float) -> list[list[Entry]]:
    """Return the entries broken into rows no wider than ``width`` points."""
    rows: list[list[Entry]] = []
    used = np.inf
    for entry in entries:
        length = entry.length(size)
        if used + _GAP + length > width:
            rows.append([])
            used = -_GAP
        rows[-1].append(entry)
        used += _GAP + length
    return rows


def set_legend(
    space: LabelSpace, entries: list[Entry], left: float, top: float, width: float, size: float
) -> list[Mark]:
    """Place the entries' text into ``space``, centred in rows; return the sample lines (arguments of a `Line`)."""
    marks: list[Mark] = []
    y = top + 0.6 * size
    for row in legend_rows(entries, width, size):
        x = left + (width - sum(entry.length(size) for entry in row) - _GAP * (len(row) - 1)) / 2
        for entry in row:
            if entry.role:
                line, head = np.array([[x, y], [x + _SAMPLE, y]]), None
                if entry.arrow:
                    t = np.linspace(0, 1, 12)
                    arch = np.column_stack([x + _SAMPLE * (1 - t), y + 3 - 8 * t * (1 - t) * 2])
                    line, head = arrow_head(arch, arch[-1] - [4.0, -2.0], 4.0, entry.width)
                marks.append((line, entry.role, entry.width, entry.dashed, head))
            space.put(Label(x + (_SAMPLE + 6 if entry.role else 0.0), y, entry.text, size, "start", "muted"))
            x += entry.length(size) + _GAP
        y += 1.7 * size
    return marks
