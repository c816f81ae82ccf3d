"""Generations of pictures whose parents are chosen by hand, with a history to go back."""

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
"""Maximum number of earlier generations in the history."""


class Nursery:
    """Generations of pictures. NEAT's reproduction makes the children of the chosen pictures.

    The same seed and the same choices give the same pictures.

    Attributes:
        genomes: The current generation.
        parents: Number of unchanged parents, which are the first genomes of the generation.
    """

    def __init__(self, count: int, seed: int, first: Genome | None = None) -> None:
        """Create the first generation.

        Args:
            count: Number of pictures in a generation.
            seed: Random seed.
            first: The parent of the first generation; by default all pictures are random.

        Raises:
            GenomeError: ``first`` is not the genome of a picture.
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
                f"{first.inputs} inputs and {first.outputs} outputs"
            )
        for k, genes in enumerate((first.connections, first.nodes)):  # new genes get unused numbers
            self._register.counters[k] = genes["innovation"].max(initial=self._register.counters[k] - 1) + 1
        self.genomes, self.parents = self._children(Genomes.of([first])), 1

    @property
    def can_go_back(self) -> bool:
        """Whether there is an earlier generation."""
        return bool(self._before)

    def breed(self, chosen: list[int]) -> None:
        """Create the next generation: the chosen pictures and their children, or new pictures if none are chosen.

        Args:
            chosen: Indices of the chosen genomes in the current generation.
        """
        self._before = [*self._before[1 - _MOST_BACK :], (self.genomes, self.parents)]
        if not chosen:
            self.genomes, self.parents = self._new(self.genomes.generation + 1), 0
            return
        table = Genomes.of([self.genomes[i] for i in chosen], self.genomes.generation)
        self.genomes, self.parents = self._children(table), len(chosen)

    def back(self) -> None:
        """Return to the previous generation, if there is one."""
        if self._before:
            self.genomes, self.parents = self._before.pop()

    def _new(self, generation: int) -> Genomes:
        """Return new random pictures, mutated once."""
        self._made += 1
        first = initial_population(self._config, self._register, self._seed + self._made, generation)
        grown = self._reproduced(first, elites=0, mutate_only=1.0)
        grown.generation = generation
        return grown

    def _children(self, parents: Genomes) -> Genomes:
        """Return a generation of the parents and their children."""
        self._made += 1  # so that going back and on again gives other children
        return self._reproduced(parents, elites=len(parents))

    def _reproduced(self, parents: Genomes, **changes: float) -> Genomes:
        """Return the next generation; all genomes belong to one species, and have equal chances to be parents."""
        config = replace(self._config, {"reproduction": changes})
        alike, species = np.ones(len(parents)), np.zeros(len(parents), np.int64)
        count = config.population.size
        told = Parents(parents, alike, alike, species, np.array([count], np.int64))
        return Reproduction(config, self._register, self._seed + self._made).offspring(told, count)
