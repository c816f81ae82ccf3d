"""Agents of this project and of Stable-Baselines3, trained with several seeds and verified on fresh episodes."""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from typing import Any, TypeVar

import numpy as np

from environments.playing.verification import Verification
from environments.tasks.settings import TaskConfig
from experiments.gradients.agent import Agent, verify_agent
from experiments.gradients.dqn import train_dqn
from experiments.gradients.ppo import train_ppo
from experiments.gradients.sb3 import train_and_verify
from experiments.settings import apply
from neat.backprop.dqn import DQNConfig
from neat.backprop.ppo import PPOConfig
from neat.errors import ConfigError, did_you_mean

__all__ = ["LEARNERS", "AgentResults", "Settings", "TrainedAgent", "changed", "train_agents"]

LEARNERS = ("neat-arena", "stable-baselines3")

Settings = PPOConfig | DQNConfig
"""Settings of a learner; their type selects the algorithm."""

_S = TypeVar("_S", PPOConfig, DQNConfig)


@dataclass(frozen=True)
class TrainedAgent:
    """The result of training one agent.

    Attributes:
        learner: One of `LEARNERS`.
        seed: Seed of the training.
        steps: Number of environment steps of the training.
        seconds: Wall-clock time of the training.
        verification: Returns on fresh episodes, without exploration.
    """

    learner: str
    seed: int
    steps: int
    seconds: float
    verification: Verification

    @property
    def speed(self) -> float:
        """Environment steps per second of training time."""
        return self.steps / self.seconds

    def as_dict(self) -> dict[str, Any]:
        """Return the result as plain data."""
        data = {"learner": self.learner, "seed": self.seed, "steps": self.steps, "seconds": self.seconds}
        return {**data, "steps_per_second": self.speed, "verification": self.verification.as_dict()}


@dataclass(frozen=True)
class AgentResults:
    """The agents of one learner, with statistics of their returns."""

    agents: tuple[TrainedAgent, ...]

    @property
    def mean(self) -> float:
        """Mean of the agents' mean returns."""
        return float(np.mean([agent.verification.mean for agent in self.agents]))

    @property
    def sd(self) -> float:
        """Sample standard deviation of the agents' mean returns; NaN for one agent."""
        means = [agent.verification.mean for agent in self.agents]
        return float(np.std(means, ddof=1)) if len(means) > 1 else math.nan

    @property
    def speed(self) -> float:
        """Environment steps per second of training time, over all agents."""
        return sum(t.steps for t in self.agents) / sum(t.seconds for t in self.agents)


def train_agents(
    task: TaskConfig,
    config: Settings,
    *,
    steps: int,
    seeds: Sequence[int],
    episodes: int = 100,
    learners: Sequence[str] = LEARNERS[:1],
    workers: int = 1,
) -> Iterator[TrainedAgent]:
    """Train and verify an agent for each learner and seed, and yield each result in this order.

    Args:
        task: The environment.
        config: Settings of PPO or of deep Q-learning.
        steps: Number of environment steps per training.
        seeds: The seeds.
        episodes: Number of fresh episodes per verification.
        learners: Names from `LEARNERS`.
        workers: Number of parallel processes. With more than one, they compete for the machine, which reduces the
            reported speeds.

    Raises:
        ConfigError: A learner is unknown, or cannot play this environment.
        MissingExtraError: A required package is not installed.
    """
    for learner in learners:
        if learner not in LEARNERS:
            raise ConfigError(f"unknown learner {learner!r}{did_you_mean(learner, LEARNERS)}")
    jobs = [(learner, task, config, steps, seed, episodes) for learner in learners for seed in seeds]
    if workers <= 1:
        yield from map(_train, jobs)
        return
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=context) as pool:
        yield from pool.map(_train, jobs)


def _train(job: tuple[str, TaskConfig, Settings, int, int, int]) -> TrainedAgent:
    learner, task, config, steps, seed, episodes = job
    if learner == "stable-baselines3":
        verification, played, seconds = train_and_verify(task, config, steps=steps, seed=seed, episodes=episodes)
        return TrainedAgent(learner, seed, played, seconds, verification)
    agent: Agent[Any]
    if isinstance(config, DQNConfig):
        agent = train_dqn(task, config, steps=steps, seed=seed)
    else:
        agent = train_ppo(task, config, steps=steps, seed=seed)
    return TrainedAgent(
        learner, seed, agent.steps, agent.seconds, verify_agent(agent, task, seed=seed, episodes=episodes)
    )


def changed(config: _S, changes: Sequence[str]) -> _S:
    """Return settings with some changes, each ``key=value``, ``ppo.key=value`` or ``dqn.key=value``.

    Raises:
        ConfigError: A setting is unknown, or a value has the wrong type or is out of range.
    """
    section = "dqn" if isinstance(config, DQNConfig) else "ppo"
    known = asdict(config)
    data: dict[str, Any] = {section: dict(known)}
    for change in changes:
        apply(data, change if change.startswith(f"{section}.") else f"{section}.{change}")
    values: Mapping[str, Any] = data[section]
    for name in [*data, *values]:
        if name != section and name not in known:
            raise ConfigError(f"unknown setting '{section}.{name}'{did_you_mean(name, known)}")
    return type(config)(**values)
