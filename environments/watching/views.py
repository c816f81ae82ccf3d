"""Which numbers of a compiled game's state the watch page needs to draw many players, and what else it draws.

The page draws hundreds of players from these numbers, which is faster than hundreds of pictures. A game that is not
listed here is shown by the pictures of its own ``draw``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from environments.games.game import Game
from environments.games.maze import GOALS, WALLS

__all__ = ["View", "view_of"]


@dataclass(frozen=True)
class View:
    """How a game is drawn from numbers.

    Attributes:
        kind: The drawing: ``cart``, ``two-poles``, ``hill``, ``pendulum``, ``acrobot`` or ``maze``.
        columns: Indices in the game's state, in the order that the drawing expects.
        world: Plain data about what does not move.
    """

    kind: str
    columns: tuple[int, ...]
    world: dict[str, Any] = field(default_factory=dict)


_CART = View("cart", (0, 2), {"track": 2.4, "length": 1.0})
_TWO_POLES = View("two-poles", (0, 2, 4), {"track": 2.4, "lengths": [1.0, 0.1]})
_VIEWS = {
    "neat-arena/CartPole-v1": _CART,
    "neat-arena/CartPoleNoVelocities-v0": _CART,
    "neat-arena/MountainCar-v0": View("hill", (0,), {"left": -1.2, "right": 0.6, "goal": 0.5}),
    "neat-arena/MountainCarContinuous-v0": View("hill", (0,), {"left": -1.2, "right": 0.6, "goal": 0.45}),
    "neat-arena/Pendulum-v1": View("pendulum", (0,)),
    "neat-arena/Acrobot-v1": View("acrobot", (0, 1), {"line": 1.0}),
}


def view_of(game: Game) -> View | None:
    """Return how a compiled game is drawn from numbers, or None if it is shown by its own pictures."""
    if game.id in WALLS:
        return View("maze", (0, 1, 2), {"walls": WALLS[game.id].tolist(), "goal": list(GOALS[game.id])})
    if game.id.startswith("neat-arena/DoublePole"):
        return _TWO_POLES
    return _VIEWS.get(game.id)
