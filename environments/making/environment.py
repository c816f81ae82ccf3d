"""Creation of an environment from the settings of a task, with helpful errors."""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
import traceback
from pathlib import Path
from typing import Any

import gymnasium
from gymnasium.envs.registration import EnvSpec, registry

from environments.making.blame import home_of, place_of, reason, seed_globals
from environments.making.foreign import Foreign, check_environment
from environments.making.places import hidden, import_attribute, import_own
from environments.making.plain import games_in, spec_of
from environments.making.prints import aside
from environments.tasks.registry import TASKS
from environments.tasks.settings import DEFAULT_STEP_LIMIT, NO_GAME, TaskConfig
from neat.errors import ConfigError, MissingExtraError, NeatError, did_you_mean

__all__ = ["atari_error", "carries_over", "find_spec", "import_module", "make_environment", "missing_extra"]

_log = logging.getLogger(__name__)

_CARRYING_OVER = frozenset({"BipedalWalker", "BipedalWalkerHardcore"})
"""Environments whose episodes depend on earlier ones, despite ``reset(seed=…)``. In Gymnasium 1.4 they keep one Box2D
world, which solves contacts in an order that depends on earlier objects. (LunarLander creates a new world.)"""

_EXTRAS = {"box2d": "box2d", "mujoco": "mujoco", "ale_py": "atari", "shimmy": "atari"}
"""The extra of this project that an environment needs, by a part of its entry point."""

_PACKAGES = {"box2d": "Box2D", "mujoco": "mujoco", "atari": "ale_py"}
"""The package of each of these extras, under its import name."""


def find_spec(environment: str) -> EnvSpec:
    """Return the registry entry of an environment id, after importing the module that the id contains, if any.

    Raises:
        ConfigError: The id or the module does not exist.
        MissingExtraError: The environment is part of a package that is not installed.
    """
    if environment == NO_GAME:
        raise ConfigError(
            "this network was evolved with a fitness function in a script, so there is no game (select one with --task)"
        )
    module, colon, name = environment.rpartition(":")
    if colon:
        import_module(module)
    elif name.startswith("neat-arena/"):
        importlib.import_module("environments.games")  # this project's own games register themselves
    elif name.startswith("ALE/"):
        try:
            importlib.import_module("ale_py")
        except ImportError as error:
            raise _missing(name, "atari") from error
    if colon and name not in registry:  # a class: Gymnasium would also accept another game's id without version
        own = spec_of(getattr(sys.modules[module], name, None), environment)
        if own is not None:
            return own
    try:
        return gymnasium.spec(name)
    except gymnasium.error.Error as error:
        if atari := atari_error(name):
            raise atari from error
        raise ConfigError(
            f"task.environment: there is no environment {name!r}{_nearest(name, module if colon else '')}"
        ) from error


def import_module(module: str) -> None:
    """Import a module named in ``task.environment``, which may register environments or tasks.

    Raises:
        ConfigError: The module does not exist, or cannot be imported.
    """
    with aside():
        import_own(module, "task.environment")


def _nearest(name: str, module: str) -> str:
    """Return suggestions for an environment id that does not exist."""
    if module:
        if obstacle := hidden(module):
            return f" in the module {module!r}: {obstacle}"
        found = sys.modules[module]
        where = f" in the module {module!r} ({getattr(found, '__file__', None) or 'a folder'})"
        new = [id for id, spec in registry.items() if _module_of(spec).partition(".")[0] == module.partition(".")[0]]
        games = [*games_in(found), *new]
        if games:
            return f"{where}{did_you_mean(name, games) or ': it has ' + ', '.join(games[:5])}"
        return f"{where}: it has no game, neither a class nor a registered one{did_you_mean(name, registry)}"
    suggestion = did_you_mean(name, [*registry, *TASKS])
    return f"{suggestion}: {ELSEWHERE}"


ELSEWHERE = "an environment that a module or package registers is named with it, as in 'my_games:Maze-v0'"
"""Hint for environments that are not registered by importing Gymnasium."""


def _module_of(spec: EnvSpec) -> str:
    entry = spec.entry_point
    return entry.partition(":")[0] if isinstance(entry, str) else str(getattr(entry, "__module__", ""))


_ATARI = frozenset({
    "Adventure", "AirRaid", "Alien", "Amidar", "Assault", "Asterix", "Asteroids", "Atlantis", "BankHeist",
    "BattleZone", "BeamRider", "Berzerk", "Bowling", "Boxing", "Breakout", "Carnival", "Centipede",
    "ChopperCommand", "CrazyClimber", "Defender", "DemonAttack", "DonkeyKong", "DoubleDunk", "ElevatorAction",
    "Enduro", "FishingDerby", "Freeway", "Frogger", "Frostbite", "Galaxian", "Gopher", "Gravitar", "Hero",
    "IceHockey", "Jamesbond", "JourneyEscape", "Kangaroo", "KungFuMaster", "Krull", "MontezumaRevenge",
    "MsPacman", "NameThisGame", "Pacman", "Phoenix", "Pitfall", "Pong", "Pooyan", "PrivateEye", "Qbert",
    "Riverraid", "RoadRunner", "Robotank", "Seaquest", "Skiing", "Solaris", "SpaceInvaders", "StarGunner",
    "Surround", "Tennis", "Tetris", "TimePilot", "Tutankham", "UpNDown", "Venture", "VideoPinball",
    "WizardOfWor", "YarsRevenge", "Zaxxon",
})  # fmt: skip
"""Games of the Arcade Learning Environment, by their names in ids."""


def atari_error(name: str) -> NeatError | None:
    """Return the error for an old id of an Atari game (``Pong-v4``, ``PongNoFrameskip-v4``); None for other ids."""
    stem = name.rpartition("/")[2].rpartition("-v")[0] or name
    game = stem.removesuffix("NoFrameskip").removesuffix("Deterministic").removesuffix("-ram")
    if game not in _ATARI:
        return None
    if importlib.util.find_spec("ale_py") is None:
        return MissingExtraError(
            f"task.environment: {name!r} is an Atari game, today 'ALE/{game}-v5', which needs a package that is not "
            'installed: pip install "neat-arena[atari]"'
        )
    return ConfigError(f"task.environment: there is no environment {name!r} (did you mean 'ALE/{game}-v5'?)")


def make_environment(config: TaskConfig, *, render_mode: str | None = None) -> gymnasium.Env[Any, Any]:
    """Return a new environment with its wrappers and its limit on episode length.

    Gymnasium's passive checker is not used: `environments.spaces.observations` checks each observation, faster.

    Raises:
        ConfigError: The environment or a wrapper does not exist, does not accept its arguments, or cannot be created.
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
    foreign = _is_foreign(spec, config)
    if foreign:
        seed_globals(0)  # so that random numbers during creation are the same in every process
    try:
        with aside():
            env = gymnasium.make(spec, max_episode_steps=limit, disable_env_checker=True, **kwargs)
    except NeatError:
        raise
    except gymnasium.error.DependencyNotInstalled as error:
        raise _missing(config.environment, _extra(spec), error) from error
    except ImportError as error:
        raise _missing(config.environment, _extra(spec), error) from error
    except (Exception, SystemExit) as error:
        raise ConfigError(_not_made(config.environment, spec, kwargs, error)) from error
    for wrapper in config.wrappers:
        env = _wrap(env, wrapper)
    check_environment(env, config.environment)
    return Foreign(env, config.environment) if foreign else env


def _is_foreign(spec: EnvSpec, config: TaskConfig) -> bool:
    """Return whether a task runs code that is neither Gymnasium's nor this project's."""
    own = _module_of(spec).startswith(("gymnasium.", "environments."))
    return not own or any(":" in wrapper["name"] for wrapper in config.wrappers)


def _not_made(environment: str, spec: EnvSpec, kwargs: dict[str, Any], error: BaseException) -> str:
    """Return an error message for an environment that could not be created."""
    entry = spec.entry_point
    if isinstance(error, TypeError) and isinstance(error.__cause__, TypeError):
        error = error.__cause__  # Gymnasium raises these again with its own text
    innermost = traceback.extract_tb(error.__traceback__)[-1].filename
    of_gymnasium = Path(innermost).is_relative_to(Path(gymnasium.__file__).parent)
    if isinstance(error, TypeError) and isinstance(entry, type) and not issubclass(entry, gymnasium.Env):
        base = f"class {entry.__name__}(gymnasium.Env)"
        return f"environment {environment!r} cannot be made: write '{base}', its base is missing{home_of(entry)}"
    if not of_gymnasium and not kwargs:
        return f"environment {environment!r} cannot be made: it {reason(error)}"
    why = _one_line(error) if of_gymnasium else f"it {reason(error)}"
    return f"task.kwargs: environment {environment!r} cannot be made with {kwargs}: {why}"


def _log_mujoco() -> None:
    """Send MuJoCo's warnings to the log. By default, MuJoCo prints them and writes a file into the current folder."""
    try:
        mujoco: Any = importlib.import_module("mujoco")
    except ImportError:
        return  # reported when the environment is created
    if mujoco.get_mju_user_warning() is None:  # keep an existing handler
        mujoco.set_mju_user_warning(lambda message: _log.debug("MuJoCo: %s", message))


def carries_over(config: TaskConfig) -> bool:
    """Return whether the environment is created again for every episode (``task.remake``)."""
    if config.remake == "auto":
        name = config.environment.rpartition(":")[2]
        return name.rpartition("-v")[0] in _CARRYING_OVER
    return config.remake == "always"


def _wrap(env: gymnasium.Env[Any, Any], wrapper: dict[str, Any]) -> gymnasium.Env[Any, Any]:
    name = wrapper["name"]
    with aside():
        if ":" in name:
            made = import_attribute(name, "task.wrappers")
        else:
            known = gymnasium.wrappers.__all__
            if name not in known:
                raise ConfigError(
                    f"task.wrappers: {name!r} is not a class of gymnasium.wrappers{did_you_mean(name, known)}; "
                    "name your own wrappers as 'module:Class'"
                )
            made = getattr(gymnasium.wrappers, name)
        kwargs = wrapper.get("kwargs", {})
        try:
            return made(env, **kwargs)  # type: ignore[no-any-return]
        except (Exception, SystemExit) as error:
            why = f"{_one_line(error)}{place_of(error)}"
            raise ConfigError(f"task.wrappers: {name} cannot be made with {kwargs}: {why}") from error


def _extra(spec: EnvSpec) -> str:
    """Return the extra that an environment needs, or an empty string if it needs none."""
    return next((extra for part, extra in _EXTRAS.items() if part in _module_of(spec)), "")


def missing_extra(environment: str) -> str:
    """Return the extra of this project that an environment needs, if it is not installed; else an empty string.

    The environment is not created, and nothing is compiled.

    Raises:
        ConfigError: The id or the module does not exist.
    """
    try:
        extra = _extra(find_spec(environment))
        if extra:
            importlib.import_module(_PACKAGES[extra])
    except MissingExtraError:  # an Atari game, registered by its own package
        return "atari"
    except ImportError:
        return extra
    return ""


def _missing(environment: str, extra: str, error: Exception | None = None) -> MissingExtraError:
    if extra:
        return MissingExtraError(
            f'environment {environment!r} needs a package that is not installed: pip install "neat-arena[{extra}]"'
        )
    return MissingExtraError(f"environment {environment!r} needs a package that is not installed: {_one_line(error)}")


def _one_line(error: BaseException | None) -> str:
    return " ".join(str(error).split())
