"""Learning within a run, Lamarckian and Baldwinian."""

import numpy as np
import pytest

from environments import make_task
from environments.tasks.settings import TaskConfig
from experiments import load, run
from experiments.loop.events import Outcome
from experiments.loop.learning import LearningEvaluator, learner_for
from experiments.settings import LearningConfig, from_toml, to_toml
from neat.config import Config
from neat.errors import ConfigError
from neat.genes.table import Genomes
from neat.population import Population

XOR = make_task(TaskConfig(environment="xor"))
CONFIG = Config.preset("paper", population={"size": 12}, genome={"inputs": 2, "outputs": 1})


def evaluate(learning, generation=0, seed=5):
    genomes = Population(CONFIG, seed).ask()
    genomes.generation = generation
    before = Genomes.of(list(genomes))
    plain = XOR.evaluator(CONFIG.network).evaluate(genomes)
    evaluator = LearningEvaluator(XOR.evaluator(CONFIG.network), learner_for(XOR, learning, CONFIG, seed), learning)
    with evaluator:
        return genomes, before, plain, evaluator.evaluate(genomes)


def test_examples_of_xor():
    x, y = XOR.examples
    assert x.tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert y.tolist() == [[0], [1], [1], [0]]


def test_lamarckian_learning_changes_the_genes_and_the_fitness():
    genomes, before, plain, evaluation = evaluate(LearningConfig(inheritance="lamarckian", who="all"))
    assert (evaluation.fitness >= plain.fitness).all()
    assert (evaluation.fitness > plain.fitness).sum() >= 10
    for i, genome in enumerate(genomes):
        assert (genome == before[i]) == (i not in evaluation.learned)
        assert i not in evaluation.learned or genome == evaluation.learned[i]
    again = XOR.evaluator(CONFIG.network).evaluate(genomes)
    assert np.array_equal(again.fitness, evaluation.fitness)
    assert evaluation.steps == 2 * plain.steps


def test_baldwinian_learning_changes_the_fitness_only():
    genomes, before, plain, evaluation = evaluate(LearningConfig(inheritance="baldwinian", who="all"))
    assert genomes == before
    assert (evaluation.fitness > plain.fitness).sum() >= 10
    assert all(evaluation.learned[i] != before[i] for i in evaluation.learned)


def test_only_the_champion_learns_unless_told_otherwise():
    _, _, plain, evaluation = evaluate(LearningConfig(inheritance="lamarckian"))
    best = int(plain.fitness.argmax())
    assert list(evaluation.learned) == [best]
    others = np.arange(12) != best
    assert np.array_equal(evaluation.fitness[others], plain.fitness[others])


def test_learning_happens_every_so_many_generations():
    learning = LearningConfig(inheritance="baldwinian", every=3)
    assert evaluate(learning, generation=3)[3].learned
    for generation in (1, 2):
        _, _, plain, evaluation = evaluate(learning, generation=generation)
        assert not evaluation.learned
        assert np.array_equal(evaluation.fitness, plain.fitness)


@pytest.mark.parametrize("inheritance", ["lamarckian", "baldwinian"])
def test_a_run_answers_with_the_network_that_learned(inheritance):
    changes = [f"learning.inheritance={inheritance}", "learning.who=all", "learning.epochs=20", "run.seed=3"]
    outcome = run(load("xor", changes=changes))
    assert isinstance(outcome, Outcome)
    assert outcome.solved
    assert outcome.verification.mean == pytest.approx(outcome.champion.fitness)


def test_a_champion_learns_a_game_by_ppo():
    task = make_task(TaskConfig(environment="CartPole-v1", episodes=3, observation_scaling="running"))
    config = Config.preset("default", population={"size": 6}, genome={"inputs": 4, "outputs": 2})
    learning = LearningConfig(inheritance="lamarckian", steps=20_000)
    genomes = Population(config, 1).ask()
    plain = task.evaluator(config.network, seed=1)
    with (
        plain,
        LearningEvaluator(
            task.evaluator(config.network, seed=1), learner_for(task, learning, config, 1), learning
        ) as evaluator,
    ):
        before = plain.evaluate(genomes)
        after = evaluator.evaluate(genomes)
        best = int(before.fitness.argmax())
        assert after.fitness[best] >= before.fitness[best]
        assert after.genome_steps[best] > before.genome_steps[best] + 5_000
        for key, value in plain.state().items():  # what learners see does not count as what the population saw
            assert np.array_equal(value, evaluator.state()[key])


def test_settings_in_a_file():
    text = '[task]\nenvironment = "xor"\n[learning]\ninheritance = "baldwinian"\nevery = 2\n'
    experiment = from_toml(text, name="x")
    assert experiment.learning == LearningConfig(inheritance="baldwinian", every=2)
    assert from_toml(to_toml(experiment), name="x") == experiment


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('inheritance = "lamarkian"', "did you mean 'lamarckian'"),
        ("every = 0", r"learning\.every: expected at least 1"),
        ("learning_rate = -1.0", r"learning\.learning_rate: expected a positive number"),
        ('trainable = ["weight"]', "learning.trainable"),
        ("epoch = 3", r"did you mean 'learning\.epochs'"),
    ],
)
def test_wrong_settings_are_refused(line, message):
    with pytest.raises(ConfigError, match=message):
        from_toml(f'[task]\nenvironment = "xor"\n[learning]\n{line}\n', name="x")


def test_recurrent_networks_do_not_learn():
    changes = ["learning.inheritance=lamarckian", "network.kind=recurrent"]
    with pytest.raises(ConfigError, match="gradients need feed-forward networks"):
        run(load("xor", changes=changes))
