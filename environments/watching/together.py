"""Many players of a plain game in one picture: drawn by the game itself, or each alone and laid over each other.

A plain class (`environments.making.plain`) may say how all its players look together::

    @staticmethod
    def draw_all(screen, players, alive):
        for player, lives in zip(players, alive):
            ...

``screen`` is a white surface of pygame of the class's ``size``, ``players`` are objects of the class that play the same
episode, and ``alive`` says for each whether its episode still goes on (bool, shape (players,)). It may be a static or a
class method. A class without it has each player drawn by ``draw`` on a surface of its own; those that are alive are
laid over each other (`blend`).
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
_FEW = 3  # pictures, at least, that a background can be told from
_STILL = 8.0  # weight of the background


def draws_together(made: Any) -> bool:
    """Tell whether a plain class (or an object of it) draws many players at once."""
    return callable(getattr(made, "draw_all", None))


class Stage:
    """Draws players of one plain class that has ``draw_all``."""

    def __init__(self, made: Any) -> None:
        """Make the surface.

        Args:
            made: The class, or an object of it.

        Raises:
            MissingExtraError: pygame is not installed.
        """
        self._module = pygame()
        self._draw = made.draw_all
        self._screen = self._module.Surface(getattr(made, "size", _SIZE))

    def picture(self, players: Sequence[Any], alive: NDArray[np.bool_]) -> Picture:
        """Return the players in one picture.

        Args:
            players: Objects of the class.
            alive: Whether the episode of each still goes on, shape (players,).
        """
        self._screen.fill(_WHITE)
        self._draw(self._screen, players, alive)
        return np.ascontiguousarray(self._module.surfarray.array3d(self._screen).swapaxes(0, 1))


def blend(pictures: Sequence[Picture]) -> Picture:
    """Return pictures of one size laid over each other: whatever moves in any of them is seen.

    A pixel shows those pictures most that differ most from the background, which is the median of three of them. Of one
    or two the first is returned.

    Args:
        pictures: At least one, uint8, shape (height, width, 3).
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
