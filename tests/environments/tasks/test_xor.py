"""XOR: its fitness and its solver, against the rule in plain Python."""

import time

import numpy as np
import pytest
from arena import config_for, genomes_for, linear

from environments import TaskConfig, make_task
from neat.config import NetworkConfig
from neat.errors import ConfigError
from neat.genes.table import Genomes
from neat.networks.network import Network

PATTERNS = [((0, 0), 0), ((0, 1), 1), ((1, 0), 1), ((1, 1), 0)]


def plain(genome, config):
    network = Network(genome, config)
    error, solves = 0.0, True
    for x, target in PATTERNS:
        network.reset()
        y = network.activate(np.array(x, float))[0]
        error += abs(target - y)
        solves = solves and (y > 0.5 if target else y < 0.5)
    rest = max(0.0, 4.0 - error)
    return rest * rest, solves  # the last bit of rest ** 2 is up to the C library


@pytest.mark.parametrize("kind", ["feedforward", "settling", "recurrent"])
def test_scores_follow_the_rule(kind):
    task = make_task(TaskConfig(environment="xor"))
    config, genomes = genomes_for(task, size=150, generations=20, kind=kind)
    with task.evaluator(config.network, seed=1) as evaluator:
        evaluation = evaluator.evaluate(genomes)
    expected = [plain(genome, config.network) for genome in genomes]
    assert evaluation.fitness.tolist() == [fitness for fitness, _ in expected]
    solvers = [i for i, (_, solves) in enumerate(expected) if solves]
    assert evaluation.solver == (solvers[0] if solvers else None)
    assert evaluation.steps == 600


def test_the_solver_is_the_first_genome_that_solves_whatever_the_fitness():
    # a XOR b as a product: the node's activation is "square" of (a - b), which is 0, 1, 1, 0.
    solver = linear([[1.0, -1.0]], activation="square")
    faint = linear([[0.8, -0.8]], activation="square")
    wrong = linear([[1.0, 1.0]], activation="sigmoid")
    huge = linear([[50.0, 50.0]])
    task = make_task(TaskConfig(environment="xor"))
    evaluation = task.evaluator(NetworkConfig(), seed=1).evaluate(Genomes.of([wrong, faint, huge, solver]))
    assert evaluation.solver == 1
    assert evaluation.fitness[3] == 16.0
    assert evaluation.fitness[1] == pytest.approx((4 - 2 * 0.36) ** 2)
    assert evaluation.fitness[2] == 0.0
    verification = task.verify(solver, NetworkConfig(), seed=1)
    assert verification.solved
    assert (verification.mean, verification.episodes, verification.as_dict()["low"]) == (16.0, 1, None)
    assert not task.verify(wrong, NetworkConfig(), seed=1).solved


def test_neat_solves_it():
    import neat

    task = make_task(TaskConfig(environment="xor"))
    population = neat.Population(config_for(task, size=150), seed=3)
    evaluator = task.evaluator(population.config.network, seed=3)
    for _ in range(200):
        evaluation = evaluator.evaluate(population.ask())
        population.tell(evaluation)
        if evaluation.solver is not None:
            break
    assert evaluation.solver is not None


def test_a_generation_takes_well_under_a_millisecond():
    task = make_task(TaskConfig(environment="xor"))
    config, genomes = genomes_for(task, size=150, generations=5)
    evaluator = task.evaluator(config.network, seed=1)
    evaluator.evaluate(genomes)
    times = []
    for _ in range(30):
        begin = time.process_time()
        evaluator.evaluate(genomes)
        times.append(time.process_time() - begin)
    assert min(times) < 1e-3


def test_settings_that_mean_nothing_are_refused():
    with pytest.raises(ConfigError, match=r"task.wrappers: the task 'xor' has no such setting"):
        make_task(TaskConfig(environment="xor", wrappers=({"name": "FlattenObservation"},)))
    with pytest.raises(ConfigError, match="did you mean 'compiled'"):
        make_task(TaskConfig(environment="xor")).evaluator(NetworkConfig(), seed=1, backend="compild")
