"""A champion's outputs for the examples of its task, for tasks that have examples instead of episodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from environments.tasks.task import make_task, traits_of
from neat.networks.network import Network

if TYPE_CHECKING:
    from environments.tasks.settings import TaskConfig
    from experiments.folder.champion import Champion

__all__ = ["Answer", "answers", "answers_line", "has_examples"]

_MOST = 16


@dataclass(frozen=True)
class Answer:
    """One example: its inputs, the targets, and the outputs of the network."""

    inputs: tuple[float, ...]
    targets: tuple[float, ...]
    outputs: tuple[float, ...]


def has_examples(task: TaskConfig) -> bool:
    """Return whether a task has examples, such as XOR, instead of episodes."""
    return traits_of(task).examples


def answers(champion: Champion) -> list[Answer]:
    """Return a champion's outputs for the first 16 examples of its task; empty for a task without examples.

    The network is reset before each example.
    """
    if not has_examples(champion.task):
        return []
    network, found = Network(champion.genome, champion.network), []
    inputs, targets = make_task(champion.task).examples  # type: ignore[attr-defined]  # tasks with examples have them
    for x, target in zip(inputs[:_MOST], targets[:_MOST], strict=True):
        network.reset()
        outputs = network.activate(x)
        found.append(Answer(*(tuple(float(value) for value in row) for row in (x, target, outputs))))
    return found


def answers_line(champion: Champion) -> str:
    """Return a champion's outputs as one line, ``0 0 → 0.02   0 1 → 0.97``; empty for a task without examples."""
    return "   ".join(
        f"{' '.join(f'{value:g}' for value in answer.inputs)} → {', '.join(f'{v:.2f}' for v in answer.outputs)}"
        for answer in answers(champion)
    )
