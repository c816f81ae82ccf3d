"""Experience for PPO: parallel environments, played with the learner's policy.

The numbers in comments (C1, K5, …) are those of the published implementation details, as in `neat.backprop.ppo`.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from numpy.typing import NDArray

from environments.games.registry import twin_of
from environments.games.vector import GameVectorEnv
from environments.making.environment import find_spec, make_environment
from environments.playing.observation_scaling import RunningStatistics, scaling_table
from environments.tasks.settings import TaskConfig
from neat.backprop.differentiable import Array
from neat.backprop.ppo import PPO, Experience, PPOConfig, advantages
from neat.errors import ConfigError

__all__ = ["Collector", "Setup", "clipped_actions", "flat_environment", "scaled", "vector_environment"]

_REWARD_LIMIT = 10.0
_LEAST_DEVIATION = 1e-4

ToActions = Callable[[NDArray[Any]], NDArray[Any]]


@dataclass(frozen=True)
class Setup:
    """The learner, and its interface to the environment.

    Attributes:
        learner: Actor, critic and policy.
        to_actions: Maps sampled choices of the policy, one per row, to actions of the environment.
        table: Fixed scaling of observations (`environments.playing.observation_scaling.scaling_table`), or None.
    """

    learner: PPO
    to_actions: ToActions
    table: Array | None = None


def vector_environment(task: TaskConfig, count: int) -> VectorEnv[Any, Any, Any]:
    """Return parallel environments (C1), each reset in the same step in which its episode ends.

    A game that has a compiled version, with bitwise equal results, uses it; others use Gymnasium's SyncVectorEnv.
    Observations are vectors.

    Raises:
        ConfigError: The environment does not exist, or its observations cannot be flattened.
        MissingExtraError: The environment needs a package that is not installed.
    """
    find_spec(task.environment)
    game = twin_of(task)
    if game is not None:
        return GameVectorEnv(
            game, count, max_episode_steps=task.max_episode_steps, autoreset_mode=AutoresetMode.SAME_STEP
        )
    return SyncVectorEnv(
        [functools.partial(flat_environment, task) for _ in range(count)], autoreset_mode=AutoresetMode.SAME_STEP
    )


def flat_environment(task: TaskConfig) -> gymnasium.Env[Any, Any]:
    """Return one environment, with vectors as observations.

    Raises:
        ConfigError: The environment does not exist, or its observations cannot be flattened.
        MissingExtraError: The environment needs a package that is not installed.
    """
    env = make_environment(task)
    space = env.observation_space
    if isinstance(space, spaces.Box) and len(space.shape) == 1:
        return env
    if not space.is_np_flattenable:
        raise ConfigError(f"PPO: observations {space} cannot be flattened; a wrapper in task.wrappers can convert them")
    return gymnasium.wrappers.FlattenObservation(env)


def clipped_actions(space: spaces.Space[Any]) -> ToActions:
    """Return the standard mapping from samples to actions: values of a Discrete space, vectors clipped to a Box (K5).

    Raises:
        ConfigError: The space is neither Discrete nor a Box of floats.
    """
    if isinstance(space, spaces.Discrete):
        start = int(space.start)
        return lambda chosen: chosen + start
    if isinstance(space, spaces.Box) and np.issubdtype(space.dtype, np.floating):
        low, high, shape, dtype = space.low, space.high, space.shape, space.dtype
        return lambda chosen: np.clip(chosen.reshape(-1, *shape), low, high).astype(dtype)
    raise ConfigError(f"PPO: expected actions of kind Discrete or Box of floats, got {space}")


def scaled(observations: NDArray[Any], table: Array | None) -> Array:
    """Return observations as rows, float64, scaled and clipped by a table if there is one."""
    rows = np.asarray(observations, np.float64).reshape(len(observations), -1)
    return rows if table is None else np.clip((rows - table[0]) * table[1], -table[2], table[2])


class Collector:
    """Collects experience with the learner's policy, and keeps running statistics of observations and returns.

    Attributes:
        setup: The learner and its interface to the environment.
        steps: Number of environment steps so far, over all environments.
    """

    def __init__(
        self, envs: VectorEnv[Any, Any, Any], setup: Setup, config: PPOConfig, seed: np.random.SeedSequence
    ) -> None:
        self.setup = setup
        self.steps = 0
        self._envs, self._config = envs, config
        first, _ = envs.reset(seed=int(seed.generate_state(1)[0] >> 1))
        inputs = int(np.prod(first.shape[1:]))
        self._seen, self._discounted = RunningStatistics(inputs), RunningStatistics(1)
        self._running_return = np.zeros(config.environments)
        self._return_so_far = np.zeros(config.environments)
        self._observation = self._learnt_from(first)

    @property
    def table(self) -> Array | None:
        """The current observation scaling."""
        if self._config.normalise:  # K6 and K7: mean 0, standard deviation 1, clipped to ±10
            return scaling_table(self._seen.scaling(), self._seen.inputs, clip=True)
        return self.setup.table

    def collect(self) -> tuple[Experience, list[float]]:
        """Play ``config.steps`` steps of every environment.

        Returns:
            The experience, and the returns of the episodes that ended.
        """
        config, learner = self._config, self.setup.learner
        shape = config.steps, config.environments
        observations = np.empty((*shape, self._observation.shape[1]))
        rewards, ended = np.empty(shape), np.empty(shape, np.bool_)
        actions: list[NDArray[Any]] = []
        returns: list[float] = []
        cut_off: list[tuple[int, int, Array]] = []
        for t in range(config.steps):
            if t == 0 or (config.sde_sample_frequency and t % config.sde_sample_frequency == 0):
                learner.begin()
            observations[t] = self._observation
            actions.append(learner.act(self._observation))  # K5: the learner uses samples before clipping
            new, reward, terminated, truncated, info = self._envs.step(self.setup.to_actions(actions[-1]))
            ended[t] = terminated | truncated
            self._return_so_far += reward
            rewards[t] = self._scaled_reward(reward, ended[t])
            self._observation = self._learnt_from(new)
            if ended[t].any():
                for i in np.flatnonzero(ended[t]).tolist():
                    returns.append(float(self._return_so_far[i]))
                    self._return_so_far[i] = 0.0
                    if truncated[i] and not terminated[i]:
                        cut_off.append((t, i, scaled(info["final_obs"][i][None], self.table)[0]))
        self.steps += config.steps * config.environments
        if cut_off:  # truncated, not terminated: add the value of the final observation (Pardo et al. 2018)
            final_values = learner.values(np.array([observation for _, _, observation in cut_off]))
            for (t, i, _), value in zip(cut_off, final_values, strict=True):
                rewards[t, i] += config.gamma * value
        flat = observations.reshape(-1, observations.shape[2])
        values = learner.values(flat)
        last = learner.values(self._observation)
        gains = advantages(rewards, values.reshape(shape), ended, last, config.gamma, config.gae_lambda).ravel()
        return Experience(flat, np.concatenate(actions), gains, gains + values), returns

    def _learnt_from(self, observations: NDArray[Any]) -> Array:
        """Add observations to the statistics, and return them scaled."""
        if self._config.normalise:
            self._seen.merge(_statistics(scaled(observations, None)))
        return scaled(observations, self.table)

    def _scaled_reward(self, reward: Array, ended: NDArray[np.bool_]) -> Array:
        """Divide rewards by the standard deviation of the discounted return (K8), and clip them to ±10 (K9)."""
        if not self._config.normalise:
            return reward
        self._running_return = self._running_return * self._config.gamma + reward
        self._discounted.merge(_statistics(self._running_return[:, None]))
        self._running_return[ended] = 0.0
        deviation = max(float(self._discounted.deviation[0]), _LEAST_DEVIATION)
        return np.clip(reward / deviation, -_REWARD_LIMIT, _REWARD_LIMIT)


def _statistics(rows: Array) -> Array:
    """Return count, means and sums of squared deviations of some rows, for `RunningStatistics.merge`."""
    mean = rows.mean(axis=0)
    return np.concatenate([[len(rows)], mean, ((rows - mean) ** 2).sum(axis=0)])[None]
