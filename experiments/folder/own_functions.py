"""Users' functions and other parts that a run's settings name, and that a user's module registers.

Files contain no code, so reading a genome or a checkpoint imports nothing. But modules named in the settings are
imported: the module of the game (``my_games:Walk-v0``), and those of parts given as ``module:name``. This happens when
a run starts or resumes, and for a genome with a function that is not registered yet.
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
    """Import every module that settings name, for the game, activations and other parts, before a checkpoint is read.

    Raises:
        ConfigError: A module cannot be imported, or does not register a function that the settings name.
        MissingExtraError: A module imports a package that is not installed.
    """
    genome = experiment.config.genome
    register_functions(experiment.task.environment, (genome.output_activation, *genome.activations))
    register_parts(experiment)


def register_parts(experiment: Experiment) -> None:
    """Import the modules of parts that settings name as ``module:name``, so that these parts are registered.

    Raises:
        ConfigError: A module cannot be imported.
        MissingExtraError: A module imports a package that is not installed.
    """
    from environments.making.places import import_own
    from environments.making.prints import aside

    for setting, name in named_parts(experiment):
        if ":" in name:
            with aside():
                import_own(name.partition(":")[0], setting)


def register_functions(environment: str, activations: Iterable[str]) -> None:
    """Import the modules that settings name, so that their activation functions are registered.

    Args:
        environment: ``task.environment``; only the form ``module:name`` imports a module.
        activations: ``genome.activations`` and ``genome.output_activation``.

    Raises:
        ConfigError: A module cannot be imported, or does not register a function that the settings name.
    """
    from neat.functions.activations import activation_index

    if ":" in environment:
        from environments.making.environment import import_module

        import_module(environment.rpartition(":")[0])
    for name in activations:
        activation_index(name, load=True)


def reading(read: Callable[[], T], register: Callable[[], None]) -> T:
    """Return the result of ``read``. If it finds an unknown activation, ``register`` is called, and ``read`` again.

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
