"""What is recorded of each generation: plain data, nothing printed."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from neat.compiled.kernel import kernel

__all__ = ["GenerationRecord", "SpeciesRecord", "count_enabled"]


@kernel
def count_enabled(genes):  # type: ignore[no-untyped-def]
    """Return how many of some connection genes are enabled."""
    enabled = 0
    for i in range(genes.size):
        enabled += genes[i].enabled
    return enabled


@dataclass(frozen=True, init=False)
class SpeciesRecord:
    """One species in one generation."""

    id: int
    """Number of the species, never used again."""
    size: int
    """Genomes in it."""
    age: int
    """Generations since it appeared."""
    best: float
    """Best fitness in this generation."""
    stagnation: int
    """Generations since its best fitness ever last improved. Species that live on when the whole population is stagnant
    (``species.population_stagnation``) are counted anew from there."""

    def __init__(self, id: int, size: int, age: int, best: float, stagnation: int) -> None:
        # At once: field by field, as frozen records do it, takes twice as long, and every generation has many species.
        self.__dict__.update(id=id, size=size, age=age, best=best, stagnation=stagnation)


@dataclass(frozen=True, kw_only=True)
class GenerationRecord:
    """One generation, from its evaluation."""

    generation: int
    """Number of the generation, from 0."""
    best: float
    """Best fitness."""
    mean: float
    """Mean fitness."""
    sd: float
    """Standard deviation of fitness (population, not sample)."""
    threshold: float
    """Compatibility threshold by which this generation was speciated."""
    hidden_mean: float
    """Mean number of hidden nodes."""
    connections_mean: float
    """Mean number of enabled connections."""
    champion_hidden: int
    """Hidden nodes of the fittest genome."""
    champion_connections: int
    """Enabled connections of the fittest genome."""
    champion_index: int
    """Place of the fittest genome in its generation's table."""
    evaluations: int
    """Genomes evaluated so far, this generation included."""
    steps: int
    """Environment steps played so far, this generation included."""
    seconds: float
    """Seconds since the population was made."""
    restarted: bool
    """Whether the population died out after this generation and started again."""
    species: tuple[SpeciesRecord, ...]
    """Living species, oldest first."""

    def as_dict(self) -> dict[str, Any]:
        """Return the record as data that JSON can hold."""
        return dataclasses.asdict(self)
