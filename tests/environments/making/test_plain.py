"""Plain classes as games: spaces inferred, seeds handled, and what is missing named with its line."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import gymnasium
import numpy as np
import pytest
from arena import genomes_for

from environments import make_task
from environments.making.environment import make_environment
from environments.making.foreign import Foreign, explain
from environments.making.plain import PlainGame, spec_of
from experiments.targets import load
from neat.config import NetworkConfig
from neat.errors import ConfigError, EvaluationError

GAME = """
import random

class Catch:
    actions = 3
    goal = 0.95
    max_steps = 30

    def reset(self, seed=None):
        self.ball, self.paddle, self.height = random.random(), 0.5, 1.0

    def observe(self):
        return self.ball, self.paddle, self.height

    def step(self, action):
        self.paddle += (action - 1) * 0.05
        self.height -= 0.05
        done = self.height <= 0
        return float(done and abs(self.ball - self.paddle) < 0.1), done
"""


@pytest.fixture
def file(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    path = tmp_path / f"game_{abs(hash(request.node.name)) % 10**9}.py"  # modules are imported once a process
    path.write_text(GAME)
    return path


def test_a_file_is_a_target(file: Path) -> None:
    experiment = load(str(file))
    assert experiment.task.environment == f"{file.stem}:Catch"
    task = make_task(experiment.task)
    assert (task.inputs, task.outputs, task.threshold) == (3, 3, 0.95)
    assert load(f"{file}:Catch") == experiment


def test_workers_play_it_like_one_process(file: Path) -> None:
    task = make_task(load(str(file)).task)
    _, genomes = genomes_for(task, size=12)
    fitness = []
    for backend, workers in (("serial", 1), ("processes", 2)):
        with task.evaluator(NetworkConfig(), seed=1, workers=workers, backend=backend) as evaluator:
            fitness.append(evaluator.evaluate(genomes).fitness)
    np.testing.assert_array_equal(*fitness)


def test_an_episode_repeats_by_its_seed(file: Path) -> None:
    env = make_environment(load(str(file)).task)
    first, second, other = (env.reset(seed=seed)[0] for seed in (3, 3, 4))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)
    env.close()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("def observe", "def see", r"has no observe\(\): a plain game has .*line 4"),
        ("actions = 3", "actions = 1", r"Catch\.actions: expected the number of choices"),
        ("actions = 3", "actions = (1, -1)", r"Catch\.actions: expected the number of choices"),
        ("goal = 0.95", "goal = 'high'", r"Catch\.goal: expected a number, got 'high'"),
        ("max_steps = 30", "max_steps = 0", r"Catch\.max_steps: expected a whole number above 0"),
        ("def reset(self, seed=None)", "def reset(self, rng)", r"has reset\(rng\): expected reset\(self, seed=None\)"),
        ("return self.ball, self.paddle, self.height", "return ()", "observes nothing"),
        ("return self.ball, self.paddle, self.height", "return self.x", "raised AttributeError: .* in observe"),
        ("class Catch:", "class Throw:\n    reset = observe = step = print\n\nclass Catch:", "has 2 games: name one"),
        ("class Catch:", "def catch():", "has no game: a class with"),
    ],
)
def test_what_is_wrong_is_said(file: Path, old: str, new: str, said: str) -> None:
    file.write_text(GAME.replace(old, new))
    with pytest.raises(ConfigError, match=said):
        make_task(load(str(file) if "name one" in said or "no game" in said else f"{file}:Catch").task)


def test_a_step_that_returns_something_else_is_named_with_its_line(file: Path) -> None:
    file.write_text(GAME.replace(", done\n", ", done, {}, 1\n"))
    task = make_task(load(str(file)).task)
    _, genomes = genomes_for(task, size=2)
    said = rf"expected two as in 'return reward, done' \(.*{file.name}, line 15\)"
    with task.evaluator(NetworkConfig(), seed=1) as evaluator, pytest.raises(EvaluationError, match=said):
        evaluator.evaluate(genomes)


def test_an_observation_that_is_not_finite_is_named_with_the_line_of_observe(file: Path) -> None:
    file.write_text(
        GAME.replace("self.ball, self.paddle, self.height\n\n    def step", "float('nan'), 0.0, 1.0\n\n    def step")
    )
    task = make_task(load(str(file)).task)
    _, genomes = genomes_for(task, size=2)
    said = rf"not finite \(element 0 is nan\) \(.*{file.name}, line 12\)"
    with task.evaluator(NetworkConfig(), seed=1) as evaluator, pytest.raises(EvaluationError, match=said):
        evaluator.evaluate(genomes)


def test_an_environment_that_keeps_a_game_of_its_own_is_named_itself() -> None:
    class Held(gymnasium.Env):
        game = "what it plays"

        def step(self, action: Any) -> Any: ...

    said = explain(Foreign(Held(), "Held"), EvaluationError("returned nothing"), began=True)
    assert said.startswith("returned nothing (")
    assert "test_plain.py, line" in said


def test_a_game_without_a_picture_is_told_how_to_have_one() -> None:
    class Bare:
        actions = 2

        def reset(self) -> None: ...

        def observe(self) -> tuple[float]:
            return (0.0,)

        def step(self, action: int) -> tuple[float, bool]:
            return 0.0, True

    with pytest.raises(EvaluationError, match=r"has no picture: write 'def draw\(self, screen\):'.* in Bare \(.*line"):
        PlainGame(Bare).render()


@pytest.mark.parametrize("name", ["no_such.py", "my-game.py"])
def test_a_file_that_cannot_be_imported_is_refused(tmp_path: Path, name: str) -> None:
    if "-" in name:
        (tmp_path / name).write_text(GAME)
    with pytest.raises(ConfigError, match=r"there is no file|such as to my_game\.py"):
        load(str(tmp_path / name))


class Numbers:
    """What actions arrive as."""

    actions: Any = 3

    def __init__(self) -> None:
        self.given: list[Any] = []

    def reset(self) -> None:
        self.x = random.random()

    def observe(self) -> list[float]:
        return [self.x]

    def step(self, action: Any) -> tuple[float, bool]:
        self.given.append(action)
        return 0.0, True

    def draw(self, screen: Any) -> None:
        screen.set_at((2, 1), (255, 0, 0))


@pytest.mark.parametrize(
    ("actions", "taken", "given"),
    [
        (3, np.int64(2), 2),
        ((-1, 1), np.array([0.5], np.float32), 0.5),
        ([(-1, 1), (0, 2)], np.array([0.5, 1.5], np.float32), (0.5, 1.5)),
        (gymnasium.spaces.Discrete(4), np.int64(3), 3),
    ],
)
def test_actions_are_plain_numbers(actions: Any, taken: Any, given: Any) -> None:
    env = PlainGame(type("Game", (Numbers,), {"actions": actions}))
    env.reset(seed=1)
    env.step(taken)
    assert env.game.given == [given]
    assert type(env.game.given[0]) is type(given)


def test_a_drawing_on_a_surface_is_a_picture() -> None:
    pytest.importorskip("pygame")
    env = PlainGame(type("Game", (Numbers,), {"size": (5, 4)}), render_mode="rgb_array")
    picture = env.render()
    assert picture.shape == (4, 5, 3)
    assert picture[1, 2].tolist() == [255, 0, 0]


def test_behaviour_and_objectives_of_a_plain_class_are_in_info() -> None:
    class Walk:
        actions = 2

        def reset(self) -> None:
            self.place = 0

        def observe(self) -> tuple[float]:
            return (0.0,)

        def step(self, action: int) -> tuple[float, bool]:
            self.place += action
            return 1.0, self.place >= 2

        def behaviour(self) -> tuple[int, int]:
            return self.place, -self.place

        def objectives(self) -> tuple[int]:
            return (self.place,)

    game = PlainGame(Walk)
    game.reset()
    assert game.step(1)[-1] == {"behaviour": (1, -1), "objectives": (1,)}
    assert game.step(1)[-1] == {"behaviour": (2, -2), "objectives": (2,)}


def test_an_environment_that_is_not_registered_is_a_game() -> None:
    spec = spec_of(type("Mine", (gymnasium.Env,), {}), "m:Mine")
    assert spec is not None
    assert spec.id == "Mine"
    assert spec_of(dict, "m:dict") is None
