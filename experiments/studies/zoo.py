"""Settings per environment from RL Baselines3 Zoo (Raffin 2020): ``hyperparams/ppo.yml``, ``dqn.yml``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from neat.backprop.dqn import DQNConfig
from neat.backprop.ppo import PPOConfig

__all__ = ["DQN_ZOO", "ZOO", "ZooEntry", "dqn_entry", "zoo_entry"]

_Config = TypeVar("_Config", PPOConfig, DQNConfig)


@dataclass(frozen=True)
class ZooEntry(Generic[_Config]):
    """What the zoo says about one kind of learner on one environment.

    Attributes:
        config: Its settings.
        steps: Its budget of environment steps.
        mean: Mean return of its trained agent (deterministic policy), NaN where there is none.
        sd: Standard deviation over that agent's episodes.
    """

    config: _Config
    steps: int
    mean: float = float("nan")
    sd: float = float("nan")

    @property
    def goal(self) -> float:
        """What an agent as good as the zoo's may be expected to reach: its mean less its deviation, at least 1%."""
        return self.mean - max(self.sd, 0.01 * abs(self.mean))


_LANDER = PPOConfig(
    environments=16, steps=1024, batch_size=64, gae_lambda=0.98, gamma=0.999, epochs=4, entropy_coefficient=0.01
)

ZOO: dict[str, ZooEntry[PPOConfig]] = {
    "CartPole-v1": ZooEntry(
        PPOConfig(
            environments=8, steps=32, batch_size=256, gae_lambda=0.8, gamma=0.98, epochs=20, learning_rate=1e-3,
            clip_range=0.2, schedule="linear",
        ),
        100_000, 500.0, 0.0,
    ),
    "Acrobot-v1": ZooEntry(
        PPOConfig(environments=16, steps=256, gae_lambda=0.94, gamma=0.99, epochs=4, normalise=True),
        1_000_000, -73.5, 18.2,
    ),
    "MountainCar-v0": ZooEntry(
        PPOConfig(environments=16, steps=16, gae_lambda=0.98, gamma=0.99, epochs=4, normalise=True),
        1_000_000, -110.4, 19.5,
    ),
    "MountainCarContinuous-v0": ZooEntry(
        PPOConfig(
            environments=1, steps=8, batch_size=256, gamma=0.9999, gae_lambda=0.9, epochs=10, learning_rate=7.77e-5,
            clip_range=0.1, entropy_coefficient=0.00429, value_coefficient=0.19, max_gradient_norm=5.0, sde=True,
            log_std=-3.29, orthogonal=False, normalise=True,
        ),
        20_000, 88.3, 2.6,
    ),
    "Pendulum-v1": ZooEntry(
        PPOConfig(
            environments=4, steps=1024, gamma=0.9, gae_lambda=0.95, epochs=10, learning_rate=1e-3, clip_range=0.2,
            sde=True, sde_sample_frequency=4,
        ),
        100_000, -172.2, 104.2,
    ),
    "LunarLander-v3": ZooEntry(_LANDER, 1_000_000, 242.1, 31.8),
    "LunarLanderContinuous-v3": ZooEntry(_LANDER, 1_000_000, 270.9, 32.1),
    "BipedalWalker-v3": ZooEntry(
        PPOConfig(
            environments=32, steps=2048, batch_size=64, gae_lambda=0.95, gamma=0.999, epochs=10, learning_rate=3e-4,
            clip_range=0.18, normalise=True,
        ),
        5_000_000, 213.3, 129.5,
    ),
}  # fmt: skip
"""PPO's settings by environment; the zoo's LunarLander is v2, which v3 replaced (it corrects how wind is reset)."""


DQN_ZOO: dict[str, ZooEntry[DQNConfig]] = {
    "CartPole-v1": ZooEntry(
        DQNConfig(
            memory=100_000, first_steps=1_000, steps_between=256, gradient_steps=128, batch_size=64,
            learning_rate=2.3e-3, target_every=10, exploration_share=0.16, exploration_end=0.04, hidden=(256, 256),
        ),
        50_000, 500.0, 0.0,
    ),
    "Acrobot-v1": ZooEntry(
        DQNConfig(
            memory=50_000, first_steps=0, steps_between=4, gradient_steps=4, batch_size=128,
            learning_rate=6.3e-4, target_every=250, exploration_share=0.12, exploration_end=0.1, hidden=(256, 256),
        ),
        100_000, -76.6, 11.8,
    ),
    "MountainCar-v0": ZooEntry(
        DQNConfig(
            memory=10_000, first_steps=1_000, steps_between=16, gradient_steps=8, batch_size=128, gamma=0.98,
            learning_rate=4e-3, target_every=600, exploration_share=0.2, exploration_end=0.07, hidden=(256, 256),
        ),
        120_000, -100.8, 9.9,
    ),
    "LunarLander-v3": ZooEntry(
        DQNConfig(
            memory=50_000, first_steps=0, steps_between=4, gradient_steps=4, batch_size=128,
            learning_rate=6.3e-4, target_every=250, exploration_share=0.12, exploration_end=0.1, hidden=(256, 256),
        ),
        100_000, 154.4, 79.2,
    ),
}  # fmt: skip
"""Settings of deep Q-learning by environment."""


def zoo_entry(environment: str) -> ZooEntry[PPOConfig]:
    """Return the zoo's entry for PPO on an environment, or Stable-Baselines3's defaults where it has none."""
    return ZOO.get(environment, ZooEntry(PPOConfig(), 1_000_000))


def dqn_entry(environment: str) -> ZooEntry[DQNConfig]:
    """Return the zoo's entry for deep Q-learning, or Stable-Baselines3's defaults where it has none."""
    return DQN_ZOO.get(environment, ZooEntry(DQNConfig(), 100_000))
