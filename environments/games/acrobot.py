"""Compiled copy of Gymnasium's Acrobot-v1: Sutton (1996), after gymnasium/envs/classic_control/acrobot.py.

State: θ1, θ2 [rad], θ1', θ2' [rad/s]. The order of operations is Gymnasium's.
"""

from __future__ import annotations

import math

import numpy as np
from gymnasium import spaces

from environments.games.game import Game, State
from environments.games.portrait import portrait
from environments.games.powers import squared
from neat.compiled.kernel import kernel

__all__ = ["ACROBOT"]

_DT = 0.2
_MOMENT = 1.0
_GRAVITY = 9.8
_MAX_SPEED_1 = 4 * math.pi
_MAX_SPEED_2 = 9 * math.pi


def _reset(rng: np.random.Generator, state: State) -> None:
    state[:4] = rng.uniform(low=state[4], high=state[5], size=(4,)).astype(np.float32)


@kernel
def _slopes(theta1, theta2, speed1, speed2, torque):  # type: ignore[no-untyped-def]
    """Return the angular accelerations ("book" dynamics; masses and lengths of 1, centres of mass at 0.5)."""
    d1 = 0.25 + (1.0 + 0.25 + 2 * 1.0 * 0.5 * math.cos(theta2)) + _MOMENT + _MOMENT
    d2 = (0.25 + 0.5 * math.cos(theta2)) + _MOMENT
    phi2 = 0.5 * _GRAVITY * math.cos(theta1 + theta2 - math.pi / 2.0)
    phi1 = (
        -0.5 * squared(speed2) * math.sin(theta2)
        - 2 * 0.5 * speed2 * speed1 * math.sin(theta2)
        + (0.5 + 1.0) * _GRAVITY * math.cos(theta1 - math.pi / 2)
        + phi2
    )
    acceleration2 = (torque + d2 / d1 * phi1 - 0.5 * squared(speed1) * math.sin(theta2) - phi2) / (
        0.25 + _MOMENT - squared(d2) / d1
    )
    acceleration1 = -(d2 * acceleration2 + phi1) / d1
    return acceleration1, acceleration2


@kernel
def _wrapped(angle):  # type: ignore[no-untyped-def]
    turn = math.pi - -math.pi
    while angle > math.pi:
        angle = angle - turn
    while angle < -math.pi:
        angle = angle + turn
    return angle


def _step(state, action):  # type: ignore[no-untyped-def]
    torque = action - 1.0
    a, b, c, d = state[0], state[1], state[2], state[3]
    half = _DT / 2.0
    c1, d1 = _slopes(a, b, c, d, torque)
    a1, b1 = c, d
    a2, b2 = c + half * c1, d + half * d1
    c2, d2 = _slopes(a + half * a1, b + half * b1, a2, b2, torque)
    a3, b3 = c + half * c2, d + half * d2
    c3, d3 = _slopes(a + half * a2, b + half * b2, a3, b3, torque)
    a4, b4 = c + _DT * c3, d + _DT * d3
    c4, d4 = _slopes(a + _DT * a3, b + _DT * b3, a4, b4, torque)
    a = _wrapped(a + _DT / 6.0 * (a1 + 2 * a2 + 2 * a3 + a4))
    b = _wrapped(b + _DT / 6.0 * (b1 + 2 * b2 + 2 * b3 + b4))
    c = min(max(c + _DT / 6.0 * (c1 + 2 * c2 + 2 * c3 + c4), -_MAX_SPEED_1), _MAX_SPEED_1)
    d = min(max(d + _DT / 6.0 * (d1 + 2 * d2 + 2 * d3 + d4), -_MAX_SPEED_2), _MAX_SPEED_2)
    state[0], state[1], state[2], state[3] = a, b, c, d
    terminated = -math.cos(a) - math.cos(b + a) > 1.0
    return 0.0 if terminated else -1.0, terminated


def _observe(state, observation):  # type: ignore[no-untyped-def]
    observation[0] = math.cos(state[0])
    observation[1] = math.sin(state[0])
    observation[2] = math.cos(state[1])
    observation[3] = math.sin(state[1])
    observation[4] = state[2]
    observation[5] = state[3]


def _observe_start(state: State, observation: State) -> None:
    """Gymnasium's start state is float32, so the first cosines and sines are NumPy's float32 ones."""
    theta1, theta2 = np.float32(state[0]), np.float32(state[1])
    observation[:4] = [np.cos(theta1), np.sin(theta1), np.cos(theta2), np.sin(theta2)]


_HIGH = np.array([1.0, 1.0, 1.0, 1.0, _MAX_SPEED_1, _MAX_SPEED_2], dtype=np.float32)

ACROBOT = Game(
    id="neat-arena/Acrobot-v1",
    twin="Acrobot-v1",
    state_size=4,
    reset=_reset,
    step=_step,
    observe=_observe,
    observe_start=_observe_start,
    observation_space=spaces.Box(-_HIGH, _HIGH, dtype=np.float32),
    action_space=spaces.Discrete(3),
    max_steps=500,
    threshold=-100.0,
    settings={"low": -0.1, "high": 0.1},
    input_names=("cos θ1", "sin θ1", "cos θ2", "sin θ2", "θ1 velocity", "θ2 velocity"),
    output_names=("torque -1", "torque 0", "torque +1"),
    draw=portrait("Acrobot-v1", 4),
    frames_per_second=15,
)
"""Acrobot-v1 of Gymnasium, compiled."""
