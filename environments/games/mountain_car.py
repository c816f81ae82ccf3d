"""Compiled copies of Gymnasium's MountainCar-v0 and MountainCarContinuous-v0 (Moore 1990).

They follow gymnasium/envs/classic_control/mountain_car.py and continuous_mountain_car.py, with the same order of
operations and number types: the continuous car computes in float32 after its first step. State: position, velocity; for
the continuous car also whether it is in its initial state.
"""

from __future__ import annotations

import math

import numpy as np
from gymnasium import spaces

from environments.games.game import Game, State
from environments.games.portrait import portrait

__all__ = ["MOUNTAIN_CAR", "MOUNTAIN_CAR_CONTINUOUS"]

_LEFT_END, _RIGHT_END = -1.2, 0.6
_MAX_SPEED = 0.07
_FORCE = 0.001
_GRAVITY = 0.0025
_GOAL = 0.5
_GOAL_CONTINUOUS = 0.45
_POWER = 0.0015
_single = np.float32


def _reset(rng: np.random.Generator, state: State) -> None:
    state[0] = rng.uniform(low=state[2], high=state[3])


def _step(state, action):  # type: ignore[no-untyped-def]
    position, velocity = state[0], state[1]
    velocity += (action - 1) * _FORCE + math.cos(3 * position) * (-_GRAVITY)
    velocity = min(max(velocity, -_MAX_SPEED), _MAX_SPEED)
    position += velocity
    position = min(max(position, _LEFT_END), _RIGHT_END)
    if position == _LEFT_END and velocity < 0:
        velocity = 0.0
    state[0], state[1] = position, velocity
    return -1.0, position >= _GOAL and velocity >= state[4]


def _observe(state, observation):  # type: ignore[no-untyped-def]
    observation[0] = state[0]
    observation[1] = state[1]


def _reset_continuous(rng: np.random.Generator, state: State) -> None:
    state[0] = rng.uniform(low=state[3], high=state[4])
    state[2] = 1.0


def _step_continuous(state, action):  # type: ignore[no-untyped-def]
    push = _single(action[0])
    outside = push < -1.0 or push > 1.0
    if state[2] != 0.0:  # the start is float64
        position, velocity = state[0], state[1]
        if outside:
            velocity += math.copysign(1.0, push) * _POWER - 0.0025 * math.cos(3 * position)
        else:
            velocity += _single(push * _single(_POWER)) - _single(0.0025 * math.cos(3 * position))
        velocity = min(max(velocity, -_MAX_SPEED), _MAX_SPEED)
        position = min(max(position + velocity, _LEFT_END), _RIGHT_END)
        if position == _LEFT_END and velocity < 0:
            velocity = 0.0
        terminated = position >= _GOAL_CONTINUOUS and velocity >= state[5]
        state[0], state[1], state[2] = _single(position), _single(velocity), 0.0
    else:
        place, speed = _single(state[0]), _single(state[1])
        pull = 0.0025 * math.cos(np.float64(_single(3) * place))
        if outside:
            speed = speed + _single(math.copysign(1.0, push) * _POWER - pull)
        else:
            speed = speed + (push * _single(_POWER) - _single(pull))
        speed = min(max(speed, _single(-_MAX_SPEED)), _single(_MAX_SPEED))
        place = min(max(place + speed, _single(_LEFT_END)), _single(_RIGHT_END))
        if place == _single(_LEFT_END) and speed < 0:
            speed = _single(0)
        terminated = place >= _single(_GOAL_CONTINUOUS) and speed >= _single(state[5])
        state[0], state[1] = place, speed
    reward = 100.0 if terminated else 0.0
    reward -= np.float64(push) * np.float64(push) * 0.1  # exact: the square of a float32 fits a float64
    return reward, terminated


_LOW = np.array([_LEFT_END, -_MAX_SPEED], dtype=np.float32)
_HIGH = np.array([_RIGHT_END, _MAX_SPEED], dtype=np.float32)

MOUNTAIN_CAR = Game(
    id="neat-arena/MountainCar-v0",
    twin="MountainCar-v0",
    state_size=2,
    reset=_reset,
    step=_step,
    observe=_observe,
    observation_space=spaces.Box(_LOW, _HIGH, dtype=np.float32),
    action_space=spaces.Discrete(3),
    max_steps=200,
    threshold=-110.0,
    settings={"low": -0.6, "high": -0.4, "goal_velocity": 0.0},
    input_names=("position", "velocity"),
    output_names=("push left", "no push", "push right"),
    draw=portrait("MountainCar-v0", 2),
    frames_per_second=30,
)
"""MountainCar-v0 of Gymnasium, compiled."""

MOUNTAIN_CAR_CONTINUOUS = Game(
    id="neat-arena/MountainCarContinuous-v0",
    twin="MountainCarContinuous-v0",
    state_size=3,
    reset=_reset_continuous,
    step=_step_continuous,
    observe=_observe,
    observation_space=spaces.Box(_LOW, _HIGH, dtype=np.float32),
    action_space=spaces.Box(-1.0, 1.0, (1,), dtype=np.float32),
    max_steps=999,
    threshold=90.0,
    settings={"low": -0.6, "high": -0.4, "goal_velocity": 0.0},
    input_names=("position", "velocity"),
    output_names=("force",),
    draw=portrait("MountainCarContinuous-v0", 2),
    frames_per_second=30,
)
"""MountainCarContinuous-v0 of Gymnasium, compiled."""
