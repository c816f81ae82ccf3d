"""Selection: which number breeds. Fitness crowns champions; a *score* decides who has offspring.

``selection.method`` names the score. One's own is a subclass of `Score`, registered by name (`register_score`).
"""

from __future__ import annotations

from neat.registry import Registry
from neat.selection.score import Evaluated, Score

__all__ = ["SCORES", "Evaluated", "Score", "register_score"]

SCORES: Registry[type[Score]] = Registry(
    "score",
    {
        "fitness": "neat.selection.fitness:Fitness",
        "novelty": "neat.selection.novelty:Novelty",
        "local-competition": "neat.selection.novelty:LocalCompetition",
        "blend": "neat.selection.novelty:Blend",
        "dominated-novelty": "neat.selection.novelty:DominatedNovelty",
        "pareto": "neat.selection.pareto:Pareto",
        "random": "neat.selection.fitness:Chance",
    },
)
"""Scores by the name that ``selection.method`` gives."""


def register_score(name: str, score: type[Score]) -> type[Score]:
    """Make a score known as ``selection.method = name``; return it.

    Raises:
        ConfigError: The name is taken.
    """
    return SCORES.register(name, score)
