"""The picture of a maze: walls, goal, and the robot with its path and its rangefinders."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from environments.games.drawing import pygame

__all__ = ["draw"]

_SCALE, _MARGIN, _FINER = 2.5, 8.0, 2  # pixels per unit, units around the walls, drawn twice as large and smoothed
_FLOOR, _WALL, _GOAL, _PATH = (247, 247, 244), (52, 73, 94), (39, 144, 96), (214, 124, 51)
_ROBOT, _NOSE = (192, 57, 43), (240, 240, 240)
_RADIUS = 8.0


def draw(walls: NDArray[np.float64], goal: tuple[float, float], state: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return a picture: uint8, shape (height, width, 3), in the proportions of the maze.

    Args:
        walls: float64, shape (walls, 4).
        goal: Its x and y.
        state: That of `environments.games.maze`.
    """
    module = pygame()
    low = walls.reshape(-1, 2).min(axis=0) - _MARGIN
    wide, high = (2 * round(size * _SCALE / 2) for size in walls.reshape(-1, 2).max(axis=0) + _MARGIN - low)
    unit = _SCALE * _FINER

    def place(x: float, y: float) -> tuple[float, float]:
        return (float(x) - low[0]) * unit, (float(y) - low[1]) * unit

    surface = module.Surface((wide * _FINER, high * _FINER))
    surface.fill(_FLOOR)
    module.draw.circle(surface, _GOAL, place(*goal), 5.0 * unit, 2 * _FINER)
    module.draw.circle(surface, _GOAL, place(*goal), 1.5 * unit)
    for x1, y1, x2, y2 in walls:
        module.draw.line(surface, _WALL, place(x1, y1), place(x2, y2), 3 * _FINER)
    steps = min(int(state[5]), (len(state) - 8) // 2)
    path = [place(x, y) for x, y in state[7 : 7 + 2 * steps].reshape(-1, 2)]
    if len(path) > 1:
        module.draw.lines(surface, _PATH, False, path, 2 * _FINER)
    robot = place(state[0], state[1])
    module.draw.circle(surface, _ROBOT, robot, _RADIUS * unit)
    heading = math.radians(float(state[2]))
    nose = state[0] + _RADIUS * math.cos(heading), state[1] + _RADIUS * math.sin(heading)
    module.draw.line(surface, _NOSE, robot, place(*nose), 2 * _FINER)
    small = module.transform.smoothscale(surface, (wide, high))
    return np.ascontiguousarray(module.surfarray.array3d(small).swapaxes(0, 1))
