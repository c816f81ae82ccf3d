"""PPO on environments of Gymnasium: collecting experience, and the loop around `neat.backprop.ppo.PPO`.

Comments number the published implementation details as `neat.backprop.ppo` does.
"""

from __future__ import annotations

import functools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.vector import AutoresetMode, SyncVectorEnv, VectorEnv
from numpy.typing import NDArray

from environments.episode import play, verification_seeds
from environments.games.registry import twin_of
from environments.games.vector import GameVectorEnv
from environments.making import find_spec, make_environment
from environments.scaling import RunningStatistics
from environments.task import TaskConfig
from environments.verification import Verification
from neat.backprop.differentiable import Array
from neat.backprop.mlp import MLP
from neat.backprop.policy import Categorical, Gaussian, Policy, StateDependentGaussian
from neat.backprop.ppo import PPO, Experience, PPOConfig, UpdateRecord, advantages
from neat.errors import ConfigError

__all__ = ["Agent", "Progress", "actor_critic", "train_ppo", "vector_environment", "verify_agent"]

_LIMIT = 10.0


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


@dataclass(frozen=True)
class Agent:
    """A trained policy with what its observations are scaled by.

    Attributes:
        learner: Actor, critic and policy.
        shift: Subtracted from observations, float64, shape (inputs,).
        factor: Multiplied onto the difference, likewise.
        steps: Environment steps it was trained with.
        seconds: Time that took.
    """

    learner: PPO
    shift: Array
    factor: Array
    steps: int
    seconds: float

    def decide(self, observation: Any, space: spaces.Space[Any]) -> Any:
        """Return the most probable action of ``space`` for one observation."""
        row = np.asarray(observation, np.float64).reshape(1, -1)
        scaled = np.clip((row - self.shift) * self.factor, -_LIMIT, _LIMIT) if self.factor.size else row
        return _to_actions(self.learner.best_action(scaled), space)[0]


def train_ppo(
    task: TaskConfig,
    config: PPOConfig,
    *,
    steps: int,
    seed: int = 0,
    learner: Callable[[spaces.Space[Any], int, np.random.Generator], PPO] | None = None,
    after_update: Callable[[Progress, Callable[[], Agent]], bool | None] | None = None,
) -> Agent:
    """Train a policy from nothing (or from what ``learner`` returns).

    Args:
        task: The environment; its ``episodes`` and ``actions`` settings do not matter here.
        config: Settings of PPO.
        steps: Environment steps; the last update's experience may go beyond by less than one update.
        seed: First weights, start states and every draw follow from it.
        learner: Makes the learner, from the action space, the number of inputs and a generator; by default
            `actor_critic` with perceptrons.
        after_update: Called with the progress and a function that returns the present agent; True ends the training.

    Raises:
        ConfigError: An environment that does not exist, or actions that are neither Discrete nor Box.
        MissingExtraError: The environment needs a package that is not installed.
    """
    start = time.perf_counter()
    weights_seed, learner_seed, environment_seed = np.random.SeedSequence(seed).spawn(3)
    envs = vector_environment(task, config.environments)
    try:
        space = envs.single_action_space
        inputs = int(np.prod(envs.single_observation_space.shape or (1,)))
        make = learner or functools.partial(actor_critic, config, np.random.default_rng(weights_seed))
        collector = _Collector(
            envs, make(space, inputs, np.random.default_rng(learner_seed)), config, inputs, environment_seed
        )
        while collector.steps < steps:
            experience, returns = collector.collect()
            record = collector.learner.update(experience, max(0.0, 1.0 - collector.steps / steps))
            if after_update is not None:
                mean = float(np.mean(returns)) if returns else math.nan
                progress = Progress(collector.steps, time.perf_counter() - start, len(returns), mean, record)
                if after_update(progress, functools.partial(collector.agent, progress.seconds)):
                    break
        return collector.agent(time.perf_counter() - start)
    finally:
        envs.close()


def actor_critic(
    config: PPOConfig, weights: np.random.Generator, space: spaces.Space[Any], inputs: int, rng: np.random.Generator
) -> PPO:
    """Return a learner with a perceptron each for actor and critic.

    Args:
        config: Settings.
        weights: Where first weights are drawn from.
        space: Actions, Discrete or Box.
        inputs: Length of an observation.
        rng: The learner's own generator.

    Raises:
        ConfigError: Other actions.
    """
    policy: Policy
    if isinstance(space, spaces.Discrete):
        policy = Categorical(int(space.n))
    elif isinstance(space, spaces.Box) and np.issubdtype(space.dtype, np.floating):
        components = int(np.prod(space.shape))
        if config.sde:
            policy = StateDependentGaussian(components, config.hidden[-1], config.log_std)
        else:
            policy = Gaussian(
                components, config.log_std
            )  # K1 - K3: normal, its deviation apart, independent components
    else:
        raise ConfigError(f"PPO: expected actions of kind Discrete or Box of floats, got {space}")
    layers = len(config.hidden)
    root2 = math.sqrt(2.0)

    def perceptron(outputs: int, last_gain: float) -> MLP:
        # C2: orthogonal weights, gain √2 for hidden layers, 0.01 for the policy's outputs, 1 for the value; biases 0
        return MLP(
            (inputs, *config.hidden, outputs),
            [*[config.activation] * layers, "identity"],
            initialisation="orthogonal" if config.orthogonal else "fan_in_uniform",
            gains=[*[root2] * layers, last_gain] if config.orthogonal else 1.0,
            seed=weights,
        )

    return PPO(perceptron(policy.outputs, 0.01), perceptron(1, 1.0), policy, config, rng)


def vector_environment(task: TaskConfig, count: int) -> VectorEnv[Any, Any, Any]:
    """Return environments side by side (C1), started again in the step in which their episode ends.

    A game of which there is a compiled twin, equal bit by bit, is played by that; others by Gymnasium's SyncVectorEnv.
    Observations are vectors.

    Raises:
        ConfigError: No such environment, or observations that cannot be flattened.
        MissingExtraError: The environment needs a package that is not installed.
    """
    find_spec(task.environment)
    game = twin_of(task)
    if game is not None:
        return GameVectorEnv(
            game, count, max_episode_steps=task.max_episode_steps, autoreset_mode=AutoresetMode.SAME_STEP
        )
    return SyncVectorEnv(
        [functools.partial(_flat_environment, task) for _ in range(count)], autoreset_mode=AutoresetMode.SAME_STEP
    )


def _flat_environment(task: TaskConfig) -> gymnasium.Env[Any, Any]:
    env = make_environment(task)
    space = env.observation_space
    if isinstance(space, spaces.Box) and len(space.shape) == 1:
        return env
    if not space.is_np_flattenable:
        raise ConfigError(f"PPO: observations {space} cannot be flattened; a wrapper in task.wrappers can convert them")
    return gymnasium.wrappers.FlattenObservation(env)


def verify_agent(agent: Agent, task: TaskConfig, *, seed: int, episodes: int = 100, attempt: int = 0) -> Verification:
    """Play fresh episodes with the most probable actions, in Gymnasium's own environment.

    Args:
        agent: The agent.
        task: The environment; a threshold, if given, decides about ``solved``, else the registry's.
        seed: Seed of the run: the episodes are those by which NEAT's champions of this seed are verified.
        episodes: How many.
        attempt: Each number gives other episodes.

    Raises:
        EvaluationError: Returns that are not finite.
    """
    env = _flat_environment(task)
    threshold = task.threshold if task.threshold is not None else find_spec(task.environment).reward_threshold
    results = []
    try:
        for episode in verification_seeds(seed, episodes, attempt):
            decide = functools.partial(agent.decide, space=env.action_space)
            results.append(play(env, lambda observation: observation, decide, seed=episode))
    finally:
        env.close()
    returns = np.array([r for r, _ in results], np.float64)
    return Verification.of(returns, steps=sum(s for _, s in results), seed=seed, threshold=threshold)


def _to_actions(chosen: NDArray[Any], space: spaces.Space[Any]) -> NDArray[Any]:
    """Turn a policy's draws into actions that an environment takes; Box actions are clipped to their bounds (K5)."""
    if isinstance(space, spaces.Discrete):
        return np.asarray(chosen + space.start)
    if not isinstance(space, spaces.Box):
        raise ConfigError(f"PPO: expected actions of kind Discrete or Box, got {space}")
    shaped = chosen.reshape(len(chosen), *space.shape)
    return np.asarray(np.clip(shaped, space.low, space.high), space.dtype)


class _Collector:
    """Steps the environments with the learner's policy, and keeps the running statistics."""

    def __init__(
        self,
        envs: VectorEnv[Any, Any, Any],
        learner: PPO,
        config: PPOConfig,
        inputs: int,
        seed: np.random.SeedSequence,
    ) -> None:
        self.learner = learner
        self.steps = 0
        self._envs, self._config = envs, config
        self._space = envs.single_action_space
        self._seen = RunningStatistics(inputs)
        self._discounted = RunningStatistics(1)
        self._running_return = np.zeros(config.environments)
        self._return_so_far = np.zeros(config.environments)
        first, _ = envs.reset(seed=int(seed.generate_state(1)[0] >> 1))
        self._observation = self._scaled(first, learn=True)

    def agent(self, seconds: float) -> Agent:
        """Return the policy of now; its parameters go on changing if training goes on."""
        scaling = self._seen.scaling() if self._config.normalise else {"shift": np.empty(0), "factor": np.empty(0)}
        return Agent(self.learner, scaling["shift"], scaling["factor"], self.steps, seconds)

    def collect(self) -> tuple[Experience, list[float]]:
        """Play ``config.steps`` steps; return the experience, and the returns of episodes that ended."""
        config = self._config
        shape = config.steps, config.environments
        observations = np.empty((*shape, self._observation.shape[1]))
        rewards, ended = np.empty(shape), np.empty(shape, np.bool_)
        actions: list[NDArray[Any]] = []
        returns: list[float] = []
        cut_off: list[tuple[int, int, Array]] = []
        for t in range(config.steps):
            if t == 0 or (config.sde_sample_frequency and t % config.sde_sample_frequency == 0):
                self.learner.begin()
            observations[t] = self._observation
            chosen = self.learner.act(self._observation)
            actions.append(chosen)  # K5: what was drawn is learnt from, what is clipped is played
            new, reward, terminated, truncated, info = self._envs.step(_to_actions(chosen, self._space))
            ended[t] = terminated | truncated
            self._return_so_far += reward
            rewards[t] = self._scaled_reward(reward, ended[t])
            self._observation = self._scaled(new, learn=True)
            if ended[t].any():
                for i in np.flatnonzero(ended[t]).tolist():
                    returns.append(float(self._return_so_far[i]))
                    self._return_so_far[i] = 0.0
                    if truncated[i] and not terminated[i]:
                        cut_off.append((t, i, self._scaled(info["final_obs"][i][None])[0]))
        self.steps += config.steps * config.environments
        if cut_off:  # a time limit is no end of the world: the value of what would follow counts (Pardo et al. 2018)
            final_values = self.learner.values(np.array([observation for _, _, observation in cut_off]))
            for (t, i, _), value in zip(cut_off, final_values, strict=True):
                rewards[t, i] += config.gamma * value
        flat = observations.reshape(-1, observations.shape[2])
        values = self.learner.values(flat)
        gains = advantages(
            rewards, values.reshape(shape), ended, self.learner.values(self._observation), config.gamma,
            config.gae_lambda,
        ).ravel()  # fmt: skip
        return Experience(flat, np.concatenate(actions), gains, gains + values), returns

    def _scaled(self, observation: NDArray[Any], *, learn: bool = False) -> Array:
        """Bring observations to mean 0 and deviation 1 (K6), clipped to ±10 (K7)."""
        rows = np.asarray(observation, np.float64).reshape(len(observation), -1)
        if not self._config.normalise:
            return rows
        if learn:
            self._seen.merge(_statistics(rows))
        scaling = self._seen.scaling()
        return np.clip((rows - scaling["shift"]) * scaling["factor"], -_LIMIT, _LIMIT)

    def _scaled_reward(self, reward: Array, ended: NDArray[np.bool_]) -> Array:
        """Divide rewards by the deviation of the discounted return (K8), and clip them to ±10 (K9)."""
        if not self._config.normalise:
            return reward
        self._running_return = self._running_return * self._config.gamma + reward
        self._discounted.merge(_statistics(self._running_return[:, None]))
        self._running_return[ended] = 0.0
        deviation = max(float(self._discounted.deviation[0]), 1e-4)
        return np.clip(reward / deviation, -_LIMIT, _LIMIT)


def _statistics(rows: Array) -> Array:
    """Return count, means and squared deviations of some rows, as `RunningStatistics.merge` takes them."""
    mean = rows.mean(axis=0)
    return np.concatenate([[len(rows)], mean, ((rows - mean) ** 2).sum(axis=0)])[None]
