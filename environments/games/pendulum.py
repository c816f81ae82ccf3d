"""Compiled copy of Gymnasium's Pendulum-v1, after gymnasium/envs/classic_control/pendulum.py.

State: θ [rad], θ' [rad/s], the last torque and whether there was one (for drawings). Order of operations and number
types are Gymnasium's: torques are float32.
"""

from __future__ import annotations

import math

import numpy as np
from gymnasium import spaces

from environments.games.game import Game, State
from environments.games.portrait import portrait
from environments.games.powers import squared, squared_single

__all__ = ["PENDULUM"]

_MAX_SPEED = 8.0
_MAX_TORQUE = 2.0
_DT = 0.05


def _reset(rng: np.random.Generator, state: State) -> None:
    high = state[4:6]
    state[:2] = rng.uniform(low=-high, high=high)


def _step(state, action):  # type: ignore[no-untyped-def]
    theta, speed, gravity = state[0], state[1], state[6]
    torque = min(max(np.float32(action[0]), np.float32(-_MAX_TORQUE)), np.float32(_MAX_TORQUE))
    angle = ((theta + math.pi) % (2 * math.pi)) - math.pi
    cost = squared(angle) + 0.1 * squared(speed) + np.float64(np.float32(0.001) * squared_single(torque))
    pull = 3 * gravity / (2 * 1.0) * math.sin(theta)
    new_speed = speed + (pull + np.float64(np.float32(3.0) * torque)) * _DT
    new_speed = min(max(new_speed, -_MAX_SPEED), _MAX_SPEED)
    state[0], state[1], state[2], state[3] = theta + new_speed * _DT, new_speed, torque, 1.0
    return -cost, False


def _observe(state, observation):  # type: ignore[no-untyped-def]
    observation[0] = math.cos(state[0])
    observation[1] = math.sin(state[0])
    observation[2] = state[1]


_HIGH = np.array([1.0, 1.0, _MAX_SPEED], dtype=np.float32)

PENDULUM = Game(
    id="neat-arena/Pendulum-v1",
    twin="Pendulum-v1",
    state_size=4,
    reset=_reset,
    step=_step,
    observe=_observe,
    observation_space=spaces.Box(-_HIGH, _HIGH, dtype=np.float32),
    action_space=spaces.Box(-_MAX_TORQUE, _MAX_TORQUE, (1,), dtype=np.float32),
    max_steps=200,
    settings={"x_init": math.pi, "y_init": 1.0, "g": 10.0},
    input_names=("cos θ", "sin θ", "angular velocity"),
    output_names=("torque",),
    draw=portrait("Pendulum-v1", 2, last_torque=2),
    frames_per_second=30,
)
"""Pendulum-v1 of Gymnasium, compiled."""
