"""Early diagnosis of a run: what keeps it from learning, in one line with the setting that helps.

A run that cannot learn looks like one that has not learned yet, for hours. Some causes are visible in the first
generation: inputs so large that every output saturates, networks that act the same for every input, a constant fitness,
a goal that random networks reach. Each is a `Finding` by the rules in `experiments.doctor.causes`. It uses fitness,
which is available anyway, and a few observations of random play; networks are evaluated only if few distinct fitness
values suggest that they act alike, so a healthy run loses only milliseconds. A run whose best fitness stagnates is also
told so.
"""

from __future__ import annotations

import contextlib
import dataclasses

import numpy as np

from environments.evaluators.evaluation import Evaluation
from environments.tasks.task import Task, traits_of
from experiments.doctor.case import Case
from experiments.doctor.causes.fitness import by_chance, constant
from experiments.doctor.causes.inputs import scale
from experiments.doctor.causes.outputs import alike
from experiments.doctor.causes.stagnation import standstill, standstill_after
from experiments.doctor.finding import Finding
from experiments.doctor.observing import Game, at_random, undisturbed
from experiments.settings import Experiment
from neat.genes.table import Genomes

__all__ = ["FirstLook"]

_STEPS = 40
"""Steps of random play whose observations are looked at."""
_LATER = 10
"""Generation that is looked at where the first genomes have no connection: those cannot differ."""


class FirstLook:
    """Watches a run, and tells what it finds."""

    def __init__(self, experiment: Experiment, task: Task, aim: float | None) -> None:
        self._experiment, self._task, self._aim = experiment, task, aim
        traits = traits_of(task.config)
        self._own = task.rule is not None or traits.deterministic or traits.rows  # rows are scaled, and plateaus plenty
        self._looked = False
        self._best, self._same = -np.inf, 0

    def after(self, genomes: Genomes, evaluation: Evaluation) -> tuple[Finding, ...]:
        """Return what there is to say after a generation was evaluated: nothing, of nearly all of them."""
        if self._own:
            return ()
        found: list[Finding | None] = []
        if not self._looked and genomes.generation in (0, _LATER):
            case = Case(
                experiment=self._experiment, goal=self._task.threshold, aim=self._aim, generation=genomes.generation,
                fitness=evaluation.fitness, genomes=genomes,
            )  # fmt: skip
            if genomes.generation == 0:
                found.append(by_chance(case))
            if genomes.generation == _LATER or genomes.connections["enabled"].any():
                self._looked = True
                found.append(self._chance_to_learn(case, evaluation))
        found.append(self._standstill(float(evaluation.fitness.max())))
        return tuple(finding for finding in found if finding is not None)

    def _chance_to_learn(self, case: Case, evaluation: Evaluation) -> Finding | None:
        """Return the first reason that is found: those that come later follow from it."""
        alike_scores = len(np.unique(evaluation.fitness)) <= 1 + self._task.outputs  # as if each played one action
        if not evaluation.faults and self._task.config.observation_scaling != "running":
            with contextlib.suppress(Exception, SystemExit), undisturbed(), Game(self._task.config) as game:
                seen = at_random(game.env, game.encoder, self._experiment.run.seed, _STEPS)
                case = dataclasses.replace(case, view=game.view(seen, None))
                found = scale(case) or (alike(case) if alike_scores else None)
                if found:
                    return found
        return constant(case)

    def _standstill(self, best: float) -> Finding | None:
        """Return a word on a standstill, once."""
        self._same = self._same + 1 if best == self._best else 0
        self._best = best
        return standstill(best, self._same, self._aim) if self._same == standstill_after(self._aim) else None
