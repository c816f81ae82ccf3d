"""Images of compiled copies: Gymnasium's own drawing of the same state."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

__all__ = ["portrait"]


def portrait(id: str, size: int, last_torque: int | None = None) -> Callable[[Any], NDArray[np.uint8]]:
    """Return a function that draws a state as Gymnasium's environment ``id`` does.

    Args:
        id: Gymnasium id.
        size: Number of state variables of Gymnasium's environment, which are the first of the state.
        last_torque: Index of the last torque in the state, followed by whether there was one (only the pendulum).
    """
    return functools.partial(_draw, id, size, last_torque)


@functools.cache
def _sitter(id: str) -> Any:
    return gymnasium.make(id, render_mode="rgb_array").unwrapped


def _draw(id: str, size: int, last_torque: int | None, state: NDArray[np.float64]) -> NDArray[np.uint8]:
    sitter = _sitter(id)
    sitter.state = np.array(state[:size])
    if last_torque is not None:
        sitter.last_u = state[last_torque] if state[last_torque + 1] else None
    frame: NDArray[np.uint8] = sitter.render()
    return frame
