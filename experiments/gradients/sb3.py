"""PPO and DQN of Stable-Baselines3 with the same settings, for comparison (if it is installed)."""

from __future__ import annotations

import functools
import importlib.util
import time
from typing import Any

import numpy as np

from environments.making.environment import find_spec, make_environment
from environments.playing.episode import play, verification_seeds
from environments.playing.verification import Verification
from environments.tasks.settings import TaskConfig
from neat.backprop.dqn import DQNConfig
from neat.backprop.ppo import PPOConfig
from neat.errors import MissingExtraError

__all__ = ["is_installed", "train_and_verify"]


def is_installed() -> bool:
    """Return whether Stable-Baselines3 is installed."""
    return importlib.util.find_spec("stable_baselines3") is not None


def train_and_verify(
    task: TaskConfig, config: PPOConfig | DQNConfig, *, steps: int, seed: int, episodes: int
) -> tuple[Verification, int, float]:
    """Train an agent of Stable-Baselines3, and verify it on the same fresh episodes as agents of this project.

    Returns:
        The verification, the number of environment steps of the training, and its duration in seconds.

    Raises:
        MissingExtraError: Stable-Baselines3 is not installed.
    """
    try:
        library: Any = importlib.import_module("stable_baselines3")
        vector: Any = importlib.import_module("stable_baselines3.common.vec_env")
        nn: Any = importlib.import_module("torch.nn")
    except ImportError as error:
        raise MissingExtraError("this comparison needs a package: pip install stable-baselines3") from error
    side_by_side = config.environments if isinstance(config, PPOConfig) else 1
    normalise = isinstance(config, PPOConfig) and config.normalise
    envs = vector.DummyVecEnv([functools.partial(_monitored, task) for _ in range(side_by_side)])
    if normalise:
        envs = vector.VecNormalize(envs, gamma=config.gamma)
    activations = {"tanh": nn.Tanh, "relu": nn.ReLU, "gelu": nn.GELU, "elu": nn.ELU, "swish": nn.SiLU}
    network = {"net_arch": list(config.hidden), "activation_fn": activations[config.activation]}
    if isinstance(config, PPOConfig):
        model = _ppo(library, envs, network, seed, config)
    else:
        model = _dqn(library, envs, network, seed, config)
    start = time.perf_counter()
    model.learn(steps)
    seconds = time.perf_counter() - start

    def think(observation: Any) -> Any:
        row = np.asarray(observation)[None]
        return envs.normalize_obs(row) if normalise else row

    env = make_environment(task)
    threshold = task.threshold if task.threshold is not None else find_spec(task.environment).reward_threshold
    try:
        results = [
            play(env, think, lambda row: model.predict(row, deterministic=True)[0][0], seed=episode)
            for episode in verification_seeds(seed, episodes)
        ]
    finally:
        env.close()
        envs.close()
    returns = np.array([r for r, _ in results], np.float64)
    verification = Verification.of(returns, steps=sum(s for _, s in results), seed=seed, threshold=threshold)
    return verification, int(model.num_timesteps), seconds


def _ppo(library: Any, envs: Any, network: dict[str, Any], seed: int, config: PPOConfig) -> Any:
    return library.PPO(
        "MlpPolicy",
        envs,
        learning_rate=_scheduled(config, config.learning_rate),
        n_steps=config.steps,
        batch_size=config.batch_size,
        n_epochs=config.epochs,
        gamma=config.gamma,
        gae_lambda=config.gae_lambda,
        clip_range=_scheduled(config, config.clip_range),
        clip_range_vf=config.value_clip or None,
        ent_coef=config.entropy_coefficient,
        vf_coef=config.value_coefficient,
        max_grad_norm=config.max_gradient_norm,
        use_sde=config.sde,
        sde_sample_freq=config.sde_sample_frequency or -1,
        policy_kwargs={**network, "ortho_init": config.orthogonal, "log_std_init": config.log_std},
        seed=seed,
        device="cpu",
    )


def _dqn(library: Any, envs: Any, network: dict[str, Any], seed: int, config: DQNConfig) -> Any:
    return library.DQN(
        "MlpPolicy",
        envs,
        learning_rate=config.learning_rate,
        buffer_size=config.memory,
        learning_starts=config.first_steps,
        batch_size=config.batch_size,
        gamma=config.gamma,
        train_freq=config.steps_between,
        gradient_steps=config.gradient_steps,
        target_update_interval=config.target_every,
        exploration_fraction=config.exploration_share,
        exploration_final_eps=config.exploration_end,
        max_grad_norm=config.max_gradient_norm,
        policy_kwargs=network,
        seed=seed,
        device="cpu",
    )


def _monitored(task: TaskConfig) -> Any:
    return importlib.import_module("stable_baselines3.common.monitor").Monitor(make_environment(task))


def _scheduled(config: PPOConfig, value: float) -> Any:
    return (lambda remaining: remaining * value) if config.schedule == "linear" else value
