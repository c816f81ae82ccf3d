"""Tiny environments with a known best return, and bad ones: registered with Gymnasium when imported."""

import math
import os
import signal
import time
from pathlib import Path

import gymnasium
import numpy as np
from gymnasium import spaces

OBSERVATIONS = {
    "Box": spaces.Box(-2.0, 2.0, (3,), np.float32),
    "Picture": spaces.Box(0, 255, (2, 3, 1), np.uint8),
    "Double": spaces.Box(-np.inf, np.inf, (2,), np.float64),
    "Scalar": spaces.Box(-1.0, 1.0, (), np.float32),
    "Discrete": spaces.Discrete(4, start=-1),
    "MultiDiscrete": spaces.MultiDiscrete([2, 3]),
    "MultiBinary": spaces.MultiBinary((2, 2)),
    "Dict": spaces.Dict({"b": spaces.Box(-1, 1, (2,), np.float64), "a": spaces.Discrete(3)}),
    "Tuple": spaces.Tuple((spaces.Discrete(2), spaces.Dict({"x": spaces.MultiBinary(2)}))),
}
ACTIONS = {
    "Discrete": spaces.Discrete(3, start=5),
    "MultiDiscrete": spaces.MultiDiscrete([2, 3]),
    "MultiBinary": spaces.MultiBinary(3),
    "Box": spaces.Box(np.float32([-2, 0]), np.float32([2, 7]), dtype=np.float32),
    "Infinite": spaces.Box(-np.inf, np.inf, (2,), np.float64),
    "Half": spaces.Box(np.array([0.0, -np.inf]), np.array([np.inf, 3.0]), dtype=np.float64),
    "Whole": spaces.Box(0, 10, (2, 2), np.int64),
    "Tuple": spaces.Tuple((spaces.Discrete(2), spaces.Box(-1, 1, (1,), np.float32))),
    "Dict": spaces.Dict({"move": spaces.Discrete(2), "aim": spaces.Box(-1, 1, (2,), np.float32)}),
}


def bent(x):
    """An activation function of one's own."""
    return math.tanh(x) + 0.1 * x


class AnySpaces(gymnasium.Env):
    """Ten steps; a reward of 1 for each action that its space contains."""

    def __init__(self, observation="Box", action="Discrete"):
        self.observation_space = OBSERVATIONS[observation]
        self.action_space = ACTIONS[action]

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.observation_space.seed(seed)
        self.left = 10
        return self.observation_space.sample(), {}

    def step(self, action):
        self.left -= 1
        return self.observation_space.sample(), float(self.action_space.contains(action)), self.left == 0, False, {}


class Copycat(gymnasium.Env):
    """Name the bit that is shown: 1 per step, 20 at best. A network x -> (-x, x) gets them all."""

    observation_space = spaces.Box(-1, 1, (1,), np.float32)
    action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.left = 20
        return self._show(), {}

    def _show(self):
        self.bit = int(self.np_random.integers(2))
        return np.array([2 * self.bit - 1], np.float32)

    def step(self, action):
        reward = float(action == self.bit)
        self.left -= 1
        return self._show(), reward, self.left == 0, False, {}


class Reach(gymnasium.Env):
    """Answer 1.5 with a torque in [-2, 2]: the best return is 0."""

    observation_space = spaces.Box(-np.inf, np.inf, (1,), np.float32)
    action_space = spaces.Box(-2, 2, (1,), np.float32)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.ones(1, np.float32), {}

    def step(self, action):
        return np.ones(1, np.float32), -abs(float(action[0]) - 1.5), True, False, {}


class Endless(gymnasium.Env):
    """Never ends by itself."""

    observation_space = spaces.Box(-1, 1, (1,), np.float32)
    action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        return np.zeros(1, np.float32), {}

    def step(self, action):
        return np.zeros(1, np.float32), 1.0, False, False, {}


class Bad(Copycat):
    """Copycat that misbehaves in its third step, if the first observation's seed has the given rest."""

    def __init__(self, how="raise", among=1, rest=0, once=""):
        self.how, self.among, self.rest, self.once = how, among, rest, once

    def reset(self, *, seed=None, options=None):
        observation, info = super().reset(seed=seed)
        self.number = seed
        return observation, info

    def step(self, action):
        result = list(super().step(action))
        if self.left != 17 or self.number // 2 % self.among != self.rest:
            return tuple(result)
        if self.once:
            try:
                Path(self.once).touch(exist_ok=False)  # one step that two workers cannot both take
            except FileExistsError:
                return tuple(result)
        if self.how == "raise":
            raise ValueError("the board\nis on fire")
        if self.how == "nan reward":
            result[1] = math.nan
        elif self.how == "nan observation":
            result[0] = np.full(1, np.nan, np.float32)
        elif self.how == "shape":
            result[0] = np.zeros(2, np.float32)
        elif self.how == "hang":
            time.sleep(600)
        elif self.how == "slow":
            time.sleep(0.3)
        elif self.how == "die":
            os.kill(os.getpid(), signal.SIGKILL)
        return tuple(result)


class Words(Copycat):
    """Shows text, which no network reads."""

    observation_space = spaces.Text(5)


class Double(gymnasium.RewardWrapper):
    """Doubles the reward."""

    def __init__(self, env, factor=2.0):
        super().__init__(env)
        self.factor = factor

    def reward(self, reward):
        return self.factor * reward


for name, limit, threshold in [
    ("AnySpaces", None, None),
    ("Copycat", None, 20.0),
    ("Reach", None, -0.01),
    ("Endless", None, None),
    ("Bad", None, None),
    ("Words", None, None),
]:
    if f"{name}-v0" not in gymnasium.registry:
        gymnasium.register(f"{name}-v0", f"arena_games:{name}", max_episode_steps=limit, reward_threshold=threshold)
