"""NEAT: neuroevolution of augmenting topologies (Stanley & Miikkulainen 2002).

::

    population = neat.Population(config, seed=7)
    while not population.done:
        genomes = population.ask()
        population.tell(fitness_of(genomes))

Names are loaded on first use, so that ``import neat`` costs nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from neat.config import Config
    from neat.errors import (
        ConfigError,
        EvaluationError,
        GenomeError,
        MissingExtraError,
        NeatError,
        RunDirectoryError,
    )
    from neat.functions.activations import register_activation
    from neat.genes import CONNECTION, NODE, NodeKind
    from neat.genome import Genome, Genomes
    from neat.networks.network import Network
    from neat.population import Population
    from neat.statistics import GenerationRecord, SpeciesRecord

_HOMES = {
    "CONNECTION": "genes",
    "NODE": "genes",
    "Config": "config",
    "ConfigError": "errors",
    "EvaluationError": "errors",
    "GenerationRecord": "statistics",
    "Genome": "genome",
    "GenomeError": "errors",
    "Genomes": "genome",
    "MissingExtraError": "errors",
    "NeatError": "errors",
    "Network": "networks.network",
    "NodeKind": "genes",
    "Population": "population",
    "RunDirectoryError": "errors",
    "SpeciesRecord": "statistics",
    "register_activation": "functions.activations",
}
__all__ = [
    "CONNECTION",
    "NODE",
    "Config",
    "ConfigError",
    "EvaluationError",
    "GenerationRecord",
    "Genome",
    "GenomeError",
    "Genomes",
    "MissingExtraError",
    "NeatError",
    "Network",
    "NodeKind",
    "Population",
    "RunDirectoryError",
    "SpeciesRecord",
    "register_activation",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'neat' has no attribute {name!r}")
    return getattr(importlib.import_module(f"neat.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
