"""A first look at a run: what keeps it from learning, said in one line with the setting that helps.

A run that cannot learn looks like one that has not learned yet, for hours. Some reasons show in its first generation:
inputs so large that every output is saturated, networks that act alike whatever they see, a fitness that is the same
for all, a goal that random networks reach. Each is a `Finding`. What is looked at are fitness, which is there anyway,
and a few observations of random play; networks are asked only where few values of fitness suggest that they act alike,
so that a healthy run pays some milliseconds. A run whose best fitness stands still for long is told so, too.
"""

from __future__ import annotations

import contextlib
import io
import random
from collections.abc import Iterator
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from environments.evaluators.evaluation import Evaluation
from environments.making.environment import make_environment
from environments.playing.policy import Policy
from environments.playing.scaling import bounds_scaling, scaling_table
from environments.spaces.observations import ObservationEncoder
from environments.tasks.task import Task, traits_of
from experiments.loop.events import Finding
from experiments.settings import Experiment
from neat.genes.table import Genomes

__all__ = ["FirstLook"]

Vector = NDArray[np.float64]

_STEPS = 40
"""Steps of random play whose observations are looked at."""
_LATER = 10
"""Generation that is looked at where the first genomes have no connection: those cannot differ."""
_HUGE, _TINY, _UNEVEN = 100.0, 1e-3, 1e3
"""Weights begin near 1, and sigmoids are flat beyond 5: inputs above saturate, inputs below have no say. The last is
the ratio of the deviations of two inputs, of which the smaller then has none beside the larger."""
_OFFSET = 5.0
"""Inputs beyond this, and as many of their deviations away from 0, hide what changes."""
_BY_CHANCE = 0.05
"""Share of the first genomes that reach the goal."""
_ASKED = 40
"""Genomes that are asked how they act. All of them have to act alike: of a healthy first generation, nearly all may
choose one action in the few places that random play sees (MountainCar: 38 of 40)."""
_STANDSTILL, _STANDSTILL_BELOW = 20, 50
"""Generations with exactly the same best fitness: without a goal, and below one."""


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
        found: list[Finding] = []
        if not self._looked and genomes.generation in (0, _LATER):
            if genomes.generation == 0:
                found += self._goal(evaluation.fitness)
            if genomes.generation == _LATER or genomes.connections["enabled"].any():
                self._looked = True
                found += self._chance_to_learn(genomes, evaluation)
        found += self._standstill(float(evaluation.fitness.max()))
        return tuple(found)

    def _chance_to_learn(self, genomes: Genomes, evaluation: Evaluation) -> list[Finding]:
        """Return the first reason that is found: those that come later follow from it."""
        fitness = evaluation.fitness
        alike = len(np.unique(fitness)) <= 1 + self._task.outputs  # as if each played one action all the time
        if not evaluation.faults and self._task.config.observation_scaling != "running":
            with contextlib.suppress(Exception, SystemExit), _undisturbed():
                env = make_environment(self._task.config)
                try:
                    encoder = ObservationEncoder(env.observation_space)
                    seen = _random_play(env, encoder, self._experiment.run.seed)
                    found = self._inputs(encoder, seen)
                    if not found and alike:
                        found = self._outputs(genomes, encoder, env.action_space, seen)
                    if found:
                        return found
                finally:
                    env.close()
        if len(fitness) > 1 and fitness.min() == fitness.max():
            size = self._experiment.config.population.size
            return [
                Finding(
                    name="constant-fitness",
                    evidence=f"all {len(fitness)} genomes of generation {genomes.generation} score {fitness[0]:g}",
                    setting=f"population.size={4 * size}",
                    advice="there is nothing to select; a larger population may hold one that differs "
                    f"(population.size={4 * size}), or reward what leads to the goal",
                )
            ]
        return []

    def _inputs(self, encoder: ObservationEncoder, seen: Vector) -> list[Finding]:
        """Look at observations as networks get them: float64, shape (observations, inputs)."""
        x = self._scaled(encoder, seen)
        largest, deviation = np.abs(x).max(axis=0), x.std(axis=0)
        worst = int(largest.argmax())
        # Where all large inputs have bounds, those bring them to one scale from the first generation on.
        large = largest > _HUGE
        bounded = np.isfinite(encoder.low) & np.isfinite(encoder.high) & (encoder.high - encoder.low < 1e6)
        scaling = "running"
        if self._task.config.observation_scaling == "none" and large.any() and bounded[large].all():
            scaling = "bounds"
        setting = f"task.observation_scaling={scaling}"
        advice = f"set {setting}, which brings inputs to one scale"
        moving = deviation[deviation > 0]
        name = ""
        if largest[worst] > _HUGE:
            name = "huge-inputs"
            evidence = f"inputs reach {largest[worst]:,.4g} ({encoder.names[worst]}), which saturates networks"
        elif 0 < largest[worst] < _TINY:
            name, evidence = "tiny-inputs", f"no input exceeds {largest[worst]:.3g}: networks hardly notice them"
        elif len(moving) and moving.max() / moving.min() > _UNEVEN:
            name = "uneven-inputs"
            evidence = f"some inputs vary {moving.max() / moving.min():,.0f} times as much as others"
        return [Finding(name=name, evidence=evidence, setting=setting, advice=advice)] if name else []

    def _scaled(self, encoder: ObservationEncoder, seen: Vector) -> Vector:
        """Return observations as the first generation gets them."""
        if self._task.config.observation_scaling != "bounds":
            return seen
        table = bounds_scaling(encoder.low, encoder.high)
        scaled: Vector = (seen - table["shift"]) * table["factor"]
        return scaled

    def _outputs(
        self, genomes: Genomes, encoder: ObservationEncoder, actions: spaces.Space[Any], seen: Vector
    ) -> list[Finding]:
        """Ask some networks what they make of the observations."""
        connected = [g for g in genomes if g.enabled][:_ASKED]
        if len(connected) < 5:
            return []
        network = self._experiment.config.network
        table = None
        if self._task.config.observation_scaling == "bounds":
            table = scaling_table(bounds_scaling(encoder.low, encoder.high), encoder.size, clip=False)
        policy = Policy(_flat(encoder), Genomes.of(connected), network, table=table)
        x = self._scaled(encoder, seen)
        offset = bool((np.abs(x.mean(axis=0)) > _OFFSET * x.std(axis=0)).any()) and np.abs(x).max() > _OFFSET
        same = once = 0
        for index in range(len(connected)):
            policy.reset()
            think = policy.thinker(index)
            y = np.array([think(x).copy() for x in seen])
            same += bool((np.ptp(y, axis=0) < 1e-6).all())
            once += isinstance(actions, spaces.Discrete) and len(np.unique(y.argmax(axis=1))) == 1
        for name, count, what in (
            ("same-outputs", same, "give the same outputs whatever they see"),
            ("one-action", once, "choose one and the same action whatever they see"),
        ):
            if count == len(connected):
                setting = "genome.output_activation=identity"
                advice = f"set {setting}, or smaller first weights (genome.weight_scale=0.5)"
                if offset or self._experiment.config.genome.output_activation == "identity":
                    setting = "task.observation_scaling=running"
                    advice = f"set {setting}, which shows networks what changes"
                evidence = f"all of {count} networks {what}"
                return [Finding(name=name, evidence=evidence, setting=setting, advice=advice)]
        return []

    def _goal(self, fitness: Vector) -> list[Finding]:
        if self._aim is None:
            return []
        reach = int((fitness >= self._aim).sum())
        if reach < 2 or reach < _BY_CHANCE * len(fitness):
            return []
        goal = self._task.threshold
        return [
            Finding(
                name="goal-by-chance",
                evidence=f"{reach} of the {len(fitness)} first networks, which are random, reach {self._aim:g}",
                setting=f"task.threshold={float(fitness.max()):g}",
                advice=f"a goal of {goal:g} asks nothing of evolution; set a higher task.threshold",
            )
        ]

    def _standstill(self, best: float) -> list[Finding]:
        self._same = self._same + 1 if best == self._best else 0
        self._best = best
        if self._aim is None and self._same == _STANDSTILL:
            return [
                Finding(
                    name="standstill",
                    evidence=f"the best fitness has been exactly {best:g} for {_STANDSTILL} generations",
                    setting=f"task.threshold={best:g}",
                    advice=f"if there is no better, task.threshold={best:g} ends such a run",
                )
            ]
        if self._aim is not None and best < self._aim and self._same == _STANDSTILL_BELOW:
            return [
                Finding(
                    name="standstill",
                    evidence=f"the best fitness has been exactly {best:g} for {_STANDSTILL_BELOW} generations, "
                    f"short of {self._aim:g}",
                    setting=f"task.threshold={best:g}",
                    advice=f"if there is no better, the goal is out of reach (task.threshold={best:g}); else try a "
                    "larger population.size or another --seed",
                )
            ]
        return []


def _random_play(env: Any, encoder: ObservationEncoder, seed: int) -> Vector:
    """Return observations of random play, float64, shape (observations, inputs)."""
    words = np.random.SeedSequence(seed, spawn_key=(2,)).generate_state(1 + _STEPS) >> 1
    env.action_space.seed(int(words[0]))
    observation, _ = env.reset(seed=int(words[1]))
    seen = [encoder.encode(observation)]
    for word in words[1:]:
        observation, _, terminated, truncated, _ = env.step(env.action_space.sample())
        seen.append(encoder.encode(observation))
        if terminated or truncated:
            observation, _ = env.reset(seed=int(word))
    return np.array(seen)


def _flat(encoder: ObservationEncoder) -> ObservationEncoder:
    """Return an encoder of vectors that are encoded already."""
    return ObservationEncoder(spaces.Box(-np.inf, np.inf, (encoder.size,), np.float64))


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Leave the shared random numbers as they were, and what a game prints unseen."""
    own, numpys = random.getstate(), np.random.get_state()  # noqa: NPY002 - what games of users may draw from
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            yield
    finally:
        random.setstate(own)
        np.random.set_state(numpys)  # noqa: NPY002
