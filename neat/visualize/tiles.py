"""Images side by side, each with a title."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib
import numpy as np
from matplotlib.colors import to_rgb
from numpy.typing import NDArray

from neat.visualize.text import shorten
from neat.visualize.theme import Theme, find_theme

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

__all__ = ["Tiles"]

_GAP, _TITLE, _FONT = 10, 26, 14  # pixels
_WIDE = 16 / 9
_FADED = 0.45  # how much is left of a picture that stands still because its film is over


class Tiles:
    """A page of equally large tiles, in as many columns as make it look like a screen."""

    def __init__(self, count: int, size: tuple[int, int], *, theme: Theme | str = "dark") -> None:
        """Lay out the page.

        Args:
            count: Number of pictures.
            size: Width and height of the largest, in pixels.
            theme: ``"light"``, ``"dark"`` or a `Theme`.
        """
        self._theme = find_theme(theme)
        self._size = size
        self._columns = min(range(1, count + 1), key=lambda columns: abs(math.log(self._shape(columns, count) / _WIDE)))
        self._rows = math.ceil(count / self._columns)
        self._background = np.round(255 * np.array(to_rgb(self._theme.background)))

    def _shape(self, columns: int, count: int) -> float:
        return columns * (self._size[0] + _GAP) / (math.ceil(count / columns) * (self._size[1] + _TITLE + _GAP))

    def show(
        self, pictures: Sequence[NDArray[np.uint8]], titles: Sequence[str], over: Sequence[bool]
    ) -> NDArray[np.uint8]:
        """Return the page, uint8, shape (height, width, 3).

        Args:
            pictures: uint8, shape (h, w, 3), none larger than ``size``.
            titles: A line for each.
            over: Which of them stand still, and are faded.
        """
        width, height = self._size
        across, down = width + _GAP, height + _TITLE + _GAP
        shape = self._rows * down + _GAP, self._columns * across + _GAP, 3
        page = np.full(shape, self._background, np.uint8)
        for i, (picture, title, ended) in enumerate(zip(pictures, titles, over, strict=True)):
            left, top = _GAP + i % self._columns * across, _GAP + i // self._columns * down
            page[top : top + _TITLE, left : left + width] = _line(title, width, self._theme)
            if ended:
                picture = np.round(_FADED * picture + (1 - _FADED) * self._background).astype(np.uint8)
            h, w = picture.shape[:2]
            top, left = top + _TITLE, left + (width - w) // 2
            page[top : top + h, left : left + w] = picture
        return page


@cache
def _font() -> FreeTypeFont:
    from PIL import ImageFont

    return ImageFont.truetype(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf", _FONT)


def _line(text: str, width: int, theme: Theme) -> NDArray[np.uint8]:
    from PIL import Image, ImageDraw

    image = Image.new("RGB", (width, _TITLE), theme.background)
    look: Any = {"fill": theme.ink, "font": _font(), "anchor": "lm"}
    ImageDraw.Draw(image).text((2, _TITLE / 2 - 1), shorten(text, _FONT, width - 4), **look)
    return np.asarray(image)
