"""Many copies of a compiled game as one `gymnasium.vector.VectorEnv`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import gymnasium
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from gymnasium.vector.utils import batch_space
from numpy.typing import NDArray

from environments.games.game import Game
from environments.games.machine import see, step_box, step_discrete
from environments.games.single import picture
from neat.compiled.kernel import kernel
from neat.errors import ConfigError

__all__ = ["GameVectorEnv"]


@kernel
def _step_all(  # type: ignore[no-untyped-def]
    step, look, discrete, single, states, choices, vectors, idle, observations, rewards, terminated
):
    """Play one step of every game that is not idle."""
    for i in range(states.shape[0]):
        if not idle[i]:
            if discrete:
                rewards[i], terminated[i] = step_discrete(step, states[i], choices[i])
            else:
                rewards[i], terminated[i] = step_box(step, states[i], vectors[i])
            see(look, single, states[i], observations[i])


class GameVectorEnv(VectorEnv[NDArray[Any], NDArray[Any], NDArray[Any]]):
    """Copies of one compiled game, stepped by one kernel call; behaves as Gymnasium's ``SyncVectorEnv`` of them.

    Every game has its own random stream, so a list of seeds gives each the start of ``gymnasium.make`` with that seed.
    ``reset(options={name: value})`` changes settings, for all of them, until their episodes end.

    Args:
        game: The game.
        num_envs: Number of copies.
        max_episode_steps: Steps after which an episode is truncated; None means the game's own limit.
        autoreset_mode: ``NEXT_STEP`` (default), ``SAME_STEP`` or ``DISABLED``, or their values as text.
        render_mode: ``"rgb_array"`` or None.
        settings: Changes to the game's settings.

    Raises:
        ConfigError: Unknown setting or render mode, or the game cannot be compiled.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - as Gymnasium declares it
        "render_modes": ["rgb_array"],
        "autoreset_mode": AutoresetMode.NEXT_STEP,
    }

    def __init__(
        self,
        game: Game,
        num_envs: int = 1,
        max_episode_steps: int | None = None,
        autoreset_mode: AutoresetMode | str = AutoresetMode.NEXT_STEP,
        render_mode: str | None = None,
        **settings: float,
    ) -> None:
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ConfigError(f"{game.id}: expected render_mode 'rgb_array' or None, got {render_mode!r}")
        game.check_settings(settings)
        self.game = game
        self.settings = settings
        self.num_envs = num_envs
        self.autoreset_mode = AutoresetMode(autoreset_mode)
        self.metadata = {
            "render_modes": ["rgb_array"],
            "render_fps": game.frames_per_second,
            "autoreset_mode": self.autoreset_mode,
        }
        self.render_mode = render_mode
        self.single_observation_space = game.observation_space
        self.single_action_space = game.action_space
        self.observation_space = batch_space(game.observation_space, num_envs)
        self.action_space = batch_space(game.action_space, num_envs)
        self._code = game.code
        limit = game.max_steps if max_episode_steps is None else max_episode_steps
        self._limit = np.iinfo(np.int64).max if limit is None else limit
        self._streams: list[np.random.Generator | None] = [None] * num_envs
        self._seeds = [-1] * num_envs
        self._states = np.zeros((num_envs, game.state_size + len(game.settings)))
        self._observations = np.zeros((num_envs, game.inputs))
        self._steps = np.zeros(num_envs, np.int64)
        self._ended = np.zeros(num_envs, np.bool_)
        self._started = False

    @property  # type: ignore[misc]
    def np_random(self) -> Any:
        """The random generators, one for each game."""
        return tuple(self._stream(i) for i in range(self.num_envs))

    @property
    def np_random_seed(self) -> Any:
        """The seeds of the random generators, one for each game."""
        return tuple(self._seeds)

    def reset(
        self, *, seed: int | Sequence[int | None] | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[Any], dict[str, Any]]:
        """Start episodes.

        Args:
            seed: None, a number (the games get ``seed, seed + 1, …``) or one number or None for each game.
            options: ``reset_mask`` (bool, shape (num_envs,)) names the games to start, all by default; other entries
                change settings of the game. The dictionary is left as it is.

        Returns:
            Observations of all games, and an empty dictionary.

        Raises:
            ValueError: A list of seeds or a mask of another length.
        """
        if seed is None or isinstance(seed, (int, np.integer)):
            seeds = [None if seed is None else int(seed) + i for i in range(self.num_envs)]
        else:
            seeds = list(seed)
        if len(seeds) != self.num_envs:
            raise ValueError(f"expected {self.num_envs} seeds, one for each game, got {len(seeds)}")
        settings = dict(options or {})
        mask = np.asarray(settings.pop("reset_mask", np.ones(self.num_envs, np.bool_)))
        if mask.shape != (self.num_envs,) or mask.dtype != np.bool_ or not mask.any():
            raise ValueError(
                f"expected options['reset_mask'] as {self.num_envs} bools, at least one of them True, got {mask!r}"
            )
        for i in np.flatnonzero(mask).tolist():
            if seeds[i] is not None:
                self._streams[i], self._seeds[i] = gymnasium.utils.seeding.np_random(seeds[i])
            self._start(i, settings)
        self._started = True
        return self._seen(), {}

    def step(
        self, actions: NDArray[Any]
    ) -> tuple[NDArray[Any], NDArray[np.float64], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]:
        """Play one step of every game; games whose episode has ended follow the autoreset mode.

        Raises:
            gymnasium.error.ResetNeeded: Before the first `reset`, or (``DISABLED``) an ended game was not reset.
            gymnasium.error.InvalidAction: Actions that are not in ``action_space``.
        """
        if not self._started:
            raise gymnasium.error.ResetNeeded(f"{self.game.id}: call reset() before step()")
        if self.autoreset_mode == AutoresetMode.DISABLED and self._ended.any():
            raise gymnasium.error.ResetNeeded(
                f"{self.game.id}: games {np.flatnonzero(self._ended).tolist()} have ended: "
                "call reset(options={'reset_mask': ended})"
            )
        choices, vectors = self._split(actions)
        rewards = np.zeros(self.num_envs)
        terminated = np.zeros(self.num_envs, np.bool_)
        waiting = self._ended.copy()
        code = self._code
        _step_all(
            code.step, code.observe, code.discrete, code.single, self._states, choices, vectors, waiting,
            self._observations, rewards, terminated,
        )  # fmt: skip
        self._steps += ~waiting
        truncated = ~waiting & (self._steps >= self._limit)
        for i in np.flatnonzero(waiting).tolist():
            self._start(i, {})
        self._ended = terminated | truncated
        info: dict[str, Any] = {}
        if self.autoreset_mode == AutoresetMode.SAME_STEP and self._ended.any():
            last = self._seen()
            for i in np.flatnonzero(self._ended).tolist():
                info = self._add_info(info, {"final_obs": last[i], "final_info": {}}, i)
                self._start(i, {})
        return self._seen(), rewards, terminated, truncated, info

    def render(self) -> Any:
        """Return a tuple of pictures, one for each game."""
        if self.render_mode is None:
            gymnasium.logger.warn(f"{self.game.id}: render() needs gymnasium.make_vec(id, render_mode='rgb_array')")
            return None
        return tuple(picture(self.game, state) for state in self._states)

    def _seen(self) -> NDArray[Any]:
        return self._observations.astype(self.single_observation_space.dtype)

    def _stream(self, index: int) -> np.random.Generator:
        stream = self._streams[index]
        if stream is None:
            stream, self._seeds[index] = gymnasium.utils.seeding.np_random()
            self._streams[index] = stream
        return stream

    def _start(self, index: int, settings: dict[str, Any]) -> None:
        start = self.game.start(self._stream(index), {**self.settings, **settings})
        self._states[index], self._observations[index] = start
        self._steps[index] = 0
        self._ended[index] = False

    def _split(self, actions: Any) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """Return actions as numbers and as vectors; the kind that the game does not use is empty."""
        none = np.zeros(0, np.int64), np.zeros((0, 0))
        if self._code.discrete:
            choices = np.array(actions, self.single_action_space.dtype)
            if not self.action_space.contains(choices):
                raise gymnasium.error.InvalidAction(f"{self.game.id}: expected {self.action_space}, got {actions!r}")
            return choices.astype(np.int64), none[1]
        vectors = np.array(actions, self.single_action_space.dtype)
        if vectors.shape != self.action_space.shape:
            raise gymnasium.error.InvalidAction(f"{self.game.id}: expected {self.action_space}, got {actions!r}")
        return none[0], vectors.astype(np.float64)
