"""Deep Q-learning: learning from stored transitions (Mnih et al. 2015, algorithm 1).

Q(s, a), the expected return after action a in state s, is one output per action. It is trained towards r + γ max_a'
Q'(s', a'), where Q' is an older copy of the network, on transitions sampled from a replay buffer; both stabilise
training. Actions are the best ones by Q, or random ones with a probability ε that decreases at first. Stepping
environments is in `experiments.gradients.dqn`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neat.backprop.differentiable import Array
from neat.backprop.mlp import MLP
from neat.backprop.optimizers import Adam, clip_norm
from neat.errors import ConfigError
from neat.settings.checking import check_fields

__all__ = ["DQN", "DQNConfig", "ReplayBuffer", "Transitions"]


@dataclass(frozen=True, kw_only=True)
class DQNConfig:
    """Settings of deep Q-learning; the defaults are those of Stable-Baselines3."""

    memory: int = 1_000_000
    """Capacity of the replay buffer, in transitions."""
    first_steps: int = 100
    """Environment steps before learning starts, all of them at random."""
    steps_between: int = 4
    """Environment steps between two rounds of learning."""
    gradient_steps: int = 1
    """Gradient steps of a round."""
    batch_size: int = 32
    """Transitions of a gradient step."""
    gamma: float = 0.99
    """γ, discount."""
    learning_rate: float = 1e-4
    """η of Adam."""
    target_every: int = 10_000
    """Environment steps after which Q' becomes a copy of Q again."""
    exploration_share: float = 0.1
    """Share of the run in which ε falls from 1 to ``exploration_end``."""
    exploration_end: float = 0.05
    """ε from then on."""
    max_gradient_norm: float = 10.0
    """Longest gradient of a step."""
    hidden: tuple[int, ...] = (64, 64)
    """Hidden layers."""
    activation: str = "relu"
    """Activation of hidden layers."""

    def __post_init__(self) -> None:
        check_fields(self, "dqn")
        for name in ("memory", "steps_between", "gradient_steps", "batch_size", "target_every"):
            if getattr(self, name) < 1:
                raise ConfigError(f"dqn.{name}: expected at least 1, got {getattr(self, name)!r}")
        if self.first_steps < 0:
            raise ConfigError(f"dqn.first_steps: expected at least 0, got {self.first_steps!r}")
        for name in ("gamma", "exploration_share", "exploration_end"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ConfigError(f"dqn.{name}: expected a number from 0 to 1, got {getattr(self, name)!r}")
        for name in ("learning_rate", "max_gradient_norm"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0.0):
                raise ConfigError(f"dqn.{name}: expected a positive number, got {getattr(self, name)!r}")
        if not self.hidden:
            raise ConfigError("dqn.hidden: expected at least one hidden layer")

    def exploration(self, done: float) -> float:
        """Return ε when a share ``done`` of the run is over."""
        falling = 1.0 if self.exploration_share == 0.0 else min(1.0, done / self.exploration_share)
        return 1.0 + falling * (self.exploration_end - 1.0)


@dataclass(frozen=True)
class Transitions:
    """Some steps of an environment, one in each row.

    Attributes:
        observations: s, float64, shape (n, inputs).
        actions: a, int64, shape (n,).
        rewards: r, float64, shape (n,).
        following: s', float64, shape (n, inputs).
        terminated: Whether nothing comes after s', bool, shape (n,); a time limit is no such end.
    """

    observations: Array
    actions: NDArray[np.int64]
    rewards: Array
    following: Array
    terminated: NDArray[np.bool_]


class ReplayBuffer:
    """The latest transitions, from which batches are sampled; the oldest are dropped first.

    Args:
        capacity: Maximum number of transitions.
        inputs: Length of an observation.
    """

    def __init__(self, capacity: int, inputs: int) -> None:
        self._rows = Transitions(
            np.empty((capacity, inputs)),
            np.empty(capacity, np.int64),
            np.empty(capacity),
            np.empty((capacity, inputs)),
            np.empty(capacity, np.bool_),
        )
        self._capacity = capacity
        self._added = 0

    def __len__(self) -> int:
        return min(self._added, self._capacity)

    def add(self, observation: Array, action: int, reward: float, following: Array, terminated: bool) -> None:
        """Store one step, with observations of shape (inputs,)."""
        row, rows = self._added % self._capacity, self._rows
        rows.observations[row], rows.actions[row], rows.rewards[row] = observation, action, reward
        rows.following[row], rows.terminated[row] = following, terminated
        self._added += 1

    def draw(self, count: int, rng: np.random.Generator) -> Transitions:
        """Return transitions at random, with replacement.

        Raises:
            RuntimeError: Nothing is remembered yet.
        """
        if len(self) == 0:
            raise RuntimeError("draw() from an empty memory: add() transitions first")
        chosen, rows = rng.integers(len(self), size=count), self._rows
        return Transitions(
            rows.observations[chosen],
            rows.actions[chosen],
            rows.rewards[chosen],
            rows.following[chosen],
            rows.terminated[chosen],
        )


class DQN:
    """A learner: the network Q, its older copy Q', the replay buffer and the optimizer.

    Args:
        network: Q, from observations to one value for each action.
        config: Settings.
        rng: Random generator for exploration and batches.

    Attributes:
        network: Q.
        memory: The replay buffer.
    """

    def __init__(self, network: MLP, config: DQNConfig, rng: np.random.Generator) -> None:
        self.network, self.config = network, config
        self.memory = ReplayBuffer(config.memory, network.sizes[0])
        self._older = MLP(network.sizes, network.activations, slope=network.slope, initialisation="zeros")
        self._optimizer = Adam(config.learning_rate)
        self._rng = rng
        self.renew_target()

    @property
    def parameters(self) -> Array:
        """Q's parameters, float64."""
        return self.network.parameters

    def renew_target(self) -> None:
        """Make Q' a copy of Q."""
        self._older.parameters = self.network.parameters

    def act(self, observation: Array, exploration: float) -> int:
        """Return the best known action for one observation, shape (inputs,), or with probability ε any."""
        if self._rng.random() < exploration:
            return int(self._rng.integers(self.network.sizes[-1]))
        return int(self.best_action(observation[None])[0])

    def best_action(self, observations: Array) -> NDArray[Any]:
        """Return the action with the highest Q for each observation, float64 (batch, inputs)."""
        return np.asarray(self.network.predict(observations).argmax(axis=1))

    def learn(self) -> float:
        """Take ``config.gradient_steps`` steps, each on a batch from memory, and return their mean loss."""
        losses = []
        for _ in range(self.config.gradient_steps):
            gradient, loss = self.gradient(self.memory.draw(self.config.batch_size, self._rng))
            clip_norm(gradient, self.config.max_gradient_norm)
            self._optimizer.step(self.network.parameters, gradient)
            losses.append(loss)
        return float(np.mean(losses))

    def gradient(self, batch: Transitions) -> tuple[Array, float]:
        """Return the gradient in `parameters` of the mean loss of some transitions, and that loss.

        The loss of an error δ = Q(s, a) - (r + γ max_a' Q'(s', a')) is ½ δ² up to |δ| = 1 and |δ| - ½ beyond (Huber
        1964): what clipping the error to ±1, as the paper does, is the gradient of.
        """
        n = len(batch.actions)
        best = self._older.predict(batch.following).max(axis=1)
        target = batch.rewards + self.config.gamma * best * ~batch.terminated
        trace = self.network.forward(batch.observations)
        rows = np.arange(n)
        error = trace.outputs[rows, batch.actions] - target
        size = np.abs(error)
        loss = np.where(size <= 1.0, 0.5 * error**2, size - 0.5).mean()
        delta = np.zeros_like(trace.outputs)
        delta[rows, batch.actions] = np.clip(error, -1.0, 1.0) / n
        delta *= self.network.output_derivative(trace)
        return self.network.backward(trace, delta), float(loss)
