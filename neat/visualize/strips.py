"""Connection genes as rows of boxes, aligned by innovation number: the genome strips of the 2002 paper's figure 4."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from neat.visualize.layout import GenomeLike
from neat.visualize.text import text_width
from neat.visualize.theme import Theme, mix

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Strip", "draw_strips", "strips_height"]

_WIDTH, _HEIGHT = 44.0, 46.0  # of a box, with its gap, in points
_NAME = 9.0  # size of the names of the rows
_HEADER = 16.0  # room above a block
_SIZES = (7.5, 6.5, 6.5, 5.5)  # innovation number; source → target; weight; remark


@dataclass(frozen=True)
class Strip:
    """One row: its name, the genome, a colour role and, where wanted, a remark for every connection gene."""

    name: str
    genome: GenomeLike
    roles: list[str]
    remarks: list[str] | None = None


def _name_width(strips: list[Strip]) -> float:
    bold = 1.15
    return 12 + bold * max((text_width(strip.name, _NAME) for strip in strips), default=0.0)


def _per_block(strips: list[Strip], count: int, width: float, scale: float) -> int:
    fit = max(1, int((width / scale - _name_width(strips)) // _WIDTH))
    blocks = max(1, -(-count // fit))
    return max(1, -(-count // blocks))  # blocks of about equal length


def strips_height(strips: list[Strip], innovations: NDArray[np.int32], width: float, scale: float = 1.0) -> float:
    """Return the height, in points, that the rows take at a width in points; long genomes go on in further blocks."""
    blocks = max(1, -(-len(innovations) // _per_block(strips, len(innovations), width, scale)))
    return scale * blocks * (_HEADER + _HEIGHT * len(strips))


def draw_strips(ax: Axes, strips: list[Strip], innovations: NDArray[np.int32], theme: Theme, scale: float) -> None:
    """Draw the rows of boxes into axes of the height that `strips_height` gives.

    Boxes are one collection with the gid ``"genes"``, row by row in the order of the genes.
    """
    box, unit = ax.get_window_extent(), 72 / ax.figure.dpi / scale
    width, height = float(box.width) * unit, float(box.height) * unit
    ax.set(xlim=(0, width), ylim=(height, 0), xticks=[], yticks=[], facecolor=theme.background)
    ax.spines[:].set_visible(False)
    per_block = _per_block(strips, len(innovations), width * scale, scale)
    rectangles, fills, edges, styles = [], [], [], []
    style: dict[str, Any] = {
        "color": theme.ink,
        "ha": "center",
        "va": "center_baseline",
        "family": "DejaVu Sans",
        "parse_math": False,
    }
    left = _name_width(strips)
    left += max(0.0, (width - left - per_block * _WIDTH) / 2)
    for row, strip in enumerate(strips):
        for block in range(-(-len(innovations) // per_block)):
            y = block * (_HEADER + _HEIGHT * len(strips)) + _HEADER + _HEIGHT * (row + 0.5)
            ax.text(left - 6, y, strip.name, fontsize=_NAME * scale, fontweight="bold", **(style | {"ha": "right"}))
        for i, gene in enumerate(strip.genome.connections):
            block, place = divmod(int(np.searchsorted(innovations, gene["innovation"])), per_block)
            x = left + _WIDTH * place
            y = block * (_HEADER + _HEIGHT * len(strips)) + _HEADER + _HEIGHT * row
            enabled, role = bool(gene["enabled"]), theme.colour(strip.roles[i])
            rectangles.append(Rectangle((x + 1.5, y + 1.5), _WIDTH - 3, _HEIGHT - 3))
            fills.append(mix(role, theme.background, 0.18 if enabled else 0.05))
            edges.append(role)
            styles.append("solid" if enabled else (0, (2.5, 1.8)))
            remark = "disabled" if not enabled else ""
            if strip.remarks is not None:
                remark = strip.remarks[i]
            texts = (
                str(gene["innovation"]),
                f"{gene['source']} → {gene['target']}",
                f"{gene['weight']:+.2f}".replace("-", "−"),
                remark,
            )
            for text, size, down in zip(texts, _SIZES, (0.2, 0.42, 0.63, 0.84), strict=True):
                if text:
                    colour = theme.ink if enabled else theme.muted
                    if text is texts[2] and enabled:
                        colour = theme.positive if gene["weight"] >= 0 else theme.negative
                    weight = "bold" if size == _SIZES[0] else "normal"
                    look = style | {"color": colour, "fontsize": size * scale, "fontweight": weight}
                    ax.text(x + _WIDTH / 2, y + down * _HEIGHT, text, **look)
    patches = PatchCollection(rectangles, facecolors=fills, edgecolors=edges, linestyles=styles, linewidths=1.1 * scale)
    patches.set_gid("genes")
    ax.add_collection(patches, autolim=False)
