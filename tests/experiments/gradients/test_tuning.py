"""Fine-tuning evolved networks by PPO."""

import dataclasses

import numpy as np
import pytest

from environments import make_task
from environments.tasks.settings import TaskConfig
from experiments.gradients.tuning import TUNING, tune_by_ppo
from neat.config import Config
from neat.errors import ConfigError
from neat.population import Population


def champion_of_one_generation(task, seed, size=10, **genome):
    """The best of a few first genomes: a run stopped as early as can be."""
    config = Config.preset(
        "default", population={"size": size}, genome={"inputs": task.inputs, "outputs": task.outputs, **genome}
    )
    population = Population(config, seed)
    genomes = population.ask()
    with task.evaluator(config.network, seed=seed) as evaluator:
        fitness = evaluator.evaluate(genomes).fitness
    return genomes[int(fitness.argmax())].copy(), config


def test_cart_pole_champions_that_were_stopped_early_are_raised():
    task = make_task(TaskConfig(environment="CartPole-v1"))
    raised = tried = 0
    seed = 0
    while tried < 10:
        champion, config = champion_of_one_generation(task, seed)
        before = task.verify(champion, config.network, seed=seed)
        if before.mean < 475.0:  # otherwise there is nothing left to raise
            tuned = tune_by_ppo(
                champion, task.config, config.network, steps=50_000, seed=seed, limits=config.genome, until=490.0
            )
            after = task.verify(tuned.genome, config.network, seed=seed)
            raised += after.mean > before.mean
            tried += 1
            assert tuned.after >= tuned.before
        seed += 1
    assert raised >= 9


def test_box_actions_and_the_genome_given():
    config = TaskConfig(environment="Pendulum-v1", observation_scaling="bounds")
    task = make_task(config)
    champion, settings = champion_of_one_generation(task, 1, output_activation="tanh")
    copy = champion.copy()
    tuned = tune_by_ppo(champion, config, settings.network, steps=12_000, seed=1, limits=settings.genome)
    assert champion == copy
    assert tuned.after >= tuned.before
    assert 6_000 < tuned.steps < 16_100
    assert np.array_equal(tuned.genome.connections["source"], champion.connections["source"])
    assert np.abs(tuned.genome.connections["weight"]).max() <= settings.genome.weight_limit


def test_the_same_seed_gives_the_same_genome():
    task = make_task(TaskConfig(environment="CartPole-v1"))
    champion, config = champion_of_one_generation(task, 2)
    short = dataclasses.replace(TUNING, critic_first=1)
    results = [
        tune_by_ppo(champion, task.config, config.network, steps=30_000, seed=seed, config=short, look_every=1)
        for seed in (1, 1)
    ]
    assert results[0].genome == results[1].genome
    assert results[0].steps == results[1].steps


def test_the_critic_learns_first():
    task = make_task(TaskConfig(environment="CartPole-v1"))
    champion, config = champion_of_one_generation(task, 2)
    only_critic = dataclasses.replace(TUNING, critic_first=100)
    tuned = tune_by_ppo(champion, task.config, config.network, steps=30_000, config=only_critic)
    assert tuned.genome == champion


def test_what_cannot_be_tuned_is_refused():
    config = Config.preset("paper", genome={"inputs": 2, "outputs": 1})
    genome = Population(config, 0).ask()[0]
    with pytest.raises(ConfigError, match="has no episodes"):
        tune_by_ppo(genome, TaskConfig(environment="xor"), config.network, steps=10)
