"""The definition of a compiled game, from which episodes, environments and drawings follow.

A game is three functions on a vector of floats, its *state*::

    reset(rng, state)              draw an initial state with a numpy.random.Generator
    step(state, action)            change the state, return (reward, terminated)
    observe(state, observation)    write the observation

`step` and `observe` are compiled (Numba's subset of Python: arithmetic, ``math.*``, loops) and may call kernels;
`reset` runs once per episode, in Python. From this follow whole episodes without Python
(`environments.evaluators.compiled`), a `gymnasium.Env` (`environments.games.single`) and a `gymnasium.vector.VectorEnv`
(`environments.games.vector`).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from environments.games.checking import check_game
from environments.games.machine import OBSERVE, STEP_BOX, STEP_DISCRETE, address_of, see
from neat.errors import ConfigError, did_you_mean

__all__ = ["Code", "Game", "State"]

State = NDArray[np.float64]
"""The state of a game: float64, shape (state_size + len(settings),), with the settings at the end."""


class Code(NamedTuple):
    """What a kernel needs to play a game.

    Attributes:
        step: Machine address of ``step``.
        observe: Machine address of ``observe``.
        discrete: Whether ``step`` takes an integer (``Discrete``) or a vector (``Box``).
        single: Whether observations are rounded to float32, as their space requires.
    """

    step: int
    observe: int
    discrete: bool
    single: bool


@dataclass(frozen=True, kw_only=True, eq=False)
class Game:
    """The definition of a game.

    Raises:
        ConfigError: A space has an unsupported kind, or names do not match the spaces.
    """

    id: str
    """Gymnasium id, with a namespace and a version: ``"my-games/Tag-v0"``."""
    state_size: int
    """Number of state variables, without settings."""
    reset: Callable[[np.random.Generator, State], None]
    """Writes an initial state. Before the call, the state is all zeros except for the settings at its end."""
    step: Callable[[State, Any], tuple[float, bool]]
    """Changes the state; returns (reward, terminated). ``action`` is an int for a ``Discrete`` action space (from its
    ``start`` on) and a float64 vector for a ``Box``."""
    observe: Callable[[State, State], None]
    """Writes the observation (float64; rounded afterwards to the dtype of the observation space)."""
    observation_space: spaces.Box
    """One-dimensional, float32 or float64."""
    action_space: spaces.Discrete | spaces.Box
    """``Discrete``, or a one-dimensional ``Box``."""
    max_steps: int | None = None
    """Steps after which an episode is truncated."""
    threshold: float | None = None
    """Mean return that counts as solved."""
    settings: Mapping[str, float] = field(default_factory=dict)
    """Numbers that ``gymnasium.make(id, name=value)`` and ``reset(options={name: value})`` may change, with their
    defaults. They are stored in ``state[state_size:]``, in this order."""
    input_names: tuple[str, ...] = ()
    """Name of each observation, for drawings."""
    output_names: tuple[str, ...] = ()
    """Name of each output (``Discrete``: each action), for drawings."""
    behaviour: Callable[[State, State], None] | None = None
    """Writes the behaviour of an episode, from its last state (compiled like ``observe``): ``task.behaviour``."""
    behaviour_size: int = 0
    """Length of the behaviour."""
    objectives: Callable[[State, State], None] | None = None
    """Writes the objectives of an episode, likewise: ``task.objectives``."""
    objectives_size: int = 0
    """Number of objectives."""
    draw: Callable[[State], NDArray[np.uint8]] | None = None
    """Returns an image of the state: uint8, shape (height, width, 3). Without it, observations are drawn as bars."""
    frames_per_second: int = 50
    """Speed of windows and videos."""
    twin: str | None = None
    """Id of the Gymnasium environment that this game reproduces bit by bit."""
    observe_start: Callable[[State, State], None] | None = None
    """Corrects the first observation of an episode, in Python, if it follows another rule (rarely needed)."""

    def __post_init__(self) -> None:
        box, actions = self.observation_space, self.action_space
        if not (isinstance(box, spaces.Box) and len(box.shape) == 1 and box.dtype in (np.float32, np.float64)):
            raise ConfigError(f"{self.id}: expected a one-dimensional float Box as observation_space, got {box}")
        flat = isinstance(actions, spaces.Box) and len(actions.shape) == 1 and actions.dtype in (np.float32, np.float64)
        if not (isinstance(actions, spaces.Discrete) or flat):
            raise ConfigError(
                f"{self.id}: expected a Discrete or a one-dimensional float Box as action_space, got {actions}"
            )
        for names, count, what in (
            (self.input_names, self.inputs, "input_names"),
            (self.output_names, self.outputs, "output_names"),
        ):
            if names and len(names) != count:
                raise ConfigError(f"{self.id}: expected {count} {what}, got {len(names)}")
        for what in ("behaviour", "objectives"):
            if (getattr(self, what) is None) != (getattr(self, f"{what}_size") == 0):
                raise ConfigError(f"{self.id}: {what} and {what}_size go together")

    @property
    def inputs(self) -> int:
        """Length of an observation."""
        return int(self.observation_space.shape[0])

    @property
    def outputs(self) -> int:
        """Number of actions (``Discrete``) or length of an action (``Box``)."""
        if isinstance(self.action_space, spaces.Discrete):
            return int(self.action_space.n)
        return int(self.action_space.shape[0])

    @property
    def code(self) -> Code:
        """The compiled game; the first use compiles it or loads it from the disk cache.

        Raises:
            ConfigError: Numba cannot compile ``step`` or ``observe``, or a first episode in plain Python shows a
                mistake (`environments.games.checking`).
        """
        check_game(self)
        discrete = isinstance(self.action_space, spaces.Discrete)
        signature = STEP_DISCRETE if discrete else STEP_BOX
        return Code(
            address_of(self.step, signature, f"{self.id}: step"),
            address_of(self.observe, OBSERVE, f"{self.id}: observe"),
            discrete,
            self.observation_space.dtype == np.float32,
        )

    @property
    def endings(self) -> tuple[int, int]:
        """Machine addresses of ``behaviour`` and ``objectives``, 0 where there is none.

        Raises:
            ConfigError: Numba cannot compile one of them.
        """
        return (
            0 if self.behaviour is None else address_of(self.behaviour, OBSERVE, f"{self.id}: behaviour"),
            0 if self.objectives is None else address_of(self.objectives, OBSERVE, f"{self.id}: objectives"),
        )

    def outcome(self, state: State) -> dict[str, State]:
        """Return behaviour and objectives of an episode ending in this state, as in ``info`` of ``step``."""
        found = {}
        for name, address in zip(("behaviour", "objectives"), self.endings, strict=True):
            if address:
                found[name] = np.empty(getattr(self, f"{name}_size"))
                see(address, False, state, found[name])
        return found

    def start(self, rng: np.random.Generator, settings: Mapping[str, Any] | None = None) -> tuple[State, State]:
        """Draw an initial state.

        Args:
            rng: Random generator; ``Generator(PCG64(SeedSequence(seed)))`` gives the start of ``reset(seed=seed)``.
            settings: Changes to `settings`.

        Returns:
            The state, and its observation as float64 (rounded to the dtype of the observation space).

        Raises:
            ConfigError: Unknown setting.
        """
        values = self.settings
        if settings:
            self.check_settings(settings)
            values = {**values, **settings}
        state = np.zeros(self.state_size + len(values))
        state[self.state_size :] = [float(v) for v in values.values()]
        self.reset(rng, state)
        observation = np.empty(self.inputs)
        see(self.code.observe, self.code.single, state, observation)
        if self.observe_start is not None:
            self.observe_start(state, observation)
        return state, observation

    def changed(self, settings: Mapping[str, Any]) -> Game:
        """Return this game with other settings.

        Raises:
            ConfigError: Unknown setting, or not a number.
        """
        self.check_settings(settings)
        return replace(self, settings={**self.settings, **settings}) if settings else self

    def check_settings(self, settings: Mapping[str, Any]) -> None:
        """Raise ConfigError if ``settings`` contains an unknown name, or a value that is not a number."""
        for name, value in settings.items():
            if name not in self.settings:
                known = ", ".join(self.settings) or "none"
                raise ConfigError(
                    f"{self.id}: unknown setting {name!r}{did_you_mean(name, self.settings)}; known: {known}"
                )
            if not isinstance(value, (int, float, np.integer, np.floating, np.bool_)):
                raise ConfigError(f"{self.id}: expected a number as {name!r}, got {value!r}")
