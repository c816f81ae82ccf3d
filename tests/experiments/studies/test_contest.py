"""The contest: the winner is the best and not the luckiest, and its episodes are paid for."""

import numpy as np
import pytest

from environments import make_task
from environments.tasks.settings import TaskConfig
from experiments.loop.runner import fitted
from experiments.studies.contest import Budget, Contest
from neat.config import Config
from neat.population import Population


@pytest.fixture(scope="module")
def genomes():
    config = fitted(Config.preset("default", population={"size": 60}), make_task(TaskConfig(environment="CartPole-v1")))
    return list(Population(config, 3).ask())


def noisy(genomes, values, noise, seed, steps=1):
    """Return a play function in which each genome has a true value, and every episode takes some steps."""
    names = {genome.connections["weight"].tobytes(): value for genome, value in zip(genomes, values, strict=True)}

    def play(genome, scaling, seeds):
        value = names[genome.connections["weight"].tobytes()]
        luck = [np.random.default_rng([seed, number, hash(value) % 2**32]).normal(0.0, noise) for number in seeds]
        return np.array([value + x for x in luck]), steps * len(seeds)

    return play


def test_the_best_wins_more_often_than_the_luckiest(genomes):
    values = np.arange(60.0) / 30.0
    found, lucky = [], []
    for seed in range(40):
        order = np.random.default_rng(seed).permutation(60)
        play = noisy(genomes, values, 1.0, seed)
        first = [play(genomes[i], None, [10_000])[0][0] for i in order]
        lucky.append(values[order[int(np.argmax(first))]])
        contest = Contest(play, range(100), Budget(2_000))
        for i in order:
            contest.enter(genomes[i])
        found.append(values[genomes.index(contest.best.genome)])
        assert contest.steps <= 2_000
    winners = np.array(found)
    assert winners.mean() > np.mean(lucky) + 0.1


def test_who_was_lucky_does_not_stay_the_best(genomes):
    """A champion that begins with three good episodes is overtaken as its luck runs out."""
    poor, good = genomes[:2]

    def play(genome, scaling, seeds):
        returns = [10.0 if seed < 3 else 0.0 for seed in seeds] if genome == poor else [5.0] * len(seeds)
        return np.array(returns), len(seeds)

    contest = Contest(play, range(100), Budget(1_000))
    assert contest.enter(poor)
    assert not contest.enter(good)
    contest.steady(20)
    assert not contest.enter(good)  # it had its chance; its like wins now
    assert contest.enter(genomes[2])
    assert contest.best.genome == genomes[2]


def test_no_episode_is_played_on_credit(genomes):
    values = np.arange(60.0)
    budget = Budget(101)
    contest = Contest(noisy(genomes, values, 0.0, 0, steps=7), range(100), budget)
    for genome in genomes:
        contest.enter(genome)
    while contest.steady(1):
        pass
    assert budget.used == contest.steps == 98  # 14 episodes of 7 steps
    assert not contest.enter(genomes[0], favoured=True)


def test_a_favoured_candidate_wins_where_nobody_can_tell(genomes):
    values = np.arange(60.0)
    for favoured in (False, True):
        contest = Contest(noisy(genomes, values, 0.0, 0, steps=10), range(100), Budget(30))
        contest.enter(genomes[0])
        assert contest.enter(genomes[1], favoured=favoured) is favoured
        assert (contest.best.genome == genomes[1]) is favoured
