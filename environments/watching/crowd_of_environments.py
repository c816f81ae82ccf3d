"""A crowd for any environment: each player has an environment of its own.

Players of plain classes are in one picture; players of Gymnasium environments are side by side. Each player has its own
state of the global random numbers (`random`, `numpy.random`), from which a user's games may draw. So all players play
the same episode as in training.
"""

from __future__ import annotations

import logging
import math
from collections.abc import Callable
from typing import Any

import gymnasium
import numpy as np
from numpy.typing import NDArray

from environments.making.environment import make_environment
from environments.making.foreign import Foreign
from environments.making.plain import PlainGame
from environments.playing.observation_scaling import table_for
from environments.playing.policy import Policy
from environments.spaces.actions import ActionDecoder
from environments.spaces.observations import ObservationEncoder
from environments.tasks.settings import Scaling, TaskConfig
from environments.watching.chances import Chances
from environments.watching.guest import Guest
from environments.watching.pictures import Picture
from environments.watching.stage import blamed, camera, draws_pictures, frame_rate, staged
from environments.watching.together import Stage, blend, draws_together
from environments.watching.views import View
from neat.compiled.random import Stream, rekey
from neat.config import NetworkConfig
from neat.genes.table import Genomes

__all__ = ["EnvironmentCrowd"]

_log = logging.getLogger(__name__)
Vector = NDArray[np.float64]

_TOGETHER, _BLENDED, _TILES = 400, 24, 12
"""Maximum number of players: drawn together by the game, blended, and side by side."""
_TILE = 260
"""Width of a tile, in pixels."""
_DIMMED = 0.35
"""Part of the colours that remains after the end of a player's episode."""


class EnvironmentCrowd:
    """Players with an environment each; see `environments.watching.crowd.Crowd` for the interface.

    Attributes:
        most: Maximum number of players.
    """

    view: View | None = None

    def __init__(self, config: TaskConfig, network: NetworkConfig) -> None:
        """Create the first environment; see `seat`.

        Args:
            config: Settings of the game to watch (`environments.watching.stage.scene`).
            network: Network settings.

        Raises:
            ConfigError: The environment does not exist.
            MissingExtraError: The environment needs a package that is not installed.
        """
        self._config, self._network = config, network
        first = make_environment(config)
        self._plain = isinstance(first.unwrapped, PlainGame)
        game = first.unwrapped.game if isinstance(first.unwrapped, PlainGame) else None
        self._stage = Stage(type(game)) if game is not None and draws_together(game) else None
        self._draws = self._stage is not None or draws_pictures(config)
        self._films = self._draws and self._stage is None
        self.most = _TOGETHER if self._stage is not None else _BLENDED if self._plain else _TILES
        self.rate = frame_rate(config)
        self._encoder = ObservationEncoder(first.observation_space)
        self._decoder = ActionDecoder(first.action_space, sample=config.actions == "sample")
        self.choice = isinstance(first.action_space, gymnasium.spaces.Discrete)
        first.close()
        self._envs: list[gymnasium.Env[Any, Any]] = []
        self._cameras: list[Callable[[], Picture | None]] = []
        self.players = 0
        self._alive = np.zeros(0, np.bool_)
        self.totals = np.zeros(0)
        self.steps = 0
        self.tiles: tuple[int, int] | None = None

    def seat(self, genomes: Genomes, scaling: Scaling | None) -> None:
        """Choose the genomes that play.

        Args:
            genomes: At most `most` genomes.
            scaling: Observation scaling of their generation.
        """
        n = self.players = len(genomes)
        while len(self._envs) < n:
            env = self._another()
            self._envs.append(env)
            self._cameras.append(self._camera(env))
        table = table_for(self._config, scaling, self._encoder)
        self._policies = [Policy(self._encoder, genomes.shard(i, i + 1), self._network, table=table) for i in range(n)]
        self._thinkers = [policy.thinker(0) for policy in self._policies]
        self._generators = np.zeros((n, 2), np.uint64)
        self._deciders = [
            self._decoder.decoder(policy.output_activations(0), self._generators[i])
            for i, policy in enumerate(self._policies)
        ]
        self._alive, self.totals = np.zeros(n, np.bool_), np.zeros(n)
        self._seen: list[Any] = [None] * n
        self._shown: list[Picture | None] = [None] * n
        self._chances: list[Chances | None] = [None] * n
        columns = math.ceil(math.sqrt(n * 4 / 3))
        self.tiles = None if self._plain or not n else (columns, math.ceil(n / columns))

    def seat_for_guest(self) -> gymnasium.Env[Any, Any] | None:
        """Return a new environment for a person; None if players are side by side, or have no pictures."""
        return self._another() if self._plain and self._draws else None

    def _another(self) -> gymnasium.Env[Any, Any]:
        return staged(self._config, "rgb_array") if self._films else make_environment(self._config)

    def _camera(self, env: gymnasium.Env[Any, Any]) -> Callable[[], Picture | None]:
        return camera(env, self._config, "rgb_array") if self._films else lambda: None

    @property
    def alive(self) -> NDArray[np.bool_]:
        """Whether the episode of each player has not ended, bool, shape (players,)."""
        return self._alive

    def begin(self, seed: int) -> None:
        """Begin the episode of ``reset(seed=seed)`` for all players."""
        self.steps = 0
        self._alive[:], self.totals[:] = True, 0.0
        before = Chances()
        for i in range(self.players):
            self._policies[i].reset()
            rekey(self._generators[i], seed, int(Stream.ACTIONS), 0, 0)
            with blamed(self._config):
                self._seen[i], _ = self._envs[i].reset(seed=seed)
            self._chances[i] = Chances() if isinstance(self._envs[i], Foreign) else None
        before.restore()

    def advance(self, steps: int) -> None:
        """Play some steps of every episode that has not ended."""
        for _ in range(steps):
            if not self._alive.any():
                return
            for i in np.flatnonzero(self._alive).tolist():
                self._step(i)
            self.steps += 1

    def _step(self, i: int) -> None:
        chances = self._chances[i]
        if chances is not None:
            chances.restore()
        try:
            action = self._deciders[i](self._thinkers[i](self._seen[i]))
            self._seen[i], reward, terminated, truncated, _ = self._envs[i].step(action)
            self.totals[i] += float(reward)
        except (
            Exception,
            SystemExit,
        ):  # the evaluation of the run reports errors of a game; here the player only leaves
            _log.debug("player %d is out", i, exc_info=True)
            terminated = truncated = True
        self._alive[i] = not (terminated or truncated)
        if chances is not None:
            chances.keep()

    def rows(self) -> NDArray[np.float32]:
        """Return no numbers, since these players are drawn as pictures (float32, shape (players, 0))."""
        return np.zeros((self.players, 0), np.float32)

    def picture(self, guest: Guest | None = None) -> Picture | None:
        """Return a picture of all players, or None if the environment has no pictures."""
        if not self._draws or not self.players:
            return None
        with blamed(self._config):
            if self._stage is not None:
                envs, alive = self._envs[: self.players], self._alive
                if guest is not None:
                    envs, alive = [*envs, guest.env], np.append(alive, not guest.over)
                return self._stage.picture([env.unwrapped.game for env in envs], alive)  # type: ignore[attr-defined]
            if self._plain:
                shown = np.flatnonzero(self._alive) if self._alive.any() else np.arange(1)
                pictures = [self._cameras[i]() for i in shown.tolist()]
                if guest is not None:
                    pictures.insert(0, self._camera(guest.env)())
                return blend([picture for picture in pictures if picture is not None])
            return self._side_by_side()

    def _side_by_side(self) -> Picture | None:
        from PIL import Image

        for i in range(self.players):
            if not self._alive[i] and self._shown[i] is not None:
                continue
            picture = self._cameras[i]()
            if picture is None:
                continue
            width = min(_TILE, picture.shape[1])
            size = width, max(1, round(picture.shape[0] * width / picture.shape[1]))
            small = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BOX))
            if not self._alive[i]:
                small = (_DIMMED * small + (1 - _DIMMED) * 128).astype(np.uint8)
            self._shown[i] = small
        known = [picture for picture in self._shown if picture is not None]
        if not known or self.tiles is None:
            return None
        height, width = known[0].shape[:2]
        columns, rows = self.tiles
        whole = np.full((rows * height, columns * width, 3), 128, np.uint8)
        for i, picture in enumerate(self._shown):
            if picture is not None:
                top, left = i // columns * height, i % columns * width
                whole[top : top + height, left : left + width] = picture
        return whole

    def memory(self, player: int) -> Vector:
        """Return the state of a player's network, as `neat.networks.tape.forward` left it (float64)."""
        return self._policies[player].memory

    def close(self) -> None:
        """Close environments."""
        for env in self._envs:
            try:
                env.close()
            except Exception:
                _log.debug("closing", exc_info=True)
        self._envs.clear()
        self._cameras.clear()
