"""A drawing of a genome as plain shapes, in points, which Matplotlib and SVG both render.

A scene contains every decision (positions, colours by role, line widths, labels that fit), so that the two renderers
agree and tests can check what is drawn. The origin is the top left corner; ``y`` points down.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from neat.errors import ConfigError
from neat.functions.activations import activation_name
from neat.functions.aggregations import AGGREGATIONS
from neat.genes.kinds import NodeKind
from neat.genes.schema import NodeGenes
from neat.visualize.curves import arrow_head, loop
from neat.visualize.labels import Label, LabelSpace
from neat.visualize.layout import GenomeLike, Layout, arrange
from neat.visualize.legend import Entry, legend_rows, set_legend
from neat.visualize.routing import Router
from neat.visualize.text import LINE_HEIGHT, rendered_width, shorten, text_width

__all__ = ["Line", "Node", "Scene", "default_size", "line_width", "make_scene", "node_names"]

_LABEL = 9.0  # font sizes in points
_SMALL = 7.0
_LEAST = 5.0
_EDGE = 6.0  # free border of the canvas
_BORDER = 2.0  # of it, where lines may not run
_CLEAR = 0.6  # room between a line and a node that is not its end
_SMALLEST = 0.3  # nodes of crowded drawings shrink to this share at most, so that lines find a way
_MANY = 40_000  # connections times nodes: above, they shrink so far at once, since trying takes long
_FLATTEST = 0.4  # height of a canvas, in widths
_THIN, _THICK, _DISABLED = 0.7, 4.0, 0.9  # line widths in points


@dataclass(frozen=True)
class Line:
    """A connection: a polyline float64[k, 2], its role as a colour, its width, and an arrow head float64[3, 2]."""

    points: NDArray[np.float64]
    role: str
    width: float
    dashed: bool
    head: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Node:
    """A node: its centre, radius, shape, fill, and an outline that shows the sign and size of its bias."""

    x: float
    y: float
    radius: float
    shape: Literal["square", "diamond", "circle"]
    fill: str
    outline: str
    outline_width: float


@dataclass(frozen=True)
class Scene:
    """Shapes of a drawing, ``width`` × ``height`` points.

    Attributes:
        lines: One per connection gene, in the genome's order.
        nodes: One per node gene, in the genome's order.
        labels: Names, numbers and the legend's text; none overlaps another.
        legend: Lines of the legend.
        omitted: Number of labels for which there was no room.
        line_size: Factor on the widths of lines: crowded drawings have finer ones.
    """

    width: float
    height: float
    lines: list[Line]
    nodes: list[Node]
    labels: list[Label]
    legend: list[Line] = field(default_factory=list)
    omitted: int = 0
    line_size: float = 1.0


def default_size(placed: Layout, *, innovations: bool = False) -> tuple[float, float]:
    """Return a canvas (width, height), in points, on which a layout has room."""
    grow = 1.3 if innovations else 1.0
    width = 72 * grow * min(16.0, max(5.0, 3.2 + 0.8 * placed.columns))
    height = max(200.0, _FLATTEST * width, min(1600.0, 70.0 + grow * 20.0 * placed.rows))
    return width, height


def line_width(weight: float, weight_scale: float, size: float = 1.0) -> float:
    """Return the width, in points, of an enabled connection: it grows with ``|weight|`` up to ``weight_scale``."""
    share = min(1.0, abs(weight) / weight_scale) if weight_scale > 0 else 0.0
    return size * (_THIN + (_THICK - _THIN) * share)


def node_names(
    nodes: NodeGenes, input_names: Sequence[str] | None = None, output_names: Sequence[str] | None = None
) -> list[str]:
    """Return a name for every node: the given ones, ``bias``, or kind and number.

    Raises:
        ConfigError: The number of names is not the number of inputs or outputs.
    """
    kinds = nodes["kind"]
    names = [f"node {node['innovation']}" for node in nodes]
    for kind, given, what in ((NodeKind.INPUT, input_names, "input"), (NodeKind.OUTPUT, output_names, "output")):
        places = np.flatnonzero(kinds == kind)
        if given is not None and len(given) != len(places):
            raise ConfigError(f"expected {len(places)} {what} names, one per {what} node, got {len(given)}")
        for i, place in enumerate(places):
            names[place] = str(given[i]) if given is not None else f"{what} {i}"
    for place in np.flatnonzero(kinds == NodeKind.BIAS):
        names[place] = "bias"
    return names


def make_scene(
    genome: GenomeLike,
    width: float,
    height: float,
    *,
    placed: Layout | None = None,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    innovations: bool = False,
    legend: bool = True,
    weight_scale: float | None = None,
    roles: Sequence[str] | None = None,
    role_names: dict[str, str] | None = None,
) -> Scene:
    """Return the drawing of a genome on a canvas of ``width`` × ``height`` points.

    Args:
        genome: What to draw.
        width: Of the canvas.
        height: Of the canvas.
        placed: Where nodes go; a layout of their own by default. One layout of a `union` keeps places over pictures.
        input_names: Names of the inputs.
        output_names: Names of the outputs.
        innovations: Whether to write innovation numbers on connections and hidden nodes.
        legend: Whether to explain the marks below the drawing.
        weight_scale: The weight (absolute) that is drawn with the widest line; the genome's largest by default.
        roles: A colour role for every connection, in place of its sign.
        role_names: What the legend calls those roles.

    Raises:
        ConfigError: The number of names does not fit.
    """
    placed = placed or arrange(genome)
    nodes, genes = genome.nodes, genome.connections
    names = node_names(nodes, input_names, output_names)
    weights = np.abs(genes["weight"])
    scale = float(weight_scale or (weights.max() if len(weights) else 1.0) or 1.0)
    name_size, small = float(np.clip(width / 36, 6.0, _LABEL)), float(np.clip(width / 45, 5.5, _SMALL))
    entries = _entries(genome, placed, scale, roles, role_names or {}) if legend else []
    if note := getattr(genome, "note", ""):
        entries.append(Entry(note))  # whatever else goes unsaid
    legend_height = small * 1.7 * len(legend_rows(entries, width - 2 * _EDGE, small))

    kinds = nodes["kind"]
    first, last = kinds <= NodeKind.BIAS, kinds == NodeKind.OUTPUT
    longest = 0.34 * width
    left, right = (
        _EDGE + min(longest, max((rendered_width(names[i], name_size) for i in np.flatnonzero(side)), default=0)) + 17
        for side in (first, last)
    )
    inner = max(20.0, width - left - right), max(20.0, height - 2 * _EDGE - legend_height)
    at = placed.index(nodes["innovation"])
    x, y = left + placed.x[at] * inner[0], _EDGE + placed.y[at] * inner[1]
    across = inner[0] / max(1, placed.columns - 1)
    radius = np.clip(0.38 * inner[1] * placed.separation[at], 1.2, min(10.0, 0.3 * across))
    size = float(np.clip(np.sqrt(0.15 * inner[1] / max(1, len(genes))), 0.4, 1.0))

    box = (_BORDER, _BORDER, width - _BORDER, height - legend_height - _BORDER)
    lines, shrink = _lines(genome, np.column_stack([x, y]), radius, scale, size, roles, box, across)
    radius = radius * shrink
    discs = [_node(nodes[i], float(x[i]), float(y[i]), float(radius[i]), size) for i in range(len(nodes))]
    space = LabelSpace(width, height)
    for disc in discs:
        space.occupy(disc.x, disc.y, 1.7 * disc.radius, 1.7 * disc.radius)
    legend_lines = [
        Line(*mark) for mark in set_legend(space, entries, _EDGE, height - legend_height, width - 2 * _EDGE, small)
    ]
    _name_column(space, names, name_size, np.flatnonzero(first), x, y, "end", left - _EDGE, radius)
    _name_column(space, names, name_size, np.flatnonzero(last), x, y, "start", right - _EDGE, radius)
    if innovations:
        _number_nodes(space, nodes, x, y, radius)
    _function_labels(space, nodes, x, y, radius)
    if innovations:
        for line, gene in zip(lines, genes, strict=True):
            role = "muted" if line.dashed else "ink"
            space.place_along(str(gene["innovation"]), line.points, (6.5, 5.5), role)
    return Scene(width, height, lines, discs, space.labels, legend_lines, space.omitted, size)


def _lines(
    genome: GenomeLike,
    nodes: NDArray[np.float64],
    radius: NDArray[np.float64],
    scale: float,
    size: float,
    roles: Sequence[str] | None,
    box: tuple[float, float, float, float],
    across: float,
) -> tuple[list[Line], float]:
    """Return the connections, and the factor on the nodes' radii that lets them all pass."""
    genes = genome.connections
    source = np.searchsorted(genome.nodes["innovation"], genes["source"]).astype(np.int64)
    target = np.searchsorted(genome.nodes["innovation"], genes["target"]).astype(np.int64)
    dashed = _DISABLED * max(size, 0.5)
    widths = np.array([line_width(float(g["weight"]), scale, size) if g["enabled"] else dashed for g in genes])
    between = np.flatnonzero(source != target)
    router = Router(nodes, source[between], target[between], box, across)
    kinds = genome.nodes["kind"]
    reach = np.where(kinds == NodeKind.BIAS, 1.15, np.where(kinds == NodeKind.INPUT, 1.1, 1.0)) * radius
    shrink = 1.0 if len(between) * len(nodes) <= _MANY else _SMALLEST
    while not router.route(shrink * reach + _CLEAR, widths[between]) and shrink > _SMALLEST:
        shrink *= 0.85
    paths = dict(zip(between.tolist(), router.paths, strict=True))
    lines = []
    for i, gene in enumerate(genes):
        s, t, width = int(source[i]), int(target[i]), float(widths[i])
        enabled = bool(gene["enabled"])
        role = "disabled" if not enabled else "positive" if gene["weight"] >= 0 else "negative"
        if roles is not None:
            role = roles[i]
        path = paths.get(i)
        if path is None:
            path = loop(nodes[s], shrink * float(radius[t]), box[3])
        if nodes[s, 0] < nodes[t, 0]:
            lines.append(Line(path, role, width, not enabled))
            continue
        points, head = arrow_head(path, nodes[t], shrink * float(radius[t]), width)
        lines.append(Line(points, role, width, not enabled, head))
    return lines, shrink


def _node(gene: np.void, x: float, y: float, radius: float, size: float) -> Node:
    kind, bias = int(gene["kind"]), float(gene["bias"])
    if kind == NodeKind.BIAS:
        return Node(x, y, radius * 1.15, "diamond", "input", "ink", 0.9 * size)
    if kind == NodeKind.INPUT:
        return Node(x, y, radius * 0.9, "square", "input", "ink", 0.9 * size)
    fill = "output" if kind == NodeKind.OUTPUT else "hidden"
    if bias == 0.0:
        return Node(x, y, radius, "circle", fill, "ink", 0.9 * size)
    width = size * (1.2 + 1.8 * min(1.0, abs(bias) / 4))
    return Node(x, y, radius, "circle", fill, "positive" if bias > 0 else "negative", width)


def _name_column(
    space: LabelSpace,
    names: list[str],
    largest: float,
    places: NDArray[np.intp],
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    anchor: Literal["start", "end"],
    room: float,
    radius: NDArray[np.float64],
) -> None:
    """Write the names of a column of nodes beside it; where rows are too close, every second, third, … one."""
    if len(places) == 0:
        return
    step = float(np.diff(np.sort(y[places])).min()) if len(places) > 1 else np.inf
    size = max(_LEAST, min(largest, step / LINE_HEIGHT))
    every = max(1, int(np.ceil(size * LINE_HEIGHT / step)))
    for place in places[::every]:
        gap = float(radius[place]) + 6
        text = shorten(names[place], size, room - gap)
        space.put(
            Label(float(x[place]) + (-gap if anchor == "end" else gap), float(y[place]), text, size, anchor, "ink")
        )
    space.omitted += len(places) - len(places[::every])


def _number_nodes(
    space: LabelSpace, nodes: NodeGenes, x: NDArray[np.float64], y: NDArray[np.float64], radius: NDArray[np.float64]
) -> None:
    """Write innovation numbers into the nodes."""
    for i, node in enumerate(nodes):
        text = str(node["innovation"])
        size = min(_SMALL, 1.6 * float(radius[i]) / text_width(text, 1.0), 1.5 * float(radius[i]) / LINE_HEIGHT)
        if size < 3.5:
            space.omitted += 1
            continue
        space.put(Label(float(x[i]), float(y[i]), text, size, "middle", "ink"))


def _function_labels(
    space: LabelSpace, nodes: NodeGenes, x: NDArray[np.float64], y: NDArray[np.float64], radius: NDArray[np.float64]
) -> None:
    """Name activation and aggregation at every node of a group (hidden, output) whose nodes differ in them."""
    for kind in (NodeKind.HIDDEN, NodeKind.OUTPUT):
        places = np.flatnonzero(nodes["kind"] == kind)
        activations, aggregations = (np.unique(nodes[places][name]) for name in ("activation", "aggregation"))
        for place in places:
            parts = [activation_name(int(nodes[place]["activation"]))] if len(activations) > 1 else []
            if len(aggregations) > 1:
                parts.append(AGGREGATIONS[nodes[place]["aggregation"]])
            if parts:
                space.place_beside(
                    ", ".join(parts), float(x[place]), float(y[place]), float(radius[place]), (_SMALL, 6.0, _LEAST)
                )


def _entries(
    genome: GenomeLike, placed: Layout, scale: float, roles: Sequence[str] | None, role_names: dict[str, str]
) -> list[Entry]:
    """Return what the legend explains: only marks that the drawing has."""
    genes, nodes = genome.connections, genome.nodes
    enabled = genes["enabled"] != 0
    entries = []
    if roles is None:
        for role, name, sign in (("positive", "weight > 0", genes["weight"] >= 0), ("negative", "weight < 0", None)):
            if np.any(enabled & (genes["weight"] < 0 if sign is None else sign)):
                entries.append(Entry(name, role, 2.0))
        if np.any(enabled):
            entries.append(Entry(f"|weight| = {scale:.2g}", "ink", _THICK))
    else:
        entries += [Entry(name, role, 2.0) for role, name in role_names.items()]
    if not np.all(enabled) or roles is not None:
        entries.append(Entry("disabled", "disabled" if roles is None else "muted", _DISABLED, dashed=True))
    column = placed.column
    backward = column[placed.index(genes["source"])] >= column[placed.index(genes["target"])]
    if np.any(backward):
        entries.append(Entry("recurrent", "ink", 1.2, arrow=True))
    if np.any(nodes["bias"][nodes["kind"] >= NodeKind.OUTPUT] != 0):
        entries.append(Entry("coloured outline: the node's own bias"))
    groups = []
    for kind, name in ((NodeKind.HIDDEN, "hidden"), (NodeKind.OUTPUT, "output")):
        group = nodes[nodes["kind"] == kind]
        functions = {(int(node["activation"]), int(node["aggregation"])) for node in group}
        if len(functions) == 1:
            activation, aggregation = functions.pop()
            groups.append((name, f"{activation_name(activation)} of {AGGREGATIONS[aggregation]}"))
    if len(groups) == 2 and groups[0][1] == groups[1][1]:
        entries.append(Entry(f"nodes: {groups[0][1]}"))
    else:
        entries += [Entry(f"{name}: {function}") for name, function in groups]
    return entries
