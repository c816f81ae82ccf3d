"""Speciation against the paper's rule said plainly."""

from __future__ import annotations

import random

import numpy as np
import pytest
import reference
from breeding import settings
from strategies import kin, make

from neat.config import CompatibilityConfig
from neat.genes.table import Genomes
from neat.population import Population
from neat.species.distance import compatibility_distance
from neat.species.speciation import Speciation, steered_threshold


def line(*weights):
    """Genomes whose distance is 0.4 times the difference of their weights."""
    return Genomes.of([make(3, 2, 0, [(0, 4, w)]) for w in weights])


def plain_species(genomes, representatives, threshold, c):
    """First species, oldest first, whose representative is compatible; else a new one that the genome stands for."""
    representatives, members = list(representatives), []
    for genome in map(reference.genes_of, genomes):
        for number, other in enumerate(representatives):
            if reference.distance(genome, other, c.c1, c.c2, c.c3, c.normalise, c.small_genome) < threshold:
                members.append(number)
                break
        else:
            members.append(len(representatives))
            representatives.append(genome)
    return members, representatives


@pytest.mark.usefixtures("any_work_is_shared")
@pytest.mark.parametrize("threads", [1, 3])
@pytest.mark.parametrize("threshold", [0.7, 2.0, 6.0])
def test_species_are_those_of_the_plain_rule(threshold, threads):
    rng = random.Random(int(10 * threshold))
    config = settings(compatibility={"threshold": threshold})
    stock = kin(rng, count=240, cyclic=True)
    speciation = Speciation(config)
    representatives: list = []
    ids: list[int] = []
    last = 0
    for generation in range(3):
        table = Genomes.of(stock[generation * 40 :][:70] * 3, generation)
        members, representatives = plain_species(table, representatives, threshold, config.compatibility)
        new = len(representatives) - len(ids)
        ids, last = [*ids, *range(last + 1, last + 1 + new)], last + new
        speciation.assign(table, generation, threads)
        assert [speciation.species["id"][m] for m in speciation.members] == [ids[m] for m in members]
        alive = sorted(set(members))
        ids, representatives = [ids[a] for a in alive], [representatives[a] for a in alive]
        assert speciation.species["id"].tolist() == ids
        assert [{n: tuple(r) for n, *r in rep.tolist()} for rep in speciation.representatives] == representatives
        assert speciation.next_id == last + 1


def test_a_genome_joins_the_first_species_in_order_of_age():
    speciation = Speciation(settings(compatibility={"threshold": 1.0}))
    speciation.assign(line(0.0, 4.0), 0)  # two species, 1.6 apart
    speciation.representatives = [g.connections for g in line(0.0, 4.0)]
    speciation.assign(line(2.0, 2.2, 0.0, 4.0), 1)  # the first two are within 1.0 of both
    assert speciation.members.tolist() == [0, 0, 0, 1]
    assert speciation.species["born"].tolist() == [0, 0]


def test_the_threshold_is_exclusive_and_fixed():
    speciation = Speciation(settings(compatibility={"threshold": 1.0, "c3": 1.0}))
    speciation.assign(line(0.0, 1.0, 0.999), 0)
    assert speciation.members.tolist() == [0, 1, 0]
    assert speciation.threshold == 1.0


def test_species_without_members_end_and_ids_are_not_used_again():
    speciation = Speciation(settings(compatibility={"threshold": 1.0}))
    speciation.assign(line(0.0, 5.0), 0)
    speciation.assign(line(5.0, 5.1), 1)
    assert speciation.species["id"].tolist() == [2]
    speciation.assign(line(5.0, 0.0), 2)
    assert speciation.species["id"].tolist() == [2, 3]
    assert speciation.species["born"].tolist() == [0, 2]


def test_one_species_for_all_and_one_for_each():
    stock = kin(random.Random(1), count=50, cyclic=True)
    one = Speciation(settings(compatibility={"threshold": 1e9}))
    one.assign(Genomes.of(stock), 0)
    assert set(one.members.tolist()) == {0}
    each = Speciation(settings(compatibility={"threshold": 0.0}))
    each.assign(Genomes.of(stock), 0)
    assert each.members.tolist() == list(range(50))


def test_representative_is_the_champion_where_configured():
    speciation = Speciation(settings(species={"representative": "champion"}, compatibility={"threshold": 1.0}))
    table = line(0.0, 0.5, 1.0, 5.0, 5.5)
    speciation.assign(table, 0)
    speciation.choose_representatives(table, np.array([1.0, 3.0, 2.0, -2.0, -1.0]), seed=1)
    assert [r["weight"][0] for r in speciation.representatives] == [0.5, 5.5]


def test_representative_is_a_random_member_of_the_last_generation():
    speciation = Speciation(settings(compatibility={"threshold": 1.0}))
    counts = [dict.fromkeys([0.0, 0.5, 1.0], 0), dict.fromkeys([5.0, 5.5], 0)]
    for generation in range(600):
        table = line(0.0, 5.0, 0.5, 5.5, 1.0)
        table.generation = generation
        speciation = Speciation(settings(compatibility={"threshold": 1.0}))
        speciation.assign(table, generation)
        speciation.choose_representatives(table, np.arange(5.0), seed=1)
        for species, representative in zip(counts, speciation.representatives, strict=True):
            species[float(representative["weight"][0])] += 1
    assert all(150 < c < 250 for c in counts[0].values())
    assert all(240 < c < 360 for c in counts[1].values())


def test_representatives_differ_by_seed_and_not_by_call():
    def chosen(seed):
        speciation = Speciation(settings(compatibility={"threshold": 1e9}))
        table = line(*np.linspace(0, 1, 50))
        speciation.assign(table, 0)
        speciation.choose_representatives(table, np.zeros(50), seed)
        return speciation.representatives[0]["weight"][0]

    assert chosen(1) == chosen(1)
    assert len({chosen(seed) for seed in range(20)}) > 10


def test_threshold_steering():
    config = CompatibilityConfig(target_species=5, threshold_step=0.25, threshold_min=0.5)
    assert steered_threshold(3.0, 9, config) == 3.25
    assert steered_threshold(3.0, 2, config) == 2.75
    assert steered_threshold(3.0, 5, config) == 3.0
    assert steered_threshold(0.6, 1, config) == 0.5
    assert steered_threshold(3.0, 9, CompatibilityConfig()) == 3.0


def test_steering_reaches_the_target():
    config = settings(
        {"weights": 0.8, "add_connection": 0.2, "add_node": 0.1},
        population={"size": 100},
        compatibility={"target_species": 8, "threshold": 10.0},
    )
    population = Population(config, seed=1, threads=1)
    counts, thresholds = [], []
    rng = np.random.default_rng(1)
    for _ in range(80):
        record = population.tell(rng.random(len(population.ask()))).record
        counts.append(len(record.species))
        thresholds.append(record.threshold)
    assert counts[0] == 1
    assert thresholds[0] == 10.0
    assert 2 <= np.mean(counts[-30:]) <= 14  # a threshold left at 10 keeps a single species


def test_recorded_species_are_compatible_with_someone():
    """Over a run: sizes add up, and every member is within the threshold of the recorded species' representative."""
    config = settings(
        {"weights": 0.8, "add_connection": 0.3, "add_node": 0.2},
        population={"size": 80},
        compatibility={"threshold": 1.5},
        species={"representative": "champion"},
    )
    population = Population(config, seed=5, threads=1)
    rng = np.random.default_rng(2)
    for _ in range(10):
        genomes = population.ask()
        members = population.speciation.members
        representatives = population.speciation.representatives
        for genome, member in zip(genomes, members, strict=True):
            distances = [
                compatibility_distance(genome, type(genome)(genome.nodes, r), config.compatibility)
                for r in representatives
            ]
            assert int(np.argmax(np.array(distances) < 1.5)) == member
        record = population.tell(rng.random(80)).record
        assert sum(s.size for s in record.species) == 80
        assert [s.size for s in record.species] == np.bincount(members).tolist()
