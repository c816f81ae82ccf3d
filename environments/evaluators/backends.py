"""Backends: ways to play the episodes of a generation. All give the same fitness; they differ in speed.

Register your own backend with `register_backend`: ``--backend``, help texts and messages use these names. A backend is
imported only when it is used.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from neat.errors import ConfigError
from neat.registry import Registry

if TYPE_CHECKING:
    from environments.evaluators.evaluation import Evaluator
    from environments.tasks.settings import TaskConfig
    from neat.config import NetworkConfig

__all__ = ["BACKENDS", "Backend", "default_workers", "make_evaluator", "module_of", "register_backend"]

Maker = Callable[["TaskConfig", "NetworkConfig", int, int, str], "Evaluator | None"]
"""Creates an evaluator from task, network, seed of the run, workers and address (the part after ``name:``). It returns
None if the backend does not support the task with these settings."""


@dataclass(frozen=True, kw_only=True)
class Backend:
    """A way to play episodes."""

    make: Maker
    """Creates an evaluator."""
    summary: str
    """Description for the first lines of a run, in which ``{workers}`` is replaced by the number of workers."""
    automatic: int | None = None
    """Position in the order in which ``auto`` tries backends; None: ``auto`` does not use it."""
    elsewhere: bool = False
    """Whether episodes run in other processes, which must be able to import the game. ``auto`` uses such a backend only
    for several workers."""
    addressed: bool = False
    """Whether it accepts an address, ``name:ADDRESS``."""
    default_workers: Callable[[str], int] = lambda address: _cores()
    """Returns the default number of workers for an address."""


def _cores() -> int:
    from neat.compiled.parallel import available_cores

    return available_cores()


BACKENDS: Registry[Backend] = Registry("backend", {})
"""The backends, by the name used in ``run.backend``."""


def register_backend(name: str, backend: Backend) -> Backend:
    """Register a backend under the name ``run.backend = name``, and return it.

    Raises:
        ConfigError: The name is already taken.
    """
    return BACKENDS.register(name, backend)


def make_evaluator(
    config: TaskConfig, network: NetworkConfig, *, seed: int, workers: int = 1, backend: str = "auto"
) -> Evaluator:
    """Return an evaluator of whole generations.

    Args:
        config: The task.
        network: Network settings.
        seed: Seed of the run.
        workers: Number of processes or threads.
        backend: A name of `BACKENDS`, with an address or module if needed; or ``auto``: the fastest one for this task
            on this machine.

    Raises:
        ConfigError: The task does not support this backend, or ``workers`` is below 1.
        MissingExtraError: The backend needs a package that is not installed.
    """
    if workers < 1:
        raise ConfigError(f"workers: expected at least 1, got {workers}")
    name, address = _split(backend)
    if name != "auto" and address and not BACKENDS[name].addressed:
        raise ConfigError(f"backend {name!r} takes no address, got {backend!r}")
    for choice in _automatic(workers) if name == "auto" else (BACKENDS[name],):
        if choice.elsewhere and (why := _unreachable(config, warn=name == "auto")):
            if name == "auto":
                continue
            raise ConfigError(f"backend {backend!r}: {why}")
        made = choice.make(config, network, seed, workers, address)
        if made is not None:
            return made
    raise ConfigError(f"backend {backend!r} does not support the task {config.environment!r} as configured: use 'auto'")


def default_workers(backend: str) -> int:
    """Return the default number of workers of a backend, usually one per core of this machine."""
    name, address = _split(backend)
    return _cores() if name == "auto" else BACKENDS[name].default_workers(address)


def module_of(backend: str) -> str:
    """Return the module of a user's backend (``module:name``), or an empty string."""
    first, _, rest = backend.partition(":")
    return first if rest and first != "auto" and first not in BACKENDS else ""


def _split(backend: str) -> tuple[str, str]:
    """Return a backend's name and address, after importing the module of a user's backend.

    Raises:
        ConfigError: The module cannot be imported, or does not register the name.
    """
    module = module_of(backend)
    name, _, address = backend.removeprefix(f"{module}:").partition(":")
    if module:
        BACKENDS.find(f"{module}:{name}")
    return name, address


def _automatic(workers: int) -> list[Backend]:
    able = [b for b in BACKENDS.values() if b.automatic is not None and (workers > 1 or not b.elsewhere)]
    return sorted(able, key=lambda backend: backend.automatic or 0)


def _unreachable(config: TaskConfig, *, warn: bool) -> str:
    from environments.evaluators.shard import unreachable

    return unreachable(config, warn=warn)


def _compiled(config: TaskConfig, network: NetworkConfig, seed: int, workers: int, _: str) -> Evaluator | None:
    from environments.evaluators.compiled import CompiledEvaluator
    from environments.games import twin_of

    game = twin_of(config)
    return None if game is None else CompiledEvaluator(game, config, network, seed, workers)


def _processes(config: TaskConfig, network: NetworkConfig, seed: int, workers: int, _: str) -> Evaluator:
    from environments.evaluators.processes import ProcessEvaluator

    return ProcessEvaluator(config, network, seed, workers)


def _serial(config: TaskConfig, network: NetworkConfig, seed: int, workers: int, _: str) -> Evaluator:
    from environments.evaluators.serial import SerialEvaluator

    return SerialEvaluator(config, network, seed)


def _envpool(config: TaskConfig, network: NetworkConfig, seed: int, workers: int, _: str) -> Evaluator:
    from environments.evaluators.envpool_backend import EnvPoolEvaluator

    return EnvPoolEvaluator(config, network, seed, workers)


def _ray(config: TaskConfig, network: NetworkConfig, seed: int, workers: int, address: str) -> Evaluator:
    from environments.evaluators.ray_backend import RayEvaluator

    return RayEvaluator(config, network, seed, workers, address)


def _cluster_cores(address: str) -> int:
    from environments.evaluators.ray_backend import cluster_cores

    return cluster_cores(address) if address else _cores()


register_backend(
    "compiled", Backend(make=_compiled, summary="the game as machine code on threads, {workers}", automatic=0)
)
register_backend(
    "processes",
    Backend(
        make=_processes,
        summary="worker processes with an environment each, {workers}",
        automatic=1,
        elsewhere=True,
    ),
)
register_backend(
    "serial",
    Backend(
        make=_serial,
        summary="one episode after the other, in this process",
        automatic=2,
        default_workers=lambda address: 1,
    ),
)
register_backend("envpool", Backend(make=_envpool, summary="C++ environments in lock step, {workers}"))
register_backend(
    "ray",
    Backend(
        make=_ray,
        summary="actors of Ray with an environment each, {workers}",
        elsewhere=True,
        addressed=True,
        default_workers=_cluster_cores,
    ),
)
