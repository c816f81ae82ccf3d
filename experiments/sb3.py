"""Stable-Baselines3's PPO with the same settings, as a yardstick where it is installed (it is no requirement)."""

from __future__ import annotations

import functools
import importlib.util
import time
from typing import Any

import numpy as np

from environments.episode import play, verification_seeds
from environments.making import find_spec, make_environment
from environments.task import TaskConfig
from environments.verification import Verification
from neat.backprop.ppo import PPOConfig
from neat.errors import MissingExtraError

__all__ = ["is_installed", "train_and_verify"]


def is_installed() -> bool:
    """Tell whether Stable-Baselines3 can be imported."""
    return importlib.util.find_spec("stable_baselines3") is not None


def train_and_verify(
    task: TaskConfig, config: PPOConfig, *, steps: int, seed: int, episodes: int
) -> tuple[Verification, int, float]:
    """Train Stable-Baselines3's PPO and play the fresh episodes by which our own agents are verified.

    Returns:
        The verification, the environment steps and the seconds of training.

    Raises:
        MissingExtraError: Stable-Baselines3 is not installed.
    """
    try:
        algorithm: Any = importlib.import_module("stable_baselines3").PPO
        vector: Any = importlib.import_module("stable_baselines3.common.vec_env")
        nn: Any = importlib.import_module("torch.nn")
    except ImportError as error:
        raise MissingExtraError("comparing with Stable-Baselines3 needs it: pip install stable-baselines3") from error
    envs = vector.DummyVecEnv([functools.partial(_monitored, task) for _ in range(config.environments)])
    if config.normalise:
        envs = vector.VecNormalize(envs, gamma=config.gamma)
    activations = {"tanh": nn.Tanh, "relu": nn.ReLU, "gelu": nn.GELU, "elu": nn.ELU, "swish": nn.SiLU}
    model = algorithm(
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
        policy_kwargs={
            "net_arch": list(config.hidden),
            "activation_fn": activations[config.activation],
            "ortho_init": config.orthogonal,
            "log_std_init": config.log_std,
        },
        seed=seed,
        device="cpu",
    )
    start = time.perf_counter()
    model.learn(steps)
    seconds = time.perf_counter() - start

    def think(observation: Any) -> Any:
        row = np.asarray(observation)[None]
        return envs.normalize_obs(row) if config.normalise else row

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


def _monitored(task: TaskConfig) -> Any:
    return importlib.import_module("stable_baselines3.common.monitor").Monitor(make_environment(task))


def _scheduled(config: PPOConfig, value: float) -> Any:
    return (lambda remaining: remaining * value) if config.schedule == "linear" else value
