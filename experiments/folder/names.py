"""The names of the inputs and outputs of a champion's network."""

from __future__ import annotations

from typing import TypedDict

from environments.tasks.settings import TaskConfig
from environments.tasks.task import Task, traits_of
from neat.errors import NeatError
from neat.genes.table import Genome
from neat.networks.decoders import decoder_of
from neat.networks.settings import NetworkConfig

__all__ = ["Names", "names_for", "names_to_keep"]

_MOST_NAMES = 2_000


class Names(TypedDict):
    """Names of a task's inputs and outputs, as arguments of drawing functions."""

    input_names: tuple[str, ...] | None
    output_names: tuple[str, ...] | None


def names_to_keep(task: Task) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Return the names that a champion's file must contain, since only the user's code or data has them; often None."""
    names = task.input_names, task.output_names
    elsewhere = traits_of(task.config).rows or _runs_foreign_code(task.config)
    return names if elsewhere and sum(map(len, names)) <= _MOST_NAMES else None


def names_for(
    task: TaskConfig,
    genome: Genome,
    kept: tuple[tuple[str, ...], tuple[str, ...]] | None = None,
    network: NetworkConfig | None = None,
) -> Names:
    """Return the names of a task's inputs and outputs, or of a CPPN's (``network``); None if they are unknown.

    The names in a champion's file (``kept``) have priority. Otherwise the task is created, unless this would import
    modules that its settings name: showing a champion from another person must not run their code.
    """
    own = getattr(decoder_of(network), "genome_names", None) if network is not None else None
    if own is not None:
        names = own()
        return {"input_names": names[0], "output_names": names[1]}
    inputs = [str(i) for i in range(genome.inputs)]
    outputs = [str(i) for i in range(genome.outputs)]
    if kept is not None and (len(kept[0]), len(kept[1])) == (len(inputs), len(outputs)):
        return {"input_names": kept[0], "output_names": kept[1]}
    if not _runs_foreign_code(task):
        from environments import make_task

        try:
            made = make_task(task)
        except NeatError:
            pass  # the package of the environment is not installed: use the table of names
        else:
            if len(made.input_names) == len(inputs) and len(made.output_names) == len(outputs):
                return {"input_names": tuple(made.input_names), "output_names": tuple(made.output_names)}
    from environments.spaces.names import input_names, output_names

    known = input_names(task.environment, tuple(inputs)), output_names(task.environment, tuple(outputs))
    return {
        "input_names": None if known[0] == tuple(inputs) else known[0],
        "output_names": None if known[1] == tuple(outputs) else known[1],
    }


def _runs_foreign_code(task: TaskConfig) -> bool:
    return ":" in task.environment or any(":" in str(wrapper.get("name", "")) for wrapper in task.wrappers)
