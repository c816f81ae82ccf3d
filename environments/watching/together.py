"""Many players of a plain game in one picture: drawn together by the game, or drawn one by one and blended.

A plain class (`environments.making.plain`) may draw all its players in one picture::

    @staticmethod
    def draw_all(screen, players, alive):
        for player, lives in zip(players, alive):
            ...

``screen`` is a white pygame surface of the class's ``size``. ``players`` are objects of the class that play the same
episode. ``alive`` is True for each player whose episode has not ended (bool, shape (players,)). The method may be a
static or a class method. Without it, ``draw`` draws each player on a surface of its own, and the pictures of the living
players are blended (`blend`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from environments.games.drawing import pygame
from environments.watching.pictures import Picture

__all__ = ["Stage", "blend", "draws_together"]

_SIZE = (400, 400)
_WHITE = (255, 255, 255)
_FEW = 3  # minimum number of pictures to find the background
_STILL = 8.0  # weight of the background


def draws_together(made: Any) -> bool:
    """Return whether a plain class (or an object of it) draws many players in one picture."""
    return callable(getattr(made, "draw_all", None))


class Stage:
    """Draws players of one plain class that has ``draw_all``."""

    def __init__(self, made: Any) -> None:
        """Create the surface.

        Args:
            made: The class, or an object of it.

        Raises:
            MissingExtraError: pygame is not installed.
        """
        self._module = pygame()
        self._draw = made.draw_all
        self._screen = self._module.Surface(getattr(made, "size", _SIZE))

    def picture(self, players: Sequence[Any], alive: NDArray[np.bool_]) -> Picture:
        """Return a picture of all players (uint8, shape (height, width, 3)).

        Args:
            players: Objects of the class.
            alive: Whether the episode of each player has not ended, bool, shape (players,).
        """
        self._screen.fill(_WHITE)
        self._draw(self._screen, players, alive)
        return np.ascontiguousarray(self._module.surfarray.array3d(self._screen).swapaxes(0, 1))


def blend(pictures: Sequence[Picture]) -> Picture:
    """Blend pictures of one size, so that everything that moves in any of them is visible.

    At each pixel, pictures that differ more from the background have more weight. The background is the median of three
    of the pictures. Of one or two pictures, the first is returned.

    Args:
        pictures: At least one, uint8, shape (height, width, 3).

    Returns:
        uint8, shape (height, width, 3).
    """
    if len(pictures) < _FEW:
        return pictures[0]
    first, middle, last = pictures[0], pictures[len(pictures) // 2], pictures[-1]
    low, high = np.minimum(first, middle), np.maximum(first, middle)
    background: Picture = np.maximum(low, np.minimum(high, last))
    flat = background.reshape(-1, 3)
    total, weight = _STILL * flat.astype(np.float32), np.full((len(flat), 1), _STILL, np.float32)
    for picture in pictures:
        rows = picture.reshape(-1, 3)
        other = rows[:, 0] != flat[:, 0]
        other |= rows[:, 1] != flat[:, 1]
        other |= rows[:, 2] != flat[:, 2]
        moved = np.flatnonzero(other)
        shown = rows[moved].astype(np.float32)
        share = np.abs(shown - flat[moved]).max(axis=1, keepdims=True)
        total[moved] += share * shown
        weight[moved] += share
    blended: Picture = np.rint(total / weight).astype(np.uint8).reshape(background.shape)
    return blended
