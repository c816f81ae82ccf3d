"""Evolution and random search on a fixed budget of environment steps.

With settings for long runs, such budgets would allow only a handful of generations. So some settings follow from the
budget:

- a genome plays **one** episode per generation; the contest, not the fitness, decides which genome is best;
- a generation uses a 25th of the budget: it has 20 to 150 genomes, depending on the steps of the previous generation
  (the first one: on those of 5 genomes that play before);
- initial genomes have every connection from an input to an output, even if the experiment starts without connections:
  otherwise random search could sample nothing;
- up to 30% of the steps are spent on the contest (`experiments.studies.contest`), which the fittest of every generation
  enters.

Random search samples initial genomes in batches of the same size and uses the same contest. If the last generation does
not fit, as many of its genomes play as 70% of the remaining steps allow, and the rest is for the contest.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from environments.evaluators.evaluation import Evaluation
from environments.evaluators.serial import EpisodeEvaluator
from environments.playing.episode import verification_seeds
from environments.tasks.settings import Scaling
from experiments.studies.contest import Budget, Contender, Contest
from neat.config import Config
from neat.errors import ConfigError
from neat.genes.table import Genome, Genomes
from neat.population import Population

__all__ = ["GENERATIONS", "LARGEST", "SMALLEST", "BudgetedSearch"]

GENERATIONS = 25
"""Number of generations for which a budget is divided."""
SMALLEST, LARGEST = 20, 150
"""Bounds of the population."""
PROBES = 5
"""Number of genomes that play one episode to estimate its length."""
CONTEST_SHARE = 0.3
"""Fraction of the steps that the contest may use."""
_CONTEST = 500
"""Number of the contest's set of fresh episodes."""
_CONTEST_EPISODES = 100


class BudgetedSearch:
    """One search.

    Args:
        config: Settings of evolution, with the numbers of inputs and outputs.
        evaluator: Plays generations and episodes.
        seed: Seed of the search.
        budget: Environment steps.
        breed: True: evolution; False: random initial genomes.
        fit: Whether the population size follows from the budget.
        on_change: Called with the new leader of the contest at every change.

    Attributes:
        contest: Determines the best genome.
        generations: Number of complete generations.
        policies: Number of genomes that were played at least once.
    """

    def __init__(
        self,
        config: Config,
        evaluator: EpisodeEvaluator,
        seed: int,
        budget: Budget,
        *,
        breed: bool,
        fit: bool,
        on_change: Callable[[Contender], None],
    ) -> None:
        self.generations = self.policies = 0
        if fit and config.genome.initial == "empty":
            config = dataclasses.replace(config, genome=dataclasses.replace(config.genome, initial="full"))
        self._config, self._evaluator, self._seed, self._budget = config, evaluator, seed, budget
        self._breed, self._fit, self._on_change = breed, fit, on_change
        self._words = np.random.SeedSequence(seed)
        seeds = verification_seeds(seed, _CONTEST_EPISODES, _CONTEST)
        self.contest = Contest(self._play, seeds, budget)

    def run(self) -> None:
        """Use up the budget.

        Raises:
            ConfigError: The budget is less than the first generation needs.
        """
        size = self._probe() if self._fit else self._config.population.size
        population = Population(self._sized(size), self._seed, threads=1)
        self._on_change(Contender(population.genomes[0].copy(), None))
        while self._budget.left and not population.done:
            genomes = population.ask() if self._breed else self._drawn(size)
            evaluation = self._evaluator.evaluate(genomes)
            if not self._budget.spend(evaluation.steps):
                self._end(genomes, evaluation)
                break
            self.policies += len(genomes)
            self.generations += 1
            if self.contest.steps <= CONTEST_SHARE * self._budget.used:
                self._enter(genomes, evaluation, int(np.argmax(evaluation.fitness)))
            if self._fit and not self._config.search.share:  # a weight search draws as many in every generation
                size = self._size(evaluation.steps / len(genomes))
            if self._breed:
                population.config = self._sized(size)
                population.tell(evaluation)
        while self._budget.left and self.contest.steady(1):
            pass

    def _end(self, genomes: Genomes, evaluation: Evaluation) -> None:
        """Count as many genomes of a generation that does not fit as can be paid for, and let the fittest in."""
        costs = np.cumsum(evaluation.genome_steps)
        if not self.generations:
            raise ConfigError(
                f"compare.steps: a budget of {self._budget.steps:,} environment steps is less than one generation, "
                f"which needs {int(costs[-1]):,} for {len(genomes)} genomes with {self._evaluator.config.episodes} "
                "episodes each; expected a larger --steps, at least ten times that"
            )
        paid = int(np.searchsorted(costs, (1.0 - CONTEST_SHARE) * self._budget.left, side="right"))
        if not paid:
            return
        self._budget.spend(int(costs[paid - 1]))
        self.policies += paid
        for index in np.argsort(-evaluation.fitness[:paid], kind="stable"):
            if self._budget.left:
                self._enter(genomes, evaluation, int(index))

    def _enter(self, genomes: Genomes, evaluation: Evaluation, index: int) -> None:
        genome: Genome = genomes[index]
        if self.contest.enter(genome, evaluation.scaling) and self.contest.best is not None:
            self._on_change(self.contest.best)

    def _play(self, genome: Genome, scaling: Scaling | None, seeds: Sequence[int]) -> tuple[NDArray[np.float64], int]:
        table = self._evaluator.table(scaling)
        plays = self._evaluator.play(Genomes.of([genome]), [list(seeds)], table=table, gather=False)
        return plays.returns[0], int(plays.steps.sum())

    def _drawn(self, size: int) -> Genomes:
        """Return first genomes."""
        seed = int(self._words.spawn(1)[0].generate_state(1)[0])
        return Genomes.of(list(Population(self._sized(size), seed, threads=1).ask()), generation=self.generations)

    def _probe(self) -> int:
        """Return a size for the first generation, from the episodes of a few genomes."""
        genomes = self._drawn(SMALLEST).shard(0, PROBES)
        seeds = verification_seeds(self._seed, PROBES, _CONTEST + 1)
        table = self._evaluator.table(None)
        plays = self._evaluator.play(genomes, [[seed] for seed in seeds], table=table, gather=False)
        steps = int(plays.steps.sum())
        if not self._budget.spend(steps):
            raise ConfigError(
                f"compare.steps: a budget of {self._budget.steps:,} environment steps is less than {PROBES} episodes, "
                f"which take {steps:,}; expected a larger --steps"
            )
        self.policies += PROBES
        return self._size(steps / PROBES)

    def _size(self, steps: float) -> int:
        """Return how many genomes a generation has, from the steps that one took."""
        return int(np.clip(self._budget.steps / GENERATIONS / steps, SMALLEST, LARGEST))

    def _sized(self, size: int) -> Config:
        population = dataclasses.replace(self._config.population, size=size)
        return dataclasses.replace(self._config, population=population)
