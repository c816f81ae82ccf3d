"""Selection: the score by which genomes reproduce. Champions are always chosen by fitness.

``selection.method`` names the score. Your own score is a subclass of `Score`, registered under a name
(`register_score`).
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
"""Scores by the name used in ``selection.method``."""


def register_score(name: str, score: type[Score]) -> type[Score]:
    """Register a score under the name ``selection.method = name``, and return it.

    Raises:
        ConfigError: The name is taken.
    """
    return SCORES.register(name, score)
