"""Tasks: a Gymnasium environment, or one of the bundled tasks, created from its settings.

A task defines the number of inputs and outputs of networks, creates evaluators, and verifies champions.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from environments.tasks.data_settings import DATA
from environments.tasks.registry import TASKS, Traits, is_registered, register_task, registered
from environments.tasks.settings import Scaling, TaskConfig

if TYPE_CHECKING:
    from environments.evaluators.evaluation import Evaluator
    from environments.playing.verification import Verification
    from neat.config import NetworkConfig
    from neat.genes.table import Genome

__all__ = ["TASKS", "Task", "Traits", "is_registered", "make_task", "register_task", "traits_of"]


@runtime_checkable
class Task(Protocol):
    """The interface of a task.

    Attributes:
        config: Its settings.
        name: Its name.
        inputs: Number of network inputs.
        outputs: Number of network outputs.
        input_names: A name for each input.
        output_names: A name for each output.
        threshold: Mean return that counts as solved, if there is one.
        rule: The task's own definition of solved, in words, if it has one.

    If inputs or outputs are an image, a task also has their shapes as ``input_shape`` and ``output_shape``, for
    indirect encodings.
    """

    config: TaskConfig
    name: str
    inputs: int
    outputs: int
    input_names: tuple[str, ...]
    output_names: tuple[str, ...]
    threshold: float | None
    rule: str | None

    def evaluator(self, network: NetworkConfig, *, seed: int, workers: int = 1, backend: str = "auto") -> Evaluator:
        """Return an evaluator of whole generations (a context manager: close it, or use ``with``).

        Args:
            network: Network settings.
            seed: Seed of the run, from which the seeds of all episodes are derived.
            workers: Number of processes or threads.
            backend: ``auto``, or one that the task supports (``serial``, ``processes``, …).

        Raises:
            ConfigError: The task does not support this backend, or ``workers`` is below 1.
        """
        ...

    def verify(
        self,
        genome: Genome,
        network: NetworkConfig,
        *,
        seed: int,
        episodes: int | None = None,
        scaling: Scaling | None = None,
        attempt: int = 0,
        workers: int = 1,
    ) -> Verification:
        """Play fresh episodes, which were not used in training.

        Args:
            genome: The champion.
            network: Network settings.
            seed: Seed of the run.
            episodes: Number of episodes; by default ``task.verify_episodes``.
            scaling: Observation scaling of its generation (`Evaluation.scaling`).
            attempt: Number of the set of episodes; each number selects other episodes.
            workers: Maximum number of processes.

        Raises:
            EvaluationError: The environment raised an exception or returned a value that is not finite.
        """
        ...


_OF_GYMNASIUM: Traits


def traits_of(config: TaskConfig) -> Traits:
    """Return the traits of a task, without importing the task."""
    return registered(config) or _OF_GYMNASIUM


def make_task(config: TaskConfig) -> Task:
    """Return the task that the settings describe.

    Raises:
        ConfigError: The environment does not exist, or its observations or actions are of an unsupported kind.
        MissingExtraError: The environment needs a package that is not installed.
    """
    module, colon, _ = config.environment.rpartition(":")
    if colon and not is_registered(config):
        from environments.making.environment import import_module

        import_module(module)  # it may register a task
    task: Task = traits_of(config).make(config)
    return task


def _gymnasium(config: TaskConfig) -> Task:
    from environments.tasks.gymnasium_task import GymnasiumTask

    return GymnasiumTask(config)


def _xor(config: TaskConfig) -> Task:
    from environments.tasks.xor import XorTask

    return XorTask(config)


def _double_pole(config: TaskConfig) -> Task:
    from environments.tasks.double_pole import DoublePoleTask

    return DoublePoleTask(config)


def _data(config: TaskConfig) -> Task:
    from environments.tasks.data import DataTask

    return DataTask(config)


def _patterns(module: str, name: str) -> Callable[[TaskConfig], Task]:
    """Return a function that creates a pattern task; the task's module is imported by its first call."""

    def make(config: TaskConfig) -> Task:
        made: Task = getattr(importlib.import_module(f"environments.tasks.{module}"), name)(config)
        return made

    return make


_OF_GYMNASIUM = Traits(make=_gymnasium, deterministic=False, scene=True)
register_task("xor", _xor, examples=True)
register_task("double-pole", _double_pole, scene=True)
register_task("double-pole-no-velocities", _double_pole, scene=True)
register_task(DATA, _data, deterministic=False, rows=True)
register_task("boxes", _patterns("boxes", "BoxesTask"))
register_task("retina", _patterns("retina", "RetinaTask"), examples=True)
register_task("es-xor", _patterns("es_xor", "EsXorTask"), examples=True)
register_task("parity-3", _patterns("parity", "ParityTask"), examples=True)
register_task("circle", _patterns("circle", "CircleTask"), examples=True)
register_task("sine", _patterns("sine", "SineTask"), examples=True)
