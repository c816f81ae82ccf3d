"""The arms of a comparison: NEAT, its fine-tuned champion, PPO and random search, each on one core and one budget.

Every arm is looked at when it has used up certain numbers of environment steps: the policy that it would answer with
if it were stopped there plays fresh episodes, the same for all arms of a seed. What an arm would need more steps for
does not count: between two looks, the policy of the last complete generation or update is what it has. The episodes of
looks belong to nobody's budget, and their time to nobody's clock; episodes that an arm plays to make up its mind do.
"""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from environments.episode import play, verification_seeds
from environments.evaluation import Evaluation
from environments.serial import EpisodeEvaluator
from environments.task import Scaling
from environments.tasks import Task, make_task
from experiments.agent import Agent
from experiments.experience import Setup, flat_environment
from experiments.ppo import Progress, perceptrons, train_ppo
from experiments.runner import fitted
from experiments.settings import Experiment
from experiments.tuning import tune_by_ppo
from neat.backprop.genome import GenomeNetwork, obstacle_to_gradients
from neat.backprop.mlp import MLP
from neat.backprop.ppo import PPO, PPOConfig
from neat.config import Config
from neat.errors import ConfigError
from neat.genes.table import Genome, Genomes
from neat.population import Population

__all__ = ["ARMS", "Curve", "Job", "Point", "run_arm"]

ARMS = ("neat", "neat+ppo", "ppo", "random")
"""Names of the arms."""

_LOOK = 1_000
"""Episodes of looks are the sets of fresh episodes with numbers from this on."""

Returns = Callable[[Sequence[int]], NDArray[np.float64]]
"""From seeds of episodes to their returns: a policy as it is at some moment."""


@dataclass(frozen=True)
class Job:
    """What one process does.

    Attributes:
        arm: One of `ARMS`.
        seed: Seed of the arm.
        experiment: Task and settings of evolution.
        ppo: Settings of PPO.
        budget: Environment steps.
        looks: How many looks, evenly spaced, the last one at the budget.
        episodes: Fresh episodes of each look.
        final_episodes: Fresh episodes of the last look.
    """

    arm: str
    seed: int
    experiment: Experiment
    ppo: PPOConfig
    budget: int
    looks: int
    episodes: int
    final_episodes: int


@dataclass(frozen=True)
class Point:
    """A look.

    Attributes:
        steps: Environment steps of the budget that were used up.
        seconds: Wall-clock time after which the arm had the policy that was looked at.
        processor_seconds: Processor time until then, all that a machine with other work to do can measure.
        returns: Returns of the fresh episodes, float64, shape (episodes,).
    """

    steps: int
    seconds: float
    processor_seconds: float
    returns: NDArray[np.float64]

    @property
    def mean(self) -> float:
        """Mean return."""
        return float(self.returns.mean())

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        times = {"seconds": self.seconds, "processor_seconds": self.processor_seconds}
        data = {"steps": self.steps, **times, "mean": self.mean}
        return {**data, "returns": self.returns.tolist()}


@dataclass(frozen=True)
class Curve:
    """One seed of one arm.

    Attributes:
        arm: One of `ARMS`.
        seed: Its seed.
        points: The looks.
        parameters: Numbers that the last policy consists of.
        connections: Connections that it uses.
        hidden: Hidden nodes or units that it has.
    """

    arm: str
    seed: int
    points: tuple[Point, ...]
    parameters: int
    connections: int
    hidden: int

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        data = dataclasses.asdict(self)
        data["points"] = [point.as_dict() for point in self.points]
        return data


def run_arm(job: Job) -> Curve:
    """Play one seed of one arm.

    Raises:
        ConfigError: An unknown arm, or a task that it cannot play.
    """
    if job.arm not in ARMS:
        raise ConfigError(f"unknown arm {job.arm!r}: expected one of {', '.join(ARMS)}")
    if job.arm == "ppo":
        return _ppo(job)
    return _evolution(job)


class _Looks:
    """Takes a policy whenever an arm has a new one, and looks at the one it had when a number of steps was reached."""

    def __init__(self, job: Job) -> None:
        self.points: list[Point] = []
        self._job = job
        self._marks = [job.budget * (i + 1) // job.looks for i in range(job.looks)]
        self._policy: Returns | None = None
        self._policy_times = np.zeros(2)
        self._begin = _now()

    def offer(self, policy: Returns, steps: int) -> None:
        """Note that from ``steps`` on the arm would answer with this policy."""
        self._reach(steps - 1)
        self._policy, self._policy_times = policy, _now() - self._begin

    def end(self) -> tuple[Point, ...]:
        """Look wherever nobody has looked yet, and return all looks."""
        self._reach(self._job.budget)
        return tuple(self.points)

    def _reach(self, steps: int) -> None:
        if self._policy is None:
            return
        paused = _now()
        while len(self.points) < len(self._marks) and self._marks[len(self.points)] <= steps:
            number = len(self.points)
            last = number == len(self._marks) - 1
            episodes = self._job.final_episodes if last else self._job.episodes
            returns = self._policy(verification_seeds(self._job.seed, episodes, _LOOK + number))
            seconds, processor_seconds = self._policy_times.tolist()
            self.points.append(Point(self._marks[number], seconds, processor_seconds, returns))
        self._begin += _now() - paused


def _now() -> NDArray[np.float64]:
    """Return wall-clock and processor time of this process, in seconds."""
    return np.array([time.perf_counter(), time.process_time()])


def _evolution(job: Job) -> Curve:
    """NEAT, with or without fine-tuning in the second half of the budget, or random search."""
    task = make_task(job.experiment.task)
    config = fitted(job.experiment.config, task)
    share = 0.5 if job.arm == "neat+ppo" else 1.0
    evaluator = task.evaluator(config.network, seed=job.seed, workers=1, backend=job.experiment.run.backend)
    if not isinstance(evaluator, EpisodeEvaluator):
        evaluator.close()
        raise ConfigError(f"task {task.name!r} has no episodes: a comparison needs a game of Gymnasium")
    with evaluator:
        _warm_up(evaluator, config)
        looks = _Looks(job)
        search = _random_search if job.arm == "random" else _neat
        best, scaling, used = search(job, config, evaluator, looks, int(share * job.budget))
        if job.arm == "neat+ppo":
            best = _fine_tuned(job, task, config, evaluator, looks, best, scaling, used)
        points = looks.end()
    network = GenomeNetwork(best, config.network) if not obstacle_to_gradients(config.network) else None
    parameters = network.parameter_count if network else best.enabled + 2 * (best.hidden + best.outputs)
    return Curve(job.arm, job.seed, points, parameters, best.enabled, best.hidden)


_Found = tuple[Genome, Scaling | None, int]


def _neat(job: Job, config: Config, evaluator: EpisodeEvaluator, looks: _Looks, budget: int) -> _Found:
    """Evolve until a generation would no longer fit the budget; answer with the fittest of the last generation."""
    best, scaling, used = _first_genome(job, config, evaluator, looks), None, 0
    population = Population(config, job.seed, threads=1)
    while used < budget and not population.done:
        genomes = population.ask()
        evaluation = evaluator.evaluate(genomes)
        if used + evaluation.steps > budget:
            break
        used += evaluation.steps
        best, scaling = _fittest(genomes, evaluation), evaluation.scaling
        looks.offer(_genome_policy(evaluator, best, scaling), used)
        population.tell(evaluation)
    return best, scaling, used


def _first_genome(job: Job, config: Config, evaluator: EpisodeEvaluator, looks: _Looks) -> Genome:
    """Return a genome that nobody has chosen, the answer of an arm that has not played yet."""
    genome: Genome = Population(config, job.seed, threads=1).ask()[0].copy()
    looks.offer(_genome_policy(evaluator, genome, None), 0)
    return genome


def _random_search(job: Job, config: Config, evaluator: EpisodeEvaluator, looks: _Looks, budget: int) -> _Found:
    """Draw first genomes, generation after generation, and answer with the fittest of all."""
    used, batch, highest = 0, 0, -np.inf
    words = np.random.SeedSequence(job.seed)
    best = _first_genome(job, config, evaluator, looks)
    scaling: Scaling | None = None
    while used < budget:
        drawn = Population(config, int(words.spawn(1)[0].generate_state(1)[0]), threads=1).ask()
        genomes = Genomes.of(list(drawn), generation=batch)
        evaluation = evaluator.evaluate(genomes)
        if used + evaluation.steps > budget:
            break
        used, batch = used + evaluation.steps, batch + 1
        if evaluation.fitness.max() > highest:
            highest = float(evaluation.fitness.max())
            best, scaling = _fittest(genomes, evaluation), evaluation.scaling
            looks.offer(_genome_policy(evaluator, best, scaling), used)
    return best, scaling, used


def _fine_tuned(
    job: Job,
    task: Task,
    config: Config,
    evaluator: EpisodeEvaluator,
    looks: _Looks,
    genome: Genome,
    scaling: Scaling | None,
    used: int,
) -> Genome:
    """Spend the rest of the budget on PPO with the champion as the actor."""

    def after_look(best: Genome, steps: int) -> None:
        if used + steps <= job.budget:
            looks.offer(_genome_policy(evaluator, best, scaling), used + steps)

    tuned = tune_by_ppo(
        genome, task.config, config.network, steps=job.budget - used, seed=job.seed, scaling=scaling,
        limits=config.genome, after_look=after_look,
    )  # fmt: skip
    return tuned.genome


def _ppo(job: Job) -> Curve:
    """PPO with perceptrons; answers with the policy of the last complete update."""
    task = job.experiment.task
    if job.budget < job.ppo.environments * job.ppo.steps:
        least = job.ppo.environments * job.ppo.steps
        raise ConfigError(f"PPO's first update needs {least:,} steps, more than the budget of {job.budget:,}")
    warm = dataclasses.replace(job.ppo, steps=min(job.ppo.steps, 8), batch_size=8, epochs=1)
    train_ppo(task, warm, steps=1, seed=job.seed)
    looks = _Looks(job)
    env = flat_environment(task)

    def policy(agent: Agent[PPO]) -> Returns:
        """Return the agent as it is now: its parameters are copied."""
        learner, parameters = agent.learner, agent.learner.parameters.copy()

        def returns(seeds: Sequence[int]) -> NDArray[np.float64]:
            present = learner.parameters.copy()
            learner.parameters[:] = parameters
            results = [play(env, lambda x: x, agent.decide, seed=seed)[0] for seed in seeds]
            learner.parameters[:] = present
            return np.array(results)

        return returns

    def setup(space: spaces.Space[Any], inputs: int, rng: np.random.Generator) -> Setup:
        made = perceptrons(job.ppo, np.random.default_rng(job.seed), space, inputs, rng)
        looks.offer(policy(Agent(made.learner, made.to_actions, None, 0, 0.0)), 0)
        return made

    def after_update(progress: Progress, agent: Callable[[], Agent[PPO]]) -> bool:
        looks.offer(policy(agent()), progress.steps)
        return progress.steps + job.ppo.environments * job.ppo.steps > job.budget

    try:
        agent = train_ppo(task, job.ppo, steps=job.budget, seed=job.seed, setup=setup, after_update=after_update)
        points = looks.end()
    finally:
        env.close()
    actor = agent.learner.actor
    if not isinstance(actor, MLP):
        raise TypeError("expected PPO's actor to be a perceptron")
    connections = sum(weights.size for weights in actor.weights)
    return Curve(job.arm, job.seed, points, actor.parameter_count, connections, sum(actor.sizes[1:-1]))


def _genome_policy(evaluator: EpisodeEvaluator, genome: Genome, scaling: Scaling | None) -> Returns:
    """Return how an evolved network plays: bit by bit as in Gymnasium's own environment."""
    table = evaluator.table(scaling)
    copy = Genomes.of([genome])

    def returns(seeds: Sequence[int]) -> NDArray[np.float64]:
        played = evaluator.play(copy, [list(seeds)], table=table, gather=False).returns[0]
        return np.asarray(played, np.float64)

    return returns


def _fittest(genomes: Genomes, evaluation: Evaluation) -> Genome:
    genome: Genome = genomes[int(np.argmax(evaluation.fitness))].copy()
    return genome


def _warm_up(evaluator: EpisodeEvaluator, config: Config) -> None:
    """Compile before the clock starts."""
    state = evaluator.state()
    small = dataclasses.replace(config, population=dataclasses.replace(config.population, size=4))
    population = Population(small, 0, threads=1)
    population.tell(evaluator.evaluate(population.ask()))
    evaluator.restore(state)
