"""Animations, frame by frame: a topology growing over the generations, and a network in action beside its game.

Frames are arrays uint8, shape (height, width, 3); the caller writes or shows them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import Any

import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from neat.visualize.activity import DPI, ActivityPanel, Frame, new_canvas, pixels
from neat.visualize.excerpt import excerpts
from neat.visualize.layout import GenomeLike, arrange, union
from neat.visualize.scene import make_scene
from neat.visualize.theme import DARK, LIGHT, Theme, find_theme
from neat.visualize.topology import draw_scene
from neat.visualize.widget import WidgetStep

__all__ = ["BothLayouts", "Frame", "PlayPanel", "activity_frames", "matching_theme", "topology_frames"]

_TITLE = 20.0  # room for a line of text above a picture, in points
_MARGIN = 0.035  # around the game, in heights of a frame
_CORNER = 0.03  # radius of its corners, likewise
_WIDEST = 3.0  # of the game's picture, likewise
_STACKED = 1.4  # width of frames with the network below the game, in heights of the game
_ALIKE = 1.08  # so much wider than that, frames can as well be put together from those side by side


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
    parts = excerpts([step.genome for step in steps], input_names, output_names)
    placed = arrange(union(parts[::-1]))
    scale = max((float(np.abs(s.genome.connections["weight"]).max(initial=0.0)) for s in steps), default=0.0) or 1.0
    for step, part in zip(steps, parts, strict=True):
        canvas = new_canvas(size, chosen)
        width, height = (72 * side / DPI for side in size)
        inside = (height - _TITLE) / height
        scene = make_scene(
            part,
            width,
            height - _TITLE,
            placed=placed,
            input_names=part.input_names,
            output_names=part.output_names,
            weight_scale=scale,
        )
        draw_scene(scene, canvas.figure.add_axes((0.0, 0.0, 1.0, inside)), chosen)
        fitness = "" if step.fitness is None else f"   fitness {step.fitness:.6g}".replace("-", "−")
        title = f"generation {step.generation}{fitness}"
        look: dict[str, Any] = {"fontsize": 10, "color": chosen.ink, "va": "center_baseline", "parse_math": False}
        canvas.figure.text(8 / width, 1 - 0.55 * _TITLE / height, title, **look)
        canvas.draw()
        yield pixels(canvas)


def activity_frames(
    genome: GenomeLike,
    activity: Iterable[NDArray[np.float64]],
    *,
    taken: Iterable[NDArray[np.float64] | None] | None = None,
    size: tuple[int, int] = (640, 400),
    theme: Theme | str = "dark",
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    amounts: Sequence[bool] | None = None,
) -> Iterator[Frame]:
    """Yield one frame per array of node values: nodes glow with what they emit, connections with what they carry.

    A network of time steps shows its wave when every pass of `neat.networks.trace.Tracer.step` gets a frame.

    Args:
        genome: Whose network is at work.
        activity: Values of all nodes, float64[nodes] each, in the genome's order.
        taken: What the action says about each output at the same moments (`ActivityPanel.draw`).
        size: Width and height of a frame, in pixels.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
        input_names: Names of the inputs.
        output_names: Names of the outputs.
        amounts: Which outputs say how much rather than what.

    Raises:
        ConfigError: The number of names does not fit, or the theme is unknown.
    """
    panel = ActivityPanel(
        genome, size=size, theme=theme, input_names=input_names, output_names=output_names, amounts=amounts
    )
    for values, action in zip(activity, taken or repeat(None)):  # noqa: B905 (without actions they never end)
        yield panel.draw(values, action)


class PlayPanel:
    """A game on the left, and the network that plays it on the right; or below it, for narrow screens."""

    def __init__(
        self,
        genome: GenomeLike,
        picture: Frame,
        *,
        height: int = 400,
        theme: Theme | str | None = None,
        input_names: Sequence[str] | None = None,
        output_names: Sequence[str] | None = None,
        amounts: Sequence[bool] | None = None,
        stacked: bool = False,
    ) -> None:
        """Draw what does not change.

        Args:
            genome: The genome that plays.
            picture: What the game looks like, uint8, shape (h, w, 3).
            height: Of the frames, in pixels; the game's pictures are scaled to it. Of the game alone where they are
                stacked.
            theme: ``"light"``, ``"dark"`` or a `Theme`; by default the one that goes with the game's own background.
            input_names: Names of the inputs.
            output_names: Names of the outputs.
            amounts: See `ActivityPanel`.
            stacked: Whether the network is below the game.

        Raises:
            ConfigError: The number of names does not fit, or the theme is unknown.
        """
        chosen = find_theme(theme) if theme is not None else matching_theme(picture)
        self._stacked = stacked
        self._card = _Card(picture, height, chosen, _STACKED * height if stacked else None)
        wide = float(np.clip(len(genome.nodes) / 20, 1.5, 2.2))
        size = (
            (self._card.width, round(0.72 * self._card.width) // 2 * 2)
            if stacked
            else (int(wide * height) // 2 * 2, height)
        )
        self._panel = ActivityPanel(
            genome,
            size=size,
            theme=chosen,
            input_names=input_names,
            output_names=output_names,
            amounts=amounts,
        )

    def show(self, picture: Frame, values: NDArray[np.float64], taken: NDArray[np.float64] | None = None) -> Frame:
        """Return a frame: a picture of the game's, as large as the first, and what `ActivityPanel.draw` makes."""
        parts = self.parts(picture, values, taken)
        return np.vstack(parts) if self._stacked else np.hstack(parts)

    def parts(
        self, picture: Frame, values: NDArray[np.float64], taken: NDArray[np.float64] | None = None
    ) -> tuple[Frame, Frame]:
        """Return the two parts of a frame, the game and the network; see `show`."""
        return self._card.show(picture), self._panel.draw(values, taken)

    @property
    def widths(self) -> tuple[int, int]:
        """Of the game and of the network, in pixels."""
        return self._card.width, self._panel.width


class BothLayouts:
    """The same moments as two frames: for wide screens the network beside the game, for narrow ones below it.

    What is about as wide in both is drawn once.
    """

    def __init__(self, genome: GenomeLike, picture: Frame, *, height: int = 400, **look: Any) -> None:
        """Draw what does not change.

        Args:
            genome: The genome that plays.
            picture: What the game looks like, uint8, shape (h, w, 3).
            height: Of the game in the frames, in pixels.
            look: What else `PlayPanel` takes.

        Raises:
            ConfigError: The number of names does not fit, or the theme is unknown.
        """
        self._wide = PlayPanel(genome, picture, height=height, **look)
        width = max(self._wide.widths)
        self._margins = [(width - side) // 2 for side in self._wide.widths]
        alike = width <= _ALIKE * _STACKED * height
        self._narrow = None if alike else PlayPanel(genome, picture, height=height, stacked=True, **look)

    def show(
        self, picture: Frame, values: NDArray[np.float64], taken: NDArray[np.float64] | None = None
    ) -> tuple[Frame, Frame]:
        """Return the wide frame and the narrow one; see `PlayPanel.show`."""
        parts = self._wide.parts(picture, values, taken)
        if self._narrow is not None:
            return np.hstack(parts), self._narrow.show(picture, values, taken)
        below = [
            np.pad(part, ((0, 0), (margin, margin), (0, 0)), mode="edge")
            for part, margin in zip(parts, self._margins, strict=True)
        ]
        return np.hstack(parts), np.vstack(below)


def matching_theme(picture: Frame) -> Theme:
    """Return the light theme for a game whose border is light, else the dark one."""
    border = np.concatenate([picture[0], picture[-1], picture[:, 0], picture[:, -1]])
    return LIGHT if float(np.median(border.mean(axis=1))) > 110 else DARK


class _Card:
    """A game's picture with rounded corners and a fine border, on the theme's background."""

    def __init__(self, picture: Frame, height: int, theme: Theme, width: float | None = None) -> None:
        """Lay the card out; its width follows the picture's, up to a bound, unless it is given."""
        from PIL import Image, ImageDraw

        margin = round(_MARGIN * height)
        most = (_WIDEST * height if width is None else width) - 2 * margin
        scale = min((height - 2 * margin) / picture.shape[0], most / picture.shape[1])
        inside = max(2, round(picture.shape[0] * scale))
        self._size = max(2, round(picture.shape[1] * scale)), inside
        self.width = width = int((self._size[0] if width is None else most) + 2 * margin + 1) // 2 * 2
        left, top = (width - self._size[0]) // 2, (height - inside) // 2
        background, grid = (255 * np.array(to_rgb(colour)) for colour in (theme.background, theme.grid))
        self._blank = np.full((height, width, 3), background).round().astype(np.uint8)
        self._place = slice(top, top + inside), slice(left, left + self._size[0])
        # Coarse pictures keep their hard edges; larger ones are smoothed.
        self._how = Image.Resampling.NEAREST if 2 * picture.shape[0] <= inside else Image.Resampling.BOX
        fine = 4
        large = (fine * self._size[0], fine * inside)
        masks = []
        for inset in (0, fine):
            mask = Image.new("L", large, 0)
            corners = inset, inset, large[0] - 1 - inset, large[1] - 1 - inset
            ImageDraw.Draw(mask).rounded_rectangle(corners, radius=fine * _CORNER * height - inset, fill=255)
            masks.append(np.asarray(mask.resize(self._size, Image.Resampling.BOX), np.float64)[:, :, None] / 255)
        outer, inner = masks
        self._over = (1 - outer) * background + (outer - inner) * grid
        self._edge = np.flatnonzero(inner < 1)  # pixels of the border and the corners, few
        self._share, self._over = inner.reshape(-1, 1)[self._edge], self._over.reshape(-1, 3)[self._edge]

    def show(self, picture: Frame) -> Frame:
        """Return the card with a picture on it."""
        from PIL import Image

        game = np.array(Image.fromarray(picture).resize(self._size, self._how))
        dots = game.reshape(-1, 3)
        dots[self._edge] = (self._share * dots[self._edge] + self._over).round().astype(np.uint8)
        frame = self._blank.copy()
        frame[self._place] = game
        return frame
