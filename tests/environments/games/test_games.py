"""Compiled games behind Gymnasium's interfaces."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import warnings
from pathlib import Path

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils.env_checker import check_env
from gymnasium.vector import AutoresetMode, SyncVectorEnv

from environments.games import GAMES, Game, GameVectorEnv, find_game
from environments.games.drawing import bars
from neat.errors import ConfigError

IDS = sorted(GAMES)
MODES = list(AutoresetMode)


@pytest.fixture(autouse=True)
def _no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")


@pytest.mark.parametrize("id", IDS)
def test_check_env(id: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for harmless in ("A Box observation space", "For Box action spaces"):
            warnings.filterwarnings("ignore", message=f".*{harmless}")
        check_env(gymnasium.make(id).unwrapped)


def run(envs: gymnasium.vector.VectorEnv, mode: AutoresetMode, steps: int, seeds: list[int]) -> list:
    """What a vector environment does with the same actions."""
    rng = np.random.default_rng(0)
    seen = [envs.reset(seed=seeds)]
    ended = np.zeros(len(seeds), np.bool_)
    for _ in range(steps):
        if mode == AutoresetMode.DISABLED and ended.any():
            seen.append(envs.reset(seed=[None] * len(seeds), options={"reset_mask": ended}))
        if isinstance(envs.single_action_space, spaces.Discrete):
            actions = rng.integers(0, envs.single_action_space.n, len(seeds))
        else:
            actions = rng.uniform(envs.action_space.low, envs.action_space.high).astype(envs.action_space.dtype)
        seen.append(envs.step(actions))
        ended = seen[-1][2] | seen[-1][3]
    return seen


def check_same(a: object, b: object, path: str) -> None:
    if isinstance(a, dict):
        assert isinstance(b, dict)
        assert a.keys() == b.keys(), path
        for key in a:
            check_same(a[key], b[key], f"{path}.{key}")
    elif isinstance(a, tuple):
        for i, (x, y) in enumerate(zip(a, b, strict=True)):
            check_same(x, y, f"{path}.{i}")
    else:
        assert isinstance(a, np.ndarray)
        assert (a.dtype, a.shape) == (b.dtype, b.shape), path
        if a.dtype == object:
            for i, (x, y) in enumerate(zip(a, b, strict=True)):
                assert (x is None) == (y is None), path
                if x is not None:
                    check_same(x, y, f"{path}[{i}]")
        else:
            assert a.tobytes() == b.tobytes(), path


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("id", ["neat-arena/CartPole-v1", "neat-arena/Pendulum-v1", "neat-arena/DoublePole-v0"])
def test_vector_equals_gymnasiums_own_of_single_games(id: str, mode: AutoresetMode) -> None:
    n, limit = 5, 13
    seeds = [3, 1, 4, 1, 5]
    ours = gymnasium.make_vec(id, n, max_episode_steps=limit, autoreset_mode=mode)
    theirs = SyncVectorEnv([lambda: gymnasium.make(id, max_episode_steps=limit) for _ in range(n)], autoreset_mode=mode)
    assert isinstance(ours.unwrapped, GameVectorEnv)
    assert ours.metadata["autoreset_mode"] == mode
    assert (ours.observation_space, ours.action_space) == (theirs.observation_space, theirs.action_space)
    for k, (a, b) in enumerate(zip(run(ours, mode, 60, seeds), run(theirs, mode, 60, seeds), strict=True)):
        check_same(a, b, f"{mode}, {k}")
    assert ours.np_random_seed == theirs.np_random_seed


def test_a_vector_of_twins_starts_as_gymnasium() -> None:
    """Which Gymnasium's own vector of cart-poles cannot: it has one stream for all."""
    envs = gymnasium.make_vec("neat-arena/CartPole-v1", 3)
    observations, _ = envs.reset(seed=[7, 8, 7])
    plain = gymnasium.make("CartPole-v1")
    for seed, observation in zip([7, 8, 7], observations, strict=True):
        assert np.array_equal(observation, plain.reset(seed=seed)[0])
    assert np.array_equal(envs.reset(seed=7)[0][1], plain.reset(seed=8)[0])


def test_reset_leaves_options_alone_and_hands_out_fresh_arrays() -> None:
    envs = gymnasium.make_vec("neat-arena/CartPole-v1", 3, autoreset_mode="Disabled")
    options = {"reset_mask": np.array([True, False, True]), "low": -0.01}
    first, _ = envs.reset(seed=1)
    kept = first.copy()
    second, _ = envs.reset(seed=2, options=options)
    assert set(options) == {"reset_mask", "low"}
    assert np.array_equal(first, kept)
    assert np.array_equal(second[1], first[1])
    assert not np.array_equal(second[0], first[0])
    assert second[[0, 2]].min() >= -0.01
    stepped = envs.step(np.array([0, 1, 0]))
    copies = [part.copy() for part in stepped[:4]]
    envs.step(np.array([1, 1, 1]))
    for part, copy in zip(stepped[:4], copies, strict=True):
        assert np.array_equal(part, copy)


def test_wrong_use_of_a_vector() -> None:
    envs = gymnasium.make_vec("neat-arena/CartPole-v1", 2, max_episode_steps=1, autoreset_mode=AutoresetMode.DISABLED)
    with pytest.raises(gymnasium.error.ResetNeeded, match="call reset"):
        envs.step(np.array([0, 0]))
    with pytest.raises(ValueError, match="expected 2 seeds"):
        envs.reset(seed=[1, 2, 3])
    with pytest.raises(ValueError, match="reset_mask"):
        envs.reset(options={"reset_mask": np.zeros(2, np.bool_)})
    with pytest.raises(ConfigError, match=r"unknown setting 'lo' \(did you mean 'low'\?\)"):
        envs.reset(options={"lo": 1.0})
    envs.reset(seed=1)
    with pytest.raises(gymnasium.error.InvalidAction):
        envs.step(np.array([0, 2]))
    envs.step(np.array([0, 1]))
    with pytest.raises(gymnasium.error.ResetNeeded, match=r"games \[0, 1\] have ended"):
        envs.step(np.array([0, 1]))


def test_wrong_use_of_a_single_game() -> None:
    env = gymnasium.make("neat-arena/CartPole-v1", disable_env_checker=True).unwrapped
    with pytest.raises(gymnasium.error.ResetNeeded):
        env.step(0)
    env.reset(seed=1)
    with pytest.raises(gymnasium.error.InvalidAction):
        env.step(2)
    with pytest.raises(ConfigError, match="unknown setting 'gravity'"):
        gymnasium.make("neat-arena/CartPole-v1", gravity=1.0)
    with pytest.raises(ConfigError, match="expected a number as 'low', got 'deep'"):
        gymnasium.make("neat-arena/CartPole-v1", low="deep")
    with pytest.raises(ConfigError, match="render_mode"):
        gymnasium.make("neat-arena/CartPole-v1", render_mode="ansi", disable_env_checker=True)
    pendulum = gymnasium.make("neat-arena/Pendulum-v1", disable_env_checker=True).unwrapped
    pendulum.reset(seed=0)
    with pytest.raises(gymnasium.error.InvalidAction, match=r"shape \(1,\)"):
        pendulum.step(np.zeros(2, np.float32))


@pytest.mark.parametrize("id", ["neat-arena/CartPole-v1", "neat-arena/DoublePole-v0"])
def test_window(id: str) -> None:
    env = gymnasium.make(id, render_mode="human")
    env.reset(seed=1)
    for _ in range(3):
        env.step(env.action_space.sample())
    assert env.unwrapped._window is not None
    env.close()
    assert env.unwrapped._window is None


def test_pictures_of_a_vector() -> None:
    envs = gymnasium.make_vec("neat-arena/CartPole-v1", 2, render_mode="rgb_array")
    envs.reset(seed=0)
    pictures = envs.render()
    assert len(pictures) == 2
    assert not np.array_equal(*pictures)


def test_bars() -> None:
    high = np.array([2.0, np.inf])
    empty, full = bars(np.zeros(2), -high, high), bars(np.array([2.0, 5.0]), -high, high)
    assert empty.shape == (40, 400, 3)
    changed = (empty != full).any(axis=2)
    assert changed[10, 201:].all()
    assert not changed[10, :200].any()
    assert 0.7 < changed[30, 200:].mean() < 0.9


def definition(**changes: object) -> dict:
    game = find_game("neat-arena/CartPole-v1")
    facts = {name: getattr(game, name) for name in ("id", "state_size", "reset", "step", "observe", "settings")}
    return {**facts, "observation_space": game.observation_space, "action_space": game.action_space, **changes}


def bad_step(state, action):
    return state.nothing, True


def test_wrong_definitions() -> None:
    with pytest.raises(ConfigError, match="expected a one-dimensional float Box"):
        Game(**definition(observation_space=spaces.Discrete(3)))
    with pytest.raises(ConfigError, match="expected a Discrete or a one-dimensional float Box"):
        Game(**definition(action_space=spaces.MultiBinary(2)))
    with pytest.raises(ConfigError, match="expected 4 input_names, got 1"):
        Game(**definition(input_names=("x",)))
    with pytest.raises(ConfigError, match=r"CartPole-v1: step cannot be compiled: .*attribute 'nothing'"):
        _ = Game(**definition(step=bad_step)).code


def test_the_documentation_works(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    text = (root / "docs" / "adding-a-game.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```python\n(.*?)```", text, re.DOTALL)
    assert len(blocks) == 3
    assert len(blocks[0].splitlines()) < 60, "a page of code"
    (tmp_path / "hover.py").write_text(blocks[0], encoding="utf-8")
    use = (
        "\n".join(blocks[1:])
        + "\nassert picture.size and verification.mean > 100 and evaluator.backend == 'compiled'\n"
    )
    (tmp_path / "use.py").write_text(use, encoding="utf-8")
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "use.py"], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_game_without_a_file_is_compiled_too() -> None:
    """As typed into an interpreter: nothing to keep its machine code beside."""
    text = "def step(state, action):\n    state[0] += action\n    return state[0], state[0] > 3.0\n"
    names: dict = {}
    exec(text, {"__name__": __name__}, names)  # there is no other way to a function without a file
    game = Game(**definition(id="test/NoFile-v0", step=names["step"]))
    assert game.code.step != 0
