"""Populations for the tests of evaluators."""

import numpy as np

import neat
from neat.config import Config
from neat.genes import CONNECTION, NODE, NodeKind
from neat.genome import Genome


def config_for(task, *, size=12, kind="feedforward", output="sigmoid"):
    return Config.preset(
        "default",
        population={"size": size},
        genome={"inputs": task.inputs, "outputs": task.outputs, "output_activation": output},
        network={"kind": kind},
    )


def genomes_for(task, *, size=12, seed=1, generations=0, **settings):
    """Return the settings and the table after some generations of random fitness."""
    config = config_for(task, size=size, **settings)
    population = neat.Population(config, seed=seed)
    rng = np.random.default_rng(seed)
    for _ in range(generations):
        population.tell(rng.random(len(population.ask())))
    return config, population.ask()


def linear(weights, *, activation="identity"):
    """Return a genome without bias whose outputs are ``weights @ inputs``, float64, shape (outputs, inputs)."""
    weights = np.asarray(weights, float)
    outputs, inputs = weights.shape
    nodes = np.zeros(inputs + outputs, NODE)
    nodes["innovation"] = np.arange(inputs + outputs)
    nodes["kind"][inputs:] = NodeKind.OUTPUT
    nodes["activation"] = neat.activations.activation_index(activation)
    nodes["response"] = 1.0
    connections = np.zeros(weights.size, CONNECTION)
    connections["innovation"] = np.arange(weights.size)
    connections["source"] = np.tile(np.arange(inputs), outputs)
    connections["target"] = np.repeat(np.arange(inputs, inputs + outputs), inputs)
    connections["enabled"] = 1
    connections["weight"] = weights.reshape(-1)
    return Genome(nodes, connections)
