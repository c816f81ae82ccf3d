"""Learning within a run: genomes are trained by gradients before their fitness counts.

This is an evaluator around the task's own. Trained genomes are evaluated again on the same episodes, and the higher
fitness counts. Lamarckian inheritance writes the learned weights into the genes that reproduce; Baldwinian leaves the
genes unchanged. In both cases, the run returns the trained network.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from environments.evaluators.evaluation import Evaluation, Evaluator
from environments.tasks.settings import Scaling
from environments.tasks.task import Task
from experiments.gradients.tuning import tune_by_ppo
from experiments.settings import LearningConfig
from neat.backprop.finetuning import FineTuningConfig, fine_tune
from neat.backprop.genome import obstacle_to_gradients
from neat.config import Config
from neat.errors import ConfigError
from neat.genes.table import Genome, Genomes

__all__ = ["LearningEvaluator", "learner_for"]

Learn = Callable[[Genome, int, Scaling | None], tuple[Genome, int]]
"""From a genome, the number of the generation and its observation scaling, to what it learned and the steps it took."""


def learner_for(task: Task, learning: LearningConfig, config: Config, seed: int) -> Learn:
    """Return how genomes learn a task: from its examples if it has some, else by PPO.

    Args:
        task: The task.
        learning: How to learn.
        config: Settings of evolution: network, and limits of the parameters.
        seed: Seed of the run.

    Raises:
        ConfigError: Networks have no gradients, or not with respect to genes.
    """
    obstacle = obstacle_to_gradients(config.network)
    if obstacle:
        raise ConfigError(f"learning: {obstacle}")
    examples: tuple[NDArray[np.float64], NDArray[np.float64]] | None = getattr(task, "examples", None)
    if examples is not None:
        x, y = examples
        tuning = FineTuningConfig(
            epochs=learning.epochs,
            optimizer=learning.optimizer,
            learning_rate=learning.learning_rate,
            cost=learning.cost,
            trainable=learning.trainable,
        )

        def from_examples(genome: Genome, generation: int, scaling: Scaling | None) -> tuple[Genome, int]:
            tuned = fine_tune(genome, x, y, tuning, network=config.network, limits=config.genome, seed=generation)
            return tuned.genome, 0

        return from_examples

    def by_ppo(genome: Genome, generation: int, scaling: Scaling | None) -> tuple[Genome, int]:
        words = np.random.SeedSequence(seed, spawn_key=(generation,)).generate_state(1)
        tuned = tune_by_ppo(
            genome, task.config, config.network, steps=learning.steps, seed=int(words[0]), scaling=scaling,
            limits=config.genome, trainable=learning.trainable,
        )  # fmt: skip
        return tuned.genome, tuned.steps

    return by_ppo


class LearningEvaluator(Evaluator):
    """Plays whole generations, some of whose genomes learn."""

    def __init__(self, evaluator: Evaluator, learn: Learn, learning: LearningConfig) -> None:
        self.backend = evaluator.backend
        self._evaluator, self._learn, self._learning = evaluator, learn, learning

    def evaluate(self, genomes: Genomes) -> Evaluation:
        """Return the fitness of every genome, after learning for those who learn.

        With Lamarckian inheritance the genes of ``genomes`` are changed in place.
        """
        learning = self._learning
        state = self._evaluator.state()
        evaluation = self._evaluator.evaluate(genomes)
        if learning.inheritance == "none" or genomes.generation % learning.every:
            return evaluation
        who = range(len(genomes)) if learning.who == "all" else [int(np.argmax(evaluation.fitness))]
        learned = [self._learn(genomes[i], genomes.generation, evaluation.scaling) for i in who]
        after = self._evaluator.state()
        self._evaluator.restore(state)  # the same observation scaling as before
        table = Genomes.of([genome for genome, _ in learned], genomes.generation)
        again = self._evaluator.evaluate(table)
        self._evaluator.restore(after)
        fitness, genome_steps = evaluation.fitness.copy(), evaluation.genome_steps.copy()
        more = {
            name: rows.copy()
            for name in ("behaviours", "objectives", "shaped")
            if (rows := getattr(evaluation, name)) is not None
        }
        kept: dict[int, Genome] = {}
        for place, i in enumerate(who):
            genome_steps[i] += again.genome_steps[place] + learned[place][1]
            if again.fitness[place] > fitness[i]:
                fitness[i] = again.fitness[place]
                kept[i] = learned[place][0]
                for name, rows in more.items():
                    rows[i] = getattr(again, name)[place]
                if learning.inheritance == "lamarckian":
                    genomes[i].connections[:] = kept[i].connections
                    genomes[i].nodes[:] = kept[i].nodes
        solver = evaluation.solver
        if again.solver is not None and who[again.solver] in kept:
            solver = who[again.solver] if solver is None else min(solver, who[again.solver])
        return dataclasses.replace(
            evaluation, fitness=fitness, steps=int(genome_steps.sum()), genome_steps=genome_steps, solver=solver,
            faults=evaluation.faults + again.faults, learned=kept, **more,
        )  # fmt: skip

    def state(self) -> dict[str, NDArray[np.float64]]:
        """Return the state of the task's own evaluator."""
        return self._evaluator.state()

    def restore(self, state: Scaling) -> None:
        """Go on from what `state` returned."""
        self._evaluator.restore(state)

    def close(self) -> None:
        """Close the task's own evaluator."""
        self._evaluator.close()
