"""Learning within a lifetime: evolved networks trained on examples, inherited or not."""

import numpy as np
import pytest

from environments import make_task
from environments.tasks.settings import TaskConfig
from neat.backprop.finetuning import FineTuningConfig, fine_tune, fine_tune_all, write_back
from neat.backprop.genome import GenomeNetwork
from neat.backprop.losses import cost_named
from neat.config import Config
from neat.errors import ConfigError
from neat.genes.table import Genomes
from neat.population import Population

XOR_X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR_Y = np.array([[0.0], [1.0], [1.0], [0.0]])
CONFIG = Config.preset("default", genome={"inputs": 2, "outputs": 1})
TASK = make_task(TaskConfig(environment="xor"))


def stopped_early(seed):
    """The champion of a run that is ended when it is better than any network without a hidden node (9 of 16)."""
    population = Population(CONFIG, seed)
    with TASK.evaluator(CONFIG.network, seed=seed) as evaluator:
        while population.champion_fitness <= 9.05 and population.generation < 200:
            population.tell(evaluator.evaluate(population.ask()))
    return population.champion


def test_xor_champions_that_were_stopped_early_are_raised():
    raised, solved = 0, 0
    for seed in range(10):
        champion = stopped_early(seed)
        tuned = fine_tune(champion, XOR_X, XOR_Y, network=CONFIG.network, limits=CONFIG.genome)
        before, after = (TASK.verify(g, CONFIG.network) for g in (champion, tuned.genome))
        raised += after.mean > before.mean
        solved += after.solved
    assert raised >= 9
    assert solved >= 8


def test_fine_tuning_never_returns_something_worse():
    rng = np.random.default_rng(0)
    population = Population(CONFIG, 3)
    for genome in list(population.ask())[:20]:
        wild = FineTuningConfig(optimizer="sgd", learning_rate=50.0, epochs=5)
        tuned = fine_tune(genome, XOR_X, XOR_Y, wild, network=CONFIG.network, seed=int(rng.integers(100)))
        assert tuned.after <= tuned.before
        cost = cost_named("squared_error")
        assert cost(GenomeNetwork(tuned.genome, CONFIG.network), XOR_X, XOR_Y) == pytest.approx(tuned.after, rel=1e-12)


def test_the_genome_given_is_not_changed_and_the_topology_stays():
    genome = Population(CONFIG, 1).ask()[0]
    copy = genome.copy()
    tuned = fine_tune(genome, XOR_X, XOR_Y, FineTuningConfig(epochs=3), network=CONFIG.network).genome
    assert genome == copy
    assert tuned != genome
    for field in ("innovation", "source", "target", "enabled"):
        assert np.array_equal(tuned.connections[field], genome.connections[field])


def test_limits_are_kept():
    genome = Population(CONFIG, 1).ask()[0]
    limits = Config.preset("paper", genome={"inputs": 2, "outputs": 1, "weight_limit": 1.5, "bias_limit": 0.25}).genome
    wild = FineTuningConfig(learning_rate=3.0, epochs=20, cost="cross_entropy")
    tuned = fine_tune(genome, XOR_X, XOR_Y, wild, network=CONFIG.network, limits=limits).genome
    assert np.abs(tuned.connections["weight"]).max() <= 1.5
    assert np.abs(tuned.nodes["bias"]).max() <= 0.25


def test_only_chosen_genes_learn():
    genome = Population(CONFIG, 1).ask()[0]
    config = FineTuningConfig(trainable=("weights",), epochs=5)
    tuned = fine_tune(genome, XOR_X, XOR_Y, config, network=CONFIG.network).genome
    assert np.array_equal(tuned.nodes, genome.nodes)
    assert not np.array_equal(tuned.connections["weight"], genome.connections["weight"])


def test_lamarckian_and_baldwinian_tables():
    population = Population(CONFIG, 2)
    genomes = population.ask()
    before = Genomes.of(list(genomes))
    tuned = fine_tune_all(genomes, XOR_X, XOR_Y, FineTuningConfig(epochs=3), network=CONFIG.network)
    assert genomes == before  # Baldwinian: only what is evaluated has learned
    assert tuned != before
    write_back(genomes, tuned)
    assert genomes == tuned  # Lamarckian: the population has learned
    with TASK.evaluator(CONFIG.network) as evaluator:
        evaluation = evaluator.evaluate(tuned)
    population.tell(evaluation)
    assert population.champion_fitness == evaluation.fitness.max()
    with pytest.raises(ValueError, match="same genomes"):
        write_back(genomes, tuned[:10])


def test_mini_batches_are_repeatable():
    genome = Population(CONFIG, 4).ask()[0]
    config = FineTuningConfig(batch_size=2, epochs=10)
    results = [fine_tune(genome, XOR_X, XOR_Y, config, network=CONFIG.network, seed=s).genome for s in (1, 1, 2)]
    assert results[0] == results[1]
    assert results[0] != results[2]


def test_wrong_settings_are_refused():
    with pytest.raises(ConfigError, match="inheritance: expected 'lamarckian' or 'baldwinian'"):
        FineTuningConfig(inheritance="darwinian")
    with pytest.raises(ConfigError, match="at least 0"):
        FineTuningConfig(epochs=-1)
    with pytest.raises(ConfigError, match="did you mean 'adam'"):
        FineTuningConfig(optimizer="adm")
    genome = Population(CONFIG, 1).ask()[0]
    with pytest.raises(ConfigError, match="trainable"):
        fine_tune(genome, XOR_X, XOR_Y, FineTuningConfig(trainable=("all",)), network=CONFIG.network)
