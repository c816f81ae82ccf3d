"""The picture of a cart with two poles."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from environments.games.drawing import pygame

__all__ = ["draw"]

_WIDTH, _HEIGHT = 800, 360
_FINER = 2  # drawn twice as large, then smoothed
_SCALE = 145.0 * _FINER  # pixels per metre
_GROUND = 285 * _FINER
_SKY, _SOIL, _RAIL = (247, 247, 244), (228, 226, 220), (90, 90, 95)
_CART, _WHEEL, _HINGE = (52, 73, 94), (30, 39, 46), (240, 240, 240)
_LONG, _SHORT, _LIMIT = (214, 124, 51), (192, 57, 43), (178, 190, 195)
_POLE_LENGTHS = (1.0, 0.1)


def draw(state: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Return a picture of the cart at ``state`` (x, x', θ1, θ1', θ2, θ2', …): uint8, shape (360, 800, 3)."""
    module = pygame()
    surface = module.Surface((_WIDTH * _FINER, _HEIGHT * _FINER))
    surface.fill(_SKY)
    middle = _WIDTH * _FINER / 2
    surface.fill(_SOIL, (0, _GROUND, _WIDTH * _FINER, _HEIGHT * _FINER - _GROUND))
    module.draw.line(surface, _RAIL, (0, _GROUND), (_WIDTH * _FINER, _GROUND), 3 * _FINER)
    for side in (-2.4, 2.4):
        x = middle + side * _SCALE
        module.draw.line(surface, _LIMIT, (x, _GROUND - 90 * _FINER), (x, _GROUND), 3 * _FINER)
    for metre in range(-2, 3):
        x = middle + metre * _SCALE
        module.draw.line(surface, _RAIL, (x, _GROUND), (x, _GROUND + 8 * _FINER), 2 * _FINER)
    cart = middle + float(state[0]) * _SCALE
    width, height, wheel = 84 * _FINER, 26 * _FINER, 9 * _FINER
    top = _GROUND - wheel - height
    module.draw.rect(surface, _CART, (cart - width / 2, top, width, height), border_radius=6 * _FINER)
    for side in (-1, 1):
        module.draw.circle(surface, _WHEEL, (cart + side * 24 * _FINER, _GROUND - wheel), wheel)
    hinges = ((cart - 16 * _FINER, _LONG, 5 * _FINER), (cart + 16 * _FINER, _SHORT, 4 * _FINER))
    for (x, colour, thickness), angle, length in zip(hinges, state[2:6:2], _POLE_LENGTHS, strict=True):
        _pole(module, surface, (x, top), float(angle), length * _SCALE, thickness, colour)
        module.draw.circle(surface, _HINGE, (x, top), 3 * _FINER)
    small = module.transform.smoothscale(surface, (_WIDTH, _HEIGHT))
    return np.ascontiguousarray(module.surfarray.array3d(small).swapaxes(0, 1))


def _pole(
    module: Any, surface: Any, foot: tuple[float, float], angle: float, length: float, thickness: int, colour: Any
) -> None:
    """Draw a pole that leans by ``angle`` radians to the right, with round ends."""
    tip = foot[0] + length * math.sin(angle), foot[1] - length * math.cos(angle)
    aside = thickness * math.cos(angle), thickness * math.sin(angle)
    corners = [
        (end[0] + side * aside[0], end[1] + side * aside[1])
        for end, side in ((foot, -1), (foot, 1), (tip, 1), (tip, -1))
    ]
    module.draw.polygon(surface, colour, corners)
    for end in (foot, tip):
        module.draw.circle(surface, colour, end, thickness)
