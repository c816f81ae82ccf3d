"""The registered compiled games, and their entry points for Gymnasium."""

from __future__ import annotations

from typing import Any

import gymnasium

from environments.games.game import Game
from environments.games.single import GameEnv
from environments.games.vector import GameVectorEnv
from environments.making.registration import BUNDLED
from environments.tasks.settings import TaskConfig
from neat.errors import ConfigError, did_you_mean

__all__ = ["GAMES", "find_game", "make", "make_vector", "register", "twin_of"]

GAMES: dict[str, Game] = {}
"""All registered games by their Gymnasium ids."""


def register(game: Game) -> Game:
    """Register a game with Gymnasium (``gymnasium.make``, ``gymnasium.make_vec``) and the evaluators; return it.

    Call it where the game is defined, so that importing the module is enough, also in worker processes.

    Raises:
        ConfigError: The id is taken by another game or environment.
    """
    if game.id in GAMES or (game.id in gymnasium.registry and game.id not in BUNDLED):
        raise ConfigError(f"the id {game.id!r} is registered already: choose another name or version")
    GAMES[game.id] = game
    if game.id in gymnasium.registry:
        return game
    gymnasium.register(
        id=game.id,
        entry_point="environments.games.registry:make",
        vector_entry_point="environments.games.registry:make_vector",
        kwargs={"game": game.id},
        max_episode_steps=game.max_steps,
        reward_threshold=game.threshold,
    )
    return game


def find_game(id: str) -> Game:
    """Return the registered game with this id.

    Raises:
        ConfigError: No such game.
    """
    if id not in GAMES:
        raise ConfigError(f"unknown game {id!r}{did_you_mean(id, GAMES)}: expected one of {', '.join(GAMES)}")
    return GAMES[id]


def twin_of(config: TaskConfig) -> Game | None:
    """Return the compiled game that equals a task's environment bit by bit, or None.

    That is a registered game itself, or the copy of an environment as Gymnasium registers it; keyword arguments must be
    known to the game, and there must be no wrappers.
    """
    if config.wrappers:
        return None
    name = config.environment.rpartition(":")[2]
    game = GAMES.get(name)
    if game is None and _is_gymnasiums(name):
        game = next((g for g in GAMES.values() if g.twin == name), None)
    if game is None:
        return None
    try:
        return game.changed(config.kwargs)
    except ConfigError:
        return None


def _is_gymnasiums(id: str) -> bool:
    """Return whether an id still means Gymnasium's own environment: registering again replaces an entry."""
    spec = gymnasium.registry.get(id)
    return spec is not None and str(spec.entry_point).startswith("gymnasium.envs.")


def make(game: str, **kwargs: Any) -> GameEnv:
    """Return the registered game as a Gymnasium environment (Gymnasium calls this)."""
    return GameEnv(find_game(game), **kwargs)


def make_vector(game: str, num_envs: int = 1, **kwargs: Any) -> GameVectorEnv:
    """Return copies of the registered game as a vector environment (Gymnasium calls this)."""
    return GameVectorEnv(find_game(game), num_envs, **kwargs)
