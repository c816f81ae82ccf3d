"""The corrected QD score: a repertoire rebuilt from fresh episodes of every elite.

An elite's score was selected for being high among many. So all elites play fresh episodes, and are put into an empty
repertoire by their mean behaviour there (Justesen, Risi & Mouret 2019).
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

__all__ = ["corrected"]


def corrected(repertoire: Repertoire, experiment: Experiment, episodes: int = 20) -> dict[str, Any]:
    """Let every elite play fresh episodes, the same for all, and return what the repertoire then comes to.

    Args:
        repertoire: The elites.
        experiment: The run's settings.
        episodes: Episodes for each elite.

    Raises:
        ConfigError: Fewer than one episode.
    """
    if not 1 <= episodes <= 10_000:
        raise ConfigError(f"--corrected: expected from 1 to 10,000 episodes, got {episodes}")
    seeds = tuple(verification_seeds(experiment.run.seed, episodes, attempt=1))
    task = make_task(experiment.task.replace(episodes=episodes, episode_seeds=seeds, behaviour="auto"))
    settings = experiment.run
    workers = settings.workers or default_workers(settings.backend)
    table = repertoire.table(generation=1)
    with task.evaluator(
        experiment.config.network, seed=settings.seed, workers=workers, backend=settings.backend
    ) as evaluator:
        evaluation = evaluator.evaluate(table)
    fresh = empty_repertoire(experiment)
    if evaluation.behaviours is None:
        raise ConfigError("task.behaviour: expected a task that says what networks do")
    fresh.add(table, evaluation.fitness, evaluation.behaviours)
    return {"episodes": episodes, "steps": evaluation.steps, **figures(fresh, experiment)}
