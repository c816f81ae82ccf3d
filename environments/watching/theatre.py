"""From a generation to a crowd: which of its genomes play, and how they are shown."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from environments.games.game import Game
from environments.games.registry import twin_of
from environments.playing.episode import episode_seeds
from environments.tasks.settings import Scaling, TaskConfig
from environments.watching.crowd import CompiledCrowd, Crowd
from environments.watching.crowd_of_environments import EnvironmentCrowd
from environments.watching.stage import scene
from neat.config import NetworkConfig
from neat.genes.table import Genomes

__all__ = ["Theatre"]

_MOST = 1_000
"""Maximum number of players of a compiled game."""


class Theatre:
    """Makes crowds of the generations of a run, one after the other.

    Attributes:
        game: The compiled game, if the task is one.
        config: Settings of the game to watch.
    """

    def __init__(self, config: TaskConfig, network: NetworkConfig) -> None:
        """Take the settings of the task and of networks.

        Raises:
            ConfigError: The task is not a game, or the environment does not exist.
            MissingExtraError: The environment needs a package that is not installed.
        """
        self._task, self._network = config, network
        self.config = scene(config)
        self.game: Game | None = twin_of(self.config)
        self._environments = EnvironmentCrowd(self.config, network) if self.game is None else None

    def seed(self, run: int, generation: int) -> int:
        """Return the seed of the first training episode of a generation."""
        return (self._task.episode_seeds or episode_seeds(run, generation, 1))[0]

    def seat(
        self, genomes: Genomes, ranking: NDArray[np.int64], scaling: Scaling | None = None
    ) -> tuple[Crowd, NDArray[np.int64]]:
        """Return a crowd of a generation. There is one crowd at a time.

        Args:
            genomes: The generation.
            ranking: Indices of its genomes, the best first (int64). If there are too many, only the best play.
            scaling: Observation scaling of the generation.

        Returns:
            The crowd, and the index of each player's genome, int64, shape (players,).
        """
        if self.game is not None:
            chosen = ranking[:_MOST] if len(ranking) > _MOST else np.arange(len(ranking))
            table = genomes if len(chosen) == len(genomes) else Genomes.of([genomes[int(i)] for i in chosen])
            return CompiledCrowd(self.game, self.config, table, self._network, scaling=scaling), chosen
        crowd = self._environments
        if crowd is None:
            raise RuntimeError("seat() was called after close()")
        chosen = ranking[: crowd.most]
        crowd.seat(Genomes.of([genomes[int(i)] for i in chosen]), scaling)
        return crowd, chosen

    def close(self) -> None:
        """Close environments."""
        if self._environments is not None:
            self._environments.close()
            self._environments = None
