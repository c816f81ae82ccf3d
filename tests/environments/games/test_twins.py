"""Twins equal Gymnasium's own environments to the last bit: starts, states, observations, rewards, ends."""

from __future__ import annotations

import math

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces

from environments import TaskConfig
from environments.games import GAMES, find_game, register, twin_of

TWINS = ["CartPole-v1", "Acrobot-v1", "MountainCar-v0", "MountainCarContinuous-v0", "Pendulum-v1"]
TRAJECTORIES = 1200
SHORT = 45


def largest_difference_of_cosines() -> float:
    """NumPy may bring sines and cosines of its own; where they are the C library's, twins are exact."""
    x = np.random.default_rng(0).uniform(-40, 40, 20_000)
    ours = np.array([(math.sin(v), math.cos(v)) for v in x.tolist()])
    theirs = np.array([(np.sin(v), np.cos(v)) for v in x])
    return float(np.abs(ours - theirs).max())


COSINES_DIFFER = largest_difference_of_cosines()


def check_equal(ours: np.ndarray, theirs: np.ndarray, message: str) -> None:
    __tracebackhide__ = True
    if COSINES_DIFFER == 0.0:
        assert ours.tobytes() == theirs.tobytes(), f"{message}: {ours} != {theirs}"
    else:  # chaotic games multiply a last bit by about 10 in 8 steps
        assert np.allclose(ours, theirs, rtol=1e-6, atol=1e-6), f"{message}: {ours} != {theirs}"


def state_of(env: gymnasium.Env) -> np.ndarray:
    return np.asarray(env.unwrapped.state, np.float64)


def choose(space: spaces.Space, manner: int, rng: np.random.Generator, observation: np.ndarray, last: object) -> object:
    """Random actions, held actions, and pushing along with the motion (which reaches goals, walls and top speeds)."""
    if manner == 1 and last is not None and rng.random() < 0.9:
        return last
    if isinstance(space, spaces.Discrete):
        if manner == 2:
            return int(space.n - 1 if observation[-1] > 0 else 0)
        return int(rng.integers(space.n))
    if manner == 2:
        return np.array([np.copysign(space.high[0], observation[-1])], np.float32)
    return (rng.uniform(-1.3, 1.3, 1) * space.high).astype(np.float32)  # beyond the bounds too: games clip


def compare(id: str, seed: int, limit: int, manner: int, pair: tuple[gymnasium.Env, gymnasium.Env], **options) -> int:
    """Play one trajectory in both; return its length."""
    theirs, ours = pair
    rng = np.random.default_rng((seed, manner))
    a, _ = theirs.reset(seed=seed, options=options or None)
    b, _ = ours.reset(seed=seed, options=options or None)
    assert (a.dtype, a.shape) == (b.dtype, b.shape)
    check_equal(b, a, f"{id}, seed {seed}, start")
    action = None
    for step in range(limit):
        action = choose(theirs.action_space, manner, rng, a, action)
        a, reward, terminated, truncated, _ = theirs.step(action)
        b, our_reward, our_terminated, our_truncated, _ = ours.step(action)
        where = f"{id}, seed {seed}, manner {manner}, step {step}"
        check_equal(b, a, where)
        check_equal(ours.unwrapped.state[: state_of(theirs).size], state_of(theirs), where)
        check_equal(np.array(our_reward), np.array(float(reward)), where)
        assert (our_terminated, our_truncated) == (terminated, truncated), where
        if terminated or truncated:
            return step + 1
    return limit


def pair_of(id: str, **kwargs) -> tuple[gymnasium.Env, gymnasium.Env]:
    make = {"disable_env_checker": True, **kwargs}
    return gymnasium.make(id, **make), gymnasium.make(f"neat-arena/{id}", **make)


def test_sines_of_this_machine_differ_in_their_last_bit_at_most() -> None:
    assert COSINES_DIFFER <= 2.0**-52, "more than a last bit: comparing twins to 1e-6 would hide mistakes"
    if COSINES_DIFFER:
        pytest.skip(f"NumPy's sines differ from the C library's by up to {COSINES_DIFFER}: twins are compared to 1e-6")


@pytest.mark.parametrize("id", TWINS)
def test_trajectories(id: str) -> None:
    pair = pair_of(id)
    steps = sum(compare(id, 2 * seed, SHORT, seed % 3, pair) for seed in range(TRAJECTORIES))
    assert steps > 10 * TRAJECTORIES


@pytest.mark.parametrize("id", TWINS)
@pytest.mark.parametrize("manner", [0, 1, 2])
def test_whole_episodes(id: str, manner: int) -> None:
    pair = pair_of(id)
    for seed in range(6):
        compare(id, seed, 10_000, manner, pair)


@pytest.mark.parametrize("id", ["MountainCar-v0", "MountainCarContinuous-v0"])
def test_the_goal_is_reached_in_the_comparison(id: str) -> None:
    env = gymnasium.make(f"neat-arena/{id}")
    observation, _ = env.reset(seed=0)
    for _ in range(400):
        action = choose(env.action_space, 2, np.random.default_rng(0), observation, None)
        observation, _, terminated, truncated, _ = env.step(action)
        if terminated or truncated:
            break
    assert terminated


@pytest.mark.parametrize(
    ("id", "kwargs", "options"),
    [
        ("CartPole-v1", {"sutton_barto_reward": True}, {}),
        ("CartPole-v1", {}, {"low": -0.2, "high": 0.1}),
        ("Acrobot-v1", {}, {"low": -3.0, "high": 3.0}),
        ("MountainCar-v0", {"goal_velocity": 0.03}, {"low": 0.2, "high": 0.4}),
        ("MountainCarContinuous-v0", {"goal_velocity": 0.03}, {"low": 0.2, "high": 0.4}),
        ("Pendulum-v1", {"g": 9.81}, {"x_init": 2.0, "y_init": 7.0}),
    ],
)
def test_arguments_and_options(id: str, kwargs: dict, options: dict) -> None:
    pair = pair_of(id, **kwargs)
    for seed in range(12):
        compare(id, seed, 200, seed % 3, pair, **options)


def test_cart_pole_after_the_end() -> None:
    theirs, ours = (env.unwrapped for env in pair_of("CartPole-v1"))
    theirs.reset(seed=3)
    ours.reset(seed=3)
    rewards = [(theirs.step(1)[1], ours.step(1)[1]) for _ in range(20)]
    assert [a for a, _ in rewards] == [b for _, b in rewards]
    assert rewards[-1] == (0.0, 0.0)


@pytest.mark.parametrize("id", TWINS)
def test_facts_are_those_of_gymnasium(id: str) -> None:
    theirs, ours = pair_of(id)
    assert ours.observation_space == theirs.observation_space
    assert ours.action_space == theirs.action_space
    assert ours.spec is not None
    assert theirs.spec is not None
    assert ours.spec.max_episode_steps == theirs.spec.max_episode_steps
    assert ours.spec.reward_threshold == theirs.spec.reward_threshold
    assert ours.unwrapped.metadata["render_fps"] == theirs.unwrapped.metadata["render_fps"]


@pytest.mark.parametrize("id", TWINS)
def test_pictures_are_those_of_gymnasium(id: str) -> None:
    theirs, ours = pair_of(id, render_mode="rgb_array")
    for env in (theirs, ours):
        env.reset(seed=5)
        env.step(1 if isinstance(env.action_space, spaces.Discrete) else np.array([0.7], np.float32))
    assert np.array_equal(theirs.render(), ours.render())


def test_twin_of() -> None:
    assert twin_of(TaskConfig(environment="CartPole-v1")) is find_game("neat-arena/CartPole-v1")
    assert twin_of(TaskConfig(environment="neat-arena/CartPole-v1")) is find_game("neat-arena/CartPole-v1")
    changed = twin_of(TaskConfig(environment="Pendulum-v1", kwargs={"g": 9.81}))
    assert changed is not None
    assert changed.settings["g"] == 9.81
    assert twin_of(TaskConfig(environment="Pendulum-v1", kwargs={"weight": 2.0})) is None
    assert twin_of(TaskConfig(environment="CartPole-v0")) is None
    assert twin_of(TaskConfig(environment="LunarLander-v3")) is None
    assert twin_of(TaskConfig(environment="CartPole-v1", wrappers=({"name": "FlattenObservation"},))) is None


def test_no_twin_of_an_environment_that_took_the_name(monkeypatch: pytest.MonkeyPatch) -> None:
    mine = gymnasium.envs.registration.EnvSpec("CartPole-v1", entry_point="somewhere:Else")
    monkeypatch.setitem(gymnasium.registry, "CartPole-v1", mine)
    assert twin_of(TaskConfig(environment="CartPole-v1")) is None


def test_an_id_is_taken_once() -> None:
    with pytest.raises(ValueError, match="registered already"):
        register(GAMES["neat-arena/CartPole-v1"])
    with pytest.raises(ValueError, match="did you mean 'neat-arena/Acrobot-v1'"):
        find_game("neat-arena/Acrobat-v1")
