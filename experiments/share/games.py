"""The games that run in a page: most bundled compiled games, and a user's games with a JavaScript file.

A game in JavaScript is an ES module that exports::

    reset(random, settings)              → state: any value; random() returns a number in [0, 1)
    step(state, action, settings)        → [reward, done]; changes the state; the action is a number for choices, and
                                           an array of numbers otherwise
    observe(state, settings)             → array of numbers, equal to the observation of the Python game
    draw(context, state, width, height, look, settings)   draws on a canvas; look has colours (ink, muted, grid, …)

These exports are optional: ``size = [width, height]``, ``fps``, ``hint`` (a line about what the reader can do),
``poke(state, x, y, width, height)``, called for each step while a pointer is held down, and ``key(state, name)``,
called for arrow keys.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path
from typing import Any

from environments.games.maze import GOALS, HARD_MAZE, MEDIUM_MAZE, STARTS, WALLS
from environments.making.environment import find_spec
from environments.tasks.settings import NO_GAME, TaskConfig
from environments.watching.stage import scene
from experiments.share.modules import enclosed
from neat.errors import ConfigError

__all__ = ["NEEDED", "LiveGame", "bundled_games", "live_game"]

NEEDED = ("reset", "step", "observe", "draw")
"""The functions that a game in JavaScript must export."""
_LARGEST = 2 << 20
"""Maximum size of a game's file in bytes."""


@dataclass(frozen=True)
class LiveGame:
    """A game that runs in a page.

    Attributes:
        code: A JavaScript expression: an object with the exports of its module.
        settings: The settings passed to its functions.
        max_steps: Maximum number of steps of an episode; None for no limit.
    """

    code: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    max_steps: int | None = None


def _maze(id: str) -> Callable[[], dict[str, Any]]:
    return lambda: {"walls": WALLS[id].tolist(), "goal": list(GOALS[id]), "start": list(STARTS[id])}


_GAMES: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
    "CartPole-v1": ("cart_pole", dict),
    "neat-arena/CartPole-v1": ("cart_pole", dict),
    "neat-arena/CartPoleNoVelocities-v0": ("cart_pole", lambda: {"velocities": False}),
    "MountainCar-v0": ("mountain_car", dict),
    "neat-arena/MountainCar-v0": ("mountain_car", dict),
    "MountainCarContinuous-v0": ("mountain_car", lambda: {"continuous": True}),
    "neat-arena/MountainCarContinuous-v0": ("mountain_car", lambda: {"continuous": True}),
    "Pendulum-v1": ("pendulum", dict),
    "neat-arena/Pendulum-v1": ("pendulum", dict),
    "Acrobot-v1": ("acrobot", dict),
    "neat-arena/Acrobot-v1": ("acrobot", dict),
    "neat-arena/DoublePole-v0": ("double_pole", dict),
    "neat-arena/DoublePoleNoVelocities-v0": ("double_pole", lambda: {"velocities": False}),
    MEDIUM_MAZE.id: ("maze", _maze(MEDIUM_MAZE.id)),
    HARD_MAZE.id: ("maze", _maze(HARD_MAZE.id)),
}


def bundled_games() -> dict[str, str]:
    """Return the JavaScript text of each bundled game, by the id of its environment."""
    return {id: _text(name) for id, (name, _) in _GAMES.items()}


def _text(name: str) -> str:
    return files("experiments.share").joinpath(f"games/{name}.js").read_text("utf-8")


def live_game(config: TaskConfig) -> LiveGame | None:
    """Return the game of a task for a page, or None if it does not exist in JavaScript.

    Raises:
        ConfigError: A user's game names a file that does not exist, or that does not export a game.
    """
    if config.environment == NO_GAME or config.wrappers:
        return None
    try:
        config = scene(config)
    except ConfigError:
        return None  # the task is not a game
    if config.environment in _GAMES:
        return _bundled(config)
    path = _own_file(config)
    if path is None:
        return None
    try:
        size = path.stat().st_size
        text = path.read_text("utf-8") if size <= _LARGEST else ""
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"cannot read the game's JavaScript {path}: {error}") from None
    if size > _LARGEST:
        raise ConfigError(f"{path}: expected a game of at most {_LARGEST >> 20} MB, got {size / 2**20:.1f} MB")
    return LiveGame(enclosed(text, str(path), NEEDED), config.kwargs, _limit(config))


def _bundled(config: TaskConfig) -> LiveGame | None:
    name, settings = _GAMES[config.environment]
    if not all(isinstance(value, int | float) for value in config.kwargs.values()):
        return None
    kwargs = {key: float(value) for key, value in config.kwargs.items()}
    return LiveGame(enclosed(_text(name), f"{name}.js"), {**settings(), **kwargs}, _limit(config))


def _limit(config: TaskConfig) -> int | None:
    limit = config.max_episode_steps or find_spec(config.environment).max_episode_steps
    return None if limit is None or limit < 1 else limit


def _own_file(config: TaskConfig) -> Path | None:
    """Return the JavaScript file of a user's game: named by its class, or beside its module with the same name."""
    module, colon, name = config.environment.rpartition(":")
    if not colon:
        return None
    find_spec(config.environment)  # which imports the module
    found = sys.modules.get(module)
    own = getattr(found, "__file__", None)
    if own is None:
        return None
    given = getattr(getattr(found, name, None), "javascript", None)
    if given is None:
        beside = Path(own).with_suffix(".js")
        return beside if beside.is_file() else None
    if not isinstance(given, str) or not given:
        raise ConfigError(f"{name}.javascript: expected the name of a file beside {own}, got {given!r}")
    path = Path(own).parent / given
    if not path.is_file():
        raise ConfigError(f"{name}.javascript: there is no file {path}")
    return path
