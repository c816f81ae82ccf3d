"""Environments of Gymnasium as tasks."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

from environments.evaluation import Evaluator
from environments.making import find_spec, make_environment
from environments.names import input_names, output_names
from environments.spaces import ActionDecoder, ObservationEncoder
from environments.task import Scaling, TaskConfig
from environments.verification import Verification, verify
from neat.config import NetworkConfig
from neat.errors import ConfigError, did_you_mean
from neat.genes.table import Genome
from neat.parallel import available_cores

__all__ = ["GymnasiumTask", "default_workers"]


class GymnasiumTask:
    """A Gymnasium environment in which genomes collect reward; see `environments.task.Task` for the interface."""

    def __init__(self, config: TaskConfig) -> None:
        """Make the environment once, to learn its spaces.

        Raises:
            ConfigError: No such environment, or spaces of a kind no network can have.
            MissingExtraError: The environment needs a package that is not installed.
        """
        env = make_environment(config)
        try:
            encoder = ObservationEncoder(env.observation_space)
            decoder = ActionDecoder(env.action_space)
            game = getattr(env.unwrapped, "game", None)  # a compiled game brings names of its own
        finally:
            env.close()
        registered = find_spec(config.environment).reward_threshold
        self.config = config
        self.name = config.environment
        self.inputs = encoder.size
        self.outputs = decoder.size
        self.input_names = _fitting(getattr(game, "input_names", ()), input_names(self.name, encoder.names))
        self.output_names = _fitting(getattr(game, "output_names", ()), output_names(self.name, decoder.names))
        self.threshold = config.threshold if config.threshold is not None else registered
        self.rule: str | None = None

    def evaluator(self, network: NetworkConfig, *, seed: int, workers: int = 1, backend: str = "auto") -> Evaluator:
        """Return an evaluator of whole generations.

        Args:
            network: How genomes become networks.
            seed: Seed of the run.
            workers: How many processes or threads to use.
            backend: ``auto``, ``serial``, ``processes``, ``compiled``, ``envpool``, ``ray``, or ``ray:ADDRESS`` for a
                cluster.
                ``auto`` is the fastest this task has on this machine: compiled games, else processes, else (with one
                worker) serial.

        Raises:
            ConfigError: No such backend for this task, or ``workers`` below 1.
            MissingExtraError: The backend needs a package that is not installed.
        """
        if workers < 1:
            raise ConfigError(f"workers: expected at least 1, got {workers}")
        names = ("auto", *_BACKENDS)
        name, _, address = backend.partition(":")
        if name not in names or (address and name != "ray"):
            raise ConfigError(
                f"unknown backend {backend!r}{did_you_mean(backend, names)}: expected one of {', '.join(names)}"
            )
        if address:
            return _ray(self.config, network, seed, workers, address)
        choices = _AUTOMATIC if backend == "auto" else (backend,)
        for choice in choices:
            if backend == "auto" and choice == "processes" and workers == 1:
                continue
            made = _BACKENDS[choice](self.config, network, seed, workers)
            if made is not None:
                return made
        raise ConfigError(f"backend {backend!r} does not have the task {self.name!r} as configured: use 'auto'")

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
        """Play fresh episodes in Gymnasium's own environment; see `environments.task.Task.verify`."""
        return verify(
            dataclasses.replace(self.config, threshold=self.threshold), genome, network, seed=seed,
            episodes=episodes or self.config.verify_episodes, scaling=scaling, attempt=attempt, workers=workers,
        )  # fmt: skip


def default_workers(backend: str) -> int:
    """Return how many workers a backend has work for: one per core of this machine, or of the Ray cluster it names."""
    name, _, address = backend.partition(":")
    if name == "ray" and address:
        from environments.ray_backend import cluster_cores

        return cluster_cores(address)
    return available_cores()


def _fitting(names: tuple[str, ...], others: tuple[str, ...]) -> tuple[str, ...]:
    """Return ``names`` if they are as many as ``others`` (wrappers change sizes)."""
    return names if len(names) == len(others) else others


def _serial(config: TaskConfig, network: NetworkConfig, seed: int, workers: int) -> Evaluator | None:
    from environments.serial import SerialEvaluator

    return SerialEvaluator(config, network, seed)


def _processes(config: TaskConfig, network: NetworkConfig, seed: int, workers: int) -> Evaluator | None:
    from environments.processes import ProcessEvaluator

    return ProcessEvaluator(config, network, seed, workers)


def _compiled(config: TaskConfig, network: NetworkConfig, seed: int, workers: int) -> Evaluator | None:
    from environments.games import twin_of
    from environments.games.compiled import CompiledEvaluator

    game = twin_of(config)
    return None if game is None else CompiledEvaluator(game, config, network, seed, workers)


def _envpool(config: TaskConfig, network: NetworkConfig, seed: int, workers: int) -> Evaluator:
    from environments.envpool_backend import EnvPoolEvaluator

    return EnvPoolEvaluator(config, network, seed, workers)


def _ray(config: TaskConfig, network: NetworkConfig, seed: int, workers: int, address: str = "") -> Evaluator:
    from environments.ray_backend import RayEvaluator

    return RayEvaluator(config, network, seed, workers, address)


_BACKENDS: dict[str, Callable[[TaskConfig, NetworkConfig, int, int], Evaluator | None]] = {
    "serial": _serial,
    "processes": _processes,
    "compiled": _compiled,
    "envpool": _envpool,
    "ray": _ray,
}
"""Makers of evaluators, by name; one that cannot play the task as configured returns None."""
_AUTOMATIC: Sequence[str] = ("compiled", "processes", "serial")
"""The order in which ``auto`` tries them."""
