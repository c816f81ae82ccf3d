"""The arms of a comparison: NEAT, NEAT followed by PPO, PPO and random search, each on one core with one budget.

Every arm is evaluated when it has used certain numbers of environment steps: the policy that it would return if it
stopped there plays fresh episodes, the same for all arms of a seed. Unfinished work does not count: between two
evaluations, an arm's policy is the winner of the contest so far (`experiments.studies.contest`), or the policy of the
last update. The episodes and time of these evaluations do not count towards the budget; episodes that an arm plays to
choose its policy do.
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

from environments.evaluators.serial import EpisodeEvaluator
from environments.playing.episode import play, verification_seeds
from environments.tasks.settings import Scaling
from environments.tasks.task import Task, make_task
from experiments.gradients.agent import Agent
from experiments.gradients.experience import Setup, flat_environment
from experiments.gradients.ppo import Progress, perceptrons, train_ppo
from experiments.gradients.tuning import tune_by_ppo
from experiments.loop.runner import fitted
from experiments.settings import Experiment
from experiments.studies.budgeted_search import BudgetedSearch
from experiments.studies.contest import Budget
from neat.backprop.genome import GenomeNetwork, obstacle_to_gradients
from neat.backprop.mlp import MLP
from neat.backprop.ppo import PPO, PPOConfig
from neat.config import Config
from neat.errors import ConfigError
from neat.genes.table import Genome, Genomes
from neat.population import Population

__all__ = ["ARMS", "ArmJob", "Curve", "Point", "run_arm"]

ARMS = ("neat", "neat+ppo", "ppo", "random")
"""Names of the arms."""

_LOOK = 1_000
"""Episodes of looks are the sets of fresh episodes with numbers from this on."""
_LOOK_EVERY, _LOOK_EPISODES = 8, 5
"""Fine-tuning chooses its best network on few episodes every few updates: they are paid from the budget."""

Returns = Callable[[Sequence[int]], NDArray[np.float64]]
"""From seeds of episodes to their returns: a policy as it is at some moment."""


@dataclass(frozen=True)
class ArmJob:
    """The work of one process: one seed of one arm.

    Attributes:
        arm: One of `ARMS`.
        seed: Seed of the arm.
        experiment: Task and settings of evolution.
        ppo: Settings of PPO.
        budget: Environment steps.
        looks: Number of evaluations (looks), evenly spaced, the last one at the end of the budget.
        episodes: Fresh episodes of each look.
        final_episodes: Fresh episodes of the last look.
        fit: True: population size and episodes per genome are derived from the budget
            (`experiments.studies.budgeted_search`). False: the experiment's values are used.
    """

    arm: str
    seed: int
    experiment: Experiment
    ppo: PPOConfig
    budget: int
    looks: int
    episodes: int
    final_episodes: int
    fit: bool = True


@dataclass(frozen=True)
class Point:
    """One evaluation (look) of an arm.

    Attributes:
        steps: Environment steps of the budget used so far.
        seconds: Wall-clock time after which the arm had the evaluated policy.
        processor_seconds: Processor time until then, which is more reliable on a busy machine.
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
        used: Environment steps of the budget that were used.
        generations: Complete generations, batches of random search, or updates of PPO.
        policies: Genomes that were played at least once; 0 for PPO, which changes one policy.
    """

    arm: str
    seed: int
    points: tuple[Point, ...]
    parameters: int
    connections: int
    hidden: int
    used: int
    generations: int
    policies: int

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        data = dataclasses.asdict(self)
        data["points"] = [point.as_dict() for point in self.points]
        return data


def run_arm(job: ArmJob) -> Curve:
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
    """Receives the successive policies of an arm, and evaluates the current one at given numbers of steps."""

    def __init__(self, job: ArmJob) -> None:
        self.points: list[Point] = []
        self._job = job
        self._marks = [job.budget * (i + 1) // job.looks for i in range(job.looks)]
        self._policy: Returns | None = None
        self._policy_times = np.zeros(2)
        self._begin = _now()

    def offer(self, policy: Returns, steps: int) -> None:
        """Record that from ``steps`` on, the arm would return this policy."""
        self._reach(steps - 1)
        self._policy, self._policy_times = policy, _now() - self._begin

    def end(self) -> tuple[Point, ...]:
        """Evaluate at all remaining looks, and return all looks."""
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


def _evolution(job: ArmJob) -> Curve:
    """NEAT, with or without fine-tuning in the second half of the budget, or random search."""
    settings = job.experiment.task
    if job.fit:
        settings = dataclasses.replace(settings, episodes=1, racing=False)
    task = make_task(settings)
    config = fitted(job.experiment.config, task)
    evaluator = task.evaluator(config.network, seed=job.seed, workers=1, backend=job.experiment.run.backend)
    if not isinstance(evaluator, EpisodeEvaluator):
        evaluator.close()
        raise ConfigError(f"task {task.name!r} has no episodes: a comparison needs a game of Gymnasium")
    with evaluator:
        _warm_up(evaluator, config)
        looks = _Looks(job)
        budget = Budget(job.budget // 2 if job.arm == "neat+ppo" else job.budget)
        search = BudgetedSearch(
            config, evaluator, job.seed, budget, breed=job.arm != "random", fit=job.fit,
            on_change=lambda found: looks.offer(_genome_policy(evaluator, found.genome, found.scaling), budget.used),
        )  # fmt: skip
        search.run()
        best = search.contest.best
        if best is None:
            raise RuntimeError("a search ended without a best genome")
        genome = best.genome
        if job.arm == "neat+ppo":
            budget.steps = job.budget
            genome = _fine_tuned(job, task, config, evaluator, looks, search, budget)
        points = looks.end()
    network = GenomeNetwork(genome, config.network) if not obstacle_to_gradients(config.network) else None
    parameters = network.parameter_count if network else genome.enabled + 2 * (genome.hidden + genome.outputs)
    return Curve(
        job.arm, job.seed, points, parameters, genome.enabled, genome.hidden, budget.used, search.generations,
        search.policies,
    )  # fmt: skip


def _fine_tuned(
    job: ArmJob,
    task: Task,
    config: Config,
    evaluator: EpisodeEvaluator,
    looks: _Looks,
    search: BudgetedSearch,
    budget: Budget,
) -> Genome:
    """Spend the rest of the budget on PPO with the champion as the actor, and on a last contest of the two."""
    champion, contest, used = search.contest.best, search.contest, budget.used
    if champion is None:
        raise RuntimeError("a search ended without a best genome")
    genome, played = champion.genome, 0

    def after_look(best: Genome, steps: int) -> None:
        nonlocal genome, played
        if used + steps <= job.budget:
            genome, played = best.copy(), steps
            looks.offer(_genome_policy(evaluator, genome, champion.scaling), used + steps)

    tune_by_ppo(
        champion.genome, task.config, config.network, steps=budget.left, seed=job.seed, scaling=champion.scaling,
        limits=config.genome, look_every=_LOOK_EVERY, episodes=_LOOK_EPISODES, after_look=after_look,
    )  # fmt: skip
    budget.spend(played)
    contest.enter(genome, champion.scaling, favoured=True)
    while budget.left and contest.steady(1):
        pass
    winner = contest.best
    if winner is None:
        raise RuntimeError("a contest ended without a winner")
    looks.offer(_genome_policy(evaluator, winner.genome, winner.scaling), budget.used)
    return winner.genome


def _ppo(job: ArmJob) -> Curve:
    """PPO with perceptrons; its policy is that of the last complete update."""
    task = job.experiment.task
    if job.budget < job.ppo.environments * job.ppo.steps:
        least = job.ppo.environments * job.ppo.steps
        raise ConfigError(f"PPO's first update needs {least:,} steps, more than the budget of {job.budget:,}")
    config = _whole_updates(job.ppo, job.budget)
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
        made = perceptrons(config, np.random.default_rng(job.seed), space, inputs, rng)
        looks.offer(policy(Agent(made.learner, made.to_actions, None, 0, 0.0)), 0)
        return made

    def after_update(progress: Progress, agent: Callable[[], Agent[PPO]]) -> bool:
        looks.offer(policy(agent()), progress.steps)
        return progress.steps + config.environments * config.steps > job.budget

    try:
        agent = train_ppo(task, config, steps=job.budget, seed=job.seed, setup=setup, after_update=after_update)
        points = looks.end()
    finally:
        env.close()
    actor = agent.learner.actor
    if not isinstance(actor, MLP):
        raise TypeError("expected PPO's actor to be a perceptron")
    connections = sum(weights.size for weights in actor.weights)
    updates = agent.steps // (config.environments * config.steps)
    hidden = sum(actor.sizes[1:-1])
    return Curve(job.arm, job.seed, points, actor.parameter_count, connections, hidden, agent.steps, updates, 0)


def _whole_updates(config: PPOConfig, budget: int) -> PPOConfig:
    """Return the settings, with slightly shorter updates if these use more of the budget."""
    per_update = config.environments * config.steps
    steps = budget // (config.environments * -(-budget // per_update))
    shorter = config.environments * steps
    if budget // per_update * per_update >= -(-budget // per_update) * shorter:
        return config
    return dataclasses.replace(config, steps=steps)


def _genome_policy(evaluator: EpisodeEvaluator, genome: Genome, scaling: Scaling | None) -> Returns:
    """Return a function that plays an evolved network, bit by bit as in Gymnasium's own environment."""
    table = evaluator.table(scaling)
    copy = Genomes.of([genome])

    def returns(seeds: Sequence[int]) -> NDArray[np.float64]:
        played = evaluator.play(copy, [list(seeds)], table=table, gather=False).returns[0]
        return np.asarray(played, np.float64)

    return returns


def _warm_up(evaluator: EpisodeEvaluator, config: Config) -> None:
    """Compile before the clock starts."""
    state = evaluator.state()
    small = dataclasses.replace(config, population=dataclasses.replace(config.population, size=4))
    population = Population(small, 0, threads=1)
    population.tell(evaluator.evaluate(population.ask()))
    evaluator.restore(state)
