"""The corrected QD score: a repertoire rebuilt from fresh episodes of all elites.

An elite was selected because its score was the highest of many, which is partly luck. So all elites play fresh
episodes, and are added to an empty repertoire by their mean behaviour there (Justesen, Risi & Mouret 2019).
"""

from __future__ import annotations

from typing import Any

from environments import make_task
from environments.evaluators.backends import default_workers
from environments.playing.episode import verification_seeds
from experiments.repertoire.folder import empty_repertoire, figures
from experiments.settings import Experiment
from neat.errors import ConfigError
from neat.repertoires.repertoire import Repertoire

__all__ = ["check_corrected", "corrected"]

_MOST = 10_000


def check_corrected(experiment: Experiment, episodes: int) -> None:
    """Check that elites can be evaluated on this many fresh episodes.

    Raises:
        ConfigError: They are too few or too many, or behaviours of several episodes are concatenated.
    """
    if not 1 <= episodes <= _MOST:
        raise ConfigError(f"--corrected: expected from 1 to {_MOST:,} episodes, got {episodes}")
    if experiment.task.behaviour_episodes == "concatenate":
        raise ConfigError(
            "--corrected: expected task.behaviour_episodes = 'mean', got 'concatenate': behaviours of fresh episodes "
            "would have another length"
        )


def corrected(repertoire: Repertoire, experiment: Experiment, episodes: int = 20) -> dict[str, Any]:
    """Return the figures of the repertoire rebuilt from fresh episodes, the same for all elites.

    Args:
        repertoire: The elites.
        experiment: The run's settings.
        episodes: Number of episodes per elite.

    Returns:
        ``episodes``, ``steps`` (environment steps), and the figures of the new repertoire
        (`experiments.repertoire.folder.figures`).

    Raises:
        ConfigError: ``episodes`` is out of range, or the task has no behaviours, or concatenated ones.
    """
    check_corrected(experiment, episodes)
    seeds = tuple(verification_seeds(experiment.run.seed, episodes, attempt=1))
    source = "auto" if experiment.task.behaviour == "none" else experiment.task.behaviour
    task = make_task(experiment.task.replace(episodes=episodes, episode_seeds=seeds, behaviour=source))
    settings = experiment.run
    workers = settings.workers or default_workers(settings.backend)
    table = repertoire.table(generation=1)
    with task.evaluator(
        experiment.config.network, seed=settings.seed, workers=workers, backend=settings.backend
    ) as evaluator:
        evaluation = evaluator.evaluate(table)
    fresh = empty_repertoire(experiment)
    if evaluation.behaviours is None:
        raise ConfigError("task.behaviour: expected a task with behaviours, and a value other than 'none'")
    fresh.add(table, evaluation.fitness, evaluation.behaviours)
    return {"episodes": episodes, "steps": evaluation.steps, **figures(fresh, experiment)}
