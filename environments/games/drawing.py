"""Images of games, and the window that shows them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neat.errors import MissingExtraError

__all__ = ["Window", "bars", "pygame"]

_BACKGROUND, _BAR, _LINE = (250, 250, 248), (70, 110, 160), (40, 40, 40)


def pygame() -> Any:
    """Return the pygame module.

    Raises:
        MissingExtraError: pygame is not installed.
    """
    try:
        import pygame as module
    except ImportError as error:
        raise MissingExtraError('drawing needs pygame: run pip install "gymnasium[classic-control]"') from error
    return module


def bars(values: NDArray[Any], low: NDArray[Any], high: NDArray[Any]) -> NDArray[np.uint8]:
    """Return an image of numbers as horizontal bars: uint8, shape (20 per number, 400, 3)."""
    height, width = 20, 400
    frame = np.full((height * len(values), width, 3), _BACKGROUND, np.uint8)
    for row, (value, least, most) in enumerate(zip(values, low, high, strict=True)):
        if np.isfinite(least) and np.isfinite(most) and most > least:
            share = 2.0 * (value - least) / (most - least) - 1.0
        else:
            share = value / (1.0 + abs(value))
        end = int(width / 2 * (1.0 + np.clip(share, -1.0, 1.0)))
        left, right = sorted((width // 2, end))
        frame[row * height + 3 : (row + 1) * height - 3, left:right] = _BAR
    frame[:, width // 2] = _LINE
    return frame


class Window:
    """A window that shows images at a steady rate."""

    def __init__(self, title: str, frames_per_second: int) -> None:
        self._pygame = pygame()
        self._pygame.display.init()
        self._pygame.display.set_caption(title)
        self._clock = self._pygame.time.Clock()
        self._rate = frames_per_second
        self._screen: Any = None

    def show(self, frame: NDArray[np.uint8]) -> None:
        """Show an image (uint8, shape (height, width, 3)) and wait until the next one is due."""
        height, width = frame.shape[:2]
        if self._screen is None or self._screen.get_size() != (width, height):
            self._screen = self._pygame.display.set_mode((width, height))
        self._screen.blit(self._pygame.surfarray.make_surface(frame.swapaxes(0, 1)), (0, 0))
        self._pygame.event.pump()
        self._clock.tick(self._rate)
        self._pygame.display.flip()

    def close(self) -> None:
        """Close the window."""
        self._pygame.display.quit()
