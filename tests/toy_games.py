"""Environments whose best policy or value is known, for learners: registered with Gymnasium when imported."""

import gymnasium
import numpy as np
from gymnasium import spaces


class Identity(gymnasium.Env):
    """Reward 1 for the action that equals the observation; ten steps an episode."""

    def __init__(self, start=0):
        self.observation_space = spaces.Discrete(3)
        self.action_space = spaces.Discrete(3, start=start)

    def _observe(self):
        self.state = int(self.np_random.integers(3))
        return self.state

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return self._observe(), {}

    def step(self, action):
        assert self.action_space.contains(action)
        reward = float(action - self.action_space.start == self.state)
        self.steps += 1
        return self._observe(), reward, self.steps == 10, False, {}


class Target(gymnasium.Env):
    """Reward -(action - observation)²; actions beyond ±1 are errors."""

    observation_space = spaces.Box(-1.0, 1.0, (1,), np.float32)
    action_space = spaces.Box(-1.0, 1.0, (1,), np.float32)

    def _observe(self):
        self.state = self.np_random.uniform(-1.0, 1.0, 1).astype(np.float32)
        return self.state

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return self._observe(), {}

    def step(self, action):
        assert self.action_space.contains(action)
        reward = -float((action[0] - self.state[0]) ** 2)
        self.steps += 1
        return self._observe(), reward, self.steps == 10, False, {}


class CutOff(gymnasium.Env):
    """Reward 1 for ever, cut off after five steps: the value of its only state is 1 / (1 - γ)."""

    observation_space = spaces.Box(1.0, 1.0, (1,), np.float32)
    action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return np.ones(1, np.float32), {}

    def step(self, action):
        self.steps += 1
        return np.ones(1, np.float32), 1.0, False, self.steps == 5, {}


for name, made in (("Identity", Identity), ("Target", Target), ("CutOff", CutOff)):
    if f"{name}-v0" not in gymnasium.registry:
        gymnasium.register(f"{name}-v0", made)
