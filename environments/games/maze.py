"""Deceptive mazes: moving straight towards the goal leads into a dead end (Lehman & Stanley 2011).

Geometry, robot and sensors are those of the paper's program. Lengths are in units of its maps, angles in degrees, and y
points down. State: x, y, heading, speed, angular velocity, steps, distance to the goal, then the path (x and y after
each step) for drawing. An observation has six rangefinders (the distance to the nearest wall within 100, divided by
100) at -90, -45, 0, 45, 90 and -180 degrees from the heading, then four pie slices, one of which is 1: the goal is
ahead, to the right, behind or to the left. The actions, in [0, 1], change the angular velocity and the speed by up to a
half per step. The robot does not move if this would bring it nearer than its radius to a wall. Rewards sum to 300 minus
the final distance, the fitness of the paper; the behaviour is the final position.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from environments.games.game import Game, State
from environments.games.maze_drawing import draw
from neat.compiled.kernel import inlined, kernel

__all__ = ["GOALS", "HARD_MAZE", "MEDIUM_MAZE", "STARTS", "WALLS"]

_X, _Y, _HEADING, _SPEED, _TURN, _STEPS, _DISTANCE, _PATH = range(8)
_MOST_STEPS = 400
_RADIUS = 8.0
_RANGE = 100.0
_FASTEST = 3.0
_REACHED = 5.0
_BEST = 300.0
_FINDERS = 6
_RIGHT = math.sqrt(0.5)
_DEGREE = math.pi / 180.0


def _walls(*rows: tuple[float, float, float, float]) -> NDArray[np.float64]:
    return np.array(rows, np.float64)


_MEDIUM_WALLS = _walls(
    (293, 7, 289, 130), (289, 130, 6, 134), (6, 134, 8, 5), (8, 5, 292, 7), (241, 130, 58, 65), (114, 7, 73, 42),
    (130, 91, 107, 46), (196, 8, 139, 51), (219, 122, 182, 63), (267, 9, 214, 63), (271, 129, 237, 88),
)  # fmt: skip
_MEDIUM_START, _MEDIUM_GOAL = (30.0, 22.0), (270.0, 100.0)
_HARD_WALLS = _walls(
    (41, 5, 3, 8), (3, 8, 4, 49), (4, 49, 57, 53), (4, 49, 7, 202), (7, 202, 195, 198), (195, 198, 186, 8),
    (186, 8, 39, 5), (56, 54, 56, 157), (57, 106, 158, 162), (77, 201, 108, 164), (6, 80, 33, 121),
    (192, 146, 87, 91), (56, 55, 133, 30),
)  # fmt: skip
_HARD_START, _HARD_GOAL = (36.0, 184.0), (31.0, 20.0)


@kernel
def _collides(walls, x, y):  # type: ignore[no-untyped-def]
    """Return whether the robot at (x, y) is nearer than its radius to a wall."""
    for w in range(walls.shape[0]):
        ax, ay = walls[w, 0] - x, walls[w, 1] - y
        bx, by = walls[w, 2] - x - ax, walls[w, 3] - y - ay
        along, length = -(ax * bx + ay * by), bx * bx + by * by
        if along <= 0.0:
            square = ax * ax + ay * ay
        elif along >= length:
            square = (ax + bx) * (ax + bx) + (ay + by) * (ay + by)
        else:
            cross = ax * by - ay * bx
            square = cross * cross / length
        if square < _RADIUS * _RADIUS:
            return True
    return False


@inlined
def _note(observation, before, behind, at):  # type: ignore[no-untyped-def]
    """Note a wall at a distance along the line of two opposite finders, negative behind."""
    finder = before if at > 0.0 else behind
    share = abs(at) / _RANGE
    observation[finder] = min(observation[finder], share)


@kernel
def _distance(state, goal):  # type: ignore[no-untyped-def]
    dx, dy = goal[0] - state[_X], goal[1] - state[_Y]
    return math.sqrt(dx * dx + dy * dy)


@kernel
def _advance(state, action, walls, goal):  # type: ignore[no-untyped-def]
    """Play one step; return the reward, and whether the robot has reached the goal."""
    state[_TURN] = min(max(state[_TURN] + action[0] - 0.5, -_FASTEST), _FASTEST)
    state[_SPEED] = min(max(state[_SPEED] + action[1] - 0.5, -_FASTEST), _FASTEST)
    x = state[_X] + math.cos(state[_HEADING] * _DEGREE) * state[_SPEED]
    y = state[_Y] + math.sin(state[_HEADING] * _DEGREE) * state[_SPEED]
    heading = state[_HEADING] + state[_TURN]
    if heading > 360.0:
        heading -= 360.0
    if heading < 0.0:
        heading += 360.0
    state[_HEADING] = heading
    if not _collides(walls, x, y):
        state[_X], state[_Y] = x, y
    steps = int(state[_STEPS])
    if steps < _MOST_STEPS:
        state[_PATH + 2 * steps], state[_PATH + 2 * steps + 1] = state[_X], state[_Y]
    before = state[_DISTANCE] if steps > 0 else _BEST
    distance = _distance(state, goal)
    state[_DISTANCE] = distance
    state[_STEPS] += 1.0
    # The first step pays 300 minus the distance after it, so that the rewards of any number of steps add up to that.
    return before - distance, distance < _REACHED


@kernel
def _sense(state, observation, walls, goal):  # type: ignore[no-untyped-def]
    """Write rangefinders and pie slices."""
    c, s = math.cos(state[_HEADING] * _DEGREE), math.sin(state[_HEADING] * _DEGREE)
    x, y = state[_X], state[_Y]
    observation[:_FINDERS] = 1.0
    for w in range(walls.shape[0]):
        # Both ends of the wall as the robot sees them: how far ahead, how far to the right.
        ax, ay = walls[w, 0] - x, walls[w, 1] - y
        bx, by = walls[w, 2] - x, walls[w, 3] - y
        ax, ay = c * ax + s * ay, c * ay - s * ax
        bx, by = c * bx + s * by, c * by - s * bx
        # A wall crosses the line of a finder where its ends lie on both sides of it.
        if (ay > 0.0) != (by > 0.0):
            at = ax + (bx - ax) * ay / (ay - by)
            _note(observation, 2, 5, at)
        if (ax > 0.0) != (bx > 0.0):
            at = ay + (by - ay) * ax / (ax - bx)
            _note(observation, 4, 0, at)
        p, q = ax - ay, bx - by
        if (p > 0.0) != (q > 0.0):
            at = ax + (bx - ax) * p / (p - q)
            if at > 0.0:
                _note(observation, 3, 3, at / _RIGHT)
        p, q = ax + ay, bx + by
        if (p > 0.0) != (q > 0.0):
            at = ax + (bx - ax) * p / (p - q)
            if at > 0.0:
                _note(observation, 1, 1, at / _RIGHT)
    dx, dy = goal[0] - x, goal[1] - y
    ahead, aside = c * dx + s * dy, c * dy - s * dx
    observation[6:] = 0.0
    # Slices of a quarter turn around 0, 90, 180 and 270 degrees, each with its lower edge.
    if aside >= -ahead and aside < ahead:
        pie = 0
    elif aside >= ahead and aside > -ahead:
        pie = 1
    elif ahead < 0.0 and aside <= -ahead and aside > ahead:
        pie = 2
    else:
        pie = 3
    if state[-1] > 0.0:  # the original program: one place too early, over the rear rangefinder
        observation[5] = 0.0
        observation[5 + pie] = 1.0
    else:
        observation[_FINDERS + pie] = 1.0


def _begin(start: tuple[float, float], rng: np.random.Generator, state: State) -> None:
    state[_X], state[_Y] = start  # heading 0, and at rest


def _step_medium(state, action):  # type: ignore[no-untyped-def]
    return _advance(state, action, _MEDIUM_WALLS, _MEDIUM_GOAL)


def _observe_medium(state, observation):  # type: ignore[no-untyped-def]
    _sense(state, observation, _MEDIUM_WALLS, _MEDIUM_GOAL)


def _step_hard(state, action):  # type: ignore[no-untyped-def]
    return _advance(state, action, _HARD_WALLS, _HARD_GOAL)


def _observe_hard(state, observation):  # type: ignore[no-untyped-def]
    _sense(state, observation, _HARD_WALLS, _HARD_GOAL)


def _end(state, behaviour):  # type: ignore[no-untyped-def]
    behaviour[0] = state[_X]
    behaviour[1] = state[_Y]


def _maze(
    id: str, walls: NDArray[np.float64], start: tuple[float, float], goal: tuple[float, float],
    step: Callable[..., Any], observe: Callable[..., Any],
) -> Game:  # fmt: skip
    return Game(
        id=id,
        state_size=_PATH + 2 * _MOST_STEPS,
        reset=functools.partial(_begin, start),
        step=step,
        observe=observe,
        observation_space=spaces.Box(0.0, 1.0, (_FINDERS + 4,), np.float64),
        action_space=spaces.Box(0.0, 1.0, (2,), np.float64),
        max_steps=_MOST_STEPS,
        threshold=_BEST - _REACHED,
        settings={"radar_quirk": 0.0},
        input_names=(
            *("wall left", "wall ahead left", "wall ahead", "wall ahead right", "wall right", "wall behind"),
            *("goal ahead", "goal right", "goal behind", "goal left"),
        ),
        output_names=("turn", "accelerate"),
        behaviour=_end,
        behaviour_size=2,
        draw=functools.partial(draw, walls, goal),
    )


MEDIUM_MAZE = _maze(
    "neat-arena/MediumMaze-v0", _MEDIUM_WALLS, _MEDIUM_START, _MEDIUM_GOAL, _step_medium, _observe_medium
)
"""The medium maze (figure 3a of the paper). ``radar_quirk`` 1 gives the observations of the paper's program, whose pie
slices are one input too early: the first replaces the rear rangefinder, and the last input is always 0."""

HARD_MAZE = _maze("neat-arena/HardMaze-v0", _HARD_WALLS, _HARD_START, _HARD_GOAL, _step_hard, _observe_hard)
"""The hard maze (figure 3b)."""

WALLS = {MEDIUM_MAZE.id: _MEDIUM_WALLS, HARD_MAZE.id: _HARD_WALLS}
"""Walls of each maze: float64, shape (walls, 4): x and y of both ends."""
GOALS = {MEDIUM_MAZE.id: _MEDIUM_GOAL, HARD_MAZE.id: _HARD_GOAL}
"""The goal of each maze: x and y."""
STARTS = {MEDIUM_MAZE.id: _MEDIUM_START, HARD_MAZE.id: _HARD_START}
"""Where the robot starts in each maze: x and y."""
