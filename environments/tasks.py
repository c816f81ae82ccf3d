"""From settings to a task: an environment of Gymnasium, or one of the tasks that are none."""

from __future__ import annotations

from environments.task import OWN_TASKS, Task, TaskConfig

__all__ = ["make_task"]


def make_task(config: TaskConfig) -> Task:
    """Return the task that the settings describe.

    Raises:
        ConfigError: No such environment, or its observations or actions are of a kind no network can have.
        MissingExtraError: The environment needs a package that is not installed.
    """
    if config.environment == "xor":
        from environments.xor import XorTask

        return XorTask(config)
    if config.environment in OWN_TASKS:
        from environments.games.balancing import DoublePoleTask

        return DoublePoleTask(config)
    from environments.arena import GymnasiumTask

    return GymnasiumTask(config)
