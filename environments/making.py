"""Making an environment from the settings of a task, with errors a newcomer can act on."""

from __future__ import annotations

import importlib
import logging
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec, registry

from environments.task import DEFAULT_STEP_LIMIT, NO_GAME, OWN_TASKS, TaskConfig
from neat.errors import ConfigError, MissingExtraError, did_you_mean

__all__ = ["carries_over", "find_spec", "make_environment"]

_log = logging.getLogger(__name__)

_CARRYING_OVER = frozenset({"BipedalWalker", "BipedalWalkerHardcore"})
"""Environments whose episodes depend on the ones before, in spite of ``reset(seed=…)``: Gymnasium 1.4 keeps one Box2D
world there, and contacts are solved in an order that depends on what the world has held (LunarLander makes a new
one)."""

_EXTRAS = {"box2d": "box2d", "mujoco": "mujoco", "ale_py": "atari", "shimmy": "atari"}
"""The extra of this project that brings what an entry point needs."""


def find_spec(environment: str) -> EnvSpec:
    """Return the registry's entry of an id, importing its module first if it names one.

    Raises:
        ConfigError: No such id, or no such module.
        MissingExtraError: The family of environments comes in a package that is not installed.
    """
    if environment == NO_GAME:
        raise ConfigError("a fitness function of its own evolved this network: there is no game (--task names one)")
    module, colon, name = environment.rpartition(":")
    if colon:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise ConfigError(f"task.environment: the module of {environment!r} cannot be imported: {error}") from error
    elif name.startswith("neat-arena/"):
        importlib.import_module("environments.games")  # this project's own games register themselves
    elif name.startswith("ALE/"):
        try:
            importlib.import_module("ale_py")
        except ImportError as error:
            raise _missing(name, "atari") from error
    try:
        return gymnasium.spec(name)
    except gymnasium.error.Error as error:
        suggestion = did_you_mean(name, [*registry, *OWN_TASKS])
        hint = suggestion or ": the module that registers it can stand in front, as in 'my_games:Maze-v0'"
        raise ConfigError(f"task.environment: there is no environment {name!r}{hint}") from error


def make_environment(config: TaskConfig, *, render_mode: str | None = None) -> gymnasium.Env[Any, Any]:
    """Return a new environment with its wrappers and its limit on the steps of an episode.

    Gymnasium's passive checker is left out: `environments.observations` checks every observation, and cheaper.

    Raises:
        ConfigError: No such environment or wrapper, or arguments they do not take.
        MissingExtraError: A package that the environment needs is not installed.
    """
    spec = find_spec(config.environment)
    limit = config.max_episode_steps
    if limit is None and spec.max_episode_steps is None:
        limit = DEFAULT_STEP_LIMIT
    kwargs = dict(config.kwargs)
    if render_mode is not None:
        kwargs["render_mode"] = render_mode
    if _extra(spec) == "mujoco":
        _log_mujoco()
    try:
        env = gymnasium.make(spec, max_episode_steps=limit, disable_env_checker=True, **kwargs)
    except gymnasium.error.DependencyNotInstalled as error:
        raise _missing(config.environment, _extra(spec), error) from error
    except ImportError as error:
        raise _missing(config.environment, _extra(spec), error) from error
    except (TypeError, ValueError, AssertionError, gymnasium.error.Error) as error:
        raise ConfigError(
            f"task.kwargs: environment {config.environment!r} cannot be made with {kwargs}: {_one_line(error)}"
        ) from error
    for wrapper in config.wrappers:
        env = _wrap(env, wrapper)
    return env


def _log_mujoco() -> None:
    """Send MuJoCo's warnings to the log: by itself it prints them and writes a file into the current folder."""
    try:
        mujoco: Any = importlib.import_module("mujoco")
    except ImportError:
        return  # which is reported when the environment is made
    if mujoco.get_mju_user_warning() is None:  # or somebody looks after them already
        mujoco.set_mju_user_warning(lambda message: _log.debug("MuJoCo: %s", message))


def carries_over(config: TaskConfig) -> bool:
    """Return whether the environment is made anew for every episode (``task.remake``)."""
    if config.remake == "auto":
        name = config.environment.rpartition(":")[2]
        return name.rpartition("-v")[0] in _CARRYING_OVER
    return config.remake == "always"


def _wrap(env: gymnasium.Env[Any, Any], wrapper: dict[str, Any]) -> gymnasium.Env[Any, Any]:
    name = wrapper["name"]
    module, colon, attribute = name.partition(":")
    if colon:
        try:
            made = getattr(importlib.import_module(module), attribute)
        except (ImportError, AttributeError) as error:
            raise ConfigError(f"task.wrappers: {name!r} cannot be imported: {error}") from error
    else:
        known = gymnasium.wrappers.__all__
        if name not in known:
            raise ConfigError(
                f"task.wrappers: {name!r} is no class of gymnasium.wrappers{did_you_mean(name, known)}; "
                "your own are named 'module:Class'"
            )
        made = getattr(gymnasium.wrappers, name)
    kwargs = wrapper.get("kwargs", {})
    try:
        return made(env, **kwargs)  # type: ignore[no-any-return]
    except (TypeError, ValueError, AssertionError) as error:
        raise ConfigError(f"task.wrappers: {name} cannot be made with {kwargs}: {_one_line(error)}") from error


def _extra(spec: EnvSpec) -> str:
    """Return the extra that an environment needs, or an empty string where there is none."""
    entry = spec.entry_point if isinstance(spec.entry_point, str) else getattr(spec.entry_point, "__module__", "")
    return next((extra for part, extra in _EXTRAS.items() if part in entry), "")


def _missing(environment: str, extra: str, error: Exception | None = None) -> MissingExtraError:
    if extra:
        return MissingExtraError(
            f'environment {environment!r} needs a package that is not installed: pip install "neat-arena[{extra}]"'
        )
    return MissingExtraError(f"environment {environment!r} needs a package that is not installed: {_one_line(error)}")


def _one_line(error: Exception | None) -> str:
    return " ".join(str(error).split())
