"""Populations for the tests of evaluators."""

import numpy as np

import neat
from environments import TaskConfig, make_task
from neat.config import Config
from neat.functions.activations import activation_index
from neat.genes.kinds import NodeKind
from neat.genes.schema import CONNECTION, NODE, new_genes
from neat.genes.table import Genome, Genomes


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
    nodes = new_genes(inputs + outputs, NODE)
    nodes["innovation"] = np.arange(inputs + outputs)
    nodes["kind"][inputs:] = NodeKind.OUTPUT
    nodes["activation"] = activation_index(activation)
    connections = new_genes(weights.size, CONNECTION)
    connections["innovation"] = np.arange(weights.size)
    connections["source"] = np.tile(np.arange(inputs), outputs)
    connections["target"] = np.repeat(np.arange(inputs, inputs + outputs), inputs)
    connections["enabled"] = 1
    connections["weight"] = weights.reshape(-1)
    return Genome(nodes, connections)


COPYCATS = Genomes.of([linear([[-1.0], [1.0]]), linear([[1.0], [-1.0]])] * 3)


def same(a, b):
    return (
        np.array_equal(a.fitness, b.fitness)
        and np.array_equal(a.genome_steps, b.genome_steps)
        and a.steps == b.steps
        and a.faults == b.faults
    )


def check_fitness_equals_the_serial_evaluators(backend, workers):
    """Play one generation, a part of it and the whole again, by a backend and in this process alone."""
    task = make_task(TaskConfig(environment="CartPole-v1", observation_scaling="running", episodes=2))
    config, genomes = genomes_for(task, size=30, generations=3)
    serial = task.evaluator(config.network, seed=4, backend="serial")
    with task.evaluator(config.network, seed=4, workers=workers, backend=backend) as other:
        assert other.backend == backend
        for shard in (genomes, genomes.shard(3, 20), genomes):
            a, b = serial.evaluate(shard), other.evaluate(shard)
            assert same(a, b)
            assert np.array_equal(a.scaling["shift"], b.scaling["shift"])
        for key, value in serial.state().items():
            assert np.array_equal(value, other.state()[key])
