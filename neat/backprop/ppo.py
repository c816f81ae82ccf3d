"""Proximal policy optimisation: what a learner does with one batch of experience (Schulman et al. 2017).

The published implementation details are those of Huang et al. (2022), "The 37 Implementation Details of Proximal
Policy Optimization", ICLR Blog Track; comments give their numbers, ``C`` for the 13 core details and ``K`` for the 9
details of continuous control. What belongs to stepping environments (vectorised environments C1, normalisation and
clipping of observations and rewards K6 - K9) is in `experiments.gradients.experience`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from neat.backprop.differentiable import Array, Differentiable
from neat.backprop.distributions import ActionDistribution
from neat.backprop.mlp import MLP
from neat.backprop.optimizers import Adam, clip_norm
from neat.backprop.training import minibatches
from neat.errors import ConfigError
from neat.settings.checking import check_fields

__all__ = ["PPO", "Experience", "PPOConfig", "UpdateRecord", "advantages"]

_ADAM_EPSILON = 1e-5


@dataclass(frozen=True, kw_only=True)
class PPOConfig:
    """Settings of PPO; the defaults are those of Stable-Baselines3."""

    environments: int = 1
    """Environments stepped side by side."""
    steps: int = 2048
    """Steps of each environment between updates."""
    batch_size: int = 64
    """Examples per gradient step."""
    epochs: int = 10
    """Passes over the experience of an update."""
    gamma: float = 0.99
    """γ, discount."""
    gae_lambda: float = 0.95
    """λ of generalised advantage estimation."""
    learning_rate: float = 3e-4
    """η of Adam at the start."""
    clip_range: float = 0.2
    """ε of the clipped objective at the start."""
    schedule: Literal["constant", "linear"] = "constant"
    """``linear``: learning rate and clip range fall to 0 over the run."""
    entropy_coefficient: float = 0.0
    """Weight of the entropy bonus."""
    value_coefficient: float = 0.5
    """Weight of the value loss."""
    value_clip: float = 0.0
    """How far values may move in an update before their loss is clipped; 0 means that it is not, which was found to do
    better (Andrychowicz et al. 2021, section 3.2) and is what the zoo's settings do."""
    max_gradient_norm: float = 0.5
    """Longest gradient of a step."""
    hidden: tuple[int, ...] = (64, 64)
    """Hidden layers of actor and critic."""
    activation: str = "tanh"
    """Activation of hidden layers."""
    orthogonal: bool = True
    """Orthogonal first weights; otherwise U(±1 / √inputs), PyTorch's default."""
    sde: bool = False
    """Box actions: state-dependent exploration (gSDE)."""
    sde_sample_frequency: int = 0
    """Steps between draws of gSDE's noise; 0 means once per update."""
    log_std: float = 0.0
    """Box actions: first logarithm of the deviation."""
    critic_first: int = 0
    """Updates at the start in which only the critic learns: an actor that can play already must not be taught by a
    critic that knows nothing."""
    normalise: bool = False
    """Scale observations and rewards by running statistics."""

    def __post_init__(self) -> None:
        check_fields(self, "ppo")
        for name in ("environments", "steps", "batch_size", "epochs"):
            if getattr(self, name) < 1:
                raise ConfigError(f"ppo.{name}: expected at least 1, got {getattr(self, name)!r}")
        for name in ("gamma", "gae_lambda"):
            if not 0.0 <= getattr(self, name) <= 1.0:
                raise ConfigError(f"ppo.{name}: expected a number from 0 to 1, got {getattr(self, name)!r}")
        for name in ("learning_rate", "clip_range", "max_gradient_norm"):
            if not (math.isfinite(getattr(self, name)) and getattr(self, name) > 0.0):
                raise ConfigError(f"ppo.{name}: expected a positive number, got {getattr(self, name)!r}")
        if self.schedule not in ("constant", "linear"):
            raise ConfigError(f"ppo.schedule: expected 'constant' or 'linear', got {self.schedule!r}")
        if not self.hidden:
            raise ConfigError("ppo.hidden: expected at least one hidden layer")


@dataclass(frozen=True)
class Experience:
    """One update's worth of experience, all environments and steps in one row each.

    Attributes:
        observations: float64, shape (n, inputs).
        actions: As the policy drew them, before any clipping to the environment's bounds (K5).
        advantages: float64, shape (n,).
        returns: float64, shape (n,): advantages plus values, the value function's targets.
    """

    observations: Array
    actions: NDArray[Any]
    advantages: Array
    returns: Array


@dataclass(frozen=True)
class UpdateRecord:
    """What an update did (C12, debug variables); means over its gradient steps."""

    policy_loss: float
    value_loss: float
    entropy: float
    clipped: float
    """Share of examples whose probability ratio left the clip range."""
    kl: float
    """Estimate of KL(old ‖ new), mean of (r - 1) - ln r (Schulman 2020)."""


def advantages(
    rewards: Array, values: Array, ended: NDArray[np.bool_], last_values: Array, gamma: float, gae_lambda: float
) -> Array:
    """Return generalised advantage estimates (C5; Schulman et al. 2016, equation 16).

    Args:
        rewards: float64, shape (steps, environments); a step cut off by a time limit has γ V(final observation) added.
        values: V of each step's observation, the same shape.
        ended: Whether the episode ended with that step, the same shape.
        last_values: V of the observations after the last step, shape (environments,).
        gamma: γ.
        gae_lambda: λ.

    Returns:
        float64, shape (steps, environments).
    """
    result = np.zeros_like(rewards)
    following, carried = last_values, np.zeros_like(last_values)
    for t in reversed(range(len(rewards))):
        goes_on = ~ended[t]
        error = rewards[t] + gamma * following * goes_on - values[t]
        carried = error + gamma * gae_lambda * carried * goes_on
        result[t] = carried
        following = values[t]
    return result


class PPO:
    """A learner: actor, critic and policy, whose parameters share one vector and one optimizer.

    Args:
        actor: From observations to the policy's outputs: a perceptron or an evolved network.
        critic: From observations to one value (C13: separate networks, also K4).
        policy: Distributions over actions.
        config: Settings.
        rng: Order of mini-batches and noise of the policy.
        logits_before_activation: The policy reads the actor's weighted outputs z instead of its outputs a; for
            evolved networks with sigmoid outputs, which as logits would be all but equal.

    Attributes:
        parameters: Actor's, critic's and policy's parameters in this order, float64.
    """

    def __init__(
        self,
        actor: Differentiable,
        critic: MLP,
        policy: ActionDistribution,
        config: PPOConfig,
        rng: np.random.Generator,
        *,
        logits_before_activation: bool = False,
    ) -> None:
        self.actor, self.critic, self.policy, self.config = actor, critic, policy, config
        self._rng = rng
        self._weighted = logits_before_activation
        sizes = [len(part.parameters) for part in (actor, critic, policy)]
        self.parameters = np.empty(sum(sizes))
        in_actor, in_critic, in_policy = np.split(self.parameters, np.cumsum(sizes)[:-1])
        actor.keep_parameters_in(in_actor)
        critic.keep_parameters_in(in_critic)
        in_policy[:] = policy.parameters
        policy.parameters = in_policy
        self._optimizer = Adam(config.learning_rate, epsilon=_ADAM_EPSILON)  # C3
        self._updates = 0
        self._critics = np.repeat([False, True, False], sizes)

    def begin(self) -> None:
        """Draw the noise that the policy holds for several steps."""
        self.policy.begin(self.config.environments, self._rng)

    def act(self, observations: Array) -> NDArray[Any]:
        """Draw an action for each observation, float64 (environments, inputs)."""
        outputs, features, _ = self._actor_pass(observations)
        return self.policy.sample(outputs, features, self._rng)

    def best_action(self, observations: Array) -> NDArray[Any]:
        """Return the most probable action for each observation, float64 (batch, inputs)."""
        return self.policy.mode(self._actor_pass(observations)[0])

    def values(self, observations: Array) -> Array:
        """Return V of each observation, float64, shape (batch,)."""
        return self.critic.predict(observations)[:, 0]

    def _actor_pass(self, observations: Array) -> tuple[Array, Array, Any]:
        trace = self.actor.forward(observations)
        outputs = trace.weighted_outputs if self._weighted else trace.outputs
        return outputs, getattr(trace, "features", outputs), trace

    def update(self, experience: Experience, remaining: float = 1.0) -> UpdateRecord:
        """Improve actor, critic and policy on one batch of experience (C6: mini-batches, several epochs).

        Args:
            experience: What was seen and done by the present policy.
            remaining: Share of the run that is still to come, for the schedules (C4).

        Returns:
            What happened.
        """
        config = self.config
        share = remaining if config.schedule == "linear" else 1.0
        self._optimizer.learning_rate = config.learning_rate * share
        clip = config.clip_range * share
        outputs, features, _ = self._actor_pass(experience.observations)
        old, _ = self.policy.evaluate(outputs, features, experience.actions)
        records: list[tuple[float, ...]] = []
        for _ in range(config.epochs):
            batches = minibatches(len(old), config.batch_size, self._rng)
            for batch in batches:
                gradient, record = self.gradient(experience, old, batch, clip)
                if self._updates < config.critic_first:
                    gradient *= self._critics
                clip_norm(gradient, config.max_gradient_norm)  # C11
                self._optimizer.step(self.parameters, gradient)
                records.append(record)
        self._updates += 1
        policy_loss, value_loss, entropy, clipped, kl = np.mean(records, axis=0).tolist()
        return UpdateRecord(policy_loss, value_loss, entropy, clipped, kl)

    def gradient(
        self, experience: Experience, old: Array, batch: NDArray[np.int64], clip: float
    ) -> tuple[Array, tuple[float, ...]]:
        """Return the gradient in `parameters` of the overall loss of a mini-batch (C10).

        The loss is -mean min(r A, clip(r) A) - c₁ mean entropy + c₂ mean (V - R)², with r = π / π_old.

        Args:
            experience: All the experience of the update.
            old: ln π_old of its actions, float64, shape (n,).
            batch: Which rows to take.
            clip: ε of the clipped objective.

        Returns:
            The gradient, and the figures of an `UpdateRecord`.
        """
        config, n = self.config, len(batch)
        observations, actions = experience.observations[batch], experience.actions[batch]
        gain = experience.advantages[batch]
        if n > 1:
            gain = (gain - gain.mean()) / (gain.std(ddof=1) + 1e-8)  # C7: per mini-batch
        outputs, features, actor_trace = self._actor_pass(observations)
        new, entropy = self.policy.evaluate(outputs, features, actions)
        log_ratio = new - old[batch]
        ratio = np.exp(log_ratio)
        # C8: L = mean min(r A, clip(r) A); its gradient in ln π is r A where the minimum is not the clipped constant.
        flat = np.where(gain > 0.0, ratio > 1.0 + clip, ratio < 1.0 - clip)
        objective = np.minimum(ratio * gain, np.clip(ratio, 1.0 - clip, 1.0 + clip) * gain)
        u = np.where(flat, 0.0, -ratio * gain / n)
        v = np.full(n, -config.entropy_coefficient / n)
        in_outputs, in_policy = self.policy.gradients(outputs, features, actions, u, v)
        if not self._weighted:
            in_outputs = in_outputs * self.actor.output_derivative(actor_trace)
        critic_trace = self.critic.forward(observations)
        difference = critic_trace.outputs - experience.returns[batch, None]
        in_value = (2.0 * config.value_coefficient / n) * difference * self.critic.output_derivative(critic_trace)
        if config.value_clip > 0.0:  # C9: max((V - R)², (clip(V) - R)²); no gradient where the clipped one is larger
            before = (experience.returns - experience.advantages)[batch, None]
            moved = critic_trace.outputs - before
            held = np.clip(moved, -config.value_clip, config.value_clip)
            larger = (before + held - experience.returns[batch, None]) ** 2 > difference**2
            in_value[(held != moved) & larger] = 0.0  # unclipped, the two differ by rounding alone
        gradient = np.concatenate(
            [self.actor.backward(actor_trace, in_outputs), self.critic.backward(critic_trace, in_value), in_policy]
        )
        record = (
            -float(objective.mean()),
            float((difference**2).mean()),
            float(entropy.mean()),
            float((np.abs(ratio - 1.0) > clip).mean()),
            float((ratio - 1.0 - log_ratio).mean()),
        )
        return gradient, record
