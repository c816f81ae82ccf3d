"""A whole population that plays step by step: all genomes play the same episode at the same time.

Evaluators play whole episodes and return fitness. A crowd plays a few steps at a time. In between, it gives the state
of each player, whether its episode has ended, and the state of its network. Returns are equal to those of evaluators,
bit by bit.
"""

from __future__ import annotations

from typing import Any, Protocol

import gymnasium
import numpy as np
from gymnasium import spaces
from numpy.typing import NDArray

from environments.games.game import Game
from environments.games.machine import see, step_box, step_discrete
from environments.games.single import GameEnv, picture
from environments.playing.acting import acting_of
from environments.playing.observation_scaling import scale, table_for
from environments.spaces.actions import draw, greatest, scale_outputs
from environments.spaces.observations import ObservationEncoder
from environments.tasks.settings import DEFAULT_STEP_LIMIT, Scaling, TaskConfig
from environments.watching.guest import Guest
from environments.watching.pictures import Picture
from environments.watching.together import blend
from environments.watching.views import View, view_of
from neat.compiled.kernel import kernel
from neat.compiled.random import Stream, rekey
from neat.config import NetworkConfig
from neat.genes.table import Genomes
from neat.networks.decoders import decoder_of
from neat.networks.tape import forward, pack

__all__ = ["CompiledCrowd", "Crowd"]

Vector = NDArray[np.float64]
_DRAWN = 24  # maximum number of players drawn one by one


class Crowd(Protocol):
    """Players that play the same episode.

    Attributes:
        players: Number of players.
        totals: Return of each player so far, float64, shape (players,).
        steps: Number of steps since the episode began.
        rate: Steps per second at the game's normal speed.
        view: How players are drawn from `rows`; None if `picture` shows them.
        tiles: Columns and rows of the picture if players are side by side; otherwise None.
        choice: Whether the largest output determines the action.
    """

    players: int
    totals: Vector
    steps: int
    rate: int
    view: View | None
    tiles: tuple[int, int] | None
    choice: bool

    @property
    def alive(self) -> NDArray[np.bool_]:
        """Whether the episode of each player has not ended, bool, shape (players,)."""

    def begin(self, seed: int) -> None:
        """Begin the episode of ``reset(seed=seed)``."""

    def advance(self, steps: int) -> None:
        """Play some steps of every episode that has not ended."""

    def rows(self) -> NDArray[np.float32]:
        """Return the numbers of `view` for each player, float32, shape (players, columns)."""

    def picture(self, guest: Guest | None = None) -> Picture | None:
        """Return a picture of all players and the person, if there is no `view`."""

    def seat_for_guest(self) -> gymnasium.Env[Any, Any] | None:
        """Return a new environment for a person beside these players; None if the person could not be shown."""

    def memory(self, player: int) -> Vector:
        """Return the state of a player's network, as `neat.networks.tape.forward` left it (float64)."""

    def close(self) -> None:
        """Close environments."""


@kernel
def _advance(  # type: ignore[no-untyped-def]
    code, phenotypes, acting, scaling, limit, count, states, seen, memories, generators, totals, lengths, over
):
    """Play up to ``count`` steps of every episode that is not over, as the evaluator plays whole ones.

    Args:
        code: The game (`environments.games.game.Code`).
        phenotypes: The networks.
        acting: How outputs become actions.
        scaling: Observation scaling, float64, shape (3, inputs), or (0, 0) for none.
        limit: Steps after which an episode is cut off.
        count: Steps to play.
        states: The games, float64, shape (players, state length).
        seen: What each player sees, float64, shape (players, inputs).
        memories: What each network remembers, float64, shape (players, state_size).
        generators: Random numbers of each player, uint64, shape (players, 2).
        totals: Rewards so far, float64, shape (players,).
        lengths: Steps so far, int64, shape (players,).
        over: Whether each episode is over, shape (players,).
    """
    scaled = np.empty(phenotypes.inputs)
    y = np.empty(phenotypes.outputs)
    action = np.empty(phenotypes.outputs)
    for g in range(states.shape[0]):
        table = acting.tables[acting.table_of[g]]
        for _ in range(count):
            if over[g]:
                break
            if scaling.size > 0:
                scale(seen[g], scaling, scaled)
                forward(phenotypes, g, scaled, memories[g], y)
            else:
                forward(phenotypes, g, seen[g], memories[g], y)
            if code.discrete:
                choice = draw(y, 0, y.size, generators[g]) if acting.sample else greatest(y, 0, y.size)
                reward, terminated = step_discrete(code.step, states[g], acting.first + choice)
            else:
                scale_outputs(y, 0, table, action)
                if acting.single:
                    for i in range(action.size):
                        action[i] = np.float32(action[i])
                reward, terminated = step_box(code.step, states[g], action)
            see(code.observe, code.single, states[g], seen[g])
            totals[g] += reward
            lengths[g] += 1
            over[g] = terminated or lengths[g] >= limit


class CompiledCrowd:
    """Players of a compiled game."""

    tiles: tuple[int, int] | None = None

    def __init__(
        self,
        game: Game,
        config: TaskConfig,
        genomes: Genomes,
        network: NetworkConfig,
        *,
        scaling: Scaling | None = None,
    ) -> None:
        """Pack the networks, and compile the game where it is not cached; see `begin`.

        Args:
            game: The game that the task plays (`environments.games.registry.twin_of`).
            config: Settings of the task.
            genomes: The genomes that play.
            network: How genomes become networks.
            scaling: Observation statistics that they are evaluated with.
        """
        plan = decoder_of(network).plan(genomes)
        self.game = game
        self.players = n = len(genomes)
        self.rate = game.frames_per_second
        self.view = view_of(game)
        self.choice = isinstance(game.action_space, spaces.Discrete)
        self._phenotypes = pack(plan)
        self._acting = acting_of(game.action_space, plan, sample=config.actions == "sample")
        table = table_for(config, scaling, ObservationEncoder(game.observation_space))
        self._scaling = np.zeros((0, 0)) if table is None else table
        self._limit = int(config.max_episode_steps or game.max_steps or DEFAULT_STEP_LIMIT)
        self._states = np.zeros((n, game.state_size + len(game.settings)))
        self._seen = np.zeros((n, game.inputs))
        self._memories = np.zeros((n, self._phenotypes.state_size))
        self._generators = np.zeros((n, 2), np.uint64)
        self._lengths = np.zeros(n, np.int64)
        self._over = np.zeros(n, np.bool_)
        self.totals = np.zeros(n)
        self.steps = 0

    @property
    def alive(self) -> NDArray[np.bool_]:
        """Whether the episode of each player still goes on."""
        return ~self._over

    def begin(self, seed: int) -> None:
        """Begin the episode that ``reset(seed=seed)`` begins, for all players."""
        state, observation = self.game.start(np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed))))
        self._states[:], self._seen[:] = state, observation
        self._memories[:] = 0.0
        rekey(self._generators[0], seed, int(Stream.ACTIONS), 0, 0)
        self._generators[:] = self._generators[0]
        self.totals[:], self._lengths[:], self._over[:] = 0.0, 0, False
        self.steps = 0

    def advance(self, steps: int) -> None:
        """Play some steps of every episode that goes on."""
        _advance(
            self.game.code, self._phenotypes, self._acting, self._scaling, self._limit, steps, self._states,
            self._seen, self._memories, self._generators, self.totals, self._lengths, self._over,
        )  # fmt: skip
        self.steps = int(self._lengths.max())

    def rows(self) -> NDArray[np.float32]:
        """Return the numbers of `view` for each player, float32, shape (players, columns)."""
        columns = () if self.view is None else self.view.columns
        return self._states[:, list(columns)].astype(np.float32)

    def picture(self, guest: Guest | None = None) -> Picture | None:
        """Return players that are alive laid over each other, as the game's own drawing shows each."""
        shown = np.flatnonzero(self.alive)[:_DRAWN]
        states = [self._states[i] for i in (shown if len(shown) else [0])]
        if guest is not None:
            states.insert(0, guest.env.unwrapped.state)  # type: ignore[attr-defined]
        return blend([picture(self.game, state) for state in states])

    def seat_for_guest(self) -> gymnasium.Env[Any, Any]:
        """Return a new environment in which a person can play beside these players."""
        return gymnasium.wrappers.TimeLimit(GameEnv(self.game), self._limit)

    def memory(self, player: int) -> Vector:
        """Return what a player's network remembers, as `neat.networks.tape.forward` left it."""
        remembered: Vector = self._memories[player]
        return remembered

    def close(self) -> None:
        """Do nothing."""
