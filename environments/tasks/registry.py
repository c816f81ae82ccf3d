"""The tasks besides Gymnasium environments, and their traits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from environments.tasks.settings import TaskConfig
from neat.errors import ConfigError

__all__ = ["TASKS", "Traits", "is_registered", "refuse_without_environment", "register_task", "registered"]


@dataclass(frozen=True, kw_only=True)
class Traits:
    """Traits of a task, known before it is created, so that no code needs to check for its name."""

    make: Callable[[TaskConfig], Any]
    """Creates the task (`environments.tasks.task.Task`) from its settings; it rejects settings that it does not use
    (`environments.tasks.settings.refuse_unused`)."""
    deterministic: bool = True
    """Whether a genome always gets the same fitness; then trials would show nothing new."""
    examples: bool = False
    """Whether it has examples, as its attribute ``examples``, instead of episodes."""
    scene: bool = False
    """Whether it can be watched; it then has a compiled game as its attribute ``game``."""
    rows: bool = False
    """Whether it has rows of a table for training, validation and testing, instead of episodes; see
    `environments.tasks.data`."""


TASKS: dict[str, Traits] = {}
"""Tasks other than Gymnasium environments, by the name used in ``task.environment``, with a module before it if needed:
``my_tasks:parity``."""


def register_task(
    name: str,
    make: Callable[[TaskConfig], Any],
    *,
    deterministic: bool = True,
    examples: bool = False,
    scene: bool = False,
    rows: bool = False,
) -> None:
    """Register a task under the name ``task.environment = name``; see `Traits` for its traits.

    Call it where the task is defined: ``neat run my_tasks:parity`` imports the module.

    Raises:
        ConfigError: The name is taken.
    """
    if name in TASKS:
        raise ConfigError(f"there is a task called {name!r} already: choose another name")
    TASKS[name] = Traits(make=make, deterministic=deterministic, examples=examples, scene=scene, rows=rows)


def is_registered(config: TaskConfig) -> bool:
    """Return whether a task is one of `TASKS`, and not a Gymnasium environment."""
    return registered(config) is not None


def registered(config: TaskConfig) -> Traits | None:
    """Return the traits of a task of `TASKS`; None for a Gymnasium environment."""
    return TASKS.get(config.environment.rpartition(":")[2])


def refuse_without_environment(config: TaskConfig, command: str) -> None:
    """Refuse a task that is no environment of Gymnasium where one is needed: agents that learn by gradients step one.

    Args:
        config: The task.
        command: What needs an environment, for people, such as ``neat ppo``.

    Raises:
        ConfigError: The task is one of `TASKS`.
    """
    known = registered(config)
    if known is None:
        return
    kind = "a table of examples" if known.rows or known.examples else "a task of another kind"
    raise ConfigError(
        f"{command}: expected an environment of Gymnasium, such as CartPole-v1, but {config.environment!r} is {kind}; "
        "`neat run` evolves networks for it"
    )
