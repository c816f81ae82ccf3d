"""A game whose module registers an activation function of its own, as users write them."""

import math

import gymnasium
import numpy as np
from gymnasium import spaces

import neat


def swirl(x):
    """Return a value of the function of one's own."""
    return math.sin(x) * math.exp(-abs(x))


def register():
    """Register the function; tests take it out again, so the module's own call is not enough there."""
    from neat.functions.activations import ACTIVATIONS

    if all(entry.name != "swirl" for entry in ACTIVATIONS):
        neat.register_activation("swirl", swirl)


register()


class Follow(gymnasium.Env):
    """Reward for an action near the first of two numbers; six steps an episode."""

    observation_space = spaces.Box(-np.inf, np.inf, (2,), np.float32)
    action_space = spaces.Box(-2.0, 2.0, (1,), np.float32)

    def __init__(self, prices=None):
        self.prices = prices

    def _observe(self):
        self.state = self.np_random.uniform(5.0, 7.0, 2).astype(np.float32)
        return self.state

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.steps = 0
        return self._observe(), {}

    def step(self, action):
        self.steps += 1
        reward = -abs(float(action[0]) - float(self.state[0] - 6.0))
        return self._observe(), reward, self.steps == 6, False, {}


if "Follow-v0" not in gymnasium.registry:
    gymnasium.register("Follow-v0", Follow)
