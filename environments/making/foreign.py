"""Environments from users: additional support, and checks of the interface.

Users' games may use global random numbers, print, follow the old Gym interface, or raise exceptions. So global random
numbers are seeded at the start of their episodes, errors in ``close`` do not end a run, and violations of Gymnasium's
interface are reported with the line to change.
"""

from __future__ import annotations

import logging
import re
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gymnasium
from gymnasium import spaces

from environments.making.blame import home_of, reason, seed_globals
from environments.making.prints import are_apart, aside
from neat.errors import ConfigError, EvaluationError

__all__ = ["Foreign", "check_environment", "explain", "number_of"]

_log = logging.getLogger(__name__)
_complained: set[str] = set()
_UNPACKING = re.compile(r"(?:not enough|too many) values to unpack \(expected (\d+)(?:, got (\d+))?\)")
_STATEFUL = {
    "NormalizeObservation": "use task.observation_scaling = 'running', which is the same for all genomes",
    "NormalizeReward": "fitness needs no scaled rewards: leave it out",
}
"""Gymnasium wrappers that keep statistics across episodes, and the alternative."""


class Foreign(gymnasium.Wrapper[Any, Any, Any, Any]):
    """The outermost wrapper of a user's environment; it adds no cost to steps.

    Args:
        env: The environment with all other wrappers.
        name: Its id, for messages.
    """

    def __init__(self, env: gymnasium.Env[Any, Any], name: str) -> None:
        super().__init__(env)
        self._name = name
        self.step = _aside(env.step) if are_apart() else env.step  # type: ignore

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> Any:
        """Seed Python's and NumPy's global random numbers, and start an episode.

        Raises:
            EvaluationError: The environment did not return an observation and a dictionary.
        """
        if seed is not None:
            seed_globals(seed)
        with aside():
            first = self.env.reset(seed=seed, options=options)
        if (
            isinstance(first, tuple | list) and len(first) == 2 and (first[1] is None or isinstance(first[1], dict))
        ):  # fmt: skip
            return first
        raise EvaluationError(
            f"returned {_kind(first)} from reset(), expected two things as in 'return observation, {{}}'"
        )

    def render(self) -> Any:
        """Return a picture, or show it; see `gymnasium.Env.render`."""
        with aside():
            return self.env.render()

    def close(self) -> None:
        """Close the environment. Errors are only logged, once per environment."""
        try:
            with aside():
                self.env.close()
        except (Exception, SystemExit) as error:
            if self._name not in _complained:
                _complained.add(self._name)
                _log.warning("environment %r: its close() %s", self._name, reason(error))


def check_environment(env: gymnasium.Env[Any, Any], name: str) -> None:
    """Check the spaces and wrappers of an environment, before the first episode.

    Raises:
        ConfigError: A space is missing or of another type, or a wrapper keeps statistics across episodes.
    """
    for attribute, example in (("observation_space", "Box(-1, 1, (4,))"), ("action_space", "Discrete(2)")):
        try:
            space = getattr(env, attribute)
        except AttributeError:
            space = None
        if space is None:
            raise ConfigError(
                f"environment {name!r} has no {attribute}: set it in __init__, before the first reset(), as in "
                f"self.{attribute} = gymnasium.spaces.{example}{home_of(type(env.unwrapped))}"
            )
        if not isinstance(space, spaces.Space):
            old = type(space).__module__.startswith("gym.")
            meant = "gymnasium's, not gym's" if old else f"such as gymnasium.spaces.{_meant(space, example)}"
            meant += home_of(type(env.unwrapped))
            raise ConfigError(f"environment {name!r}: {attribute} is {space!r}, expected a space {meant}")
    layer: Any = env
    while isinstance(layer, gymnasium.Wrapper):
        found = type(layer).__name__
        own = type(layer).__module__.startswith("gymnasium.")
        if own and found in _STATEFUL and getattr(layer, "update_running_mean", True):
            raise ConfigError(
                f"task.wrappers: {found} keeps statistics across episodes, so a genome's score would depend on the "
                f"genomes before it; {_STATEFUL[found]}"
            )
        layer = layer.env


def explain(env: gymnasium.Env[Any, Any], error: BaseException, *, began: bool) -> str:
    """Return a description of an error in an episode, with the line to change if it is known.

    Args:
        env: The environment.
        error: The exception that it raised, or an `EvaluationError` about its return values.
        began: Whether ``reset`` has returned.
    """
    made: Any = getattr(env.unwrapped, "plain_class", type(env.unwrapped))
    method = made.step if began else made.reset
    if isinstance(error, EvaluationError):
        if str(error).startswith("returned an observation") and hasattr(env.unwrapped, "plain_class"):
            method = made.observe
        returned = str(error).startswith("returned")
        return f"{error}{home_of(method) if returned and isinstance(env, Foreign) else ''}"
    outside = _raised_outside(error)
    text = str(error)
    if outside and isinstance(error, ValueError) and (found := _UNPACKING.search(text)):
        count = f"{found[2]} things" if found[2] else "another number of things"
        return (
            f"returned {count} from step(), expected five as in 'return observation, reward, terminated, truncated, "
            f"info' (the old Gym's done is terminated){home_of(method)}"
        )
    if outside and isinstance(error, TypeError) and re.search(r"unexpected keyword argument '(seed|options)'", text):
        return (
            "does not accept the seed of an episode: write 'def reset(self, *, seed=None, options=None):' with "
            f"'super().reset(seed=seed)' as its first line{home_of(method)}"
        )
    return reason(error)


def number_of(reward: Any) -> float:
    """Return a reward as a float; it may also be an array or a list with one element.

    Raises:
        EvaluationError: The reward is not a number.
    """
    inner = reward
    while isinstance(inner, list | tuple) and len(inner) == 1:
        inner = inner[0]
    try:
        return float(inner.item() if getattr(inner, "size", None) == 1 else inner)
    except (TypeError, ValueError, AttributeError):
        raise EvaluationError(f"returned {_kind(reward)} as reward, expected a number") from None


def _aside(step: Callable[[Any], Any]) -> Callable[[Any], Any]:
    def quiet(action: Any) -> Any:
        with aside():
            return step(action)

    return quiet


def _raised_outside(error: BaseException) -> bool:
    """Return whether an error was raised by the caller of user code, about its arguments or return values."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return False
    file = Path(frames[-1].filename)
    return file.is_relative_to(Path(gymnasium.__file__).parent) or file.is_relative_to(Path(__file__).parents[1])


def _kind(value: Any) -> str:
    shape = getattr(value, "shape", None)
    if shape is not None:
        return f"an array of shape {tuple(shape)}"
    if isinstance(value, tuple | list):
        return f"a {type(value).__name__} of {len(value)}"
    text = repr(value)
    return text if value is None or (isinstance(value, bool | int | float | str) and len(text) < 60) else (
        f"a {type(value).__name__}"
    )  # fmt: skip


def _meant(space: Any, example: str) -> str:
    """Return the space that was probably meant by a list of choices or their number; otherwise the example."""
    if isinstance(space, int) and space > 0:
        return f"Discrete({space})"
    if isinstance(space, list | tuple | range) and len(space):
        return f"Discrete({len(space)})"
    return example
