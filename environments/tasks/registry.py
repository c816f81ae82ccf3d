"""Which tasks there are beside environments of Gymnasium, and what is known of each before it is made."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from environments.tasks.settings import TaskConfig
from neat.errors import ConfigError

__all__ = ["TASKS", "Traits", "is_registered", "refuse_without_environment", "register_task", "registered"]


@dataclass(frozen=True, kw_only=True)
class Traits:
    """What is known of a task before it is made, so that nothing has to ask for one by name."""

    make: Callable[[TaskConfig], Any]
    """Makes the task (`environments.tasks.task.Task`) from its settings; it refuses those that it has no use for
    (`environments.tasks.settings.refuse_unused`)."""
    deterministic: bool = True
    """Whether a genome always gets the same fitness: then none is merely lucky, and trials would tell nothing."""
    examples: bool = False
    """Whether it shows examples, its attribute ``examples``, instead of playing episodes."""
    scene: bool = False
    """Whether it can be watched: it then has a compiled game as its attribute ``game``."""
    rows: bool = False
    """Whether it shows the rows of a table, some of which breed, some choose and some judge, instead of episodes; see
    `environments.tasks.data`."""


TASKS: dict[str, Traits] = {}
"""Tasks that are no environment of Gymnasium, by the name that ``task.environment`` gives, after a module's if need be:
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
    """Make a task known as ``task.environment = name``; see `Traits` for what is said of it.

    Call it where the task is defined: ``neat run my_tasks:parity`` imports the module.

    Raises:
        ConfigError: The name is taken.
    """
    if name in TASKS:
        raise ConfigError(f"there is a task called {name!r} already: choose another name")
    TASKS[name] = Traits(make=make, deterministic=deterministic, examples=examples, scene=scene, rows=rows)


def is_registered(config: TaskConfig) -> bool:
    """Return whether a task is one of `TASKS`, rather than an environment of Gymnasium."""
    return registered(config) is not None


def registered(config: TaskConfig) -> Traits | None:
    """Return what is known of a task of `TASKS`; None for an environment of Gymnasium."""
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
    kind = "a table of examples" if known.rows or known.examples else "a task of its own"
    raise ConfigError(
        f"{command}: expected an environment of Gymnasium, such as CartPole-v1, but {config.environment!r} is {kind}; "
        "`neat run` evolves networks for it"
    )
