"""Sound files, for tests and fuzzers to damage."""

from __future__ import annotations

import functools

import numpy as np

from environments import TaskConfig
from experiments.folder.champion import Champion
from experiments.settings import Experiment, to_toml
from neat.config import Config
from neat.genes.table import Genome
from neat.population import Population


@functools.cache
def _genome() -> Genome:
    config = Config.preset("paper", genome={"inputs": 1, "outputs": 1}, mutation={"add_node": 0.9})
    population = Population(config, seed=2)
    for _ in range(6):
        population.tell(np.array([len(genome.nodes) for genome in population.ask()], float))
    assert population.champion is not None
    return population.champion


def genome_json() -> str:
    """Return the file of a genome with some hidden nodes."""
    return _genome().to_json()


def champion_json() -> str:
    """Return the file of a champion."""
    champion = Champion(
        genome=_genome(),
        network=Config().network,
        task=TaskConfig(environment="CartPole-v1", wrappers=({"name": "FlattenObservation"},), threshold=1.0),
        scaling={"shift": np.array([0.5]), "factor": np.array([2.0])},
        fitness=0.25,
        generation=3,
        seed=4,
    )
    return champion.to_json()


def experiment_toml() -> str:
    """Return an experiment file with every setting in it."""
    return to_toml(Experiment(name="test", task=TaskConfig(environment="xor")))
