"""Games: from a Gymnasium environment and genomes to episode returns.

::

    task = make_task(TaskConfig(environment="CartPole-v1"))
    with task.evaluator(config.network, seed=7, workers=4) as evaluator:
        evaluation = evaluator.evaluate(population.ask())

Names are loaded on first use, so that ``import environments`` costs nothing. It makes the games of this project known
to Gymnasium (``gymnasium.make("neat-arena/DoublePole-v0")``).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from environments.registration import register_bundled

if TYPE_CHECKING:
    from environments.backends import Backend, register_backend
    from environments.episode import episode_seeds, verification_seeds
    from environments.evaluation import Evaluation, Evaluator, Fault
    from environments.genome_policy import GenomePolicy
    from environments.processes import ProcessEvaluator
    from environments.recording import record, rollout, show
    from environments.serial import SerialEvaluator
    from environments.spaces import ActionDecoder, ObservationEncoder
    from environments.task import TaskConfig
    from environments.tasks import Task, make_task, register_task
    from environments.verification import Verification

_HOMES = {
    "ActionDecoder": "spaces",
    "Backend": "backends",
    "Evaluation": "evaluation",
    "Evaluator": "evaluation",
    "Fault": "evaluation",
    "GenomePolicy": "genome_policy",
    "ObservationEncoder": "spaces",
    "ProcessEvaluator": "processes",
    "SerialEvaluator": "serial",
    "Task": "tasks",
    "TaskConfig": "task",
    "Verification": "verification",
    "episode_seeds": "episode",
    "make_task": "tasks",
    "record": "recording",
    "register_backend": "backends",
    "register_task": "tasks",
    "rollout": "recording",
    "show": "recording",
    "verification_seeds": "episode",
}
__all__ = [
    "ActionDecoder",
    "Backend",
    "Evaluation",
    "Evaluator",
    "Fault",
    "GenomePolicy",
    "ObservationEncoder",
    "ProcessEvaluator",
    "SerialEvaluator",
    "Task",
    "TaskConfig",
    "Verification",
    "episode_seeds",
    "make_task",
    "record",
    "register_backend",
    "register_task",
    "rollout",
    "show",
    "verification_seeds",
]


register_bundled()


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'environments' has no attribute {name!r}")
    return getattr(importlib.import_module(f"environments.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
