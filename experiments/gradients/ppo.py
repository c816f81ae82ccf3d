"""PPO on Gymnasium environments: the training loop around `neat.backprop.ppo.PPO`.

The numbers in comments (C2, K1, …) are those of the published implementation details, as in `neat.backprop.ppo`.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from gymnasium import spaces

from environments.tasks.settings import TaskConfig
from experiments.gradients.agent import Agent
from experiments.gradients.experience import Collector, Setup, clipped_actions, vector_environment
from neat.backprop.distributions import ActionDistribution, Categorical, Gaussian, StateDependentGaussian
from neat.backprop.mlp import MLP
from neat.backprop.ppo import PPO, PPOConfig, UpdateRecord

__all__ = ["Progress", "perceptrons", "train_ppo"]


@dataclass(frozen=True)
class Progress:
    """The state of the training after an update.

    Attributes:
        steps: Number of environment steps so far, over all environments.
        seconds: Time since the start.
        episodes: Number of episodes that ended since the last update.
        mean_return: Mean return of these episodes, with exploration; NaN if there were none.
        update: Statistics of the update.
    """

    steps: int
    seconds: float
    episodes: int
    mean_return: float
    update: UpdateRecord


def train_ppo(
    task: TaskConfig,
    config: PPOConfig,
    *,
    steps: int,
    seed: int = 0,
    setup: Callable[[spaces.Space[Any], int, np.random.Generator], Setup] | None = None,
    after_update: Callable[[Progress, Callable[[], Agent[PPO]]], bool | None] | None = None,
) -> Agent[PPO]:
    """Train a policy: perceptrons with random initial weights, or the learner that ``setup`` returns.

    Args:
        task: The environment; ``task.episodes`` and ``task.actions`` are not used.
        config: Settings of PPO.
        steps: Number of environment steps, rounded up to whole updates.
        seed: Seed of initial weights, start states, exploration and minibatches.
        setup: Creates the learner, given the action space, the number of inputs and the learner's generator; by default
            `perceptrons`.
        after_update: Called with the progress and a function that returns the current agent; return True to end the
            training.

    Raises:
        ConfigError: The environment does not exist, or its actions are neither Discrete nor Box.
        MissingExtraError: The environment needs a package that is not installed.
    """
    start = time.perf_counter()
    weights_seed, learner_seed, environment_seed = np.random.SeedSequence(seed).spawn(3)
    envs = vector_environment(task, config.environments)
    try:
        inputs = int(np.prod(envs.single_observation_space.shape or (1,)))
        make = setup or functools.partial(perceptrons, config, np.random.default_rng(weights_seed))
        made = make(envs.single_action_space, inputs, np.random.default_rng(learner_seed))
        collector = Collector(envs, made, config, environment_seed)

        def agent() -> Agent[PPO]:
            seconds = time.perf_counter() - start
            return Agent(made.learner, made.to_actions, collector.table, collector.steps, seconds)

        while collector.steps < steps:
            experience, returns = collector.collect()
            record = made.learner.update(experience, max(0.0, 1.0 - collector.steps / steps))
            if after_update is not None:
                mean = float(np.mean(returns)) if returns else math.nan
                progress = Progress(collector.steps, time.perf_counter() - start, len(returns), mean, record)
                if after_update(progress, agent):
                    break
        return agent()
    finally:
        envs.close()


def perceptrons(
    config: PPOConfig, weights: np.random.Generator, space: spaces.Space[Any], inputs: int, rng: np.random.Generator
) -> Setup:
    """Return a learner with separate perceptrons as actor and critic (C13).

    Args:
        config: Settings of PPO.
        weights: Random generator of the initial weights.
        space: Action space, Discrete or Box.
        inputs: Length of an observation.
        rng: Random generator of the learner.

    Raises:
        ConfigError: The action space is neither Discrete nor Box.
    """
    to_actions = clipped_actions(space)
    policy: ActionDistribution
    if isinstance(space, spaces.Discrete):
        policy = Categorical(int(space.n))
    elif config.sde:
        policy = StateDependentGaussian(int(np.prod(space.shape or ())), config.hidden[-1], config.log_std)
    else:  # K1 - K3: normal distribution, independent components, standard deviations are separate parameters
        policy = Gaussian(int(np.prod(space.shape or ())), config.log_std)
    actor = perceptron(config, inputs, policy.outputs, 0.01, weights)
    return Setup(PPO(actor, perceptron(config, inputs, 1, 1.0, weights), policy, config, rng), to_actions)


def perceptron(config: PPOConfig, inputs: int, outputs: int, gain: float, rng: np.random.Generator) -> MLP:
    """Return a network with PPO's initial weights (C2): orthogonal, gain √2 in hidden layers; biases 0.

    Args:
        config: Settings of PPO.
        inputs: Length of an observation.
        outputs: Number of output units, which are linear.
        gain: Gain of the output layer: 0.01 for a policy, 1 for a value.
        rng: Random generator of the initial weights.
    """
    layers = len(config.hidden)
    return MLP(
        (inputs, *config.hidden, outputs),
        [*[config.activation] * layers, "identity"],
        initialisation="orthogonal" if config.orthogonal else "fan_in_uniform",
        gains=[*[math.sqrt(2.0)] * layers, gain] if config.orthogonal else 1.0,
        seed=rng,
    )
