"""Noise: the returns of a network differ so much between episodes that its fitness is mostly luck."""

from __future__ import annotations

import numpy as np

from experiments.doctor.case import Case
from experiments.doctor.finding import Finding

__all__ = ["lucky", "noisy"]

_GENOMES = 15
"""Minimum number of genomes to distinguish luck from skill."""
_RELIABLE = 0.3
"""Minimum share of the variance of fitness that is due to the genomes; below it, fitness is mostly luck."""
_OFTEN = 3
"""Minimum number of generations that reach the goal in training while no network reaches it in fresh episodes."""
_MOST = 100
"""Maximum number of episodes to suggest."""


def noisy(case: Case) -> Finding | None:
    """Find that most of the variance of fitness is luck.

    All genomes play the same episodes. A two-way analysis of variance by genome and episode, without interaction, has
    luck as its residual. The variance of the mean of n episodes is that of skill plus 1/n of that of luck.
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
        evidence=f"with {n} {'episode' if n == 1 else 'episodes'} each, {reliable:.0%} of the variance of the fitness "
        f"of {genomes} networks is skill (standard deviation between episodes {np.sqrt(luck):.3g}, between networks "
        f"{np.sqrt(max(skill, 0.0)):.3g})",
        setting=f"task.episodes={more}",
        advice=f"set task.episodes={more}, so that fitness shows which network is better",
    )


def lucky(case: Case) -> Finding | None:
    """Find that networks often reach the goal in training, but none does in fresh episodes."""
    if case.aim is None or case.solved:
        return None
    often = int((case.best >= case.aim).sum())
    if often < _OFTEN:
        return None
    more = min(_MOST, 4 * case.experiment.task.episodes)
    return Finding(
        name="noisy-episodes",
        words="Fitness is largely luck: networks reach the goal in training, but not in fresh episodes.",
        evidence=f"the best fitness reached {case.aim:g} in {often} generations, and no network did in fresh episodes",
        setting=f"task.episodes={more}",
        advice=f"set task.episodes={more}, so that fitness shows which network is better",
    )
