"""A champion in the form that `neat.export` uses: its policy as plain data, and observations of its game."""

from __future__ import annotations

import numpy as np

from environments.tasks.settings import NO_GAME
from environments.tasks.task import make_task, traits_of
from environments.watching.exporting import plan_of, recorded
from experiments.folder.champion import Champion
from experiments.folder.names import names_for
from neat import __version__
from neat.exporters.checking import Recording
from neat.exporters.policy_plan import PolicyPlan

__all__ = ["Exportable"]

_EXAMPLES = 2_000
"""Maximum number of examples with which exported files are compared."""


class Exportable:
    """A champion that can be exported."""

    def __init__(self, champion: Champion) -> None:
        self._champion = champion

    def policy_plan(self) -> PolicyPlan:
        """Return the policy of the champion as plain data.

        Raises:
            ConfigError: Its environment cannot be created, or its actions are drawn at random.
            MissingExtraError: The environment needs a package that is not installed.
        """
        champion = self._champion
        game = "" if champion.task.environment == NO_GAME else f" of {champion.task.environment}"
        return plan_of(
            champion.genome, champion.network, champion.task, scaling=champion.scaling,
            title=f"The champion{game} of generation {champion.generation} (version {__version__})",
            **names_for(champion.task, champion.genome, champion.names),
        )  # fmt: skip

    def recording(self) -> Recording | None:
        """Return observations of episodes that the champion plays, or its examples; None if it has no game."""
        task = self._champion.task
        traits = traits_of(task)
        if traits.rows:
            x = make_task(task).observations[:_EXAMPLES]  # type: ignore[attr-defined]  # tasks with rows have them
            return Recording(x, np.ones(len(x), np.bool_), "training rows")
        if traits.examples:
            x = np.asarray(make_task(task).examples[0], np.float64)[:_EXAMPLES]  # type: ignore[attr-defined]
            return Recording(x, np.ones(len(x), np.bool_), "its examples")
        return recorded(self.policy_plan(), task, self._champion.seed)
