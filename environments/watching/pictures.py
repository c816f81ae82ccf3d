"""What an environment's ``render()`` returns, whatever it is, as pictures of one kind and one size."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neat.errors import EvaluationError

__all__ = ["Picture", "Pictures"]

Picture = NDArray[np.uint8]
"""uint8, shape (height, width, 3): red, green and blue."""
_MOST_EMPTY = 10  # an environment may have nothing to show at first, but not for long


class Pictures:
    """Makes pictures of one kind (uint8, shape (height, width, 3)) and one size of what it is given.

    Taken are grey pictures (height, width) and (height, width, 1), grey or colour with transparency (on white), colour
    first (3, height, width), truth values, floats from 0 to 1 or to 255, 16-bit numbers, Pillow's images, and lists of
    pictures, of which the last counts. Where there is none (None), the one before stands still; a picture of another
    size than the first is fitted into it.
    """

    def __init__(self) -> None:
        self._last: Picture | None = None
        self._empty = 0
        self._bright = False  # whether floats go up to 255, or integers up to 65,535

    def take(self, given: Any) -> Picture | None:
        """Return a picture, or None where there has not been one yet.

        Raises:
            EvaluationError: It is no picture, or there has been none ten times.
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
        """Return the numbers from 0 to 255."""
        if array.dtype == np.uint8:
            return array
        if array.dtype == np.bool_:
            return array.astype(np.uint8) * np.uint8(255)
        numbers = np.nan_to_num(array.astype(np.float64), nan=0.0, posinf=255.0, neginf=0.0)
        top = float(numbers.max())
        if array.dtype.kind == "f":
            self._bright = self._bright or top > 2.0  # a little more than 1 comes of rounding
            numbers = numbers if self._bright else 255.0 * numbers
        elif array.dtype == np.uint16:
            self._bright = self._bright or top > 255.0
            numbers = numbers / 257.0 if self._bright else numbers
        return np.clip(np.rint(numbers), 0, 255).astype(np.uint8)


def _array(given: Any) -> NDArray[Any] | None:
    """Return what was given as an array of two or three dimensions, or None.

    Raises:
        EvaluationError: It is something else.
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
        raise EvaluationError(f"returned a {type(given).__name__} that is no picture: {error}") from None
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
    """Tell whether this is a list of pictures, which may be empty, and not of rows of numbers."""
    if not isinstance(given, (list, tuple)):
        return given is None or hasattr(given, "convert") or getattr(given, "ndim", 0) >= 2
    return not given or _holds_pictures(given[-1])


def _three_colours(array: Picture) -> Picture:
    """Return red, green and blue of a picture that has one to four numbers a pixel."""
    if array.ndim == 2:
        array = array[:, :, None]
    depth = array.shape[2]
    if depth in (2, 4):  # the last one says how much covers the white page behind
        colours, cover = array[:, :, :-1].astype(np.float64), array[:, :, -1:] / 255.0
        array = np.rint(cover * colours + (1.0 - cover) * 255.0).astype(np.uint8)
    return np.repeat(array, 3, axis=2) if depth < 3 else array


def _fitted(picture: Picture, width: int, height: int) -> Picture:
    """Return a picture made as large as fits into a size, in the middle of black."""
    from PIL import Image

    scale = min(width / picture.shape[1], height / picture.shape[0])
    size = max(1, round(scale * picture.shape[1])), max(1, round(scale * picture.shape[0]))
    frame = np.zeros((height, width, 3), np.uint8)
    left, top = (width - size[0]) // 2, (height - size[1]) // 2
    frame[top : top + size[1], left : left + size[0]] = np.asarray(Image.fromarray(picture).resize(size))
    return frame
