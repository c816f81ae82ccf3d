"""Gymnasium environments as tasks."""

from __future__ import annotations

import dataclasses
import math

from environments.evaluators.backends import make_evaluator
from environments.evaluators.evaluation import Evaluator
from environments.evaluators.verifying import verify
from environments.making.environment import find_spec, make_environment
from environments.playing.verification import Verification
from environments.spaces import ActionDecoder, ObservationEncoder
from environments.spaces.names import input_names, output_names
from environments.tasks.settings import Scaling, TaskConfig, refuse_unused
from neat.config import NetworkConfig
from neat.genes.table import Genome

__all__ = ["GymnasiumTask"]


class GymnasiumTask:
    """A Gymnasium environment in which genomes collect reward; see `environments.tasks.task.Task` for the interface."""

    def __init__(self, config: TaskConfig) -> None:
        """Create the environment once, to read its spaces.

        Raises:
            ConfigError: The environment does not exist, or a space is of an unsupported kind.
            MissingExtraError: The environment needs a package that is not installed.
        """
        used = (field.name for field in dataclasses.fields(config) if field.name != "examination")
        refuse_unused(config, used, {"examination": "only double-pole-no-velocities uses it"})
        env = make_environment(config)
        try:
            encoder = ObservationEncoder(env.observation_space)
            decoder = ActionDecoder(env.action_space)
            game = getattr(env.unwrapped, "game", None)  # a compiled game has its own names
        finally:
            env.close()
        registered = find_spec(config.environment).reward_threshold
        self.config = config
        self.name = config.environment
        self.inputs = encoder.size
        self.outputs = decoder.size
        shape = env.observation_space.shape
        self.input_shape = shape if shape and math.prod(shape) == encoder.size else (encoder.size,)
        self.input_names = _fitting(getattr(game, "input_names", ()), input_names(self.name, encoder.names))
        self.output_names = _fitting(getattr(game, "output_names", ()), output_names(self.name, decoder.names))
        self.threshold = config.threshold if config.threshold is not None else registered
        self.rule: str | None = None

    def evaluator(self, network: NetworkConfig, *, seed: int, workers: int = 1, backend: str = "auto") -> Evaluator:
        """Return an evaluator of whole generations.

        Args:
            network: Network settings.
            seed: Seed of the run.
            workers: Number of processes or threads.
            backend: A name of `environments.evaluators.backends.BACKENDS`, or ``auto``: the fastest one for this task
                on this machine.

        Raises:
            ConfigError: The task does not support this backend, or ``workers`` is below 1.
            MissingExtraError: The backend needs a package that is not installed.
        """
        return make_evaluator(self.config, network, seed=seed, workers=workers, backend=backend)

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
        """Play fresh episodes in Gymnasium's own environment; see `environments.tasks.task.Task.verify`."""
        return verify(
            dataclasses.replace(self.config, threshold=self.threshold), genome, network, seed=seed,
            episodes=episodes or self.config.verify_episodes, scaling=scaling, attempt=attempt, workers=workers,
        )  # fmt: skip


def _fitting(names: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """Return ``names`` if their number equals that of ``others``, else ``others`` (wrappers change sizes)."""
    return names if len(names) == len(others) else others
