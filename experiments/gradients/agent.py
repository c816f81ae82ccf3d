"""A policy trained by gradients, and its verification."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

from environments.making.environment import find_spec
from environments.playing.episode import play, verification_seeds
from environments.playing.verification import Verification
from environments.tasks.settings import TaskConfig
from experiments.gradients.experience import ToActions, flat_environment, scaled
from neat.backprop.differentiable import Array

__all__ = ["Agent", "Learner", "verify_agent"]


class Learner(Protocol):
    """What has learned: `neat.backprop.ppo.PPO` or `neat.backprop.dqn.DQN`."""

    @property
    def parameters(self) -> Array:
        """Every trainable number, float64; changes in place take effect at once."""

    def best_action(self, observations: Array) -> NDArray[Any]:
        """Return the action it takes when it does not explore, for each observation, float64 (batch, inputs)."""


L = TypeVar("L", bound=Learner)


@dataclass(frozen=True)
class Agent(Generic[L]):
    """A policy with what it takes to play.

    Attributes:
        learner: What has learned.
        to_actions: From the policy's choices to actions.
        table: What observations are scaled by (`environments.playing.observation_scaling.scaling_table`), or None.
        steps: Environment steps it was trained with.
        seconds: Time that took.
    """

    learner: L
    to_actions: ToActions
    table: Array | None
    steps: int
    seconds: float

    def decide(self, observation: Any) -> Any:
        """Return the action for one observation, without exploration."""
        return self.to_actions(self.learner.best_action(scaled(np.asarray(observation)[None], self.table)))[0]


def verify_agent(
    agent: Agent[Any], task: TaskConfig, *, seed: int, episodes: int = 100, attempt: int = 0
) -> Verification:
    """Play fresh episodes without exploration, in Gymnasium's own environment.

    Args:
        agent: The agent.
        task: The environment; a threshold, if given, decides about ``solved``, else the registry's.
        seed: Seed of the run: the episodes are those by which NEAT's champions of this seed are verified.
        episodes: How many.
        attempt: Each number gives other episodes.

    Raises:
        EvaluationError: Returns that are not finite.
    """
    env = flat_environment(task)
    threshold = task.threshold if task.threshold is not None else find_spec(task.environment).reward_threshold
    try:
        results = [
            play(env, lambda observation: observation, agent.decide, seed=episode)
            for episode in verification_seeds(seed, episodes, attempt)
        ]
    finally:
        env.close()
    returns = np.array([r for r, _ in results], np.float64)
    return Verification.of(returns, steps=sum(s for _, s in results), seed=seed, threshold=threshold)
