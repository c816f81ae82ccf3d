"""The bundled games in JavaScript beside the compiled ones: the same start and actions lead to the same states."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from environments.games import registry
from environments.tasks.settings import TaskConfig
from experiments.share.games import bundled_games, live_game

_DRIVER = """
import fs from "node:fs";
const cases = JSON.parse(fs.readFileSync(0, "utf8"));
const answers = [];
for (const { file, settings, start, starts, actions } of cases) {
  const game = await import(file);
  game.reset(() => 0.5, settings);
  let state = [...start];
  const free = [];
  for (const action of actions) {
    const seen = game.observe(state, settings);
    const [reward, done] = game.step(state, action, settings);
    free.push({ seen, reward, done, state: state.slice(0, start.length) });
    if (done) break;
  }
  const single = actions.slice(0, starts.length).map((action, i) => {
    const one = [...starts[i]];
    game.step(one, action, settings);
    return one.slice(0, start.length);
  });
  const born = game.reset(() => 0.25, settings);
  answers.push({ free, single, born: born.slice(0, start.length) });
}
console.log(JSON.stringify(answers));
"""
CASES = {
    "CartPole-v1": ("neat-arena/CartPole-v1", 4),
    "neat-arena/CartPoleNoVelocities-v0": ("neat-arena/CartPoleNoVelocities-v0", 4),
    "MountainCar-v0": ("neat-arena/MountainCar-v0", 2),
    "MountainCarContinuous-v0": ("neat-arena/MountainCarContinuous-v0", 2),
    "Pendulum-v1": ("neat-arena/Pendulum-v1", 2),
    "Acrobot-v1": ("neat-arena/Acrobot-v1", 4),
    "neat-arena/DoublePole-v0": ("neat-arena/DoublePole-v0", 6),
    "neat-arena/DoublePoleNoVelocities-v0": ("neat-arena/DoublePoleNoVelocities-v0", 6),
    "neat-arena/MediumMaze-v0": ("neat-arena/MediumMaze-v0", 7),
    "neat-arena/HardMaze-v0": ("neat-arena/HardMaze-v0", 7),
}
FREE = {"Acrobot-v1": 60}
"""Steps that a game is followed for without correction: the acrobot doubles any difference a few times a second."""
LONG = 200


def _played(name: str) -> dict[str, Any]:
    """Play an episode in plain Python, with actions that keep it going for a while."""
    game = registry.GAMES[CASES[name][0]]
    size = CASES[name][1]
    rng = np.random.default_rng(4)
    state, first = game.start(rng, {})
    start, states, seen, rewards, dones, actions = state[:size].tolist(), [], [], [], [], []
    whole = [state.copy()]
    for step in range(LONG):
        actions.append(_action(name, state, rng, step))
        action = actions[-1]
        observation = np.zeros(game.inputs)
        game.observe(state, observation)
        seen.append(observation.astype(game.observation_space.dtype).astype(float).tolist())
        reward, done = game.step(state, action if isinstance(action, int) else np.array(action))
        states.append(state[:size].tolist())
        whole.append(state.copy())
        rewards.append(float(reward))
        dones.append(bool(done))
        if done:
            break
    starts = [row[: size + (name == "MountainCarContinuous-v0")].tolist() for row in whole[:-1]]
    full = start + ([float(whole[0][2])] if name == "MountainCarContinuous-v0" else [])
    full += [0.0] * (name.endswith("CartPole-v1") or "CartPole" in name)
    starts = [row + [0.0] * ("CartPole" in name) for row in starts]
    return {"name": name, "start": full, "starts": starts, "actions": actions, "states": states, "seen": seen,
            "rewards": rewards, "dones": dones, "first": first.tolist()}  # fmt: skip


def _action(name: str, state: Any, rng: Any, step: int) -> Any:
    if "CartPole" in name:
        return int(state[2] + 0.3 * state[3] + 0.02 * rng.normal() > 0)
    if name == "MountainCar-v0":
        return 2 if state[1] >= 0 else 0
    if "MountainCar" in name:
        return [float(np.float32(np.sign(state[1]) * rng.uniform(0.5, 1.2)))]
    if "Pendulum" in name:
        return [float(np.float32(rng.uniform(-2.5, 2.5)))]
    if "Acrobot" in name:
        return int(rng.integers(3))
    if "DoublePole" in name:
        return [0.5]
    return [float(x) for x in rng.uniform(0.3, 0.8, 2)]


@pytest.fixture(scope="module")
def answers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[dict[str, Any], dict[str, Any]]]:
    node = shutil.which("node")
    if node is None:
        pytest.skip("no Node on this machine")
    folder = tmp_path_factory.mktemp("games")
    texts, played, asked = bundled_games(), {}, []
    for number, name in enumerate(CASES):
        played[name] = _played(name)
        (folder / f"{number}.mjs").write_text(texts[name], encoding="utf-8")
        game = live_game(TaskConfig(environment=name))
        assert game is not None
        asked.append({"file": f"./{number}.mjs", "settings": dict(game.settings), **played[name]})
    (folder / "driver.mjs").write_text(_DRIVER, encoding="utf-8")
    done = subprocess.run(
        [node, "driver.mjs"], input=json.dumps(asked), capture_output=True, text=True, cwd=folder, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return {name: (played[name], answer) for name, answer in zip(CASES, json.loads(done.stdout), strict=True)}


@pytest.mark.parametrize("name", CASES)
def test_an_episode_is_the_same(answers: Any, name: str) -> None:
    expected, answer = answers[name]
    free, count = answer["free"], FREE.get(name, LONG)
    assert len(free) == len(expected["states"]) or name in FREE
    for i, step in enumerate(free[:count]):
        size = len(expected["states"][i])
        np.testing.assert_allclose(step["seen"], expected["seen"][i], rtol=0, atol=1e-9, err_msg=f"step {i}")
        np.testing.assert_allclose(step["state"][:size], expected["states"][i], rtol=0, atol=1e-9, err_msg=f"step {i}")
        assert step["reward"] == pytest.approx(expected["rewards"][i], abs=1e-9), f"step {i}"
        assert step["done"] == expected["dones"][i], f"step {i}"


@pytest.mark.parametrize("name", CASES)
def test_every_single_step_is_the_same(answers: Any, name: str) -> None:
    expected, answer = answers[name]
    if "Maze" in name:
        pytest.skip("its state is longer; the episode is compared as a whole")
    for i, state in enumerate(answer["single"]):
        size = len(expected["states"][i])
        np.testing.assert_allclose(state[:size], expected["states"][i], rtol=0, atol=1e-9, err_msg=f"step {i}")


def test_starts_are_drawn_from_the_same_ranges(answers: Any) -> None:
    born = {name: answer["born"] for name, (_, answer) in answers.items()}
    assert born["CartPole-v1"][:4] == [-0.025] * 4
    assert born["MountainCar-v0"] == pytest.approx([-0.55, 0.0])
    assert born["MountainCarContinuous-v0"] == pytest.approx([-0.55, 0.0, 1.0])
    assert born["Pendulum-v1"][:2] == pytest.approx([-np.pi / 2, -0.5])
    assert born["Acrobot-v1"] == pytest.approx([-0.05] * 4)
    assert born["neat-arena/DoublePole-v0"] == [0.0, 0.0, 0.07, 0.0, 0.0, 0.0]
    assert born["neat-arena/HardMaze-v0"][:3] == [36.0, 184.0, 0.0]


def test_every_game_that_is_offered_is_compared() -> None:
    texts = {text for name, text in bundled_games().items()}
    assert texts == {bundled_games()[name] for name in CASES}
    assert Path(__file__).parent.name == "share"
