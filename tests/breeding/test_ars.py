"""Augmented random search: its update against the paper's equations, and runs that are nothing else."""

from __future__ import annotations

import dataclasses
import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neat.breeding.ars import RandomSearch, centred_ranks
from neat.config import Config
from neat.errors import ConfigError, DataError
from neat.files.checkpoint import load_checkpoint, save_checkpoint
from neat.operators.registry import Operator
from neat.population import Population


def ars(**changes):
    return Config.preset("ars", genome={"inputs": 3, "outputs": 2}, population={"size": 9}, **changes)


def search_of(population):
    return population.breeding.emitters["search"]


def target(genomes):
    return np.array([-float(((g.connections["weight"] - 0.5) ** 2).sum()) for g in genomes])


def paper(mean, deltas, plus, minus, rate, best):
    """Mania, Guy & Recht 2018, algorithm 2, lines 5 to 7."""
    order = sorted(range(len(deltas)), key=lambda k: -max(plus[k], minus[k]))[:best]
    sigma = np.std([r for k in order for r in (plus[k], minus[k])])
    return mean + rate / (best * sigma) * sum((plus[k] - minus[k]) * deltas[k] for k in order)


@settings(max_examples=50, deadline=None)
@given(
    n=st.integers(1, 9), pairs=st.integers(2, 12), best=st.integers(1, 12), seed=st.integers(0, 2**31),
    unit=st.sampled_from([1e-3, 1.0, 1e6, 1e300]), odd=st.booleans(), decay=st.sampled_from([0.0, 0.3]),
)  # fmt: skip
def test_the_update_is_the_papers(n, pairs, best, seed, unit, odd, decay):
    best = min(best, pairs)
    search = RandomSearch(np.linspace(-1, 1, n), 0.1, 0.02, best / pairs, decay=decay)
    x = search.sample(2 * pairs + odd, seed, 3)
    rng = np.random.default_rng(seed)
    score = rng.normal(size=len(x))
    before, deltas = search.mean, (x[: 2 * pairs : 2] - search.mean) / 0.1
    np.testing.assert_allclose(x[1 : 2 * pairs : 2], before - 0.1 * deltas, rtol=1e-9, atol=1e-12)
    expected = paper(before, deltas, score[: 2 * pairs : 2], score[1 : 2 * pairs : 2], 0.02, best)
    search.learn(x, unit * score)
    np.testing.assert_allclose(search.mean, expected - decay * before, rtol=1e-6, atol=1e-9)
    assert search.updates == 1


def test_equal_scores_move_nothing():
    search = RandomSearch(np.zeros(4), 0.1, 0.02, 0.5)
    search.learn(search.sample(8, 1, 0), np.full(8, -3.0))
    assert not search.mean.any()


def test_directions_are_normal_and_keyed_by_seed_generation_and_place():
    search = RandomSearch(np.zeros(50_000), 2.0, 0.02, 0.5)
    x = search.sample(4, 7, 1)
    assert x[0].mean() == pytest.approx(0, abs=0.05)
    assert x[0].std() == pytest.approx(2, abs=0.05)
    assert abs(np.corrcoef(x[0], x[2])[0, 1]) < 0.03
    assert np.array_equal(search.sample(3, 7, 1), x[:3])
    assert not np.array_equal(search.sample(2, 7, 2)[0], x[0])
    assert not np.array_equal(search.sample(2, 8, 1)[0], x[0])


def test_ranks():
    assert centred_ranks(np.array([3.0, -1e300, 7.0])).tolist() == [0.0, -0.5, 0.5]
    assert centred_ranks(np.array([1.0, 1.0, 2.0, 0.0])).tolist() == pytest.approx([0, 0, 0.5, -0.5])
    assert centred_ranks(np.array([5.0])).tolist() == [0.0]


@given(st.lists(st.integers(-5, 5), min_size=2, max_size=20))
def test_ranks_are_those_of_a_count(values):
    expected = [sum((b < a) + 0.5 * (b == a) for b in values) - 0.5 for a in values]
    found = centred_ranks(np.array(values, float))
    np.testing.assert_allclose(found, np.array(expected) / (len(values) - 1) - 0.5, atol=1e-12)


def test_ranks_make_an_outlier_one_of_many():
    raw, ranked = (RandomSearch(np.zeros(2), 0.1, 0.02, 1.0, ranks) for ranks in (False, True))
    x = raw.sample(12, 3, 0)
    score = np.arange(12.0)
    score[-1] = 1e9
    for search in (raw, ranked):
        search.learn(x, score)
    away = x[10] - x[11]
    assert raw.mean @ away < 0  # nothing but the outlier counts
    np.testing.assert_allclose(raw.mean / np.linalg.norm(raw.mean), -away / np.linalg.norm(away), atol=1e-4)
    assert abs(ranked.mean @ away) / np.linalg.norm(ranked.mean) / np.linalg.norm(away) < 0.99


def test_a_run_of_the_preset_is_the_search_alone():
    population = Population(ars(), seed=1)
    first = population.ask()
    assert all(genome.hidden == 0 and genome.enabled == 8 for genome in first)
    mean = population.tell(target(first))
    for _ in range(40):
        genomes = population.ask()
        assert len(genomes) == 9
        search = search_of(population)
        assert genomes[0].connections["weight"].tolist() == search.method.mean.tolist()
        pairs = np.array([g.connections["weight"] for g in genomes])[1:]
        np.testing.assert_allclose((pairs[::2] + pairs[1::2]) / 2, np.tile(search.method.mean, (4, 1)), atol=1e-12)
        assert (genomes.lineage["operators"] == Operator.SEARCH).all()
        assert len(set(genomes.species.tolist())) == 1
        before = mean
        mean = population.tell(target(genomes))
        assert mean.favourite == 0
    assert mean.fitness[0] > before.fitness[0] > -1.9
    assert mean.number == 40


def test_it_finds_the_optimum():
    population = Population(ars(search={"step": 0.05, "learning_rate": 0.05}), seed=2)
    for _ in range(300):
        population.tell(target(population.ask()))
    assert math.isclose(search_of(population).method.mean.mean(), 0.5, abs_tol=0.05)


@pytest.mark.parametrize("method", ["ars", "sep-cma", "cma"])
def test_a_run_goes_on_from_a_checkpoint_bit_for_bit(method, tmp_path):
    def begin():
        return Population(ars(search={"method": method}, mutation={"biases": 0.5, "responses": 0.5}), seed=5)

    whole = begin()
    for _ in range(8):
        whole.tell(target(whole.ask()))
    half = begin()
    for _ in range(4):
        half.tell(target(half.ask()))
    save_checkpoint(tmp_path / "a.npz", half)
    again = load_checkpoint(tmp_path / "a.npz")[0]
    for _ in range(4):
        again.tell(target(again.ask()))
    assert again.genomes == whole.genomes
    assert len(search_of(again).method.mean) == 12  # eight weights, two biases, two responses
    assert {k: v.tobytes() for k, v in again.to_arrays().items() if k != "values"} == {
        k: v.tobytes() for k, v in whole.to_arrays().items() if k != "values"
    }


def test_time_constants_stay_within_their_range():
    config = Config.preset(
        "ars", genome={"inputs": 1, "outputs": 1}, network={"kind": "ctrnn"}, population={"size": 9},
        mutation={"time_constants": 0.5}, search={"step": 30.0},
    )  # fmt: skip
    population = Population(config, seed=1)
    for _ in range(3):
        population.tell(np.arange(9.0) * population.ask().generation)
    constants = population.genomes.nodes["time_constant"].reshape(9, -1)[:, -1]
    assert constants.min() == 0.01
    assert constants.max() == 10.0


def test_a_bred_genome_that_wins_twice_is_where_the_search_goes_on():
    config = Config.preset(
        "default", genome={"inputs": 3, "outputs": 1}, population={"size": 20}, search={"method": "ars", "share": 0.5},
        reproduction={"elite_species_size": 1}, compatibility={"target_species": 0, "threshold": 1e6},
    )  # fmt: skip
    population = Population(config, seed=3)
    population.tell(target(population.ask()))
    for _ in range(3):
        genomes = population.ask()
        elites = np.flatnonzero(genomes.lineage["operators"] & Operator.ELITE)
        fitness = np.full(20, -9.0)
        fitness[elites[0]] = 1.0
        winner = genomes[int(elites[0])].copy()
        population.tell(fitness)
    assert search_of(population).base == winner


def test_three_genomes_are_enough_and_two_are_not():
    Config.preset("ars", population={"size": 3})
    with pytest.raises(ConfigError, match=r"search.share: expected 0, or at least 3 of the 2 genomes"):
        Population(Config.preset("ars", genome={"inputs": 1, "outputs": 1}, population={"size": 2}), seed=1)
    with pytest.raises(ConfigError, match=r"search.top: expected a share above 0, at most 1, got 0"):
        ars(search={"top": 0.0})
    with pytest.raises(ConfigError, match=r"search\.method: unknown search method 'arse' \(did you mean 'ars'\?\)"):
        Population(ars(search={"method": "arse"}), seed=1)


def test_a_memory_of_another_size_is_refused():
    search = ars().search
    with pytest.raises(DataError, match="not of the size"):
        RandomSearch.restored(np.zeros(2), 0.1, 0, np.zeros(1), search)


def test_steps_become_shorter_in_the_second_half_of_the_horizon():
    search = ars(search={"horizon": 1000, "final": 0.2}).search
    lengths = []
    for steps in (0, 500, 750, 1000, 5000):
        method = RandomSearch.begin(np.zeros(4), search)
        x = method.sample(8, 1, 0)
        method.pace(steps)
        method.learn(x, np.arange(8.0))
        lengths.append(float(np.linalg.norm(method.mean)))
    np.testing.assert_allclose(np.array(lengths) / lengths[0], [1.0, 1.0, 0.6, 0.2, 0.2])
    method = RandomSearch.begin(np.ones(4), ars(search={"horizon": 1000, "final": 0.2, "decay": 0.5}).search)
    method.pace(750)
    without = dataclasses.replace(method, decay=0.0)
    for search in (method, without):
        search.learn(x, np.arange(8.0))
    np.testing.assert_allclose(without.mean - method.mean, 0.5 * 0.6)


def test_a_population_tells_the_search_its_steps():
    population = Population(ars(search={"horizon": 1000, "final": 0.5}), seed=1)
    for _ in range(4):
        fitness = target(population.ask())
        population.tell(SimpleNamespace(fitness=fitness, steps=200))
    assert search_of(population).method.left == pytest.approx(0.7)


@pytest.mark.parametrize("changes", [{"horizon": -1}, {"final": -0.1}, {"final": 1.5}, {"decay": -0.1}, {"decay": 1.0}])
def test_what_no_horizon_can_be_is_refused(changes):
    with pytest.raises(ConfigError, match=rf"search.{next(iter(changes))}: expected"):
        ars(search=changes)
