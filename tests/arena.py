"""Populations for the tests of evaluators."""

import dataclasses

import numpy as np

import neat
from environments import TaskConfig, make_task
from experiments.loop.runner import fitted
from neat.config import Config
from neat.functions.activations import activation_index
from neat.genes.kinds import NodeKind
from neat.genes.schema import CONNECTION, NODE, new_genes
from neat.genes.table import Genome, Genomes
from neat.networks.decoders import decoder_of


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


def encoded_for(task, encoding, *, size=20, seed=1, generations=4):
    """Return settings and table of an indirect encoding, and both of the networks as genes of their own."""
    config = fitted(Config.preset(encoding, population={"size": size}), task)
    population = neat.Population(config, seed=seed)
    for _ in range(generations):  # the more connections, the fitter: networks are no stubs
        population.tell(np.diff(population.ask().connection_offsets).astype(float))
    genomes = population.ask()
    direct = dataclasses.replace(config.network, encoding="direct")
    return config.network, genomes, direct, decoder_of(config.network).expand(genomes)


def check_decoded_networks_play_alike(backend, encoding):
    """Play CPPNs by a backend, and their networks as genes one by one (by EnvPool as well, whose games are its own)."""
    task = make_task(TaskConfig(environment="CartPole-v1", observation_scaling="running", episodes=2, slots=7))
    network, genomes, direct, networks = encoded_for(task, encoding)
    with task.evaluator(network, seed=4, workers=2, backend=backend) as evaluator:
        assert evaluator.backend == backend
        found = evaluator.evaluate(genomes)
    assert len(set(found.fitness)) > 3
    plain = task.evaluator(direct, seed=4, backend="envpool" if backend == "envpool" else "serial")
    assert same(plain.evaluate(networks), found)


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
