"""An environment that can be watched: what it can show, how it is asked to, and how fast its own time goes."""

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
"""Steps after which the double pole, which asks for 100,000, has been watched long enough."""


def scene(config: TaskConfig) -> TaskConfig:
    """Return the settings of an environment that shows the task: tasks of this project's own stand for one."""
    if not is_registered(config):
        return config
    game = getattr(make_task(config), "game", None)
    if game is None:
        raise ConfigError(f"the task {config.environment!r} is no game: there is nothing to watch")
    return TaskConfig(environment=game.id, kwargs=config.kwargs, max_episode_steps=_LONGEST_SCENE)


def staged(config: TaskConfig, render_mode: str | None) -> gymnasium.Env[Any, Any]:
    """Make an environment that shows itself; one whose ``__init__`` takes no ``render_mode`` is told afterwards."""
    if render_mode is None:
        return make_environment(config)
    modes = _modes(config)
    mode = _picture_mode(modes) if render_mode == "rgb_array" else render_mode
    if mode is None:
        raise ConfigError(
            f"environment {config.environment!r} has no pictures: it renders {modes or 'nothing'}; to film it, add "
            "'rgb_array' to its metadata['render_modes'] and return a picture from render()"
        )
    if mode in modes or mode == "human":
        try:
            return make_environment(config, render_mode=mode)
        except ConfigError as error:
            if "unexpected keyword argument 'render_mode'" not in str(error):
                raise
    env = make_environment(config)
    with contextlib.suppress(AttributeError):  # which it may look at, if it can
        env.unwrapped.render_mode = mode
    return env


def camera(env: gymnasium.Env[Any, Any], config: TaskConfig, render_mode: str | None) -> Callable[[], Picture | None]:
    """Return a function that lets an environment draw itself, and returns the picture if there is one."""
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
        with blamed(config):  # into a window that shows nothing unless it is asked to
            render()

    if render_mode == "rgb_array":
        return take
    return draw if render_mode == "human" and old else lambda: None


@contextlib.contextmanager
def blamed(config: TaskConfig) -> Iterator[None]:
    """Turn what the environment raises into one line that says what and where."""
    try:
        yield
    except gymnasium.error.DependencyNotInstalled:
        raise
    except (Exception, SystemExit) as error:  # whatever an environment may raise
        raise EvaluationError(f"environment {config.environment!r} {reason(error)}") from error


def frame_rate(config: TaskConfig) -> int:
    """Return how many pictures a second an environment's own time takes, at least 1.

    Raises:
        ConfigError: The task is no game.
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
    """Return whether a task's environment draws pictures, rather than only into a window of its own.

    Raises:
        ConfigError: The task is no game.
    """
    return _picture_mode(_modes(scene(config))) is not None


def _metadata(env: gymnasium.Env[Any, Any]) -> dict[str, Any]:
    found = getattr(env, "metadata", None)
    return found if isinstance(found, dict) else {}


def _modes(config: TaskConfig) -> list[str]:
    """Return what an environment says that it can show, under Gymnasium's name or the one that Gym had for it.

    One that says nothing, but has a ``render()``, is taken by its deeds: ``?``.
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
