"""The mazes beside a plain version of the robot: Lehman & Stanley (2011), as their program has it."""

import math
from fractions import Fraction

import gymnasium
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from environments.games.maze import GOALS, HARD_MAZE, MEDIUM_MAZE, WALLS

GAMES = [MEDIUM_MAZE, HARD_MAZE]
FINDERS = (-90, -45, 0, 45, 90, -180)
SLICES = ((315, 405), (45, 135), (135, 225), (225, 315))


def clearance(walls, x, y, angle):
    """The nearest intersection of a ray of length 100 with a wall, as a share of it."""
    found = 1.0
    dx, dy = 100.0 * math.cos(math.radians(angle)), 100.0 * math.sin(math.radians(angle))
    for x1, y1, x2, y2 in walls:
        matrix = np.array([[dx, x1 - x2], [dy, y1 - y2]])
        if abs(np.linalg.det(matrix)) < 1e-12:
            continue
        ray, wall = np.linalg.solve(matrix, [x1 - x, y1 - y])
        if 0 < ray < 1 and 0 < wall < 1:
            found = min(found, ray)
    return found


def to_wall(walls, x, y):
    """The distance to the nearest wall."""
    nearest = math.inf
    for x1, y1, x2, y2 in walls:
        a, b, p = np.array([x1, y1]), np.array([x2, y2]), np.array([x, y])
        share = np.clip(np.dot(p - a, b - a) / np.dot(b - a, b - a), 0, 1)
        nearest = min(nearest, float(np.linalg.norm(a + share * (b - a) - p)))
    return nearest


class Robot:
    """The same robot in plain Python."""

    def __init__(self, game, quirk=False):
        self.walls, self.goal, self.quirk = WALLS[game.id], GOALS[game.id], quirk
        self.x, self.y = {MEDIUM_MAZE.id: (30.0, 22.0), HARD_MAZE.id: (36.0, 184.0)}[game.id]
        self.heading = self.speed = self.turn = 0.0

    def step(self, action):
        self.turn = float(np.clip(self.turn + action[0] - 0.5, -3, 3))
        self.speed = float(np.clip(self.speed + action[1] - 0.5, -3, 3))
        x = self.x + math.cos(math.radians(self.heading)) * self.speed
        y = self.y + math.sin(math.radians(self.heading)) * self.speed
        self.heading = (self.heading + self.turn) % 360
        if to_wall(self.walls, x, y) >= 8:
            self.x, self.y = x, y

    def distance(self):
        return math.hypot(self.goal[0] - self.x, self.goal[1] - self.y)

    def inputs(self):
        finders = [clearance(self.walls, self.x, self.y, self.heading + angle) for angle in FINDERS]
        angle = math.degrees(math.atan2(self.goal[1] - self.y, self.goal[0] - self.x)) - self.heading
        radar = [float(any(low <= turn < high for turn in (angle % 360, angle % 360 + 360))) for low, high in SLICES]
        inputs = np.array([*finders, 0, 0, 0, 0])
        first = 5 if self.quirk else 6
        inputs[first : first + 4] = radar
        return inputs


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.id)
@pytest.mark.parametrize("quirk", [False, True])
def test_robot_goes_as_the_plain_one(game, quirk):
    env = gymnasium.make(game.id, radar_quirk=float(quirk))
    rng = np.random.default_rng(3)
    bumps = 0
    for _ in range(4):
        robot, ended = Robot(game, quirk), False
        seen, _ = env.reset(seed=1)
        total, steps, pull = 0.0, 0, rng.uniform(0.3, 0.9, 2)
        while not ended:
            assert np.allclose(seen, robot.inputs(), atol=1e-7), steps
            action = np.clip(pull + rng.normal(0, 0.3, 2), 0, 1)
            before = robot.x, robot.y
            robot.step(action)
            bumps += before == (robot.x, robot.y)
            seen, reward, terminated, truncated, info = env.step(action)
            total, steps, ended = total + reward, steps + 1, terminated or truncated
        assert np.allclose(info["behaviour"], (robot.x, robot.y), atol=1e-6)
        assert total == pytest.approx(300.0 - robot.distance())
        assert steps == 400 or robot.distance() < 5
    assert bumps > 0  # walls took part


@settings(deadline=None)
@given(st.integers(0, 400), st.integers(0, 359), st.sampled_from(GAMES))
def test_what_the_robot_sees_anywhere(place, heading, game):
    robot = Robot(game)
    walls = WALLS[game.id].reshape(-1, 2)
    rng = np.random.default_rng(place)
    robot.x, robot.y = rng.uniform(walls.min(axis=0), walls.max(axis=0))
    robot.heading = heading + 0.25
    state, seen = np.zeros(game.state_size + 1), np.empty(10)
    state[:3] = robot.x, robot.y, robot.heading
    game.observe.__globals__["_sense"](state, seen, WALLS[game.id], GOALS[game.id])
    assert np.allclose(seen, robot.inputs(), atol=1e-7)


@pytest.mark.parametrize("angle", [-45, 45, 135, 225])
def test_edges_of_pie_slices_belong_to_the_next_one(angle):
    """A goal right at -45, 45, 135 or 225 degrees: each slice has its lower edge."""
    goal = np.array(GOALS[HARD_MAZE.id])
    state, seen = np.zeros(HARD_MAZE.state_size + 1), np.empty(10)
    aside = {-45: (-1, 1), 45: (-1, -1), 135: (1, -1), 225: (1, 1)}[angle]
    state[:2] = goal + aside
    HARD_MAZE.observe.__globals__["_sense"](state, seen, WALLS[HARD_MAZE.id], tuple(goal))
    expected = next(k for k, (low, high) in enumerate(SLICES) if low <= angle % 360 < high or low <= angle + 360 < high)
    assert seen[6:].tolist() == [float(k == expected) for k in range(4)]


def test_the_straight_way_is_blocked_and_the_goal_is_not():
    """Both goals can be stood on, and both starts, which no robot could leave otherwise."""
    for game in GAMES:
        walls = WALLS[game.id]
        assert to_wall(walls, *GOALS[game.id]) > 8
        robot = Robot(game)
        assert to_wall(walls, robot.x, robot.y) > 8
        assert min(Fraction(robot.distance()), 100) == 100


@pytest.mark.parametrize("game", GAMES, ids=lambda game: game.id)
def test_picture_shows_the_path(game, monkeypatch):
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    env = gymnasium.make(game.id, render_mode="rgb_array")
    env.reset(seed=0)
    first = env.render()
    for _ in range(60):
        env.step(np.array([0.5, 0.55]))
    later = env.render()
    assert first.shape == later.shape
    orange = np.array([214, 124, 51])
    assert (np.abs(later.astype(int) - orange).max(axis=2) < 12).sum() > 50
    assert (np.abs(first.astype(int) - orange).max(axis=2) < 12).sum() == 0
