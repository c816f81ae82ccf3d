"""Decoders: everything that runs networks takes an encoding whose networks are not the genomes."""

from __future__ import annotations

import random

import numpy as np
import pytest
from strategies import draw_genome

from environments import make_task
from environments.tasks.settings import TaskConfig
from environments.watching.recording import rollout
from experiments.loop.runner import fitted
from neat.backprop.genome import GenomeNetwork
from neat.config import Config, NetworkConfig
from neat.errors import ConfigError
from neat.genes.table import Genomes
from neat.networks.decoders import DECODERS, decoder_of
from neat.networks.network import Network
from neat.networks.trace import Tracer


@pytest.fixture
def indirect(monkeypatch):
    """Let the settings' encoding be an indirect one."""
    monkeypatch.setitem(DECODERS._things, "substrate", "decoders_for_tests:Substrate")
    return NetworkConfig(encoding="substrate")


def some_genomes(count, seed=4):
    rng = random.Random(seed)
    return Genomes.of([draw_genome(rng, cyclic=False, inputs=2, outputs=1, bias=True) for _ in range(count)])


def by_hand(genome, x):
    """What the substrate of a genome answers, from its definition."""
    weight = Network(genome).activate
    sums = [sum(x[s] * (4.0 * weight([s / 3.0, float(t)])[0] - 2.0) for s in range(4)) for t in range(2)]
    return [1 / (1 + np.exp(-4.9 * z)) for z in sums]


def test_the_direct_encoding_needs_what_the_task_has():
    decoder = decoder_of(NetworkConfig())
    assert (decoder.genome_inputs(7), decoder.genome_outputs(3)) == (7, 3)
    assert decoder.of_genes


def test_an_unknown_encoding_is_refused_with_the_nearest():
    with pytest.raises(ConfigError, match=r"^network\.encoding: expected .*, got 'diret' .*'direct'"):
        Config.preset(network={"encoding": "diret"})
    with pytest.raises(ConfigError, match="unknown encoding 'diret'"):
        decoder_of(NetworkConfig(encoding="diret"))


def test_networks_and_traces_are_the_decoders(indirect):
    for genome in some_genomes(10):
        network = Network(genome, indirect)
        x = np.random.default_rng(1).normal(size=4)
        assert (network.inputs, network.outputs, network.output_activations) == (4, 2, ("sigmoid", "sigmoid"))
        assert network.activate(x) == pytest.approx(by_hand(genome, x), rel=1e-12)
        (values,) = Tracer(genome, indirect).step(x)
        assert values.tolist() == [*x, *network.activate(x)]


def test_evaluators_agree_on_networks_that_are_no_genomes(indirect):
    task = make_task(TaskConfig(environment="CartPole-v1", episodes=2))
    genomes = some_genomes(40)
    found = []
    for backend in ("compiled", "serial"):
        with task.evaluator(indirect, seed=3, workers=1, backend=backend) as evaluator:
            found.append(evaluator.evaluate(genomes).fitness)
    assert found[0].tolist() == found[1].tolist()
    assert len(set(found[0].tolist())) > 2
    assert len(task.verify(genomes[0], indirect, seed=1, episodes=3).returns) == 3
    moment = next(iter(rollout(TaskConfig(environment="CartPole-v1"), genomes[0], indirect, seed=2, render_mode=None)))
    assert moment.outputs.tolist() == Network(genomes[0], indirect).activate(moment.inputs).tolist()


def test_a_run_breeds_genomes_of_the_sizes_that_the_decoder_asks_for(indirect):
    config = Config(network=indirect)
    task = make_task(TaskConfig(environment="CartPole-v1"))
    made = fitted(config, task).genome
    assert (made.inputs, made.outputs) == (2, 1)


def test_gradients_are_refused_where_networks_have_no_genes(indirect):
    genome = some_genomes(1)[0]
    with pytest.raises(ConfigError, match=r"connections are genes, but network\.encoding is 'substrate'"):
        GenomeNetwork(genome, indirect)
