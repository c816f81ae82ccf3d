"""The best of many noisy candidates: candidates play the same fresh episodes, and losers drop out.

The fittest of many genomes was partly lucky. So part of a budget is spent on fresh episodes. A challenger plays
episodes that the best candidate so far has played, 3 of them, then 6, 12, …, and drops out as soon as its mean is not
higher. Before each challenge, the best candidate plays more episodes itself, so that its luck does not last. This is
the intensification procedure of SMAC (Hutter, Hoos & Leyton-Brown 2011, procedure 2). Each challenger plays the
episodes in another order, since the first ones are those in which the best candidate was lucky.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from environments.tasks.settings import Scaling
from neat.genes.table import Genome

__all__ = ["Budget", "Contender", "Contest"]

FIRST = 3
"""Episodes after which a challenger can drop out."""

Play = Callable[[Genome, Scaling | None, Sequence[int]], tuple[NDArray[np.float64], int]]
"""Plays an episode for each seed; returns their returns and the environment steps used."""


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
        """Use some steps and return True; if not enough are left, use none and return False."""
        if steps > self.left:
            return False
        self.used += steps
        return True


@dataclass
class Contender:
    """A candidate, and the returns of those of the contest's episodes that it has played, by their number."""

    genome: Genome
    scaling: Scaling | None
    returns: dict[int, float] = field(default_factory=dict)

    def mean(self, episodes: Sequence[int]) -> float:
        """Return the mean return of some episodes."""
        return float(np.mean([self.returns[number] for number in episodes]))


class Contest:
    """The best candidate so far.

    Args:
        play: Plays episodes.
        seeds: Seeds of the contest's episodes, which differ from training episodes.
        budget: The budget from which their steps are taken.

    Attributes:
        best: The best candidate so far; None before the first.
        steps: Environment steps of the contest's episodes.
    """

    def __init__(self, play: Play, seeds: Sequence[int], budget: Budget) -> None:
        self.best: Contender | None = None
        self.steps = 0
        self._play, self._seeds, self._budget = play, seeds, budget
        self._met: set[bytes] = set()
        self._rng = np.random.default_rng(list(seeds))
        self._longest = 0

    def enter(self, genome: Genome, scaling: Scaling | None = None, *, favoured: bool = False) -> bool:
        """Let a candidate challenge the best so far, and return whether it is the best now.

        Args:
            genome: The candidate; one that was here before is not tested again.
            scaling: Its observation scaling.
            favoured: Whether it wins if the budget ends before its challenge does.
        """
        name = _name(genome)
        if name in self._met:
            return False
        self._met.add(name)
        challenger = Contender(genome.copy(), scaling)
        if self.best is None:
            self.best = challenger
            self.steady(FIRST)
            return True
        self.steady(FIRST)
        order = self._rng.permutation(list(self.best.returns)).tolist()
        while len(challenger.returns) < len(order):
            number = min(max(FIRST, 2 * len(challenger.returns)), len(order))
            if not self._go_on(challenger, order[:number]):
                if favoured:
                    break
                return False
            if challenger.mean(order[:number]) <= self.best.mean(order[:number]):
                return False
        if not (challenger.returns or favoured):  # the best has not played either
            return False
        self.best = challenger
        return True

    def steady(self, episodes: int) -> bool:
        """Let the best candidate play more episodes; return whether the budget was sufficient."""
        if self.best is None:
            return False
        unplayed = [number for number in range(len(self._seeds)) if number not in self.best.returns]
        return bool(unplayed) and self._go_on(self.best, unplayed[:episodes])

    def _go_on(self, contender: Contender, numbers: Sequence[int]) -> bool:
        """Let a candidate play the episodes that it has not played yet; return whether the budget was sufficient."""
        missing = [number for number in numbers if number not in contender.returns]
        while missing:
            # the last steps of a budget are used episode by episode
            some = missing if self._longest * len(missing) <= self._budget.left else missing[:1]
            returns, steps = self._play(contender.genome, contender.scaling, [self._seeds[i] for i in some])
            self._longest = max(self._longest, -(-steps // len(some)))
            if not self._budget.spend(steps):
                return False
            self.steps += steps
            contender.returns.update(zip(some, returns.tolist(), strict=True))
            missing = missing[len(some) :]
        return True


def _name(genome: Genome) -> bytes:
    digest = hashlib.blake2b(digest_size=16)
    for genes in (genome.nodes, genome.connections):
        for name in genes.dtype.names or ():  # field by field: the bytes between fields are arbitrary
            digest.update(genes[name].tobytes())
    return digest.digest()
