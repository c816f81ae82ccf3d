"""Generations that somebody chooses the parents of, and the way back."""

from __future__ import annotations

import numpy as np

from experiments.breed.painting import INPUTS, OUTPUTS, settings
from neat.breeding.emitter import Parents
from neat.breeding.initial import fixed_nodes, initial_population
from neat.breeding.reproduction import Reproduction
from neat.config import replace
from neat.errors import GenomeError
from neat.genes.innovation import InnovationRegister
from neat.genes.table import Genome, Genomes

__all__ = ["Nursery"]

_MOST_BACK = 1_000
"""Generations that are remembered."""


class Nursery:
    """Pictures, the children of those that were chosen: by NEAT's reproduction, with its innovation numbers.

    The same seed and the same choices give the same pictures.

    Attributes:
        genomes: The present generation.
        parents: How many of its first are those that were chosen in the last one, unchanged.
    """

    def __init__(self, count: int, seed: int, first: Genome | None = None) -> None:
        """Make the first generation.

        Args:
            count: Pictures of a generation.
            seed: Of all random numbers.
            first: A genome that the others descend from; by default all are new.

        Raises:
            GenomeError: It is no picture.
        """
        self._config, self._seed, self._made = settings(count), seed, 0
        self._register = InnovationRegister(fixed_nodes(self._config))
        self._before: list[tuple[Genomes, int]] = []
        if first is None:
            self.genomes, self.parents = self._new(0), 0
            return
        if (first.inputs, first.outputs) != (len(INPUTS), len(OUTPUTS)):
            raise GenomeError(
                f"expected a picture, a network of {len(INPUTS)} inputs and {len(OUTPUTS)} outputs, got one of "
                f"{first.inputs} and {first.outputs}"
            )
        for k, genes in enumerate((first.connections, first.nodes)):  # new genes have numbers that it has not
            self._register.counters[k] = genes["innovation"].max(initial=self._register.counters[k] - 1) + 1
        self.genomes, self.parents = self._children(Genomes.of([first])), 1

    @property
    def can_go_back(self) -> bool:
        """Whether there is a generation before."""
        return bool(self._before)

    def breed(self, chosen: list[int]) -> None:
        """Make the next generation: those that are chosen, and their children; of none, new pictures."""
        self._before = [*self._before[1 - _MOST_BACK :], (self.genomes, self.parents)]
        if not chosen:
            self.genomes, self.parents = self._new(self.genomes.generation + 1), 0
            return
        table = Genomes.of([self.genomes[i] for i in chosen], self.genomes.generation)
        self.genomes, self.parents = self._children(table), len(chosen)

    def back(self) -> None:
        """Return to the generation before, if there is one."""
        if self._before:
            self.genomes, self.parents = self._before.pop()

    def _new(self, generation: int) -> Genomes:
        """Return new pictures, which have mutated a little."""
        self._made += 1
        first = initial_population(self._config, self._register, self._seed + self._made, generation)
        grown = self._reproduced(first, elites=0, mutate_only=1.0)
        grown.generation = generation
        return grown

    def _children(self, parents: Genomes) -> Genomes:
        """Return parents and their children, as many as a generation has."""
        self._made += 1  # so that going back and on again gives other children
        return self._reproduced(parents, elites=len(parents))

    def _reproduced(self, parents: Genomes, **changes: float) -> Genomes:
        """Return a generation of one species, to which all that are given are parents alike."""
        config = replace(self._config, {"reproduction": changes})
        alike, species = np.ones(len(parents)), np.zeros(len(parents), np.int64)
        count = config.population.size
        told = Parents(parents, alike, alike, species, np.array([count], np.int64))
        return Reproduction(config, self._register, self._seed + self._made).offspring(told, count)
