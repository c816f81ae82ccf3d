"""PPO on environments of Gymnasium: the loop around `neat.backprop.ppo.PPO`, and what comes out of it.

Comments number the published implementation details as `neat.backprop.ppo` does.
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
    """How training stands after an update.

    Attributes:
        steps: Environment steps so far, of all environments together.
        seconds: Time since the start.
        episodes: Episodes that ended since the last update.
        mean_return: Their mean return under the exploring policy, NaN if there was none.
        update: What the update did.
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
    """Train a policy: perceptrons from nothing, or what ``setup`` returns.

    Args:
        task: The environment; its ``episodes`` and ``actions`` settings do not matter here.
        config: Settings of PPO.
        steps: Environment steps; the last update's experience may go beyond by less than one update.
        seed: First weights, start states and every draw follow from it.
        setup: Makes the learner, from the action space, the number of inputs and the learner's generator; by default
            `perceptrons`.
        after_update: Called with the progress and a function that returns the present agent; True ends the training.

    Raises:
        ConfigError: An environment that does not exist, or actions that are neither Discrete nor Box.
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
    """Return a learner with a perceptron each for actor and critic (C13).

    Args:
        config: Settings.
        weights: Where first weights are drawn from.
        space: Actions, Discrete or Box.
        inputs: Length of an observation.
        rng: The learner's own generator.

    Raises:
        ConfigError: Other actions.
    """
    to_actions = clipped_actions(space)
    policy: ActionDistribution
    if isinstance(space, spaces.Discrete):
        policy = Categorical(int(space.n))
    elif config.sde:
        policy = StateDependentGaussian(int(np.prod(space.shape or ())), config.hidden[-1], config.log_std)
    else:  # K1 - K3: normal, its deviation a parameter of its own, independent components
        policy = Gaussian(int(np.prod(space.shape or ())), config.log_std)
    actor = perceptron(config, inputs, policy.outputs, 0.01, weights)
    return Setup(PPO(actor, perceptron(config, inputs, 1, 1.0, weights), policy, config, rng), to_actions)


def perceptron(config: PPOConfig, inputs: int, outputs: int, gain: float, rng: np.random.Generator) -> MLP:
    """Return a network with PPO's first weights (C2): orthogonal, gain √2 in hidden layers; biases 0.

    Args:
        config: Settings.
        inputs: Length of an observation.
        outputs: Output units, linear.
        gain: Of the output layer: 0.01 for a policy, 1 for a value.
        rng: Where first weights are drawn from.
    """
    layers = len(config.hidden)
    return MLP(
        (inputs, *config.hidden, outputs),
        [*[config.activation] * layers, "identity"],
        initialisation="orthogonal" if config.orthogonal else "fan_in_uniform",
        gains=[*[math.sqrt(2.0)] * layers, gain] if config.orthogonal else 1.0,
        seed=rng,
    )
