"""Who of many noisy candidates is the best: contenders meet on the same fresh episodes, and those who lose drop out.

The fittest of many genomes is the luckiest too. So a part of a budget goes to fresh episodes in which a challenger
plays what the best so far has played, 3 episodes, then 6, 12, …, and drops out as soon as its mean is not the higher
one; before each challenge the best so far plays more episodes itself, so that luck does not last. This is the
intensification of ParamILS and SMAC (Hutter et al. 2009, section 4; Hutter et al. 2011, procedure 2).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from environments.task import Scaling
from neat.genome import Genome

__all__ = ["Budget", "Contender", "Contest"]

FIRST = 3
"""Episodes after which a challenger can drop out."""

Play = Callable[[Genome, Scaling | None, Sequence[int]], tuple[NDArray[np.float64], int]]
"""Plays an episode for each seed; answers with their returns and the environment steps that they took."""


class Budget:
    """Environment steps that may be used, and those that were.

    Attributes:
        steps: All of them.
        used: Those that were used.
    """

    def __init__(self, steps: int) -> None:
        self.steps, self.used = steps, 0

    @property
    def left(self) -> int:
        """Steps that may still be used."""
        return self.steps - self.used

    def spend(self, steps: int) -> bool:
        """Use some steps, or none and answer False where so many are not left."""
        if steps > self.left:
            return False
        self.used += steps
        return True


@dataclass
class Contender:
    """A candidate, and how it played the first of the contest's episodes."""

    genome: Genome
    scaling: Scaling | None
    returns: list[float] = field(default_factory=list)

    def mean(self, episodes: int) -> float:
        """Return the mean return of the first so many episodes."""
        return float(np.mean(self.returns[:episodes]))


class Contest:
    """The best candidate so far.

    Args:
        play: Plays episodes.
        seeds: Seeds of the contest's episodes, on which nobody was trained.
        budget: What they are paid from.

    Attributes:
        best: Who leads; None before the first.
        steps: Environment steps of the contest's episodes.
    """

    def __init__(self, play: Play, seeds: Sequence[int], budget: Budget) -> None:
        self.best: Contender | None = None
        self.steps = 0
        self._play, self._seeds, self._budget = play, seeds, budget
        self._met: set[bytes] = set()
        self._longest = 0

    def enter(self, genome: Genome, scaling: Scaling | None = None, *, favoured: bool = False) -> bool:
        """Let a candidate challenge the best so far, and answer whether it is the best now.

        Args:
            genome: The candidate; one that has been here before is not tried again.
            scaling: What its observations are scaled by.
            favoured: Whether it wins where the budget ends before its challenge does.
        """
        name = _name(genome)
        if name in self._met:
            return False
        self._met.add(name)
        challenger = Contender(genome.copy(), scaling)
        if self.best is None:
            self.best = challenger
            self._go_on(challenger, FIRST)
            return True
        self.steady(FIRST)
        target = len(self.best.returns)
        while len(challenger.returns) < target:
            number = min(max(FIRST, 2 * len(challenger.returns)), target)
            if not self._go_on(challenger, number):
                if favoured:
                    break
                return False
            if challenger.mean(number) <= self.best.mean(number):
                return False
        if not (challenger.returns or favoured):  # the best has not played either
            return False
        self.best = challenger
        return True

    def steady(self, episodes: int) -> bool:
        """Let the best so far play more episodes; answer whether it could."""
        if self.best is None:
            return False
        played = len(self.best.returns)
        number = min(played + episodes, len(self._seeds))
        return number > played and self._go_on(self.best, number)

    def _go_on(self, contender: Contender, number: int) -> bool:
        """Let a contender play until it has played ``number`` episodes, or the budget is used up."""
        while len(contender.returns) < number:
            seeds = self._seeds[len(contender.returns) : number]
            if self._longest * len(seeds) > self._budget.left:  # the last steps are used episode by episode
                seeds = seeds[:1]
            returns, steps = self._play(contender.genome, contender.scaling, seeds)
            self._longest = max(self._longest, -(-steps // len(seeds)))
            if not self._budget.spend(steps):
                return False
            self.steps += steps
            contender.returns.extend(returns.tolist())
        return True


def _name(genome: Genome) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for genes in (genome.nodes, genome.connections):
        for name in genes.dtype.names or ():  # field by field: the bytes between fields are arbitrary
            digest.update(genes[name].tobytes())
    return digest.digest()
