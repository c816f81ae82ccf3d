"""A network in action: nodes lit by their values, connections by the signals they carry, and the chosen action."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection, PatchCollection
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Circle
from numpy.typing import NDArray

from neat.genes.kinds import NodeKind
from neat.visualize.excerpt import excerpt
from neat.visualize.layout import GenomeLike
from neat.visualize.scene import Scene, make_scene
from neat.visualize.theme import Theme, find_theme
from neat.visualize.topology import draw_scene

__all__ = ["DPI", "ActivityPanel", "Frame", "new_canvas", "pixels"]

Frame = NDArray[np.uint8]

DPI = 100
_LEAST = 0.05  # values that never exceed this stay dim
_FAINT = 0.3  # how much of a connection shows when nothing flows through it
_LEVELS = 12  # shades of a glow: what has hardly changed stays the same picture, which films store for nothing
_HALOS = ((2.1, 0.1), (1.75, 0.12), (1.4, 0.16))  # radii of the glow around a node, in its own, and their opacities
_RING = 2.6  # distance of the ring around a chosen output, in points
_GAUGE = 40.0  # length of the bar below the name of an output that is an amount, in points

Colours = NDArray[np.float64]


def new_canvas(size: tuple[int, int], theme: Theme) -> Any:
    """Return an Agg canvas of a size in pixels (Any: Matplotlib's canvases carry no types)."""
    figure = Figure(figsize=(size[0] / DPI, size[1] / DPI), dpi=DPI, facecolor=theme.background)
    return FigureCanvasAgg(figure)


def pixels(canvas: Any) -> Frame:
    """Return what a canvas shows, uint8, shape (height, width, 3)."""
    from PIL import Image

    shown = np.asarray(canvas.buffer_rgba())
    return np.array(Image.frombuffer("RGBA", shown.shape[1::-1], shown, "raw", "RGBA", 0, 1).convert("RGB"))


class ActivityPanel:
    """A drawing of a network whose lights are set again for every picture; all else is drawn once."""

    def __init__(
        self,
        genome: GenomeLike,
        *,
        size: tuple[int, int] = (640, 400),
        theme: Theme | str = "dark",
        input_names: Sequence[str] | None = None,
        output_names: Sequence[str] | None = None,
        amounts: Sequence[bool] | None = None,
    ) -> None:
        """Draw what does not change.

        Args:
            genome: Whose network is at work.
            size: Width and height in pixels.
            theme: ``"light"``, ``"dark"`` or a `Theme`.
            input_names: Names of the inputs.
            output_names: Names of the outputs.
            amounts: Which outputs say how much (a bar shows it) rather than what (a ring marks what is chosen); none by
                default.

        Raises:
            ConfigError: The number of names does not fit, or the theme is unknown.
        """
        self.theme = find_theme(theme)
        points = (72 * side / DPI for side in size)
        part = excerpt(genome, input_names, output_names)
        names: dict[str, Any] = {"input_names": part.input_names, "output_names": part.output_names}
        self.scene = make_scene(part, *points, legend=False, **names)
        self._canvas = new_canvas(size, self.theme)
        self._ax = self._canvas.figure.add_axes((0.0, 0.0, 1.0, 1.0))
        draw_scene(self.scene, self._ax, self.theme)
        genes = part.connections
        self._places, self._shown = part.places, part.outputs
        self._source = np.searchsorted(part.nodes["innovation"], genes["source"])
        self._weight = np.where(genes["enabled"] != 0, genes["weight"], 0.0)
        self._outputs = np.flatnonzero(part.nodes["kind"] == NodeKind.OUTPUT)
        told = np.zeros(len(self._outputs), np.bool_) if amounts is None else np.asarray(amounts, np.bool_)[self._shown]
        self._amounts = told
        self._largest, self._most = np.full(len(part.nodes), _LEAST), _LEAST
        self._seen: bytes | None = None
        self.width = size[0]
        self._shows = np.zeros((size[1], size[0], 3), np.uint8)
        self._stickers: dict[tuple[int, bool], _Sticker] = {}
        self._prepare()

    def draw(self, values: NDArray[np.float64], taken: NDArray[np.float64] | None = None) -> Frame:
        """Return the picture for the values of all nodes.

        A node is as bright as its value is large beside its largest so far, a connection as what it carries is beside
        the most that any has carried. Blue is positive, orange negative.

        Args:
            values: Of all nodes, float64[nodes], in the genome's order.
            taken: What the action says about each output, float64[outputs]: 1 where it was chosen, 0 where not; of an
                amount its place between its bounds, from -1 to 1.
        """
        values = values[self._places]
        self._largest = np.fmax(self._largest, np.abs(values))
        carried = self._weight * values[self._source]
        self._most = float(np.fmax(self._most, np.abs(carried).max(initial=0.0)))
        nodes, lines = _levels(values / self._largest), _levels(carried / self._most)
        shares = np.zeros(len(self._outputs)) if taken is None else np.nan_to_num(taken)[self._shown]
        shares = np.round(_GAUGE * shares) / _GAUGE
        state = nodes.tobytes() + lines.tobytes() + shares.tobytes()
        if state != self._seen:
            self._seen = state
            self._light(nodes, lines)
            stickers = self._mark(shares)
            self._canvas.restore_region(self._still)
            for artist in self._moving:
                self._ax.draw_artist(artist)
            self._shows = pixels(self._canvas)
            for sticker in stickers:
                sticker.on(self._shows)
        return self._shows.copy()

    def _prepare(self) -> None:
        """Make the marks that draw_scene knows nothing of, and keep the picture of what never moves."""
        scene, theme, ax = self.scene, self.theme, self._ax
        found: dict[object, Any] = {collection.get_gid(): collection for collection in ax.collections}
        self._lines, self._nodes = found["connections"], found["nodes"]
        self._heads = found.get("connections arrow heads")
        self._curved = [i for i, line in enumerate(scene.lines) if line.head is not None]
        halos = [Circle((node.x, node.y), size * node.radius) for size, _ in _HALOS for node in scene.nodes]
        self._halos: Any = PatchCollection(halos, linewidths=0, zorder=0.5)
        self._halos.set_gid("halos")
        outputs = [scene.nodes[i] for i in self._outputs]
        rings = [Circle((node.x, node.y), node.radius + _RING) for node in outputs]
        self._rings: Any = PatchCollection(rings, facecolors="none", edgecolors=theme.ink, linewidths=0.0, zorder=3.2)
        self._rings.set_gid("chosen")
        self._names = _names_of(scene, outputs, ax)
        self._gauges = self._make_gauges(scene, outputs)
        for added in (self._halos, self._rings):
            ax.add_collection(added, autolim=False)
        self._rest = np.array([to_rgb(theme.colour(node.fill)) for node in scene.nodes]).reshape(-1, 3)
        background, quiet = np.array(to_rgb(theme.background)), np.array(to_rgb(theme.disabled))
        self._faint = _FAINT * quiet + (1 - _FAINT) * background
        self._hues = np.array([to_rgb(theme.negative), to_rgb(theme.positive)])
        names = [name for name in self._names if name is not None]
        drawn = [self._halos, self._lines, self._nodes, self._rings, self._heads, self._gauges]
        self._moving = [artist for artist in drawn if artist is not None]
        for artist in [*self._moving, *names]:
            artist.set_animated(True)
        self._canvas.draw()
        self._still = self._canvas.copy_from_bbox(self._canvas.figure.bbox)

    def _make_gauges(self, scene: Scene, outputs: Sequence[Any]) -> LineCollection | None:
        """Return the bars of outputs that are amounts, with a track below each."""
        self._bars = [(node.x + node.radius + 6, node.y + 9.0) for node in outputs]
        self._length = min([_GAUGE, *(scene.width - 5 - x for x, _ in self._bars)])
        if not self._amounts.any() or self._length < 8:
            return None
        gauges = LineCollection([], linewidths=3.0, capstyle="butt", zorder=4)
        gauges.set_gid("amounts")
        self._ax.add_collection(gauges, autolim=False)
        return gauges

    def _light(self, nodes: NDArray[np.float64], lines: NDArray[np.float64]) -> None:
        self._nodes.set_facecolor(self._glow(nodes, self._rest))
        colours = self._glow(lines, self._faint)
        self._lines.set_color(colours)
        if self._heads is not None:
            self._heads.set_facecolor(colours[self._curved])
        hue = self._hues[(nodes > 0).astype(np.int64)]
        halos = [np.column_stack([hue, opacity * np.abs(nodes)]) for _, opacity in _HALOS]
        self._halos.set_facecolor(np.vstack(halos))

    def _mark(self, shares: NDArray[np.float64]) -> list[_Sticker]:
        """Show what the action says about each output; return the outputs' names, to be put on last."""
        chosen = (shares > 0) & ~self._amounts
        self._rings.set_linewidth(np.where(chosen, 1.6, 0.0))
        theme = self.theme
        stickers = []
        for place, (name, marked) in enumerate(zip(self._names, chosen.tolist(), strict=True)):
            if name is not None:
                name.set_color(theme.background if marked else theme.ink)
                name.get_bbox_patch().set_alpha(1.0 if marked else 0.0)
                if (place, marked) not in self._stickers:
                    self._stickers[place, marked] = self._sticker_of(name)
                stickers.append(self._stickers[place, marked])
        if self._gauges is not None:
            segments, colours = [], []
            for i in np.flatnonzero(self._amounts):
                x, y = self._bars[i]
                middle, half = x + self._length / 2, self._length / 2
                segments += [[(x, y), (x + self._length, y)], [(middle, y), (middle + half * shares[i], y)]]
                colours += [theme.grid, theme.positive if shares[i] > 0 else theme.negative]
            self._gauges.set_segments(segments)
            self._gauges.set_color(colours)
        return stickers

    def _sticker_of(self, text: Any) -> _Sticker:
        """Draw a text as it is now on nothing: setting letters takes longer than all the rest of a picture."""
        self._canvas.get_renderer().clear()
        self._ax.draw_artist(text)
        return _Sticker(np.asarray(self._canvas.buffer_rgba()))

    def _glow(self, levels: NDArray[np.float64], rest: Colours) -> Colours:
        """Return colours float64[n, 3] from ``rest`` (0) to the hue of the sign (±1)."""
        strength = np.abs(levels)[:, None]
        return np.asarray((1 - strength) * rest + strength * self._hues[(levels > 0).astype(np.int64)])


class _Sticker:
    """A small picture with transparency that is put on larger ones, always at the same place."""

    def __init__(self, drawn: NDArray[np.uint8]) -> None:
        """Cut out of a drawing (uint8, shape (height, width, 4)) what is not empty."""
        rows, columns = (np.flatnonzero(drawn[:, :, 3].any(axis=axis)) for axis in (1, 0))
        self._place = tuple(slice(at[0], at[-1] + 1) if len(at) else slice(0) for at in (rows, columns))
        cut = drawn[self._place].astype(np.float64)
        cover = cut[:, :, 3:] / 255
        self._adds, self._leaves = cover * cut[:, :, :3] + 0.5, 1 - cover

    def on(self, frame: Frame) -> None:
        """Put it on a frame."""
        frame[self._place] = (self._adds + self._leaves * frame[self._place]).astype(np.uint8)


def _names_of(scene: Scene, outputs: Sequence[Any], ax: Any) -> list[Any]:
    """Return the text of each output's name, with a pill behind it that shows when asked to; None without a name."""
    found = []
    for node in outputs:
        near = (i for i, label in enumerate(scene.labels) if abs(label.y - node.y) < 0.1 and label.x > node.x)
        text = next((ax.texts[i] for i in near if scene.labels[i].anchor == "start"), None)
        if text is not None:
            ink = text.get_color()
            text.set_bbox(
                {"boxstyle": "round,pad=0.28,rounding_size=0.35", "facecolor": ink, "linewidth": 0, "alpha": 0}
            )
        found.append(text)
    return found


def _levels(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return how strongly shares (-1 to 1) glow, from -1 to 1 in a few levels; small ones are lifted."""
    clean = np.clip(np.nan_to_num(shares), -1.0, 1.0)
    return np.asarray(np.sign(clean) * np.round(_LEVELS * np.sqrt(np.abs(clean))) / _LEVELS)
