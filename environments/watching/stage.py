"""Environments to watch: creating them with pictures, taking the pictures, and their speed."""

from __future__ import annotations

import contextlib
import functools
import inspect
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import gymnasium

from environments.making.blame import home_of, reason
from environments.making.environment import make_environment
from environments.tasks.settings import TaskConfig
from environments.tasks.task import is_registered, make_task
from environments.watching.pictures import Picture, Pictures
from neat.errors import ConfigError, EvaluationError

__all__ = ["blamed", "camera", "draws_pictures", "frame_rate", "scene", "staged"]

_FRAMES_PER_SECOND = 30
_LONGEST_SCENE = 1_000
"""Maximum number of steps to watch of the double pole, whose episodes have 100,000 steps."""


def scene(config: TaskConfig) -> TaskConfig:
    """Return the settings of the environment in which a task can be watched.

    Raises:
        ConfigError: The task is not a game.
    """
    if not is_registered(config):
        return config
    game = getattr(make_task(config), "game", None)
    if game is None:
        raise ConfigError(f"the task {config.environment!r} is not a game: there is nothing to watch")
    return TaskConfig(environment=game.id, kwargs=config.kwargs, max_episode_steps=_LONGEST_SCENE)


def staged(config: TaskConfig, render_mode: str | None) -> gymnasium.Env[Any, Any]:
    """Create an environment with a render mode, which is set afterwards if its ``__init__`` does not take one.

    Raises:
        ConfigError: The environment cannot be created, or has no pictures.
        MissingExtraError: The environment needs a package that is not installed.
    """
    if render_mode is None:
        return make_environment(config)
    modes = _modes(config)
    mode = _picture_mode(modes) if render_mode == "rgb_array" else render_mode
    if mode is None:
        raise ConfigError(
            f"environment {config.environment!r} has no pictures: it renders {modes or 'nothing'}; for pictures, add "
            "'rgb_array' to its metadata['render_modes'] and return a picture from render()"
        )
    if mode in modes or mode == "human":
        try:
            return make_environment(config, render_mode=mode)
        except ConfigError as error:
            if "unexpected keyword argument 'render_mode'" not in str(error):
                raise
    env = make_environment(config)
    with contextlib.suppress(AttributeError):  # some environments read it in render()
        env.unwrapped.render_mode = mode
    return env


def camera(env: gymnasium.Env[Any, Any], config: TaskConfig, render_mode: str | None) -> Callable[[], Picture | None]:
    """Return a function that calls ``render()`` of an environment, and returns the picture if there is one."""
    kind = Pictures()
    inner: Callable[..., Any] = env.unwrapped.render
    old = "mode" in inspect.signature(inner).parameters
    render: Callable[[], Any] = functools.partial(inner, mode=render_mode) if old else env.render

    def take() -> Picture | None:
        with blamed(config):
            given = render()
        try:
            return kind.take(given)
        except EvaluationError as error:
            raise EvaluationError(
                f"the render() of environment {config.environment!r} {error}{home_of(type(env.unwrapped).render)}"
            ) from None

    def draw() -> None:
        with blamed(config):  # the old Gym draws into its window only on request
            render()

    if render_mode == "rgb_array":
        return take
    return draw if render_mode == "human" and old else lambda: None


@contextlib.contextmanager
def blamed(config: TaskConfig) -> Iterator[None]:
    """Turn any error of the environment into an `EvaluationError` of one line that says what happened and where."""
    try:
        yield
    except gymnasium.error.DependencyNotInstalled:
        raise
    except (Exception, SystemExit) as error:  # whatever an environment may raise
        raise EvaluationError(f"environment {config.environment!r} {reason(error)}") from error


def frame_rate(config: TaskConfig) -> int:
    """Return the pictures per second of an environment at normal speed, at least 1.

    Raises:
        ConfigError: The task is not a game.
    """
    env = make_environment(scene(config))
    metadata = _metadata(env)
    env.close()
    try:
        rate = float(metadata.get("render_fps") or metadata.get("video.frames_per_second") or 0)
    except (TypeError, ValueError):
        rate = 0.0
    return min(1_000, max(1, round(rate))) if 0 < rate < math.inf else _FRAMES_PER_SECOND


def draws_pictures(config: TaskConfig) -> bool:
    """Return whether a task's environment returns pictures, rather than only drawing into its own window.

    Raises:
        ConfigError: The task is not a game.
    """
    return _picture_mode(_modes(scene(config))) is not None


def _metadata(env: gymnasium.Env[Any, Any]) -> dict[str, Any]:
    found = getattr(env, "metadata", None)
    return found if isinstance(found, dict) else {}


def _modes(config: TaskConfig) -> list[str]:
    """Return the render modes that an environment declares, under Gymnasium's name or the old Gym's.

    If it declares none, but has a ``render()``, the result is ``["?"]``.
    """
    env = make_environment(config)
    metadata = _metadata(env)
    own = type(env.unwrapped).render is not gymnasium.Env.render
    env.close()
    said = [str(mode) for mode in metadata.get("render_modes") or metadata.get("render.modes") or []]
    return said or (["?"] if own else [])


def _picture_mode(modes: Sequence[str]) -> str | None:
    if "rgb_array" in modes or modes == ["?"]:
        return "rgb_array"
    return "rgb_array_list" if "rgb_array_list" in modes else None
