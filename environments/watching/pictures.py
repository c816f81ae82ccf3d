"""Converts what the ``render()`` of environments returns to pictures of one type and one size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neat.errors import EvaluationError

__all__ = ["Picture", "Pictures"]

Picture = NDArray[np.uint8]
"""uint8, shape (height, width, 3): red, green and blue."""
_MOST_EMPTY = 10  # an environment may have no picture at first, but only for so many steps


class Pictures:
    """Converts pictures of many kinds to uint8, shape (height, width, 3), all of the same size.

    The kinds are: grey pictures (height, width) and (height, width, 1); grey or colour with transparency (shown on
    white); colours first (3, height, width); bools; floats from 0 to 1 or from 0 to 255; 16-bit integers; Pillow
    images; and lists of pictures, of which the last is used. None repeats the previous picture. A picture of another
    size is resized to fit into the size of the first.
    """

    def __init__(self) -> None:
        self._last: Picture | None = None
        self._empty = 0
        self._bright = False  # whether floats go up to 255, or integers up to 65,535

    def take(self, given: Any) -> Picture | None:
        """Return a picture (uint8, shape (height, width, 3)), or None if there has been none yet.

        Raises:
            EvaluationError: ``given`` is not a picture, or it was None the first ten times.
        """
        if isinstance(given, np.ndarray) and given.dtype == np.uint8 and given.ndim == 3 and given.shape[2] == 3:
            array: NDArray[Any] | None = given
        else:
            array = _array(given)
        if array is None:
            self._empty += 1
            if self._last is None and self._empty >= _MOST_EMPTY:
                raise EvaluationError("returned no picture but None, expected an array of shape (height, width, 3)")
            return self._last
        picture = _three_colours(self._bytes(array))
        if self._last is not None and picture.shape != self._last.shape:
            picture = _fitted(picture, self._last.shape[1], self._last.shape[0])
        self._last = picture
        return picture

    def _bytes(self, array: NDArray[Any]) -> Picture:
        """Return the picture as uint8 from 0 to 255."""
        if array.dtype == np.uint8:
            return array
        if array.dtype == np.bool_:
            return array.astype(np.uint8) * np.uint8(255)
        numbers = np.nan_to_num(array.astype(np.float64), nan=0.0, posinf=255.0, neginf=0.0)
        top = float(numbers.max())
        if array.dtype.kind == "f":
            self._bright = self._bright or top > 2.0  # rounding may give a little more than 1
            numbers = numbers if self._bright else 255.0 * numbers
        elif array.dtype == np.uint16:
            self._bright = self._bright or top > 255.0
            numbers = numbers / 257.0 if self._bright else numbers
        return np.clip(np.rint(numbers), 0, 255).astype(np.uint8)


def _array(given: Any) -> NDArray[Any] | None:
    """Return a picture as an array of two or three dimensions, or None for None.

    Raises:
        EvaluationError: ``given`` is something else.
    """
    while isinstance(given, (list, tuple)) and _holds_pictures(given):
        given = given[-1] if given else None
    if given is None:
        return None
    convert: Callable[[str], Any] | None = getattr(given, "convert", None)
    if convert is not None and type(given).__module__.startswith("PIL."):
        given = convert("RGB")
    try:
        array = np.asarray(given)
    except (TypeError, ValueError, RuntimeError) as error:
        raise EvaluationError(f"returned a {type(given).__name__}, which is not a picture: {error}") from None
    if array.ndim == 4 and len(array):
        array = array[-1]
    if array.ndim == 3 and array.shape[2] > 4 and array.shape[0] in (1, 3, 4):
        array = np.moveaxis(array, 0, 2)
    fits = array.ndim == 2 or (array.ndim == 3 and 1 <= array.shape[2] <= 4)
    if not fits or array.size == 0 or array.dtype.kind not in "buif":
        what = f"an array of shape {array.shape} and type {array.dtype}" if array.ndim else f"a {type(given).__name__}"
        raise EvaluationError(f"returned {what}, expected a picture: uint8, shape (height, width, 3)")
    return array


def _holds_pictures(given: Any) -> bool:
    """Return whether this is a (possibly empty) list of pictures, and not a list of rows of numbers."""
    if not isinstance(given, (list, tuple)):
        return given is None or hasattr(given, "convert") or getattr(given, "ndim", 0) >= 2
    return not given or _holds_pictures(given[-1])


def _three_colours(array: Picture) -> Picture:
    """Return a picture with one to four values per pixel as red, green and blue."""
    if array.ndim == 2:
        array = array[:, :, None]
    depth = array.shape[2]
    if depth in (2, 4):  # the last one is the opacity, on a white background
        colours, cover = array[:, :, :-1].astype(np.float64), array[:, :, -1:] / 255.0
        array = np.rint(cover * colours + (1.0 - cover) * 255.0).astype(np.uint8)
    return np.repeat(array, 3, axis=2) if depth < 3 else array


def _fitted(picture: Picture, width: int, height: int) -> Picture:
    """Return a picture resized to fit into a size, centred on black."""
    from PIL import Image

    scale = min(width / picture.shape[1], height / picture.shape[0])
    size = max(1, round(scale * picture.shape[1])), max(1, round(scale * picture.shape[0]))
    frame = np.zeros((height, width, 3), np.uint8)
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    frame[top : top + size[1], left : left + size[0]] = np.asarray(Image.fromarray(picture).resize(size))
    return frame
