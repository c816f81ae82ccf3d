"""A compiled game as one `gymnasium.Env`."""

from __future__ import annotations

from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from environments.games.drawing import Window, bars
from environments.games.game import Game, State
from environments.games.machine import see, step_box, step_discrete
from neat.compiled.kernel import kernel
from neat.errors import ConfigError

__all__ = ["GameEnv"]


@kernel
def _step_discrete(step, state, action):  # type: ignore[no-untyped-def]
    return step_discrete(step, state, action)


@kernel
def _step_box(step, state, action):  # type: ignore[no-untyped-def]
    return step_box(step, state, action)


class GameEnv(gymnasium.Env[NDArray[Any], Any]):
    """One compiled game behind Gymnasium's interface.

    ``reset(options={name: value})`` changes settings of the game for that episode.

    Args:
        game: The game.
        render_mode: ``"human"`` (a window), ``"rgb_array"`` or None.
        settings: Changes to the game's settings.

    Raises:
        ConfigError: Unknown setting or render mode, or the game cannot be compiled.
    """

    metadata: dict[str, Any] = {  # noqa: RUF012 - as Gymnasium declares it
        "render_modes": ["human", "rgb_array"],
        "render_fps": 50,
    }

    def __init__(self, game: Game, render_mode: str | None = None, **settings: float) -> None:
        if render_mode not in (None, *self.metadata["render_modes"]):
            raise ConfigError(f"{game.id}: expected render_mode 'human', 'rgb_array' or None, got {render_mode!r}")
        game.check_settings(settings)
        self.game = game
        self.settings = settings
        self.metadata = {**type(self).metadata, "render_fps": game.frames_per_second}
        self.render_mode = render_mode
        self.observation_space = game.observation_space
        self.action_space = game.action_space
        self.state: State | None = None
        self._code = game.code
        self._window: Window | None = None

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[Any], dict[str, Any]]:
        """Start an episode; see `gymnasium.Env.reset`."""
        super().reset(seed=seed)
        self.state, observation = self.game.start(self.np_random, {**self.settings, **(options or {})})
        if self.render_mode == "human":
            self.render()
        return observation.astype(self.observation_space.dtype), {}

    def step(self, action: Any) -> tuple[NDArray[Any], float, bool, bool, dict[str, Any]]:
        """Play one step; see `gymnasium.Env.step`."""
        if self.state is None:
            raise gymnasium.error.ResetNeeded(f"{self.game.id}: call reset() before step()")
        if self._code.discrete:
            if not self.action_space.contains(action):
                raise gymnasium.error.InvalidAction(
                    f"{self.game.id}: expected one of {self.action_space}, got {action!r}"
                )
            reward, terminated = _step_discrete(self._code.step, self.state, int(action))
        else:
            vector = np.array(action, self.action_space.dtype).astype(np.float64)
            if vector.shape != self.action_space.shape:
                raise gymnasium.error.InvalidAction(
                    f"{self.game.id}: expected an action of shape {self.action_space.shape}, got {action!r}"
                )
            reward, terminated = _step_box(self._code.step, self.state, vector)
        observation = np.empty(self.game.inputs)
        see(self._code.observe, self._code.single, self.state, observation)
        if self.render_mode == "human":
            self.render()
        info = self.game.outcome(self.state)  # at every step: a wrapper outside may end the episode
        return observation.astype(self.observation_space.dtype), float(reward), bool(terminated), False, info

    def render(self) -> Any:
        """Return a picture (``rgb_array``) or show it in a window (``human``); see `gymnasium.Env.render`."""
        if self.render_mode is None:
            gymnasium.logger.warn(f"{self.game.id}: render() needs gymnasium.make(id, render_mode='rgb_array')")
            return None
        if self.state is None:
            raise gymnasium.error.ResetNeeded(f"{self.game.id}: call reset() before render()")
        frame = picture(self.game, self.state)
        if self.render_mode == "rgb_array":
            return frame
        if self._window is None:
            self._window = Window(self.game.id, self.game.frames_per_second)
        self._window.show(frame)
        return None

    def close(self) -> None:
        """Close the window, if there is one."""
        if self._window is not None:
            self._window.close()
            self._window = None


def picture(game: Game, state: State) -> NDArray[np.uint8]:
    """Return a picture of ``state``: the game's own, or its observation as bars."""
    if game.draw is not None:
        return game.draw(state)
    observation = np.empty(game.inputs)
    see(game.code.observe, game.code.single, state, observation)
    space = game.observation_space
    return bars(observation, space.low, space.high)
