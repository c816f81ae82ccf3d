"""Luck: episodes that differ so much that fitness says little about a network."""

from __future__ import annotations

import numpy as np

from experiments.doctor.case import Case
from experiments.doctor.finding import Finding

__all__ = ["lucky", "noisy"]

_GENOMES = 15
"""Genomes by which luck is told from skill."""
_RELIABLE = 0.3
"""Share of the variance of fitness that is skill, below which fitness is mostly luck."""
_OFTEN = 3
"""Generations that come up to the goal, with nobody who does in fresh episodes, which are no accident."""
_MOST = 100
"""Episodes that are worth proposing."""


def noisy(case: Case) -> Finding | None:
    """Find that most of what fitness differs by is luck.

    All genomes play the same episodes: an analysis of variance by genome and episode, without interaction, leaves luck
    as its rest. The mean of n episodes has the variance of skill and an n-th of that of luck.
    """
    if case.played is None:
        return None
    returns = case.played.returns
    genomes, episodes = returns.shape
    if genomes < _GENOMES or episodes < 2 or np.ptp(returns) == 0.0:
        return None
    of_genomes, of_episodes, mean = returns.mean(axis=1), returns.mean(axis=0), returns.mean()
    rest = returns - of_genomes[:, None] - of_episodes[None] + mean
    luck = float((rest**2).sum() / ((genomes - 1) * (episodes - 1)))
    skill = (float(of_genomes.var(ddof=1)) * episodes - luck) / episodes
    n = case.experiment.task.episodes
    reliable = max(skill, 0.0) / (max(skill, 0.0) + luck / n) if luck > 0.0 else 1.0
    if reliable >= _RELIABLE:
        return None
    more = min(_MOST, 4 * n if skill <= 0.0 else max(2 * n, round(luck / skill)))
    return Finding(
        name="noisy-episodes",
        words="Fitness is mostly luck: the same network does well in one episode and badly in the next.",
        evidence=f"of what the fitness of {genomes} networks differs by, {reliable:.0%} is skill at {n} "
        f"{'episode' if n == 1 else 'episodes'} each: an episode deviates by {np.sqrt(luck):.3g}, networks by "
        f"{np.sqrt(max(skill, 0.0)):.3g}",
        setting=f"task.episodes={more}",
        advice=f"set task.episodes={more}, so that fitness tells who is better",
    )


def lucky(case: Case) -> Finding | None:
    """Find that training comes up to the goal, and nobody does in fresh episodes."""
    if case.aim is None or case.solved:
        return None
    often = int((case.best >= case.aim).sum())
    if often < _OFTEN:
        return None
    more = min(_MOST, 4 * case.experiment.task.episodes)
    return Finding(
        name="noisy-episodes",
        words="Fitness is luck to a large part: who reaches the goal in training does not in fresh episodes.",
        evidence=f"the best fitness reached {case.aim:g} in {often} generations, and no network did in fresh episodes",
        setting=f"task.episodes={more}",
        advice=f"set task.episodes={more}, so that fitness tells who is better",
    )
