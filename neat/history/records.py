"""The statistics of each generation, as plain data."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

from neat.compiled.kernel import kernel

__all__ = ["GenerationRecord", "SpeciesRecord", "count_enabled"]


@kernel
def count_enabled(genes):  # type: ignore[no-untyped-def]
    """Return the number of enabled genes among connection genes."""
    enabled = 0
    for i in range(genes.size):
        enabled += genes[i].enabled
    return enabled


@dataclass(frozen=True, init=False)
class SpeciesRecord:
    """One species in one generation."""

    id: int
    """Number of the species; numbers are not reused."""
    size: int
    """Number of its genomes."""
    age: int
    """Generations since it appeared."""
    best: float
    """Best fitness in this generation."""
    stagnation: int
    """Generations since its best fitness last improved. When the whole population stagnates
    (``species.population_stagnation``), the count of the surviving species restarts."""

    def __init__(self, id: int, size: int, age: int, best: float, stagnation: int) -> None:
        # At once: field by field, as frozen records do it, takes twice as long, and every generation has many species.
        self.__dict__.update(id=id, size=size, age=age, best=best, stagnation=stagnation)


@dataclass(frozen=True, kw_only=True)
class GenerationRecord:
    """The statistics of one generation."""

    generation: int
    """Number of the generation, from 0."""
    best: float
    """Best fitness."""
    mean: float
    """Mean fitness."""
    sd: float
    """Standard deviation of fitness (of the population, not a sample estimate)."""
    threshold: float
    """Compatibility threshold used for this generation."""
    hidden_mean: float
    """Mean number of hidden nodes."""
    connections_mean: float
    """Mean number of enabled connections."""
    champion_hidden: int
    """Hidden nodes of the fittest genome."""
    champion_connections: int
    """Enabled connections of the fittest genome."""
    champion_index: int
    """Index of the fittest genome in the generation's table."""
    evaluations: int
    """Number of evaluations so far, including this generation."""
    steps: int
    """Environment steps so far, including this generation."""
    seconds: float
    """Seconds since the population was created."""
    restarted: bool
    """Whether all species went extinct after this generation and the population restarted."""
    species: tuple[SpeciesRecord, ...]
    """Living species, oldest first."""

    def as_dict(self) -> dict[str, Any]:
        """Return the record as data for JSON."""
        return dataclasses.asdict(self)
