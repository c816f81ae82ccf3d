"""Agents trained with several seeds, each verified on fresh episodes: ours and Stable-Baselines3's."""

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
"""Settings of a kind of learner: they say which it is."""

_S = TypeVar("_S", PPOConfig, DQNConfig)


@dataclass(frozen=True)
class TrainedAgent:
    """One agent.

    Attributes:
        learner: One of `LEARNERS`.
        seed: Seed of its training.
        steps: Environment steps of its training.
        seconds: Wall-clock time of its training.
        verification: Its returns on fresh episodes, with the most probable actions.
    """

    learner: str
    seed: int
    steps: int
    seconds: float
    verification: Verification

    @property
    def speed(self) -> float:
        """Environment steps per second of training."""
        return self.steps / self.seconds

    def as_dict(self) -> dict[str, Any]:
        """Return plain data."""
        data = {"learner": self.learner, "seed": self.seed, "steps": self.steps, "seconds": self.seconds}
        return {**data, "steps_per_second": self.speed, "verification": self.verification.as_dict()}


@dataclass(frozen=True)
class AgentResults:
    """The agents of one learner, and what their returns come to."""

    agents: tuple[TrainedAgent, ...]

    @property
    def mean(self) -> float:
        """Mean over the agents of their mean returns."""
        return float(np.mean([agent.verification.mean for agent in self.agents]))

    @property
    def sd(self) -> float:
        """Standard deviation over the agents of their mean returns (of the sample; NaN for one agent)."""
        means = [agent.verification.mean for agent in self.agents]
        return float(np.std(means, ddof=1)) if len(means) > 1 else math.nan

    @property
    def speed(self) -> float:
        """Environment steps per second of training, over all agents."""
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
    """Train and verify an agent for every learner and seed, and yield each when it is done.

    Args:
        task: The environment.
        config: Settings of PPO or of deep Q-learning.
        steps: Environment steps of each training.
        seeds: Seeds.
        episodes: Fresh episodes of each verification.
        learners: Some of `LEARNERS`.
        workers: Processes that train side by side; with more than one, speeds are those of a shared machine.

    Raises:
        ConfigError: An unknown learner, or an environment that it cannot play.
        MissingExtraError: A package is not installed.
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
    """Return settings with some of them changed, each given as ``key=value``, or as ``ppo.key=value`` (``dqn.``).

    Raises:
        ConfigError: An unknown setting, or a value of the wrong type or out of range.
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
