"""Charts and drawings of a run by name, for use from Python."""

from __future__ import annotations

from typing import Any

from experiments.folder.names import names_for
from experiments.folder.saved import SavedRun
from neat.errors import ConfigError, did_you_mean

__all__ = ["PLOTS", "draw_run"]

PLOTS = ("evolution", "fitness", "species", "complexity", "network", "lineage")
"""The names of all pictures."""


def draw_run(run: SavedRun, what: str, *, ax: Any = None, theme: str = "light") -> Any:
    """Draw one of `PLOTS`.

    Returns:
        The Matplotlib axes; for ``evolution`` the figure.

    Raises:
        ConfigError: There is no such picture, or the run did not store the data for it.
    """
    if what not in PLOTS:
        raise ConfigError(f"no picture {what!r}{did_you_mean(what, PLOTS)}: expected one of {', '.join(PLOTS)}")
    if what == "evolution" and ax is not None:
        raise ConfigError("the picture 'evolution' makes a figure of its own: leave ax out, or draw 'fitness'")
    if what == "lineage" and not run.ancestors:
        raise ConfigError(f"{run.path}: this run stored no lineage that reaches the champion")
    if what in PLOTS[:4] and not run.records:
        raise ConfigError(f"{run.path}: this run has no metrics.jsonl to draw from")
    from neat import visualize

    attempts = run.history.attempts
    if what == "evolution":
        return visualize.draw_evolution(run.records, theme=theme, attempts=attempts, threshold=run.threshold)
    if what == "fitness":
        return visualize.draw_fitness(run.records, ax=ax, theme=theme, attempts=attempts, threshold=run.threshold)
    if what == "species":
        return visualize.draw_species(run.records, ax=ax, theme=theme)
    if what == "complexity":
        return visualize.draw_complexity(run.records, ax=ax, theme=theme)
    if what == "lineage":
        return visualize.draw_lineage(run.ancestors, ax=ax, theme=theme)
    champion = run.champion
    names = names_for(champion.task, champion.genome, champion.names)
    return visualize.draw_genome(champion.genome, ax=ax, theme=theme, **names)
