"""What episodes lead to beside a return: every backend says the same of it, and what a game does not give is told."""

from __future__ import annotations

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from environments import TaskConfig, make_task
from environments.games import DOUBLE_POLE, register
from environments.games.game import Game
from neat.errors import ConfigError, EvaluationError
from tests.arena import genomes_for


class Wanderer(gymnasium.Env):
    """Walks for a few steps; ends with where it is (a behaviour) and two goals."""

    observation_space = spaces.Box(-10, 10, (2,), np.float32)
    action_space = spaces.Discrete(2)

    def __init__(self, name="behavior", size=2):
        self.name, self.size = name, size

    def reset(self, *, seed=None, options=None):
        super().reset(seed=seed)
        self.place, self.steps = self.np_random.uniform(-1, 1, 2), 0
        return self.place.astype(np.float32), {}

    def step(self, action):
        self.place[action] += 0.25
        self.steps += 1
        info = {self.name: self.place[: self.size] / 3, "objectives": (self.steps, self.place.sum())}
        return self.place.astype(np.float32), 1.0, self.steps > 4 + 4 * self.place[0], False, info


if "Wanderer-v0" not in gymnasium.registry:
    gymnasium.register("Wanderer-v0", Wanderer)


def _reset(rng, state):
    state[0] = rng.uniform(-1.0, 1.0)


def _step(state, action):
    state[0] += 0.1 * (2 * action - 1) + 0.01
    state[1] += 1.0
    return 1.0, state[0] > 1.5 or state[1] > 20.0


def _observe(state, observation):
    observation[0] = state[0]


def _ending(state, behaviour):
    behaviour[0] = state[0] / 7.0
    behaviour[1] = state[1]


def _goals(state, goals):
    goals[0] = -state[1]


WALK = Game(
    id="tests/Walk-v0", state_size=2, reset=_reset, step=_step, observe=_observe, max_steps=15,
    observation_space=spaces.Box(-5, 5, (1,), np.float32), action_space=spaces.Discrete(2),
    behaviour=_ending, behaviour_size=2, objectives=_goals, objectives_size=1,
)  # fmt: skip
if WALK.id not in gymnasium.registry:
    register(WALK)


def evaluated(backend, **settings):
    task = make_task(TaskConfig(episodes=3, **settings))
    config, genomes = genomes_for(task, size=10)
    with task.evaluator(config.network, seed=4, workers=2, backend=backend) as evaluator:
        return evaluator.evaluate(genomes)


@pytest.mark.parametrize(
    ("backend", "settings"),
    [
        ("processes", {"environment": "test_outcomes:Wanderer-v0", "behaviour": "info", "objectives": 2}),
        ("processes", {"environment": "test_outcomes:Wanderer-v0", "behaviour": "observation"}),
        ("processes", {"environment": "test_outcomes:Wanderer-v0", "objectives": 2}),
        ("compiled", {"environment": "CartPole-v1", "behaviour": "auto"}),
        ("compiled", {"environment": "CartPole-v1", "behaviour": "auto", "behaviour_episodes": "concatenate"}),
        ("compiled", {"environment": "tests/Walk-v0", "behaviour": "auto", "objectives": 1}),
        ("compiled", {"environment": "tests/Walk-v0", "behaviour": "info"}),
        ("compiled", {"environment": "tests/Walk-v0", "behaviour": "observation"}),
        ("compiled", {"environment": "tests/Walk-v0", "objectives": 1}),
    ],
)
def test_every_backend_says_the_same(backend, settings):
    one, other = evaluated("serial", **settings), evaluated(backend, **settings)
    for name, asked in (("behaviours", "behaviour" in settings), ("objectives", "objectives" in settings)):
        a, b = getattr(one, name), getattr(other, name)
        assert (a is not None) is asked
        if asked:
            assert a.tolist() == b.tolist()
            assert np.isfinite(a).all()
            assert len(np.unique(a[:, 0])) > 1, "all genomes alike: the test says nothing"
    assert one.fitness.tolist() == other.fitness.tolist()


def test_the_last_observation_is_that_of_envpool_too():
    pytest.importorskip("envpool")
    settings = {"environment": "CartPole-v1", "behaviour": "observation"}
    found = evaluated("envpool", **settings).behaviours
    assert found.shape == (10, 4)
    assert (np.abs(found[:, [0, 2]]).max(axis=0) > [0.1, 0.15]).all()  # a pole has fallen, a cart has moved


def test_a_behaviour_is_the_mean_over_episodes_or_all_of_them():
    settings = {"environment": "tests/Walk-v0", "behaviour": "info"}
    mean = evaluated("compiled", **settings).behaviours
    every = evaluated("compiled", **settings, behaviour_episodes="concatenate").behaviours
    assert mean.shape == (10, 2)
    assert every.shape == (10, 6)
    assert np.allclose(mean, every.reshape(10, 3, 2).mean(axis=1), rtol=1e-14)


def test_nothing_is_gathered_where_nothing_is_asked_for():
    evaluation = evaluated("compiled", environment="tests/Walk-v0")
    assert evaluation.behaviours is None
    assert evaluation.objectives is None


@pytest.mark.parametrize(
    ("settings", "kwargs", "message"),
    [
        ({"behaviour": "info"}, {"name": "ending"}, r"without info\['behaviour'\]"),
        ({"behaviour": "info"}, {"size": 0}, "expected finite numbers"),
        ({"objectives": 3}, {}, "with 2 numbers as info"),
    ],
)
def test_what_a_game_does_not_give_is_told(settings, kwargs, message):
    with pytest.raises(EvaluationError, match=message):
        evaluated("serial", environment="test_outcomes:Wanderer-v0", kwargs=kwargs, **settings)


def test_a_compiled_game_without_a_behaviour_says_so():
    with pytest.raises(ConfigError, match=r"CartPole-v1' has no behaviour"):
        evaluated("compiled", environment="CartPole-v1", behaviour="info")
    assert DOUBLE_POLE.behaviour is None


def test_races_have_no_behaviours():
    with pytest.raises(ConfigError, match=r"task\.racing"):
        TaskConfig(racing=True, behaviour="auto")
