"""Racing: who drops out, what their fitness is, and that every step counts."""

import gymnasium
import numpy as np
import pytest
from arena import genomes_for, linear

from environments import TaskConfig, episode_seeds, make_task
from environments.evaluators.evaluation import Plays
from environments.evaluators.racing import FitnessCache, begins_alike, race, rounds
from neat.config import NetworkConfig
from neat.errors import ConfigError, EvaluationError
from neat.genes.table import Genomes


class Table:
    """Plays from a table of returns: genome i gets ``returns[i, k]`` for seed k, in one step."""

    def __init__(self, returns):
        self.returns = np.asarray(returns, float)
        self.rounds = []

    def __call__(self, genomes, seeds):
        seeds = np.array(seeds)
        who = [int(genome.connections["weight"][0]) for genome in genomes]
        self.rounds.append((who, seeds[0].tolist()))
        assert (seeds == seeds[0]).all()
        return Plays(self.returns[np.ix_(who, seeds[0])], np.full(len(who), seeds.shape[1]), None, ())


def numbered(count):
    """Return genomes that say who they are."""
    return Genomes.of([linear([[i]]) for i in range(count)])


def run(returns):
    table = Table(returns)
    fitness, plays = race(table, numbered(len(returns)), list(range(len(returns[0]))))
    return fitness, plays, table.rounds


@pytest.mark.parametrize(
    ("episodes", "expected"),
    [(1, [(0, 1)]), (3, [(0, 3)]), (5, [(0, 3), (3, 5)]), (20, [(0, 3), (3, 6), (6, 12), (12, 20)])],
)
def test_rounds_are_prefixes_of_one_seed_list(episodes, expected):
    assert rounds(episodes) == expected


def test_who_is_clearly_behind_drops_out():
    rng = np.random.default_rng(1)
    noise = rng.normal(0, 1, 12)  # the same for all: seeds are easy or hard
    returns = [noise, noise + 0.5 + rng.normal(0, 2, 12), noise - 3 + rng.normal(0, 0.01, 12)]
    fitness, plays, played = run(returns)
    assert played == [([0, 1, 2], [0, 1, 2]), ([0, 1], [3, 4, 5]), ([0, 1], [6, 7, 8, 9, 10, 11])]
    assert plays.steps.tolist() == [12, 12, 3]
    assert fitness[:2].tolist() == pytest.approx([np.mean(r) for r in returns[:2]], rel=1e-12)


def test_the_mean_of_a_drop_out_is_moved_by_the_rest_of_the_list():
    returns = [[1.0] * 3 + [5.0] * 3, [0.0, 0.1, 0.0] + [99.0] * 3]
    fitness, _, played = run(returns)
    assert [who for who, _ in played] == [[0, 1], [0]]
    assert fitness.tolist() == pytest.approx([3.0, 0.1 / 3 + 2.0])


def test_a_drop_out_stays_below_the_best():
    returns = [[10.0, 10.0, 13.0, 0.0, 0.0, 0.0], [9.9, 9.9, 12.9, 0.0, 0.0, 0.0], [9.8, 10.0, 12.8, 50.0, 50.0, 50.0]]
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0]):
        fitness, plays, _ = run([returns[i] for i in order])
        best = int(fitness.argmax())
        assert np.isfinite(plays.returns[best]).all()
        assert (np.delete(fitness, best) < fitness[best]).all()


def test_with_three_episodes_or_fewer_everybody_plays_everything():
    rng = np.random.default_rng(2)
    for episodes in (1, 2, 3):
        returns = rng.normal(0, 1, (5, episodes))
        fitness, plays, played = run(returns)
        assert len(played) == 1
        assert fitness == pytest.approx(returns.mean(axis=1))
        assert plays.steps.tolist() == [episodes] * 5


def test_the_rule_is_bonferronis_bound_with_the_larger_variance():
    rng = np.random.default_rng(3)
    dropped = 0
    for _ in range(50):
        returns = rng.normal(0, 1, (6, 6)) * rng.uniform(0.2, 2, (6, 1)) - np.arange(6)[:, None] * rng.uniform(0, 5)
        first = returns[:, :3]
        behind = first[first.mean(axis=1).argmax()] - first
        variances = [np.var(row, ddof=1) for row in behind]
        common = sum(variances) / 5
        # 5 others, one decision (after the first of two rounds), 5 x 2 degrees of freedom: 1% on one side
        bound = [2.763769 * (max(own, common) / 3) ** 0.5 for own in variances]
        expected = [i for i in range(6) if behind[i].mean() <= bound[i]]
        _, _, played = run(returns)
        assert played[1][0] == expected
        dropped += 6 - len(expected)
    assert 20 < dropped < 250


def normal(rng, spread):
    """Return skills and returns of 40 genomes: hard and easy seeds, and noise."""
    skill = rng.normal(0, spread, 40)
    return skill, skill[:, None] + rng.normal(0, 1, 20) + rng.normal(0, 2, (40, 20))


def landings(rng, spread):
    """Return skills and returns of 40 landers that crash now and then."""
    skill = rng.beta(1, 2, 40)
    crashes = rng.random((40, 20)) >= skill[:, None]
    return skill, np.where(crashes, rng.normal(-100, 40, (40, 20)), rng.normal(250, 20, (40, 20)))


@pytest.mark.parametrize(("game", "spread", "most"), [(normal, 2.0, 0.5), (normal, 0.5, 1.0), (landings, 0.0, 0.7)])
def test_the_truly_best_seldom_drops_out(game, spread, most):
    """In at most one race of twenty, and what wins is as good as if all had played everything."""
    rng = np.random.default_rng(4)
    lost, raced, full, share = 0, [], [], []
    for _ in range(200):
        skill, returns = game(rng, spread)
        fitness, plays, _ = run(returns)
        lost += bool(np.isnan(plays.returns[skill.argmax()]).any())
        raced.append(skill[fitness.argmax()])
        full.append(skill[returns.mean(axis=1).argmax()])
        share.append(plays.steps.sum() / returns.size)
    assert lost <= 10
    assert np.mean(raced) > np.mean(full) - 0.02 * np.std(full)
    assert np.mean(share) < most


def test_equal_genomes_seldom_drop_out():
    rng = np.random.default_rng(5)
    dropped = [np.isnan(run(normal(rng, 0.0)[1])[1].returns).any(axis=1).mean() for _ in range(50)]
    assert np.mean(dropped) < 0.1


@pytest.mark.parametrize("backend", ["serial", "compiled", "processes"])
def test_all_backends_race_alike(backend):
    task = make_task(TaskConfig(environment="CartPole-v1", episodes=12, racing=True, observation_scaling="running"))
    settings, genomes = genomes_for(task, size=30, generations=5)
    reference = task.evaluator(settings.network, seed=4, backend="serial")
    with task.evaluator(settings.network, seed=4, workers=2, backend=backend) as evaluator:
        for _ in range(2):
            a, b = reference.evaluate(genomes), evaluator.evaluate(genomes)
            assert a.fitness.tolist() == b.fitness.tolist()
            assert a.genome_steps.tolist() == b.genome_steps.tolist()
            for key, value in reference.state().items():
                assert np.array_equal(value, evaluator.state()[key])


def test_the_best_has_played_all_seeds_of_the_generation_and_all_steps_are_reported():
    config = TaskConfig(environment="CartPole-v1", episodes=24)
    settings, genomes = genomes_for(make_task(config), size=60, generations=5)
    full = make_task(config).evaluator(settings.network, seed=4).evaluate(genomes)
    raced = make_task(config.replace(racing=True)).evaluator(settings.network, seed=4).evaluate(genomes)
    best = int(raced.fitness.argmax())
    assert raced.fitness[best] == full.fitness[best]
    assert raced.genome_steps[best] == full.genome_steps[best]
    assert raced.steps == raced.genome_steps.sum() < full.steps
    dropped = np.flatnonzero(raced.genome_steps < full.genome_steps)
    assert len(dropped)
    first = int(dropped[0])
    env, network = gymnasium.make("CartPole-v1"), genomes[first].network(settings.network)
    steps = []
    for seed in episode_seeds(4, genomes.generation, 24):
        observation, ended = env.reset(seed=seed)[0], False
        steps.append(0)
        while not ended:
            observation, _, terminated, truncated, _ = env.step(int(network.activate(observation).argmax()))
            ended = terminated or truncated
            steps[-1] += 1
    assert raced.genome_steps[first] in np.cumsum(steps)[[2, 5, 11]]


def test_faults_keep_the_index_they_have_in_the_table():
    good, bad = linear([[-1.0], [1.0]]), linear([[1.0], [-1.0]])
    genomes = Genomes.of([bad, good, bad, good])
    seeds = episode_seeds(1, 0, 6)
    kwargs = {"how": "raise", "among": 997, "rest": seeds[4] // 2 % 997}  # which the second round plays
    config = TaskConfig(environment="arena_games:Bad-v0", kwargs=kwargs, episodes=6, racing=True, fault="worst")
    with make_task(config).evaluator(NetworkConfig(), seed=1, backend="serial") as evaluator:
        evaluation = evaluator.evaluate(genomes)
    assert [(fault.genome, fault.seed) for fault in evaluation.faults] == [(1, seeds[4]), (3, seeds[4])]
    assert evaluation.fitness.tolist() == [0.0] * 4
    assert evaluation.genome_steps.tolist() == [60, 80, 60, 80]
    failing = make_task(config.replace(fault="fail")).evaluator(NetworkConfig(), seed=1, backend="serial")
    with pytest.raises(
        EvaluationError,
        match=rf"on fire in step .* .generation 0, genome 1, seed {seeds[4]}",
    ):
        failing.evaluate(genomes)


@pytest.mark.parametrize("environment", ["double-pole", "neat-arena/DoublePole-v0"])
def test_elites_are_not_played_again_where_every_episode_begins_alike(environment):
    task = make_task(TaskConfig(environment=environment, racing=True, episodes=1))
    plain = make_task(TaskConfig(environment=environment, episodes=1))
    settings, genomes = genomes_for(task, size=20, generations=3)
    evaluator = task.evaluator(settings.network, seed=1)
    first = evaluator.evaluate(genomes)
    expected = plain.evaluator(settings.network, seed=1).evaluate(genomes)
    assert first.fitness.tolist() == expected.fitness.tolist()
    assert first.steps == expected.steps
    _, others = genomes_for(task, size=20, seed=2, generations=3)
    mixed = Genomes.of([genomes[3], *others[:10], genomes[7]])
    other = task.evaluator(settings.network, seed=1)
    other.restore(evaluator.state())  # as after a resume
    again, resumed = evaluator.evaluate(mixed), other.evaluate(mixed)
    known = plain.evaluator(settings.network, seed=1).evaluate(mixed)
    assert again.fitness.tolist() == known.fitness.tolist() == resumed.fitness.tolist()
    assert again.genome_steps[0] == again.genome_steps[11] == 0
    assert again.genome_steps[1:11].tolist() == known.genome_steps[1:11].tolist()
    assert again.genome_steps.tolist() == resumed.genome_steps.tolist()
    assert evaluator.evaluate(mixed).steps == 0


@pytest.mark.parametrize(
    ("expected", "changes"),
    [
        (True, {"environment": "neat-arena/DoublePoleNoVelocities-v0"}),
        (False, {"environment": "CartPole-v1"}),
        (False, {"environment": "arena_games:Copycat-v0"}),
        (False, {"environment": "neat-arena/DoublePole-v0", "observation_scaling": "running"}),
    ],
)
def test_where_every_episode_begins_alike(expected, changes):
    make_task(TaskConfig(**changes))
    assert begins_alike(TaskConfig(**changes)) == expected


def test_memory_forgets_all_but_the_last_generation():
    memory = FitnessCache()
    memory.keep(numbered(3), np.array([1.0, 2.0, 3.0]))
    memory.keep(numbered(2), np.array([4.0, 5.0]))
    assert memory.recall(numbered(3)).tolist()[:2] == [4.0, 5.0]
    assert np.isnan(memory.recall(numbered(3))[2])


def test_xor_has_nothing_to_race_for():
    with pytest.raises(ConfigError, match=r"task.racing"):
        make_task(TaskConfig(environment="xor", racing=True))
