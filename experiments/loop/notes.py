"""Settings of an experiment that have no effect because of another one (for evolution: `neat.notes`)."""

from __future__ import annotations

import dataclasses

from environments.evaluators.racing import FIRST_ROUND, begins_alike
from environments.tasks.task import traits_of
from experiments.settings import Experiment, LearningConfig, RunConfig
from neat.notes import notes as notes_of_evolution
from neat.selection import SCORES

__all__ = ["notes"]

_OF_EXAMPLES = ("epochs", "optimizer", "learning_rate", "cost")


def notes(experiment: Experiment) -> list[str]:
    """Return a line for each setting that has no effect.

    Not for ``task.slots``: files set it for those who have EnvPool, and others play the same file.
    """
    run, task, learning = experiment.run, experiment.task, experiment.learning
    found = notes_of_evolution(experiment.config)
    traits = traits_of(task)
    own, taught_by_examples = traits.deterministic, traits.examples or traits.rows
    lessons, taught = dict(_chosen(learning, LearningConfig())), "learning.inheritance = 'lamarckian' or 'baldwinian'"
    if learning.inheritance != "none":
        lessons = {n: v for n, v in lessons.items() if n in (("steps",) if taught_by_examples else _OF_EXAMPLES)}
        taught = "a game" if taught_by_examples else "a task with examples (XOR)"
    found += [f"learning.{name} = {value!r} has no effect without {taught}" for name, value in lessons.items()]
    trials = {name: value for name, value in _chosen(run, RunConfig()) if name in ("trial_every", "trial_episodes")}
    if own and trials:
        found += [f"run.{n} = {v!r} has no effect: {task.environment!r} has no trials" for n, v in trials.items()]
    elif not run.trial_every and "trial_episodes" in trials:
        found.append(f"run.trial_episodes = {run.trial_episodes!r} has no effect without run.trial_every above 0")
    if task.racing and task.episodes <= FIRST_ROUND and not own and not begins_alike(task):
        found.append(
            f"task.racing has no effect with task.episodes = {task.episodes}: all genomes play the first {FIRST_ROUND}"
        )
    selection = experiment.config.selection
    shaped = SCORES.find(selection.method, "selection.method").SHAPED
    if selection.shaping_after and not (shaped and (task.step_reward or taught_by_examples)):
        needed = "task.step_reward" if shaped else "selection.method = 'fitness'"
        found.append(f"selection.shaping_after = {selection.shaping_after} has no effect without {needed}")
    search = experiment.config.search
    least = search.starts * (search.start_generations + 1)
    if search.starts > 1 and least > run.generations:
        found.append(
            f"search.starts = {search.starts} needs {least} generations before the best start continues, and "
            f"run.generations is {run.generations}"
        )
    return found


def _chosen(record: RunConfig | LearningConfig, plain: RunConfig | LearningConfig) -> list[tuple[str, object]]:
    """Return the settings of a record that are not as it has them by default."""
    values = ((f.name, getattr(record, f.name), getattr(plain, f.name)) for f in dataclasses.fields(record))
    return [(name, value) for name, value, default in values if value != default]
