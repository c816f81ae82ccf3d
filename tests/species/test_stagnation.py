"""Shares of offspring: fitness sharing, stagnation and quotas."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest
from breeding import settings
from hypothesis import example, given
from hypothesis import settings as examples
from hypothesis import strategies as st

from neat.config import SpeciesConfig
from neat.population import Population
from neat.species.speciation import SPECIES
from neat.species.stagnation import quotas, shared_fitness, stagnation_factors

finite = st.floats(allow_nan=False, allow_infinity=False)
fitness_and_members = st.integers(1, 30).flatmap(
    lambda n: st.tuples(
        st.lists(finite, min_size=n, max_size=n).map(np.array),
        st.lists(st.integers(0, 5), min_size=n, max_size=n).map(
            lambda m: np.unique(np.array(m), return_inverse=True)[1]
        ),
    )
)


# ------------------------------------------------------------------------------------------------------- quotas


@given(
    st.lists(st.floats(0.0, 1e300), min_size=1, max_size=60).filter(any),
    st.integers(2, 5000),
)
@example([5e-324], 100)
@example([1e-318, 3e-320, 0.0], 150)
@example([1.0] * 7, 3)
@example([1e300, 1e-300], 1000)
@examples(max_examples=500, deadline=None)
def test_quotas_sum_exactly_and_are_within_one_of_the_share(shares, size):
    found = quotas(np.array(shares), size)
    assert found.sum() == size
    assert (found >= 0).all()
    largest = max(shares)
    scaled = [s / largest for s in shares]
    total = math.fsum(scaled)
    for share, quota in zip(scaled, found.tolist(), strict=True):
        if total > 0 and largest > 1e-290:  # below, dividing by the sum loses digits
            assert abs(quota - size * share / total) < 1 + 1e-6
        if share == 0.0:
            assert quota == 0


def test_quotas_by_largest_remainder_ties_to_the_elder():
    assert quotas(np.array([1.0, 1.0, 1.0]), 10).tolist() == [4, 3, 3]
    assert quotas(np.array([0.5, 0.25, 0.25]), 4).tolist() == [2, 1, 1]
    assert quotas(np.array([2.6, 1.3, 0.1]), 4).tolist() == [3, 1, 0]
    assert quotas(np.array([0.0, 5.0]), 7).tolist() == [0, 7]


def test_ties_of_quotas_but_for_rounding_go_to_the_elder():
    # 0.1 + 0.2 and 0.3 are the same share; so are sums of fitness added up in another order.
    assert quotas(np.array([0.3, 0.1 + 0.2, 0.4]), 5).tolist() == [2, 1, 2]
    assert quotas(np.array([0.1 + 0.2, 0.3, 0.4]), 5).tolist() == [2, 1, 2]
    assert quotas(np.array([0.7, 0.1 + 0.2]), 10).tolist() == [7, 3]


@given(st.lists(st.integers(0, 30), min_size=1, max_size=20).filter(any), st.integers(2, 500), st.integers(0, 2**32))
def test_quotas_are_those_of_fractions_whatever_the_rounding(shares, size, seed):
    wobble = 1.0 + np.random.default_rng(seed).integers(-2, 3, len(shares)) * 2.0**-52
    exact = [Fraction(share * size, sum(shares)) for share in shares]
    order = sorted(range(len(shares)), key=lambda s: (math.floor(exact[s]) - exact[s], s))
    expected = [math.floor(e) for e in exact]
    for s in order[: size - sum(expected)]:
        expected[s] += 1
    assert quotas(np.array(shares, float) / 7 * wobble, size).tolist() == expected


# ------------------------------------------------------------------------------------------------------- sharing


def test_shared_fitness_is_the_sum_over_the_size():
    """f' = f / |species|: a species' share is its mean."""
    sums, sizes, best = shared_fitness(np.array([4.0, 2.0, 9.0, 0.0]), np.array([0, 0, 1, 0]), 2)
    assert sizes.tolist() == [3, 1]
    assert best.tolist() == [4.0, 9.0]
    assert sums[1] / sums[0] == pytest.approx(9.0 / (6.0 / 3))


def test_negative_fitness_is_shifted_up_by_the_lowest():
    sums, _, _ = shared_fitness(np.array([-10.0, -4.0, 2.0]), np.array([0, 1, 2]), 3)
    assert sums[0] == 0.0
    assert sums[2] / sums[1] == pytest.approx(12.0 / 6.0)
    positive, _, _ = shared_fitness(np.array([1.0, 7.0]), np.array([0, 1]), 2)
    assert positive[1] / positive[0] == pytest.approx(7.0)  # no shift without a negative one


@pytest.mark.parametrize("value", [0.0, 3.0, -7.0, 1e308, -1e308, 5e-324])
def test_equal_fitness_counts_every_species_the_same(value):
    sums, _, _ = shared_fitness(np.full(5, value), np.array([0, 0, 0, 1, 2]), 3)
    assert sums[0] > 0
    np.testing.assert_allclose(sums, sums[0])


@given(fitness_and_members)
@example((np.array([-1.7e308, 1.7e308]), np.array([0, 1])))
@example((np.array([1.7e308] * 4), np.array([0, 0, 0, 0])))
@examples(max_examples=300, deadline=None)
def test_any_finite_fitness_gives_shares_and_exact_quotas(case):
    fitness, members = case
    species = int(members.max()) + 1
    sums, sizes, best = shared_fitness(fitness, members, species)
    assert best.tolist() == [fitness[members == s].max() for s in range(species)]
    assert sizes.tolist() == np.bincount(members).tolist()
    assert np.isfinite(sums).all()
    assert (sums >= 0).all()
    assert sums.sum() > 0
    assert quotas(sums, 97).sum() == 97


# ---------------------------------------------------------------------------------------------------- stagnation


def living(*rows):
    """Species from (id, born, improved)."""
    species = np.zeros(len(rows), SPECIES)
    for s, (number, born, improved) in zip(species, rows, strict=True):
        s["id"], s["born"], s["improved"] = number, born, improved
    return species


def factors(species, best, generation, improved=None, **config):
    config = SpeciesConfig(**({"population_stagnation": 0} | config))
    improved = generation if improved is None else improved
    return stagnation_factors(species, np.array(best, float), generation, improved, config).tolist()


def test_a_species_may_not_reproduce_after_15_generations_without_improvement():
    species = living((1, 0, 5), (2, 0, 6))
    assert factors(species, [9, 1], 20) == [0.0, 1.0]
    assert factors(species, [9, 1], 19) == [1.0, 1.0]
    assert factors(species, [9, 1], 20, stagnation_factor=0.01) == [0.01, 1.0]
    assert factors(species, [9, 1], 1000, stagnation=0) == [1.0, 1.0]


def test_the_best_species_may_be_protected():
    species = living((1, 0, 0), (2, 0, 0), (3, 0, 0))
    assert factors(species, [5, 9, 7], 50) == [0.0, 0.0, 0.0]
    assert factors(species, [5, 9, 7], 50, protected=1) == [0.0, 1.0, 0.0]
    assert factors(species, [5, 9, 7], 50, protected=2) == [0.0, 1.0, 1.0]
    assert factors(species, [5, 5, 5], 50, protected=1) == [1.0, 0.0, 0.0]  # equal: the elder


def test_after_more_than_20_generations_only_the_top_two_species_reproduce():
    species = living((1, 0, 30), (2, 0, 30), (3, 0, 30))
    config = {"population_stagnation": 20}
    assert factors(species, [5, 9, 7], 30, improved=10, **config) == [1.0, 1.0, 1.0]
    assert factors(species, [5, 9, 7], 31, improved=10, **config) == [0.0, 1.0, 1.0]
    assert factors(species, [5, 9, 7], 31, improved=10, population_survivors=1, **config) == [0.0, 1.0, 0.0]
    assert factors(species, [5, 9, 7], 31, improved=10, population_survivors=9, **config) == [1.0, 1.0, 1.0]


def test_the_worst_old_species_is_culled_every_30_generations():
    species = living((1, 0, 60), (2, 41, 60), (3, 30, 60), (4, 0, 60))
    config = {"cull_interval": 30, "cull_age": 20}
    assert factors(species, [5, 1, 2, 9], 60, **config) == [1.0, 1.0, 0.0, 1.0]  # the second is too young
    assert factors(species, [5, 1, 2, 9], 59, **config) == [1.0, 1.0, 1.0, 1.0]
    assert factors(living((1, 0, 60)), [5], 60, **config) == [1.0]  # never the best
    assert factors(living((1, 0, 0)), [5], 0, cull_interval=30, cull_age=0) == [1.0]


# ---------------------------------------------------------------------------------------------- within a population


def run(config, fitness_of, generations, seed=1):
    population = Population(config, seed, threads=1)
    records = []
    for _ in range(generations):
        genomes = population.ask()
        records.append(population.tell(fitness_of(population, genomes)))
        if population.done:
            break
    return population, records


def never(_population, genomes):
    """Fitness that never improves."""
    return np.full(len(genomes), 3.0)


ONE = {"threshold": 1e9}
EACH = {"threshold": 0.0}


def test_a_stagnant_species_ends_where_the_population_lives_on():
    """Species that improve stay; one that does not, ends at 5 generations: also with population stagnation off."""
    for population_stagnation in (0, 20):
        config = settings(
            population={"size": 20, "extinction": "stop"},
            compatibility=ONE,
            species={"stagnation": 5, "population_stagnation": population_stagnation},
        )
        population, records = run(config, never, 30)
        assert population.done
        assert len(records) == 6  # generations 0 … 5: five without improvement
        assert records[-1].species[0].stagnation == 5


def test_extinction_stops_where_configured():
    config = settings(population={"size": 20, "extinction": "stop"}, compatibility=ONE, species={"stagnation": 3})
    population, records = run(config, never, 30)
    assert population.done
    assert [r.restarted for r in records] == [False] * 4
    with pytest.raises(RuntimeError, match="died out"):
        population.ask()
    assert population.champion_fitness == 3.0
    assert population.champion is not None


def test_extinction_starts_again_where_configured():
    config = settings(
        {"add_node": 0.5, "weights": 0.8}, population={"size": 20}, compatibility=ONE, species={"stagnation": 4}
    )
    population, records = run(config, never, 30)
    assert not population.done
    assert [r.generation for r in records] == list(range(30))
    restarts = [r.generation for r in records if r.restarted]
    assert restarts == [4, 9, 14, 19, 24, 29]
    assert records[3].hidden_mean > 0
    assert records[5].hidden_mean == 0  # minimal again
    assert records[5].species[0].age == 0
    first, again = run(config, never, 1)[0].ask(), None
    fresh = Population(config, 1, threads=1)
    start = fresh.ask()
    for _ in range(5):
        fresh.tell(np.full(20, 3.0))
        again = fresh.ask()
    assert again.generation == 5
    assert not np.array_equal(again.connections["weight"], start.connections["weight"])  # new genomes, not the old
    assert len(first) == len(again)


def test_population_stagnation_leaves_the_top_two_species():
    config = settings(
        {"weights": 1.0},
        population={"size": 30},
        compatibility={"threshold": 0.25},
        species={"stagnation": 0, "population_stagnation": 6},
        reproduction={"elite_species_size": 1},
    )
    _, records = run(config, lambda _, genomes: np.linspace(2.0, 1.0, len(genomes)), 8)
    assert [r.generation for r in records if len(r.species) > 2]
    population = Population(config, 1, threads=1)
    for _ in range(7):
        population.ask()
        population.tell(np.linspace(2.0, 1.0, 30))
    before = population.speciation.members.copy()
    best = [np.linspace(2.0, 1.0, 30)[before == s].max() for s in range(len(population.speciation.species))]
    top = set(np.argsort(best)[::-1][:2].tolist())
    population.ask()
    population.tell(np.linspace(2.0, 1.0, 30))  # 7 generations without improvement: more than 6
    assert population.generation == 8
    assert max(s.stagnation for s in records[7].species) == 7  # of the generation in which that struck, not 0
    mothers = population.ask().lineage["mother"]
    assert {int(before[m]) for m in mothers} == top


def test_delta_coding_shares_the_offspring_of_a_stagnant_population_alike():
    config = settings(
        {"weights": 1.0},
        population={"size": 31},
        compatibility={"threshold": 0.25},
        species={"stagnation": 0, "population_stagnation": 6, "delta_coding": True},
        reproduction={"elite_species_size": 1},
    )
    population = Population(config, 1, threads=1)
    for generation in range(9):
        before, genomes = population.speciation.members.copy(), population.ask()
        population.tell(np.linspace(2.0, 1.0, 31))
        lineage = population.ask().lineage
        population.withdraw()
        champions = np.unique(before, return_index=True)[1]
        if generation == 7:  # more than 6 without improvement
            mothers, children = np.unique(lineage["mother"], return_counts=True)
            assert set(mothers.tolist()) == set(np.sort(champions)[:2].tolist())  # fitness falls from first to last
            assert sorted(children.tolist()) == [15, 16]
            assert (lineage["father"] == -1).all()
            for mother in mothers.tolist():
                copies = [child == genomes[mother] for child in population.genomes]
                assert sum(copies) == 1
        else:
            assert len(set(lineage["mother"].tolist())) > 2


@pytest.mark.parametrize("lingering", [False, True])
def test_a_species_without_offspring_may_live_on_by_those_of_others(lingering):
    """Two species of which one is worth nothing: its number goes on only where genomes of the other may join it."""
    config = settings(
        {"weights": 1.0, "weight_perturb": 0.0, "weight_replace": 1.0},
        population={"size": 60},
        compatibility={"threshold": 0.2},
        species={"lingering": lingering, "stagnation": 0},
    )
    population = Population(config, 1, threads=1)
    population.ask()
    first = population.speciation.members == 0
    assert first.any()
    assert not first.all()
    population.tell(np.where(first, 0.0, 1.0))
    # first weights are drawn anew, so some children fall where the first species stood
    assert (1 in population.speciation.species["id"]) is lingering


@pytest.mark.filterwarnings("ignore:overflow", "ignore:invalid")  # of the mean and deviation of such fitness
@pytest.mark.parametrize(
    "values",
    [
        lambda n, g: np.full(n, -5.0),
        lambda n, g: -np.arange(1.0, n + 1),
        lambda n, g: np.where(np.arange(n) % 2, 1.7e308, -1.7e308),
        lambda n, g: np.where(np.arange(n) == g % n, 1e308, 1e-300),
        lambda n, g: np.zeros(n),
        lambda n, g: np.full(n, 5e-324),
    ],
)
@pytest.mark.parametrize("compatibility", [ONE, EACH, {"threshold": 0.6}])
def test_any_fitness_keeps_the_population_at_its_size(values, compatibility):
    config = settings(
        {"weights": 0.8, "add_node": 0.1, "add_connection": 0.1},
        population={"size": 23},
        compatibility=compatibility,
        species={"stagnation": 3, "population_stagnation": 5, "cull_interval": 2, "cull_age": 0},
    )
    population = Population(config, 1, threads=1)
    for generation in range(12):
        genomes = population.ask()
        assert len(genomes) == 23
        record = population.tell(values(23, generation)).record
        assert sum(s.size for s in record.species) == 23
