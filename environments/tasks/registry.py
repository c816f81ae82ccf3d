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
    """Traits of a task. They are known before it is created, so no code needs to check for its name."""

    make: Callable[[TaskConfig], Any]
    """Creates the task (`environments.tasks.task.Task`) from its settings, and rejects settings that it does not use
    (`environments.tasks.settings.refuse_unused`)."""
    deterministic: bool = True
    """Whether a genome always gets the same fitness, so that trials are pointless."""
    examples: bool = False
    """Whether it has examples instead of episodes, as its attribute ``examples``."""
    scene: bool = False
    """Whether it can be watched. It then has a compiled game as its attribute ``game``."""
    rows: bool = False
    """Whether it has rows of a table for training, validation and testing instead of episodes; see
    `environments.tasks.data`."""


TASKS: dict[str, Traits] = {}
"""Tasks other than Gymnasium environments, by the name in ``task.environment``, without the module (``my_tasks:``) that
may precede it."""


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

    Call it in the module that defines the task: ``neat run my_tasks:parity`` imports this module.

    Raises:
        ConfigError: The name is already taken.
    """
    if name in TASKS:
        raise ConfigError(f"a task with the name {name!r} already exists: choose another name")
    TASKS[name] = Traits(make=make, deterministic=deterministic, examples=examples, scene=scene, rows=rows)


def is_registered(config: TaskConfig) -> bool:
    """Return whether a task is one of `TASKS`, not a Gymnasium environment."""
    return registered(config) is not None


def registered(config: TaskConfig) -> Traits | None:
    """Return the traits of a task of `TASKS`; None for a Gymnasium environment."""
    return TASKS.get(config.environment.rpartition(":")[2])


def refuse_without_environment(config: TaskConfig, command: str) -> None:
    """Reject a task that is not a Gymnasium environment, for commands that need one, such as training by gradients.

    Args:
        config: The task.
        command: Name of the command for the message, such as ``neat ppo``.

    Raises:
        ConfigError: The task is one of `TASKS`.
    """
    known = registered(config)
    if known is None:
        return
    kind = "a table of examples" if known.rows or known.examples else "a task of another kind"
    raise ConfigError(
        f"{command}: expected a Gymnasium environment, such as CartPole-v1, but {config.environment!r} is {kind}; "
        "`neat run` evolves networks for it"
    )
