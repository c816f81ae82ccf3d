"""Users' functions and other parts that a run's files name, and that a user's module registers.

Files contain no code, so reading a genome or a checkpoint imports nothing. But what a run's settings name is imported,
as when playing its game: the module that registers the game (``my_games:Walk-v0``) and those of parts given as
``module:name``. That happens when a run starts or resumes, and for a genome with a function that is not registered yet.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, TypeVar

from experiments.folder.origins import named_parts
from neat.errors import ConfigError
from neat.files.genome_json import UnknownActivationError

__all__ = ["reading", "register_functions", "register_own", "register_parts"]

if TYPE_CHECKING:
    from experiments.settings import Experiment

T = TypeVar("T")


def register_own(experiment: Experiment) -> None:
    """Import every module that settings name, before a checkpoint is read: for the game, activations, and other parts.

    Raises:
        ConfigError: A module cannot be imported, or does not register a function that is named.
        MissingExtraError: It imports a package that is not installed.
    """
    genome = experiment.config.genome
    register_functions(experiment.task.environment, (genome.output_activation, *genome.activations))
    register_parts(experiment)


def register_parts(experiment: Experiment) -> None:
    """Import the modules in front of the parts that settings choose by name, so that these are registered.

    Raises:
        ConfigError: A module cannot be imported.
        MissingExtraError: It imports a package that is not installed.
    """
    from environments.making.places import import_own
    from environments.making.prints import aside

    for setting, name in named_parts(experiment):
        if ":" in name:
            with aside():
                import_own(name.partition(":")[0], setting)


def register_functions(environment: str, activations: Iterable[str]) -> None:
    """Import the modules that settings name, so that the activation functions they bring are registered.

    Args:
        environment: ``task.environment``; only one with a module in front brings any.
        activations: ``genome.activations`` and ``genome.output_activation``.

    Raises:
        ConfigError: A module cannot be imported, or does not register what is named.
    """
    from neat.functions.activations import activation_index

    if ":" in environment:
        from environments.making.environment import import_module

        import_module(environment.rpartition(":")[0])
    for name in activations:
        activation_index(name, load=True)


def reading(read: Callable[[], T], register: Callable[[], None]) -> T:
    """Return what ``read`` returns; where it meets an unknown activation, after ``register`` was called.

    Raises:
        GenomeError: The function is still unknown; if registering failed, the message says why.
    """
    try:
        return read()
    except UnknownActivationError as error:
        try:
            register()
        except ConfigError as reason:
            raise UnknownActivationError(f"{error} ({reason})") from None
        return read()
