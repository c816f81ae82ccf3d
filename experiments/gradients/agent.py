"""Policies trained by gradients, and their verification."""

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
    """The interface of a trained learner: `neat.backprop.ppo.PPO` or `neat.backprop.dqn.DQN`."""

    @property
    def parameters(self) -> Array:
        """All trainable parameters, float64; changes in place take effect immediately."""

    def best_action(self, observations: Array) -> NDArray[Any]:
        """Return the action without exploration for each observation (float64, shape (batch, inputs))."""


L = TypeVar("L", bound=Learner)


@dataclass(frozen=True)
class Agent(Generic[L]):
    """A trained policy, with everything needed to play.

    Attributes:
        learner: The trained learner.
        to_actions: Maps the policy's choices to actions.
        table: Observation scaling (`environments.playing.observation_scaling.scaling_table`), or None.
        steps: Number of environment steps of the training.
        seconds: Duration of the training.
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
        task: The environment. ``solved`` is judged by ``task.threshold`` or, if that is None, by the registry's.
        seed: Seed of the run. The episodes are the same as in verifications of NEAT champions with this seed.
        episodes: Number of episodes.
        attempt: Number of the set of episodes; each number selects other episodes.

    Raises:
        EvaluationError: A return is not finite.
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
