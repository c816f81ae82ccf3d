"""Games as plain classes, without Gymnasium: ``reset``, ``observe``, ``step``, and ``actions``.

::

    class Catch:
        actions = 3

        def reset(self, seed=None):
            self.ball, self.paddle, self.height = random.random(), 0.5, 1.0

        def observe(self):
            return self.ball, self.paddle, self.height

        def step(self, action):
            self.paddle += (action - 1) * 0.05
            self.height -= 0.05
            done = self.height <= 0
            return float(done and abs(self.ball - self.paddle) < 0.1), done

In settings, its name is ``module:Catch``. It is used like any Gymnasium environment. Optional methods: ``draw``,
``close``, and ``behaviour()`` and ``objectives()``, which return numbers about the episode so far.
"""

from __future__ import annotations

import inspect
import math
from contextlib import suppress
from types import ModuleType
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.envs.registration import EnvSpec
from numpy.typing import NDArray

from environments.making.blame import home_of, reason
from neat.errors import ConfigError, EvaluationError

__all__ = ["PlainGame", "games_in", "spec_of"]

_METHODS = ("reset", "observe", "step")
_OUTCOMES = ("behaviour", "objectives")
"""Optional methods, whose results are in ``info`` of every step (`environments.playing.outcomes`)."""
_FRAMES_PER_SECOND = 30


def games_in(module: ModuleType) -> dict[str, type]:
    """Return the games that a module defines, by name: plain classes and environment classes."""
    own = {name: found for name, found in vars(module).items() if _is_of(found, module)}
    return {name: found for name, found in own.items() if _is_plain(found) or _is_environment(found)}


def spec_of(found: Any, name: str) -> EnvSpec | None:
    """Return an entry for Gymnasium's registry for a class; None if the object is not a game.

    Args:
        found: The object that the module contains under the name.
        name: Its name in settings, for messages.

    Raises:
        ConfigError: A method of a plain game is missing, or an attribute has an invalid value.
    """
    if not inspect.isclass(found):
        return None
    if _is_environment(found):
        return EnvSpec(id=found.__name__, entry_point=_Maker(found))
    if not any(callable(getattr(found, method, None)) for method in _METHODS):
        return None
    missing = [f"{method}()" for method in _METHODS if not callable(getattr(found, method, None))]
    if missing:
        raise ConfigError(
            f"the game {name!r} has no {' and no '.join(missing)}: a plain game has reset(self, seed=None), "
            f"observe(self) and step(self, action){home_of(found)}"
        )
    return EnvSpec(
        id=found.__name__,
        entry_point=_Maker(found),
        max_episode_steps=_number(found, "max_steps", whole=True),
        reward_threshold=_number(found, "goal"),
    )


class PlainGame(gymnasium.Env[NDArray[np.float32], Any]):
    """A plain class as a Gymnasium environment.

    Args:
        made: The class.
        render_mode: ``rgb_array`` if the game draws pictures.
        kwargs: Arguments of its ``__init__``.

    Attributes:
        game: The object of this class.
        plain_class: Its class, whose lines are shown in messages.
    """

    def __init__(self, made: type, render_mode: str | None = None, **kwargs: Any) -> None:
        self.game: Any = made(**kwargs)
        self.render_mode = render_mode
        self.plain_class = type(self.game)
        draws = callable(getattr(self.game, "draw", None))
        self.metadata = {
            "render_modes": ["rgb_array"] if draws else [],
            "render_fps": getattr(self.game, "fps", _FRAMES_PER_SECOND),
        }
        self._takes_seed = _takes_seed(self.game.reset, made)
        self._screen: Any = None
        self.action_space, self._unpacked = _actions(self.game, made)
        self.observation_space = _observations(self, made)

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[Any, dict[str, Any]]:
        """Start an episode."""
        super().reset(seed=seed)
        if self._takes_seed:
            self.game.reset(seed=seed)
        else:
            self.game.reset()
        return self._observe(), {}

    def step(self, action: Any) -> tuple[Any, Any, bool, bool, dict[str, Any]]:
        """Play one step.

        Raises:
            EvaluationError: The game did not return a reward and whether the episode is over.
        """
        returned = self.game.step(self._unpacked(action))
        try:
            reward, done = returned
        except (TypeError, ValueError):
            kind = f"{len(returned)} things" if isinstance(returned, tuple | list) else repr(returned)[:60]
            raise EvaluationError(f"returned {kind} from step(), expected two as in 'return reward, done'") from None
        info = {name: method() for name in _OUTCOMES if callable(method := getattr(self.game, name, None))}
        return self._observe(), reward, bool(done), False, info

    def render(self) -> Any:
        """Return a picture: the result of ``draw(self)``, or the pygame surface that ``draw(self, screen)`` drew on.

        Raises:
            EvaluationError: The class has no method ``draw``.
        """
        if not callable(getattr(self.game, "draw", None)):
            raise EvaluationError(
                "has no picture: write 'def draw(self, screen):', which draws on a pygame surface, in "
                f"{type(self.game).__name__}{home_of(type(self.game))}"
            )
        if not _takes_surface(self.game.draw):
            return self.game.draw()
        import pygame

        if self._screen is None:
            self._screen = pygame.Surface(getattr(self.game, "size", (400, 400)))
        self._screen.fill((255, 255, 255))
        self.game.draw(self._screen)
        return np.transpose(pygame.surfarray.array3d(self._screen), (1, 0, 2))

    def close(self) -> None:
        """Close the game, if it has a method ``close``."""
        close = getattr(self.game, "close", None)
        if callable(close):
            close()

    def _observe(self) -> NDArray[np.float32]:
        seen = self.game.observe()
        try:
            return np.asarray(seen, np.float32).ravel()
        except (TypeError, ValueError):
            raise EvaluationError(f"returned {seen!r:.80} from observe(), expected numbers") from None


class _Maker:
    """Creates the environment of a class. Its ``__module__`` is that of the class, which shows whose code it is."""

    def __init__(self, made: Any) -> None:
        self.made = made
        self.__module__ = made.__module__
        self.__qualname__ = made.__qualname__
        self.metadata = getattr(made, "metadata", {"render_modes": ["rgb_array"]})

    def __call__(self, **kwargs: Any) -> gymnasium.Env[Any, Any]:
        if not _is_environment(self.made):
            return PlainGame(self.made, **kwargs)
        env: gymnasium.Env[Any, Any] = self.made(**kwargs)
        return env


def _is_of(found: Any, module: ModuleType) -> bool:
    return inspect.isclass(found) and found.__module__ == module.__name__


def _is_plain(found: type) -> bool:
    return all(callable(getattr(found, method, None)) for method in _METHODS)


def _is_environment(found: type) -> bool:
    return issubclass(found, gymnasium.Env) and not issubclass(found, gymnasium.Wrapper)


def _takes_surface(draw: Any) -> bool:
    """Return whether ``draw`` takes an argument."""
    try:
        return bool(inspect.signature(draw).parameters)
    except (TypeError, ValueError):
        return True


def _takes_seed(reset: Any, made: type) -> bool:
    """Return whether a game's ``reset`` accepts a seed; it may also have no arguments.

    Raises:
        ConfigError: It requires other arguments.
    """
    try:
        found = inspect.signature(reset)
    except (TypeError, ValueError):
        return True
    for arguments in ({"seed": 0}, {}):
        with suppress(TypeError):
            found.bind(**arguments)
            return bool(arguments)
    raise ConfigError(
        f"the game {made.__name__!r} has reset{found}: expected reset(self, seed=None), called with the seed of the "
        f"episode, a whole number{home_of(made)}"
    )


def _number(made: type, name: str, *, whole: bool = False) -> Any:
    value = getattr(made, name, None)
    if value is None:
        return None
    right = isinstance(value, int) and value > 0 if whole else isinstance(value, int | float) and math.isfinite(value)
    if isinstance(value, bool) or not right:
        kind = "a whole number above 0" if whole else "a number"
        raise ConfigError(f"{made.__name__}.{name}: expected {kind}, got {value!r}{home_of(made)}")
    return value


def _actions(game: Any, made: type) -> tuple[spaces.Space[Any], Any]:
    """Return the action space, and a function that converts its elements into the form that the game receives."""
    given = getattr(game, "actions", None)
    if isinstance(given, spaces.Space):
        return given, int if isinstance(given, spaces.Discrete) else lambda action: action
    if isinstance(given, int) and not isinstance(given, bool) and given >= 2:
        return spaces.Discrete(given), int
    ranges = np.array(given, np.float32) if _are_ranges(given) else None
    if ranges is not None and ranges.shape == (2,):
        return spaces.Box(ranges[0], ranges[1], (1,)), lambda action: float(action[0])
    if ranges is not None and ranges.ndim == 2 and ranges.shape[1] == 2:
        return spaces.Box(ranges[:, 0], ranges[:, 1]), lambda action: tuple(map(float, action))
    raise ConfigError(
        f"{made.__name__}.actions: expected the number of choices (actions = 3), the bounds of a number "
        f"(actions = (-1, 1)), a pair of bounds for each of several numbers, or a Gymnasium space; got {given!r}"
        f"{home_of(made)}"
    )


def _are_ranges(given: Any) -> bool:
    try:
        ends = np.array(given, np.float64)
    except (TypeError, ValueError):
        return False
    return ends.ndim in (1, 2) and ends.shape[-1] == 2 and bool(np.all(ends[..., 0] < ends[..., 1]))


def _observations(env: PlainGame, made: type) -> spaces.Space[Any]:
    """Return the observation space: the declared one, or a vector as long as the first observation."""
    given = getattr(env.game, "observations", None)
    if isinstance(given, spaces.Space):
        return given
    try:
        env.reset(seed=0)
        size = env._observe().size
    except (Exception, SystemExit) as error:
        raise ConfigError(
            f"the game {made.__name__!r} cannot be started: its observe() or reset() {reason(error)}"
        ) from error
    if not size:
        raise ConfigError(f"the game {made.__name__!r} observes nothing: observe() returned no number{home_of(made)}")
    return spaces.Box(-np.inf, np.inf, (size,), np.float32)
