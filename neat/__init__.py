"""NEAT: neuroevolution of augmenting topologies (Stanley & Miikkulainen 2002).

::

    population = neat.Population(config, seed=7)
    while not population.done:
        genomes = population.ask()
        population.tell(fitness_of(genomes))

Names are imported on first use, so ``import neat`` is fast.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

from neat.version import __version__ as __version__

if TYPE_CHECKING:
    from neat.breeding import Emitter, Parents, register_emitter
    from neat.breeding.method import SearchMethod, register_search
    from neat.config import Config
    from neat.errors import (
        ConfigError,
        EvaluationError,
        GenomeError,
        MissingExtraError,
        NeatError,
        RunDirectoryError,
    )
    from neat.exporters import export, register_exporter
    from neat.functions.activations import register_activation
    from neat.genes.kinds import NodeKind
    from neat.genes.schema import CONNECTION, NODE
    from neat.genes.table import Genome, Genomes
    from neat.history.generation import Generation
    from neat.history.records import GenerationRecord, SpeciesRecord
    from neat.networks.decoders import register_decoder
    from neat.networks.network import Network
    from neat.operators.own import register_mutation
    from neat.population import Population
    from neat.runs import load_run, load_runs
    from neat.selection import Score, register_score

_HOMES = {
    "CONNECTION": "genes.schema",
    "NODE": "genes.schema",
    "Config": "config",
    "ConfigError": "errors",
    "Emitter": "breeding",
    "EvaluationError": "errors",
    "Generation": "history.generation",
    "GenerationRecord": "history.records",
    "Genome": "genes.table",
    "GenomeError": "errors",
    "Genomes": "genes.table",
    "MissingExtraError": "errors",
    "NeatError": "errors",
    "Network": "networks.network",
    "NodeKind": "genes.kinds",
    "Parents": "breeding",
    "Population": "population",
    "RunDirectoryError": "errors",
    "Score": "selection",
    "SearchMethod": "breeding.method",
    "SpeciesRecord": "history.records",
    "export": "exporters",
    "load_run": "runs",
    "load_runs": "runs",
    "register_activation": "functions.activations",
    "register_decoder": "networks.decoders",
    "register_emitter": "breeding",
    "register_exporter": "exporters",
    "register_mutation": "operators.own",
    "register_score": "selection",
    "register_search": "breeding.method",
}
__all__ = [
    "CONNECTION",
    "NODE",
    "Config",
    "ConfigError",
    "Emitter",
    "EvaluationError",
    "Generation",
    "GenerationRecord",
    "Genome",
    "GenomeError",
    "Genomes",
    "MissingExtraError",
    "NeatError",
    "Network",
    "NodeKind",
    "Parents",
    "Population",
    "RunDirectoryError",
    "Score",
    "SearchMethod",
    "SpeciesRecord",
    "export",
    "load_run",
    "load_runs",
    "register_activation",
    "register_decoder",
    "register_emitter",
    "register_exporter",
    "register_mutation",
    "register_score",
    "register_search",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'neat' has no attribute {name!r}")
    return getattr(importlib.import_module(f"neat.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
