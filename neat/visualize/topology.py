"""A genome drawn with Matplotlib, with few artists whatever its size."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.collections import LineCollection, PatchCollection, PolyCollection
from matplotlib.patches import Circle, Patch, Polygon, Rectangle

from neat.visualize.excerpt import excerpt
from neat.visualize.layout import GenomeLike, Layout, arrange
from neat.visualize.scene import Line, Node, Scene, default_size, make_scene
from neat.visualize.theme import Theme, find_theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_genome", "draw_scene", "new_axes"]

_DASHES = (0, (3.0, 2.0))
_FONT = "DejaVu Sans"  # ships with Matplotlib; widths of labels are known for it


def draw_genome(
    genome: GenomeLike,
    *,
    ax: Axes | None = None,
    theme: Theme | str = "light",
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    innovations: bool = False,
    legend: bool = True,
    weight_scale: float | None = None,
    placed: Layout | None = None,
) -> Axes:
    """Draw a genome: columns by depth, colour for the sign of a weight, width for its size.

    Connections are one `LineCollection` with the gid ``"connections"``, whose line ``i`` is connection gene ``i``.
    Disabled genes are dashed; a connection to the same or an earlier column (a recurrent one) is an arc with an arrow
    head; all others lead from left to right.

    Of more than 1,000 connections or 150 nodes only the strongest are drawn (`neat.visualize.excerpt`), and the legend
    says so; line ``i`` is then the i-th of these.

    Args:
        genome: What to draw.
        ax: Where; a new pyplot figure of fitting size by default.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
        input_names: Names of the inputs, as many as there are.
        output_names: Names of the outputs, as many as there are.
        innovations: Whether to write innovation numbers.
        legend: Whether to explain the marks below the drawing.
        weight_scale: The absolute weight drawn with the widest line; the genome's largest by default.
        placed: Where nodes go (`neat.visualize.layout.arrange`, of a `union` to keep places over several pictures).

    Raises:
        ConfigError: The number of names does not fit, or the theme is unknown.
    """
    chosen = find_theme(theme)
    part = excerpt(genome, input_names, output_names)
    placed = placed or arrange(part)
    ax = ax or new_axes(*default_size(placed, innovations=innovations), chosen)
    scene = make_scene(
        part,
        *size_in_points(ax),
        placed=placed,
        input_names=part.input_names,
        output_names=part.output_names,
        innovations=innovations,
        legend=legend,
        weight_scale=weight_scale,
    )
    draw_scene(scene, ax, chosen)
    return ax


def new_axes(width: float, height: float, theme: Theme) -> Axes:
    """Return axes that fill a new pyplot figure of ``width`` × ``height`` points."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(width / 72, height / 72), facecolor=theme.background)
    return figure.add_axes((0.0, 0.0, 1.0, 1.0))


def size_in_points(ax: Axes) -> tuple[float, float]:
    """Return width and height of axes, in points."""
    box, scale = ax.get_window_extent(), 72 / ax.figure.dpi
    return float(box.width) * scale, float(box.height) * scale


def draw_scene(scene: Scene, ax: Axes, theme: Theme) -> None:
    """Render a scene onto axes, whose coordinates become the scene's points (origin at the top left)."""
    ax.set(xlim=(0, scene.width), ylim=(scene.height, 0), xticks=[], yticks=[], facecolor=theme.background)
    ax.set_aspect("equal", anchor="C")
    ax.spines[:].set_visible(False)
    _add_lines(ax, scene.lines, theme, "connections")
    _add_lines(ax, scene.legend, theme, "legend")
    nodes = PatchCollection(
        [_patch(node) for node in scene.nodes],
        facecolors=[theme.colour(node.fill) for node in scene.nodes],
        edgecolors=[theme.colour(node.outline) for node in scene.nodes],
        linewidths=[node.outline_width for node in scene.nodes],
        zorder=3,
    )
    nodes.set_gid("nodes")
    ax.add_collection(nodes, autolim=False)
    sides = {"start": "left", "middle": "center", "end": "right"}
    halo = {"facecolor": theme.background, "edgecolor": "none", "pad": 0.6, "alpha": 0.8}
    for label in scene.labels:
        ax.text(
            label.x,
            label.y,
            label.text,
            fontsize=label.size,
            family=_FONT,
            color=theme.colour(label.role),
            ha=sides[label.anchor],
            va="center_baseline",
            zorder=4,
            bbox=halo if label.halo else None,
            parse_math=False,
        )


def _add_lines(ax: Axes, lines: list[Line], theme: Theme, gid: str) -> None:
    collection = LineCollection(
        [line.points for line in lines],
        colors=[theme.colour(line.role) for line in lines],
        linewidths=[line.width for line in lines],
        linestyles=[_DASHES if line.dashed else "solid" for line in lines],
        capstyle="butt",
        zorder=1,
    )
    collection.set_gid(gid)
    ax.add_collection(collection, autolim=False)
    heads = [(line.head, theme.colour(line.role)) for line in lines if line.head is not None]
    if heads:
        colours = [colour for _, colour in heads]
        arrows = PolyCollection([head for head, _ in heads], facecolors=colours, edgecolors="none", zorder=3.5)
        arrows.set_gid(f"{gid} arrow heads")
        ax.add_collection(arrows, autolim=False)


def _patch(node: Node) -> Patch:
    x, y, r = node.x, node.y, node.radius
    if node.shape == "square":
        return Rectangle((x - r, y - r), 2 * r, 2 * r)
    if node.shape == "diamond":
        return Polygon(np.array([[x - r, y], [x, y - r], [x + r, y], [x, y + r]]))
    return Circle((x, y), r)
