"""Drawings of indirect encodings: the output of a CPPN as an image, the substrate, and the quadtree."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from neat.errors import ConfigError
from neat.genes.kinds import OUTPUT
from neat.genes.table import Genome, Genomes
from neat.networks.batch import outputs_of
from neat.networks.decoders import decoder_of
from neat.networks.decoders.substrate import inputs_of, layers_of, pairs_of
from neat.networks.settings import NetworkConfig
from neat.visualize.chart import say
from neat.visualize.theme import LIGHT, Theme, find_theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap

__all__ = ["draw_cppn", "draw_quadtree", "draw_substrate"]

_MOST_LINES = 1_500
_TILES, _PIXELS = 7, 24
"""Places of targets along a side of a mosaic, and pixels along a side of each tile."""
_LEAN = (0.42, 0.34)
"""How far a step in depth leads to the right and up."""
_ROOM = 0.9
"""Height of a plane among planes, as a share of the distance between them."""

Numbers = NDArray[np.float64]


def draw_cppn(
    genome: Genome, network: NetworkConfig, *, ax: Axes | None = None, theme: Theme | str = LIGHT, pair: int = 0
) -> Axes:
    """Paint the weights that a CPPN gives: blue is positive, orange negative, and nothing where no connection is.

    On lines, from the source's x (across) to the target's (up). In planes, a mosaic: each tile is the plane of the
    sources, and it lies where the target lies.

    Args:
        genome: The CPPN.
        network: Its settings, with a substrate.
        ax: Where to draw; by default axes in a new figure.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
        pair: Which pair of layers, in the order of the substrate.

    Raises:
        ConfigError: The encoding has no CPPN, or the settings describe no substrate.
    """
    theme, config = find_theme(theme), network.substrate
    ax = ax or _new_axes(theme)
    named = layers_of(config)
    names = [name for name, _ in named]
    pairs = pairs_of(config, names)
    a, b = pairs[pair % len(pairs)]
    source, target = named[a][1], named[b][1]
    image = _mosaic(genome, network, source, target, pair % len(pairs), len(pairs))
    plane = _is_plane(source) or _is_plane(target)
    _show(ax, theme, image, config.maximum, tiles=plane)
    what = "each tile: all sources of one target" if plane else "across: source x, up: target x"
    _title(ax, theme, f"{names[a]} → {names[b]}", f"{what}; blue +{config.maximum:g}, orange −{config.maximum:g}")
    return ax


def _mosaic(genome: Genome, network: NetworkConfig, source: Numbers, target: Numbers, pair: int, pairs: int) -> Numbers:
    """Return weights as an image, the first row at the bottom."""
    config = network.substrate
    fine, coarse = np.linspace(-1.0, 1.0, _PIXELS), np.linspace(-1.0, 1.0, _TILES)
    if _is_plane(source) or _is_plane(target):
        tiles, inside = _plane(target, coarse), _plane(source, fine)
        rows = (_TILES, _TILES, _PIXELS, _PIXELS)
    else:
        line = np.linspace(-1.0, 1.0, _TILES * _PIXELS)
        tiles, inside = _line(target, line), _line(source, line)
        rows = (len(line), 1, 1, len(line))
    to, from_ = np.repeat(tiles, len(inside), axis=0), np.tile(inside, (len(tiles), 1))
    weights = _weights(genome, network, from_, to, pair, pairs if config.multi else 1)
    image = weights.reshape(rows).transpose(0, 2, 1, 3)
    return image.reshape(rows[0] * rows[2], rows[1] * rows[3])


def _weights(genome: Genome, network: NetworkConfig, from_: Numbers, to: Numbers, pair: int, groups: int) -> Numbers:
    """Return the weights of connections between points, 0 where there is none."""
    config = network.substrate
    cppn = NetworkConfig(sigmoid_slope=network.sigmoid_slope, bias_value=network.bias_value)
    answers = outputs_of(Genomes.of([genome]), cppn, inputs_of(config, from_, to).T)[0]
    pair = pair if groups > 1 else 0
    o = answers[:, pair]
    size = np.minimum(np.abs(o), 1.0)
    if config.leo:
        return np.where(answers[:, groups + pair] > 0.0, np.sign(o) * size, 0.0) * config.maximum
    beyond = np.maximum(size - config.threshold, 0.0) / (1.0 - config.threshold)
    return np.asarray(np.sign(o) * beyond * config.maximum)


def _is_plane(points: Numbers) -> bool:
    return points.shape[1] >= 2 and all(len(np.unique(points[:, k])) > 1 for k in (0, 1))


def _plane(points: Numbers, line: Numbers) -> Numbers:
    """Return a grid over the first two axes, row by row; the others are those of the points' middle."""
    y, x = np.meshgrid(line, line, indexing="ij")
    return _completed(points, np.column_stack([x.reshape(-1), y.reshape(-1)]))


def _line(points: Numbers, line: Numbers) -> Numbers:
    return _completed(points, line[:, None])


def _completed(points: Numbers, first: Numbers) -> Numbers:
    rest = np.tile(points.mean(axis=0)[first.shape[1] :], (len(first), 1))
    return np.column_stack([first, rest])[:, : points.shape[1]]


def draw_substrate(
    genome: Genome, network: NetworkConfig, *, ax: Axes | None = None, theme: Theme | str = LIGHT
) -> Axes:
    """Draw a substrate with its connections: blue is positive, orange negative, wide is strong.

    Layers in one plane lie where they lie; layers that are planes are stacked, inputs below. Of more than 1,500
    connections the strongest are drawn.

    Args:
        genome: The CPPN.
        network: Its settings, with a substrate.
        ax: Where to draw; by default axes in a new figure.
        theme: ``"light"``, ``"dark"`` or a `Theme`.

    Raises:
        ConfigError: The encoding has no substrate, or the settings describe none.
    """
    from matplotlib.collections import LineCollection

    theme = find_theme(theme)
    ax = ax or _new_axes(theme)
    expand = getattr(decoder_of(network), "expand", None)
    if expand is None:
        raise ConfigError(f"the encoding {network.encoding!r} has no substrate to draw")
    made = expand(Genomes.of([genome]))[0]
    places, outlines = _projected(network, made)
    numbers = made.nodes["innovation"]
    genes = made.connections
    strongest = np.argsort(np.abs(genes["weight"]), kind="stable")[-_MOST_LINES:]
    shown = genes[strongest]
    ends = [places[np.searchsorted(numbers, shown[end])] for end in ("source", "target")]
    share = np.abs(shown["weight"]) / network.substrate.maximum
    crowd = float(np.clip(120.0 / max(1, len(shown)), 0.12, 1.0))
    colours = np.array([_rgba(theme.negative, theme.positive, weight) for weight in shown["weight"]]).reshape(-1, 4)
    colours[:, 3] = np.clip(share, 0.15, 1.0) * (0.35 + 0.65 * crowd)
    for outline in outlines:
        ax.fill(*outline.T, facecolor=theme.grid, alpha=0.35, edgecolor=theme.grid, linewidth=0.8, zorder=0)
    lines = LineCollection(
        list(np.stack(ends, axis=1)), colors=colours, linewidths=0.4 + 1.8 * share * crowd**0.3, zorder=1
    )
    ax.add_collection(lines)
    size = float(np.clip(900.0 / len(places), 5.0, 60.0))
    kinds = made.nodes["kind"]
    fills = [theme.input if k <= 1 else theme.output if k == OUTPUT else theme.hidden for k in kinds]
    ax.scatter(places[:, 0], places[:, 1], s=size, c=fills, edgecolors=theme.ink, linewidths=0.6, zorder=2)
    left_out = len(genes) - len(shown)
    words = f"{len(places):,} nodes, {len(genes):,} connections"
    _frame(ax, theme, places, outlines)
    _title(ax, theme, "substrate", f"{words}; the strongest {len(shown):,} are drawn" if left_out else words)
    return ax


def _projected(network: NetworkConfig, made: Genome) -> tuple[Numbers, list[Numbers]]:
    """Return where nodes stand in the picture, float64[nodes, 2], and outlines of planes behind them."""
    points, layer = _points(network, made)
    layers = int(layer.max()) + 1
    if points.shape[1] == 1:
        return np.column_stack([points[:, 0], 2.0 * layer / max(1, layers - 1) - 1.0]), []
    flat = points.shape[1] == 2 and not any(_is_plane(points[layer == k]) for k in (0, layers - 1))
    if flat:
        return points, []
    height = points[:, 2] if points.shape[1] > 2 else 2.0 * layer / max(1, layers - 1) - 1.0
    step = 2.0 / max(1, layers - 1)
    scale = _ROOM * step / (2.0 * _LEAN[1])

    def project(x: Any, y: Any, z: Any) -> Numbers:
        return np.column_stack([x + _LEAN[0] * y, z + _LEAN[1] * scale * y])

    corners = np.array([[-1.15, -1.15], [1.15, -1.15], [1.15, 1.15], [-1.15, 1.15]])
    heights = np.unique(np.round([height[layer == k].mean() for k in range(layers)], 6))
    outlines = [project(corners[:, 0], corners[:, 1], np.full(4, z)) for z in heights]
    return project(points[:, 0], points[:, 1], height), outlines


def _points(network: NetworkConfig, made: Genome) -> tuple[Numbers, NDArray[np.int64]]:
    """Return the coordinates of every node, and its layer."""
    from neat.networks.decoders.quadtree import place_of_cell

    named = layers_of(network.substrate)
    first, last = named[0][1], named[-1][1]
    fixed = len(first) + len(last)
    hidden = made.nodes["innovation"][fixed:]
    if network.encoding == "es-hyperneat":
        between = np.array([place_of_cell(int(number) - fixed) for number in hidden]).reshape(-1, 2)
        layer_of = np.ones(len(hidden), np.int64)
        last_layer = 2
    else:
        between = np.concatenate([first[:0], *(points for _, points in named[1:-1])])
        layer_of = np.concatenate(
            [np.full(len(points), i) for i, (_, points) in enumerate(named[1:-1], 1)] or [np.empty(0)]
        ).astype(np.int64)
        last_layer = len(named) - 1
    layer = np.concatenate([np.zeros(len(first), np.int64), np.full(len(last), last_layer), layer_of])
    return np.concatenate([first, last, between]), layer


def draw_quadtree(
    genome: Genome, network: NetworkConfig, *, ax: Axes | None = None, theme: Theme | str = LIGHT, node: int = 0
) -> Axes:
    """Draw where ES-HyperNEAT looks for the hidden nodes of one input: cells, their answers, and what was found.

    Args:
        genome: The CPPN.
        network: Its settings (``network.encoding = "es-hyperneat"``).
        ax: Where to draw; by default axes in a new figure.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
        node: Which input; outputs follow.

    Raises:
        ConfigError: The encoding has no quadtree.
    """
    from matplotlib.collections import PatchCollection
    from matplotlib.patches import Rectangle

    from neat.networks.decoders.es_hyperneat import EsHyperNeat
    from neat.networks.decoders.quadtree import cells_to, explore, place_of_cell

    decoder = decoder_of(network)
    if not isinstance(decoder, EsHyperNeat):
        raise ConfigError(f"the encoding {network.encoding!r} has no quadtree: only es-hyperneat has")
    theme = find_theme(theme)
    ax = ax or _new_axes(theme)
    (_, sources), (_, targets) = layers_of(network.substrate)
    ends = np.concatenate([sources, targets])
    x, y = ends[node % len(ends)]
    outgoing = node % len(ends) < len(sources)
    batch = decoder.cppns(Genomes.of([genome]))
    divided, answers, found = explore(batch, decoder.search(), float(x), float(y), outgoing)
    leaves, waiting = [], [(k % 2, k // 2, 1) for k in range(4)]
    while waiting:
        column, row, level = waiting.pop()
        cell = cells_to(level) + row * (1 << level) + column
        if divided[cell]:
            waiting += [(2 * column + k % 2, 2 * row + k // 2, level + 1) for k in range(4)]
        else:
            leaves.append((cell, level))
    boxes, colours = [], []
    for cell, level in leaves:
        u, v = place_of_cell(cell)
        width = 2.0 / (1 << level)
        boxes.append(Rectangle((u - width / 2, v - width / 2), width, width))
        colours.append(_mixed(theme, float(np.clip(answers[cell], -1.0, 1.0))))
    ax.add_collection(
        PatchCollection(boxes, facecolors=colours, edgecolors=theme.grid, linewidths=0.7, match_original=False)
    )
    middles = np.array([place_of_cell(int(cell)) for cell in found]).reshape(-1, 2)
    ax.scatter(middles[:, 0], middles[:, 1], s=18, c=theme.ink, zorder=3)
    ax.scatter(
        [x], [y], s=60, c=theme.input if outgoing else theme.output, edgecolors=theme.ink, zorder=4, clip_on=False
    )
    _frame(ax, theme, np.array([[-1.0, -1.0], [1.0, 1.0]]), [])
    whose = f"input {node % len(ends)}" if outgoing else f"output {node % len(ends) - len(sources)}"
    _title(ax, theme, f"quadtree of {whose}", f"{len(leaves):,} cells, {len(found):,} connections")
    return ax


def _new_axes(theme: Theme) -> Axes:
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(5.0, 5.0), facecolor=theme.background, layout="constrained")
    return figure.add_subplot()


def _rgba(negative: str, positive: str, weight: float) -> tuple[float, float, float, float]:
    from matplotlib.colors import to_rgba

    return to_rgba(positive if weight >= 0 else negative)


def _colours(theme: Theme) -> Colormap:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("weights", [theme.negative, theme.background, theme.positive])


def _mixed(theme: Theme, share: float) -> Sequence[float]:
    return _colours(theme)(0.5 + 0.5 * share)


def _show(ax: Axes, theme: Theme, image: Numbers, maximum: float, *, tiles: bool) -> None:
    ax.imshow(
        image,
        cmap=_colours(theme),
        vmin=-maximum,
        vmax=maximum,
        origin="lower",
        interpolation="nearest",
        aspect="equal",
    )
    ax.set(xticks=[], yticks=[])
    for side in ax.spines.values():
        side.set_color(theme.grid)
    if tiles:
        for k in range(1, _TILES):
            for line in (ax.axhline, ax.axvline):
                line(k * _PIXELS - 0.5, color=theme.background, linewidth=1.2)
    if not image.any():
        say(ax, theme, "no connections")


def _frame(ax: Axes, theme: Theme, places: Numbers, outlines: list[Numbers]) -> None:
    everything = np.concatenate([places, *outlines])
    low, high = everything.min(axis=0), everything.max(axis=0)
    margin = 0.08 * max(*(high - low), 0.5)
    ax.set(xlim=(low[0] - margin, high[0] + margin), ylim=(low[1] - margin, high[1] + margin), xticks=[], yticks=[])
    ax.set_facecolor(theme.background)
    ax.set_aspect("equal")
    ax.spines[:].set_visible(False)


def _title(ax: Axes, theme: Theme, title: str, note: str) -> None:
    ax.set_title(title, color=theme.ink, fontsize=10, loc="left")
    ax.set_xlabel(note, color=theme.muted, fontsize=8, loc="left")
