"""Tasks and games: from genomes to episode returns.

::

    task = make_task(TaskConfig(environment="CartPole-v1"))
    with task.evaluator(config.network, seed=7, workers=4) as evaluator:
        evaluation = evaluator.evaluate(population.ask())

Names are imported on first use, so ``import environments`` is fast. It registers this project's games with Gymnasium
(``gymnasium.make("neat-arena/DoublePole-v0")``).
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from environments.making.registration import register_bundled

if TYPE_CHECKING:
    from environments.evaluators.backends import Backend, register_backend
    from environments.evaluators.evaluation import Evaluation, Evaluator, Fault
    from environments.evaluators.processes import ProcessEvaluator
    from environments.evaluators.serial import SerialEvaluator
    from environments.playing.episode import episode_seeds, verification_seeds
    from environments.playing.genome_policy import GenomePolicy
    from environments.playing.verification import Verification
    from environments.spaces import ActionDecoder, ObservationEncoder
    from environments.tasks.settings import TaskConfig
    from environments.tasks.task import Task, make_task, register_task
    from environments.watching.recording import record, rollout, show

_HOMES = {
    "ActionDecoder": "spaces",
    "Backend": "evaluators.backends",
    "Evaluation": "evaluators.evaluation",
    "Evaluator": "evaluators.evaluation",
    "Fault": "evaluators.evaluation",
    "GenomePolicy": "playing.genome_policy",
    "ObservationEncoder": "spaces",
    "ProcessEvaluator": "evaluators.processes",
    "SerialEvaluator": "evaluators.serial",
    "Task": "tasks.task",
    "TaskConfig": "tasks.settings",
    "Verification": "playing.verification",
    "episode_seeds": "playing.episode",
    "make_task": "tasks.task",
    "record": "watching.recording",
    "register_backend": "evaluators.backends",
    "register_task": "tasks.task",
    "rollout": "watching.recording",
    "show": "watching.recording",
    "verification_seeds": "playing.episode",
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
