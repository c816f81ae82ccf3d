"""Moving pictures, frame by frame: a topology growing over generations, and a network at work beside its game.

Frames are arrays uint8, shape (height, width, 3); who writes them into a file or shows them is up to the caller.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from numpy.typing import NDArray

from neat.visualize.layout import GenomeLike, arrange, union
from neat.visualize.scene import make_scene
from neat.visualize.theme import Theme, find_theme
from neat.visualize.topology import draw_scene
from neat.visualize.widget import WidgetStep

__all__ = ["Frame", "activity_frames", "play_frames", "topology_frames"]

Frame = NDArray[np.uint8]

_DPI = 100
_TITLE = 20.0  # room for a line of text above a picture, in points
_LEAST = 0.05  # values that never exceed this stay dim
_FAINT = 0.15  # how much of a connection shows when nothing flows through it


def topology_frames(
    steps: Sequence[WidgetStep],
    *,
    size: tuple[int, int] = (800, 500),
    theme: Theme | str = "light",
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
) -> Iterator[Frame]:
    """Yield one frame per genome; every node keeps its place, every width means the same weight.

    Args:
        steps: Genomes in order, each with its generation and, if known, its fitness.
        size: Width and height of a frame, in pixels.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
        input_names: Names of the inputs.
        output_names: Names of the outputs.

    Raises:
        ConfigError: The number of names does not fit, or the theme is unknown.
    """
    chosen = find_theme(theme)
    placed = arrange(union([step.genome for step in steps][::-1]))
    scale = max((float(np.abs(s.genome.connections["weight"]).max(initial=0.0)) for s in steps), default=0.0) or 1.0
    for step in steps:
        canvas = _canvas(size, chosen)
        width, height = (72 * pixels / _DPI for pixels in size)
        inside = (height - _TITLE) / height
        scene = make_scene(
            step.genome,
            width,
            height - _TITLE,
            placed=placed,
            input_names=input_names,
            output_names=output_names,
            weight_scale=scale,
        )
        draw_scene(scene, canvas.figure.add_axes((0.0, 0.0, 1.0, inside)), chosen)
        fitness = "" if step.fitness is None else f"   fitness {step.fitness:.6g}"
        title = f"generation {step.generation}{fitness}"
        look: dict[str, Any] = {"fontsize": 10, "color": chosen.ink, "va": "center_baseline", "parse_math": False}
        canvas.figure.text(8 / width, 1 - 0.55 * _TITLE / height, title, **look)
        canvas.draw()
        yield _pixels(canvas)


def activity_frames(
    genome: GenomeLike,
    activity: Iterable[NDArray[np.float64]],
    *,
    size: tuple[int, int] = (640, 400),
    theme: Theme | str = "dark",
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
) -> Iterator[Frame]:
    """Yield one frame per array of node values: nodes glow with what they emit, connections with what they carry.

    Blue is positive, orange negative. A node is as bright as its value is large beside its largest so far, a connection
    as what it carries is beside the most that any has carried. A network of time steps shows its wave when every pass
    of `neat.visualize.trace.Tracer.step` gets a frame.

    Args:
        genome: Whose network is at work.
        activity: Values of all nodes, float64[nodes] each, in the genome's order.
        size: Width and height of a frame, in pixels.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
        input_names: Names of the inputs.
        output_names: Names of the outputs.

    Raises:
        ConfigError: The number of names does not fit, or the theme is unknown.
    """
    chosen = find_theme(theme)
    canvas = _canvas(size, chosen)
    scene = make_scene(
        genome,
        *(72 * pixels / _DPI for pixels in size),
        input_names=input_names,
        output_names=output_names,
        legend=False,
    )
    ax = canvas.figure.add_axes((0.0, 0.0, 1.0, 1.0))
    draw_scene(scene, ax, chosen)
    collections: dict[object, Any] = {collection.get_gid(): collection for collection in ax.collections}
    lines, nodes = collections["connections"], collections["nodes"]
    heads = collections.get("connections arrow heads")
    moving = [artist for artist in (lines, nodes, heads) if artist is not None]
    for artist in moving:
        artist.set_animated(True)
    canvas.draw()
    still = canvas.copy_from_bbox(canvas.figure.bbox)
    source = np.searchsorted(genome.nodes["innovation"], genome.connections["source"])
    weight = np.where(genome.connections["enabled"] != 0, genome.connections["weight"], 0.0)
    curved = [i for i, line in enumerate(scene.lines) if line.head is not None]
    rest = np.array([to_rgb(chosen.colour(node.fill)) for node in scene.nodes]).reshape(-1, 3)
    background = np.array(to_rgb(chosen.background))
    quiet = np.array(to_rgb(chosen.disabled))
    hues = np.array([to_rgb(chosen.negative), to_rgb(chosen.positive)])
    largest, most = np.full(len(genome.nodes), _LEAST), _LEAST
    for values in activity:
        largest = np.fmax(largest, np.abs(values))
        nodes.set_facecolor(_glow(values / largest, rest, hues))
        carried = weight * values[source]
        most = np.fmax(most, np.abs(carried).max(initial=0.0))
        colours = _glow(carried / most, _FAINT * quiet + (1 - _FAINT) * background, hues)
        lines.set_color(colours)
        if heads is not None:
            heads.set_facecolor(colours[curved])
        canvas.restore_region(still)
        for artist in moving:
            ax.draw_artist(artist)
        yield _pixels(canvas)


def play_frames(
    genome: GenomeLike,
    pictures: Iterable[Frame],
    activity: Iterable[NDArray[np.float64]],
    *,
    height: int = 400,
    theme: Theme | str = "dark",
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
) -> Iterator[Frame]:
    """Yield frames that show a game on the left and the network that plays it on the right.

    Args:
        genome: Who plays.
        pictures: What the game looks like, uint8, shape (h, w, 3), all of one size.
        activity: Values of all nodes at the same moments, float64[nodes] each, in the genome's order.
        height: Of the frames, in pixels; the game's pictures are scaled to it.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
        input_names: Names of the inputs.
        output_names: Names of the outputs.

    Raises:
        ConfigError: The number of names does not fit, or the theme is unknown.
    """
    from PIL import Image

    panels = activity_frames(
        genome,
        activity,
        size=(int(1.5 * height) // 2 * 2, height),
        theme=theme,
        input_names=input_names,
        output_names=output_names,
    )
    for picture, panel in zip(pictures, panels, strict=True):
        width = max(2, round(picture.shape[1] * height / picture.shape[0] / 2) * 2)
        # Coarse pictures keep their hard edges; larger ones are smoothed.
        how = Image.Resampling.NEAREST if 2 * picture.shape[0] <= height else Image.Resampling.BILINEAR
        game = np.asarray(Image.fromarray(picture).resize((width, height), how))
        yield np.hstack([game, panel])


def _glow(values: NDArray[np.float64], rest: NDArray[np.float64], hues: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return colours float64[n, 3] from ``rest`` (0) to the hue of the sign (±1)."""
    strength = np.sqrt(np.minimum(1.0, np.abs(np.nan_to_num(values))))[:, None]
    return np.asarray((1 - strength) * rest + strength * hues[(values > 0).astype(np.int64)])


def _canvas(size: tuple[int, int], theme: Theme) -> Any:
    """Return an Agg canvas of a size in pixels (Any: Matplotlib's canvases carry no types)."""
    figure = Figure(figsize=(size[0] / _DPI, size[1] / _DPI), dpi=_DPI, facecolor=theme.background)
    return FigureCanvasAgg(figure)


def _pixels(canvas: Any) -> Frame:
    return np.asarray(canvas.buffer_rgba(), np.uint8)[:, :, :3].copy()
