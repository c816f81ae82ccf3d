"""Compiled games: defined once, played in kernels, through Gymnasium, or as a vector environment.

``import environments`` registers its games with Gymnasium::

    import environments

    env = gymnasium.make("neat-arena/DoublePole-v0")

Gymnasium imports the package itself if the id contains it:
``gymnasium.make("environments.games:neat-arena/DoublePole-v0")``.
"""

from __future__ import annotations

from environments.games.acrobot import ACROBOT
from environments.games.cart_pole import CART_POLE, CART_POLE_NO_VELOCITIES
from environments.games.double_pole import DOUBLE_POLE, DOUBLE_POLE_DAMPING, DOUBLE_POLE_NO_VELOCITIES
from environments.games.game import Game
from environments.games.maze import HARD_MAZE, MEDIUM_MAZE
from environments.games.mountain_car import MOUNTAIN_CAR, MOUNTAIN_CAR_CONTINUOUS
from environments.games.pendulum import PENDULUM
from environments.games.registry import GAMES, find_game, register, twin_of
from environments.games.single import GameEnv
from environments.games.vector import GameVectorEnv

__all__ = ["GAMES", "Game", "GameEnv", "GameVectorEnv", "find_game", "register", "twin_of"]

for _game in (
    CART_POLE,
    CART_POLE_NO_VELOCITIES,
    ACROBOT,
    MOUNTAIN_CAR,
    MOUNTAIN_CAR_CONTINUOUS,
    PENDULUM,
    DOUBLE_POLE,
    DOUBLE_POLE_NO_VELOCITIES,
    DOUBLE_POLE_DAMPING,
    MEDIUM_MAZE,
    HARD_MAZE,
):
    register(_game)
