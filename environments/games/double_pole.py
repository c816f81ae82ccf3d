"""Double pole balancing: two poles of unequal length, hinged on one cart (Wieland 1991).

Constants and integration as in Stanley & Miikkulainen (2002), section 4, and Gomez, Schmidhuber & Miikkulainen (2008):
4th-order Runge-Kutta, two steps of 0.01 s per action. Poles are uniform rods, so their equations hold the factor 3/4.

State: x [m], x' [m/s], θ1 [rad], θ1' [rad/s], θ2, θ2'. Observations are scaled as in Stanley's program: x / 4.8,
x' / 2, θ / 0.52, θ' / 2. The action, in [0, 1], pushes the cart with 20 (action - 0.5) newtons.
"""

from __future__ import annotations

import math

import numpy as np
from gymnasium import spaces

from environments.games.double_pole_drawing import draw
from environments.games.game import Game, State
from neat.compiled.kernel import kernel

__all__ = ["DOUBLE_POLE", "DOUBLE_POLE_DAMPING", "DOUBLE_POLE_NO_VELOCITIES", "generalisation_starts"]

_GRAVITY = -9.8
_CART_MASS = 1.0
_MASS_1, _MASS_2 = 0.1, 0.01
_LENGTH_1, _LENGTH_2 = 0.5, 0.05  # half-lengths
_HINGE_FRICTION = 2e-6
_STEP = 0.01
_TRACK_LIMIT = 2.4
_ANGLE_LIMIT = 0.628329  # 36°, as the programs behind the published figures write it
_POSITION_SCALE, _ANGLE_SCALE, _VELOCITY_SCALE = 4.8, 0.52, 2.0
_HORIZON = 1000  # steps of an episode with damping
_WINDOW = 101  # steps t - 100 … t
_TIME = 6
_RING = 7


@kernel
def _sine_cosine(angle):  # type: ignore[no-untyped-def]
    """Return sin and cos, within a unit in the last place.

    Below π / 4, where poles are until they fall, these are the polynomials of fdlibm (Sun Microsystems 1993, k_sin.c
    and k_cos.c): four times as fast as the C library, and a step needs 16 of each.
    """
    if abs(angle) > 0.785398163397448:
        return math.sin(angle), math.cos(angle)
    z = angle * angle
    r = 8.33333333332248946124e-03 + z * (
        -1.98412698298579493134e-04
        + z * (2.75573137070700676789e-06 + z * (-2.50507602534068634195e-08 + z * 1.58969099521155010221e-10))
    )
    sine = angle + z * angle * (-1.66666666666666324348e-01 + z * r)
    c = z * (
        4.16666666666666019037e-02
        + z
        * (
            -1.38888888888741095749e-03
            + z
            * (
                2.48015872894767294178e-05
                + z * (-2.75573143513906633035e-07 + z * (2.08757232129817482790e-09 + z * -1.13596475577881948265e-11))
            )
        )
    )
    half = 0.5 * z
    w = 1.0 - half
    return sine, w + (((1.0 - w) - half) + z * c)


@kernel
def _pole(theta, omega, mass, length):  # type: ignore[no-untyped-def]
    """Return a pole's effective force on the cart, its effective mass, and its cos θ and hinge-and-gravity term."""
    sine, cosine = _sine_cosine(theta)
    pull = _HINGE_FRICTION / (mass * length) * omega + _GRAVITY * sine
    force = mass * length * omega * omega * sine + 0.75 * mass * cosine * pull
    return force, mass * (1.0 - 0.75 * cosine * cosine), cosine, pull


@kernel
def _accelerations(speed, theta1, omega1, theta2, omega2, force, cart_friction):  # type: ignore[no-untyped-def]
    """Return x'', θ1'' and θ2''."""
    force1, mass1, cosine1, pull1 = _pole(theta1, omega1, _MASS_1, _LENGTH_1)
    force2, mass2, cosine2, pull2 = _pole(theta2, omega2, _MASS_2, _LENGTH_2)
    friction = cart_friction * ((speed > 0.0) - (speed < 0.0))
    a = (force - friction + force1 + force2) / (_CART_MASS + mass1 + mass2)
    return a, -0.75 / _LENGTH_1 * (a * cosine1 + pull1), -0.75 / _LENGTH_2 * (a * cosine2 + pull2)


@kernel
def _integrate(state, force, cart_friction):  # type: ignore[no-untyped-def]
    """Advance the state by one Runge-Kutta step."""
    x, v, p, w, q, u = state[0], state[1], state[2], state[3], state[4], state[5]
    h = _STEP
    a1, b1, c1 = _accelerations(v, p, w, q, u, force, cart_friction)
    v2, w2, u2 = v + 0.5 * h * a1, w + 0.5 * h * b1, u + 0.5 * h * c1
    a2, b2, c2 = _accelerations(v2, p + 0.5 * h * w, w2, q + 0.5 * h * u, u2, force, cart_friction)
    v3, w3, u3 = v + 0.5 * h * a2, w + 0.5 * h * b2, u + 0.5 * h * c2
    a3, b3, c3 = _accelerations(v3, p + 0.5 * h * w2, w3, q + 0.5 * h * u2, u3, force, cart_friction)
    v4, w4, u4 = v + h * a3, w + h * b3, u + h * c3
    a4, b4, c4 = _accelerations(v4, p + h * w3, w4, q + h * u3, u4, force, cart_friction)
    state[0] = x + h / 6.0 * (v + 2.0 * v2 + 2.0 * v3 + v4)
    state[1] = v + h / 6.0 * (a1 + 2.0 * a2 + 2.0 * a3 + a4)
    state[2] = p + h / 6.0 * (w + 2.0 * w2 + 2.0 * w3 + w4)
    state[3] = w + h / 6.0 * (b1 + 2.0 * b2 + 2.0 * b3 + b4)
    state[4] = q + h / 6.0 * (u + 2.0 * u2 + 2.0 * u3 + u4)
    state[5] = u + h / 6.0 * (c1 + 2.0 * c2 + 2.0 * c3 + c4)


@kernel
def _push(state, action):  # type: ignore[no-untyped-def]
    """Play one action; return whether the cart left the track or a pole fell. Cart friction is the last setting."""
    force = 20.0 * (min(max(action[0], 0.0), 1.0) - 0.5)
    for _ in range(2):
        _integrate(state, force, state[-1])
    return abs(state[0]) > _TRACK_LIMIT or abs(state[2]) > _ANGLE_LIMIT or abs(state[4]) > _ANGLE_LIMIT


def _reset(rng: np.random.Generator, state: State) -> None:
    state[:4] = state[-5:-1]  # the settings


def _step(state, action):  # type: ignore[no-untyped-def]
    fallen = _push(state, action)
    return 0.0 if fallen else 1.0, fallen


def _observe(state, observation):  # type: ignore[no-untyped-def]
    observation[0] = state[0] / _POSITION_SCALE
    observation[1] = state[1] / _VELOCITY_SCALE
    observation[2] = state[2] / _ANGLE_SCALE
    observation[3] = state[3] / _VELOCITY_SCALE
    observation[4] = state[4] / _ANGLE_SCALE
    observation[5] = state[5] / _VELOCITY_SCALE


def _observe_positions(state, observation):  # type: ignore[no-untyped-def]
    observation[0] = state[0] / _POSITION_SCALE
    observation[1] = state[2] / _ANGLE_SCALE
    observation[2] = state[4] / _ANGLE_SCALE


@kernel
def _restlessness(state):  # type: ignore[no-untyped-def]
    """Return |x| + |x'| + |θ1| + |θ1'|."""
    return abs(state[0]) + abs(state[1]) + abs(state[2]) + abs(state[3])


def _reset_damping(rng: np.random.Generator, state: State) -> None:
    _reset(rng, state)
    state[_RING] = _restlessness(state)


def _step_damping(state, action):  # type: ignore[no-untyped-def]
    """Gruau's fitness, paid as one reward when the episode ends: 0.1 f1 + 0.9 f2."""
    fallen = _push(state, action)
    if not fallen:
        state[_TIME] += 1.0
        state[_RING + int(state[_TIME]) % _WINDOW] = _restlessness(state)
    t = int(state[_TIME])
    if not fallen and t < _HORIZON:
        return 0.0, False
    f2 = 0.0
    if t >= _WINDOW - 1:
        total = 0.0
        for i in range(t - _WINDOW + 1, t + 1):
            total += state[_RING + i % _WINDOW]
        f2 = 0.75 / max(total, 1e-9)
    return 0.1 * (t / _HORIZON) + 0.9 * f2, True


_SETTINGS = {"x": 0.0, "x_velocity": 0.0, "theta1": 0.07, "theta1_velocity": 0.0, "cart_friction": 0.0}
_REACH = 2 * _TRACK_LIMIT / _POSITION_SCALE  # twice the limits, as the step that fails lands beyond them
_LEAN = 2 * _ANGLE_LIMIT / _ANGLE_SCALE
_HIGH = np.array([_REACH, np.inf, _LEAN, np.inf, _LEAN, np.inf])
_HIGH_POSITIONS = np.array([_REACH, _LEAN, _LEAN])
_ACTIONS = spaces.Box(0.0, 1.0, (1,), np.float64)

DOUBLE_POLE = Game(
    id="neat-arena/DoublePole-v0",
    state_size=6,
    reset=_reset,
    step=_step,
    observe=_observe,
    observation_space=spaces.Box(-_HIGH, _HIGH, dtype=np.float64),
    action_space=_ACTIONS,
    max_steps=100_000,
    threshold=100_000.0,
    settings=_SETTINGS,
    input_names=("x", "x velocity", "θ1", "θ1 velocity", "θ2", "θ2 velocity"),
    output_names=("force",),
    draw=draw,
)
"""With velocities: six inputs, a reward of 1 for every step after which both poles are up."""

DOUBLE_POLE_NO_VELOCITIES = Game(
    id="neat-arena/DoublePoleNoVelocities-v0",
    state_size=6,
    reset=_reset,
    step=_step,
    observe=_observe_positions,
    observation_space=spaces.Box(-_HIGH_POSITIONS, _HIGH_POSITIONS, dtype=np.float64),
    action_space=_ACTIONS,
    max_steps=100_000,
    threshold=100_000.0,
    settings=_SETTINGS,
    input_names=("x", "θ1", "θ2"),
    output_names=("force",),
    draw=draw,
)
"""Without velocities: three inputs, so that the network must remember; rewards as with velocities."""

DOUBLE_POLE_DAMPING = Game(
    id="neat-arena/DoublePoleDamping-v0",
    state_size=_RING + _WINDOW,
    reset=_reset_damping,
    step=_step_damping,
    observe=_observe_positions,
    observation_space=spaces.Box(-_HIGH_POSITIONS, _HIGH_POSITIONS, dtype=np.float64),
    action_space=_ACTIONS,
    max_steps=_HORIZON,
    settings=_SETTINGS,
    input_names=("x", "θ1", "θ2"),
    output_names=("force",),
    draw=draw,
)
"""Without velocities, rewarded at the end of 1,000 steps (or of the fall) by Gruau's damping fitness: F = 0.1 f1 +
0.9 f2, f1 = t / 1000, f2 = 0 before step 100 and else 0.75 / Σ (|x| + |x'| + |θ1| + |θ1'|) over steps t - 100 … t
(Gruau, Whitley & Pyeatt 1996). t counts the steps after which both poles are up."""


def generalisation_starts() -> list[dict[str, float]]:
    """Return the 625 starts of the generalisation test, as settings.

    Each of x, x', θ1, θ1' takes the fractions 0.05, 0.25, 0.5, 0.75, 0.95 of its range ±2.16 m, ±1.35 m/s, ±3.6°,
    ±8.6°/s (Gruau, Whitley & Pyeatt 1996; Stanley & Miikkulainen 2002, section 4.3).
    """
    fractions = (0.05, 0.25, 0.5, 0.75, 0.95)
    ranges = (2.16, 1.35, math.radians(3.6), math.radians(8.6))
    values = [[(2.0 * f - 1.0) * r for f in fractions] for r in ranges]
    return [
        {"x": x, "x_velocity": v, "theta1": p, "theta1_velocity": w}
        for x in values[0]
        for v in values[1]
        for p in values[2]
        for w in values[3]
    ]
