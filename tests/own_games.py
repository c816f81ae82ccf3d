"""Games as people write them: in the old Gym's way, with global random numbers, prints, exits and mistakes."""

import random
import sys

import gymnasium
import numpy as np
from gymnasium import spaces

DRAWN = np.random.rand(), random.random()  # noqa: NPY002


class Base(gymnasium.Env):
    metadata = {"render_modes": []}  # noqa: RUF012
    observation_space = spaces.Box(-1, 1, (2,), np.float32)
    action_space = spaces.Discrete(2)

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.t = 0
        return self.seen(), {}

    def seen(self):
        return np.array([self.t / 10, 0.5], np.float32)

    def step(self, action):
        self.t += 1
        return self.seen(), float(action), self.t > 5, False, {}


class NoInfo(Base):
    def reset(self, *, seed=None, options=None):
        self.t = 0
        return self.seen()


class NoSeed(Base):
    def reset(self):
        self.t = 0
        return self.seen(), {}


class Step4(Base):
    def step(self, action):
        self.t += 1
        return self.seen(), 1.0, self.t > 5, {}


class SpaceList(Base):
    action_space = [0, 1]  # noqa: RUF012


class SpaceLate(Base):
    observation_space = None


class Quits(Base):
    def step(self, action):
        sys.exit()


class KeyInt(Base):
    def step(self, action):
        raise KeyboardInterrupt


class Raises(Base):
    def step(self, action):
        return {}["prices"]


class Grows(Base):
    def seen(self):
        return np.zeros(2 + self.t)


class DictSeen(Base):
    def seen(self):
        return {"x": 1}


class NoReward(Base):
    def step(self, action):
        return self.seen(), None, True, False, {}


class MadeWrong(Base):
    def __init__(self):
        open("assets/no bird.png").close()


class MadeQuits(Base):
    def __init__(self):
        sys.exit("no licence")


class NotEnv:
    pass


class Closes(Base):
    def close(self):
        raise RuntimeError("close failed")


class Arrays(Base):
    """Rewards and ends as arrays of one element, an info that is None."""

    def step(self, action):
        seen, reward, over, _, _ = super().step(action)
        return seen, np.array([reward]), np.array([over]), None, None


class Draws(Base):
    """Draws from both global generators as it is imported, made, reset and stepped."""

    def __init__(self):
        self.made = np.random.rand() + random.random()  # noqa: NPY002

    def step(self, action):
        seen, _, over, _, _ = super().step(action)
        drawn = np.random.rand() + random.random()  # noqa: NPY002
        return seen, sum(DRAWN) + self.made + drawn, over, False, {}


class Leaks(Base):
    """Is played a little longer every time."""

    episodes = 0

    def reset(self, *, seed=None, options=None):
        self.episodes += 1
        return super().reset(seed=seed)

    def step(self, action):
        self.t += 1
        return self.seen(), 1.0, self.t > self.episodes, False, {}


class Prints(Base):
    def step(self, action):
        print("Score:", self.t)
        return super().step(action)


class Wide(Base):
    """Observations from 100 to 900, of which the smaller ones are worth an action 1."""

    observation_space = spaces.Box(0, 1000, (1,), np.float32)

    def seen(self):
        return np.array([self.np_random.uniform(100, 900)], np.float32)


for _name, _class in list(globals().items()):
    if isinstance(_class, type) and _class.__module__ == __name__:
        gymnasium.register(f"Own{_name}-v0", entry_point=_class)
