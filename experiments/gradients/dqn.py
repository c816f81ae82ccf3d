"""Deep Q-learning on Gymnasium environments: the training loop around `neat.backprop.dqn.DQN`."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

import numpy as np
from gymnasium import spaces

from environments.tasks.settings import TaskConfig
from experiments.gradients.agent import Agent
from experiments.gradients.experience import clipped_actions, scaled, vector_environment
from neat.backprop.dqn import DQN, DQNConfig
from neat.backprop.mlp import MLP
from neat.errors import ConfigError

__all__ = ["train_dqn"]


def train_dqn(
    task: TaskConfig,
    config: DQNConfig,
    *,
    steps: int,
    seed: int = 0,
    after_episode: Callable[[int, float], None] | None = None,
) -> Agent[DQN]:
    """Train a perceptron with random initial weights.

    Args:
        task: The environment; ``task.episodes`` and ``task.actions`` are not used.
        config: Settings of deep Q-learning.
        steps: Number of environment steps.
        seed: Seed of initial weights, start states, exploration and the sampling of experience.
        after_episode: Called after each episode with the number of environment steps so far and the episode's return.

    Raises:
        ConfigError: The environment does not exist, or its actions are not Discrete.
        MissingExtraError: The environment needs a package that is not installed.
    """
    start = time.perf_counter()
    weights_seed, learner_seed, environment_seed = np.random.SeedSequence(seed).spawn(3)
    envs = vector_environment(task, 1)
    try:
        space = envs.single_action_space
        if not isinstance(space, spaces.Discrete):
            raise ConfigError(f"DQN: expected actions of kind Discrete, got {space}; PPO also supports Box")
        first, _ = envs.reset(seed=int(environment_seed.generate_state(1)[0] >> 1))
        observation = scaled(first, None)[0]
        network = _perceptron(config, len(observation), int(space.n), np.random.default_rng(weights_seed))
        learner = DQN(network, config, np.random.default_rng(learner_seed))
        to_actions = clipped_actions(space)
        total = 0.0
        for step in range(1, steps + 1):
            exploration = 1.0 if step <= config.first_steps else config.exploration((step - 1) / steps)
            action = learner.act(observation, exploration)
            new, rewards, terminated, truncated, info = envs.step(to_actions(np.array([action])))
            ended = bool(terminated[0] or truncated[0])
            following = scaled(np.asarray(info["final_obs"][0])[None] if ended else new, None)[0]
            learner.memory.add(observation, action, float(rewards[0]), following, bool(terminated[0]))
            observation = scaled(new, None)[0]
            total += float(rewards[0])
            if ended:
                if after_episode is not None:
                    after_episode(step, total)
                total = 0.0
            if step % config.target_every == 0:
                learner.renew_target()
            if step > config.first_steps and step % config.steps_between == 0:
                learner.learn()
        return Agent(learner, to_actions, None, steps, time.perf_counter() - start)
    finally:
        envs.close()


def _perceptron(config: DQNConfig, inputs: int, actions: int, rng: np.random.Generator) -> MLP:
    """Return a network with PyTorch's initial weights and biases, for which the published settings were tuned.

    With biases of 0, the kinks of all units in the first layer would go through the origin, where there may be no
    observations.
    """
    activations = [*[config.activation] * len(config.hidden), "identity"]
    network = MLP((inputs, *config.hidden, actions), activations, initialisation="fan_in_uniform", seed=rng)
    for weights, biases in zip(network.weights, network.biases, strict=True):
        biases[:] = rng.uniform(-1.0, 1.0, len(biases)) / math.sqrt(weights.shape[1])
    return network
