"""Compiled copy of Gymnasium's CartPole-v1 (Barto, Sutton & Anderson 1983).

It follows gymnasium/envs/classic_control/cartpole.py, with the same order of operations. State: x [m], x' [m/s], θ
[rad], θ' [rad/s], whether the episode has ended.
"""

from __future__ import annotations

import math

import numpy as np
from gymnasium import spaces

from environments.games.game import Game, State
from environments.games.portrait import portrait

__all__ = ["CART_POLE", "CART_POLE_NO_VELOCITIES"]

_GRAVITY = 9.8
_MASS_POLE = 0.1
_TOTAL_MASS = 0.1 + 1.0
_LENGTH = 0.5
_POLE_MASS_LENGTH = 0.1 * 0.5
_FORCE = 10.0
_TAU = 0.02
_ANGLE_LIMIT = 12 * 2 * math.pi / 360
_TRACK_LIMIT = 2.4


def _reset(rng: np.random.Generator, state: State) -> None:
    state[:4] = rng.uniform(low=state[5], high=state[6], size=(4,))


def _step(state, action):  # type: ignore[no-untyped-def]
    x, x_dot, theta, theta_dot = state[0], state[1], state[2], state[3]
    force = _FORCE if action == 1 else -_FORCE
    cosine, sine = math.cos(theta), math.sin(theta)
    temp = (force + _POLE_MASS_LENGTH * (theta_dot * theta_dot) * sine) / _TOTAL_MASS
    theta_acceleration = (_GRAVITY * sine - cosine * temp) / (
        _LENGTH * (4.0 / 3.0 - _MASS_POLE * (cosine * cosine) / _TOTAL_MASS)
    )
    x_acceleration = temp - _POLE_MASS_LENGTH * theta_acceleration * cosine / _TOTAL_MASS
    x = x + _TAU * x_dot
    x_dot = x_dot + _TAU * x_acceleration
    theta = theta + _TAU * theta_dot
    theta_dot = theta_dot + _TAU * theta_acceleration
    state[0], state[1], state[2], state[3] = x, x_dot, theta, theta_dot
    terminated = x < -_TRACK_LIMIT or x > _TRACK_LIMIT or theta < -_ANGLE_LIMIT or theta > _ANGLE_LIMIT
    sutton_barto = state[7] != 0.0
    if not terminated:
        return 0.0 if sutton_barto else 1.0, False
    again = state[4] != 0.0
    state[4] = 1.0
    if sutton_barto:
        return -1.0, True
    return 0.0 if again else 1.0, True


def _observe(state, observation):  # type: ignore[no-untyped-def]
    for i in range(4):
        observation[i] = state[i]


def _observe_positions(state, observation):  # type: ignore[no-untyped-def]
    observation[0] = state[0]
    observation[1] = state[2]


_HIGH = np.array([_TRACK_LIMIT * 2, np.inf, _ANGLE_LIMIT * 2, np.inf], dtype=np.float32)
_SETTINGS = {"low": -0.05, "high": 0.05, "sutton_barto_reward": 0.0}

CART_POLE = Game(
    id="neat-arena/CartPole-v1",
    twin="CartPole-v1",
    state_size=5,
    reset=_reset,
    step=_step,
    observe=_observe,
    observation_space=spaces.Box(-_HIGH, _HIGH, dtype=np.float32),
    action_space=spaces.Discrete(2),
    max_steps=500,
    threshold=475.0,
    settings=_SETTINGS,
    input_names=("cart position", "cart velocity", "pole angle", "pole angular velocity"),
    output_names=("push left", "push right"),
    draw=portrait("CartPole-v1", 4),
)
"""CartPole-v1 of Gymnasium, compiled."""

CART_POLE_NO_VELOCITIES = Game(
    id="neat-arena/CartPoleNoVelocities-v0",
    state_size=5,
    reset=_reset,
    step=_step,
    observe=_observe_positions,
    observation_space=spaces.Box(-_HIGH[::2], _HIGH[::2], dtype=np.float32),
    action_space=spaces.Discrete(2),
    max_steps=500,
    threshold=475.0,
    settings=_SETTINGS,
    input_names=("cart position", "pole angle"),
    output_names=("push left", "push right"),
    draw=portrait("CartPole-v1", 4),
)
"""The same without velocities: two inputs, so that the network must remember."""
