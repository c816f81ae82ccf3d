"""The loop: ask, tell, and the same run from the same seed."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
import reference
from breeding import settings

from neat.config import Config, NetworkConfig, replace
from neat.errors import ConfigError, EvaluationError
from neat.genes.table import Genomes
from neat.history.records import SpeciesRecord
from neat.networks.network import Network
from neat.networks.tape import decode, forward_at
from neat.population import Population

XOR = [([0.0, 0.0], 0.0), ([0.0, 1.0], 1.0), ([1.0, 0.0], 1.0), ([1.0, 1.0], 0.0)]
GROWING = {"weights": 0.8, "add_node": 0.2, "add_connection": 0.3, "toggle": 0.1, "delete_connection": 0.05}


def small(**population):
    return settings(GROWING, population={"size": 12} | population)


def complexity(genomes):
    """A fitness that depends on every weight, to the last bit."""
    return np.array([math.sin(float(np.abs(g.connections["weight"]).sum()) + g.hidden) for g in genomes])


def run(config, seed, generations, threads=1, fitness=complexity):
    population = Population(config, seed, threads=threads)
    digest = hashlib.sha256()
    records = []
    for _ in range(generations):
        genomes = population.ask()
        for array in (genomes.nodes, genomes.node_offsets, genomes.connections, genomes.connection_offsets):
            digest.update(array.tobytes())
        records.append(population.tell(fitness(genomes)))
    return digest.hexdigest(), records, population


# ------------------------------------------------------------------------------------------------------ ask and tell


def test_ask_and_tell_out_of_order():
    population = Population(small(), seed=1)
    with pytest.raises(RuntimeError, match=r"without.*ask|ask\(\)"):
        population.tell(np.zeros(12))
    population.ask()
    with pytest.raises(RuntimeError, match="twice"):
        population.ask()
    population.tell(np.zeros(12))
    with pytest.raises(RuntimeError):
        population.tell(np.zeros(12))
    population.ask()


@pytest.mark.parametrize("shape", [(), (11,), (13,), (12, 1), (0,)])
def test_wrong_shape_is_refused_and_leaves_the_population_waiting(shape):
    population = Population(small(), seed=1)
    population.ask()
    with pytest.raises(ValueError, match=r"\(12,\)"):
        population.tell(np.zeros(shape))
    population.tell(np.zeros(12))
    assert population.generation == 1


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_fitness_that_is_no_finite_number_is_refused(value):
    population = Population(small(), seed=1)
    population.ask()
    fitness = np.zeros(12)
    fitness[7] = value
    with pytest.raises(EvaluationError, match="genome 7 of generation 0") as error:
        population.tell(fitness)
    assert "\n" not in str(error.value)
    assert population.evaluations == 0
    population.tell(np.zeros(12))
    assert population.evaluations == 12


def test_fitness_as_list_or_evaluation():
    lists, evaluations = Population(small(), seed=1), Population(small(), seed=1)
    lists.ask()
    lists.tell([0] * 11 + [1])
    evaluations.ask()
    record = evaluations.tell(SimpleNamespace(fitness=np.array([0.0] * 11 + [1.0]), steps=345)).record
    assert lists.ask() == evaluations.ask()
    assert (lists.steps, evaluations.steps, record.steps) == (0, 345, 345)


@pytest.mark.parametrize("seed", [-1, 2**63])
def test_seed_out_of_range(seed):
    with pytest.raises(ValueError, match="seed"):
        Population(small(), seed=seed)


@pytest.mark.parametrize("name", ["inputs", "outputs"])
def test_inputs_and_outputs_must_be_set(name):
    config = replace(Config(), {"genome": {"inputs": 2, "outputs": 1, name: 0}})
    with pytest.raises(ConfigError, match=f"genome.{name}"):
        Population(config, seed=1)


# --------------------------------------------------------------------------------------------------------- the record


def test_record_and_champion():
    population = Population(small(), seed=1)
    rng = np.random.default_rng(0)
    best, best_genome, evaluations = -math.inf, None, 0
    for generation in range(15):
        genomes = population.ask()
        assert isinstance(genomes, Genomes)
        assert genomes.generation == population.generation == generation
        fitness = rng.normal(size=12)
        k = int(fitness.argmax())
        if fitness[k] > best:
            best, best_genome = fitness[k], genomes[k].copy()
        plain = [reference.genes_of(g) for g in genomes]
        record = population.tell(fitness).record
        evaluations += 12
        assert population.champion == best_genome
        assert population.champion_fitness == best
        assert (record.generation, record.champion_index, record.evaluations) == (generation, k, evaluations)
        assert record.best == fitness.max()
        assert record.mean == pytest.approx(sum(fitness) / 12)
        assert record.sd == pytest.approx(math.sqrt(sum((f - fitness.mean()) ** 2 for f in fitness) / 12))
        enabled = [sum(g[2] for g in genes.values()) for genes in plain]
        assert record.connections_mean == pytest.approx(sum(enabled) / 12)
        assert record.champion_connections == enabled[k]
        assert record.champion_hidden == genomes[k].hidden
        assert sum(s.size for s in record.species) == 12
        assert max(s.best for s in record.species) == fitness.max()
        assert [s.id for s in record.species] == sorted({s.id for s in record.species})
        assert all(0 <= s.stagnation <= s.age <= generation for s in record.species)
        assert record.seconds > 0
        json.dumps(record.as_dict())
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.best = 1.0  # type: ignore[misc]


def test_champion_is_a_copy():
    population = Population(small(), seed=1)
    genomes = population.ask()
    population.tell(np.arange(12.0))
    genomes.connections["weight"] = 99.0
    assert np.abs(population.champion.connections["weight"]).max() <= 8.0


def test_species_age_and_stagnation():
    config = settings(population={"size": 10}, compatibility={"threshold": 1e9})
    population = Population(config, seed=1)
    seen = []
    for best in (1.0, 2.0, 2.0, 1.0, 3.0):
        population.ask()
        (species,) = population.tell(np.append(np.zeros(9), best)).record.species
        seen.append((species.id, species.size, species.age, species.best, species.stagnation))
    assert seen == [(1, 10, 0, 1.0, 0), (1, 10, 1, 2.0, 0), (1, 10, 2, 2.0, 1), (1, 10, 3, 1.0, 2), (1, 10, 4, 3.0, 0)]


# ------------------------------------------------------------------------------------------------------- determinism


@pytest.mark.usefixtures("any_work_is_shared")
@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"population": {"innovation_scope": "generation"}, "crossover": {"unmatched": "both", "average": 0.3}},
        {"network": {"kind": "recurrent"}, "compatibility": {"target_species": 12}},
    ],
)
def test_bit_equal_tables_after_30_generations_with_1_2_and_4_threads(changes):
    config = replace(settings(GROWING, compatibility={"threshold": 1.5}), changes)
    config = replace(config, {"population": {"size": 300}})
    one = run(config, 3, 30, threads=1)
    assert one[1][-1].record.hidden_mean > 0.5
    for threads in (2, 4):
        other = run(config, 3, 30, threads=threads)
        assert other[0] == one[0]
        for a, b in zip(one[1], other[1], strict=True):
            assert dataclasses.replace(a.record, seconds=0.0) == dataclasses.replace(b.record, seconds=0.0)


def test_same_seed_same_run_other_seed_other_run():
    config = small(size=40)
    assert run(config, 5, 8)[0] == run(config, 5, 8)[0]
    assert len({run(config, seed, 3)[0] for seed in (0, 1, 2, 2**40, 2**62)}) == 5


def test_another_fitness_is_another_run():
    config = small(size=40)
    assert run(config, 5, 4)[0] != run(config, 5, 4, fitness=lambda genomes: -complexity(genomes))[0]


def test_fitness_may_come_from_any_iterable():
    told = []
    for made in (list, iter, tuple, np.array, lambda values: (v for v in values), lambda values: map(float, values)):
        population = Population(settings(population={"size": 12}), seed=3)
        population.ask()
        told.append(population.tell(made([float(i) for i in range(12)])).record.best)
    assert told == [11.0] * 6


@pytest.mark.parametrize("wrong", ["many", {"a": 1}, None, [[1.0], [1.0, 2.0]], object(), {1.0, 2.0}])
def test_what_is_no_fitness_is_refused_in_one_line_and_can_be_told_again(wrong):
    population = Population(settings(population={"size": 12}), seed=3)
    population.ask()
    with pytest.raises(ValueError, match=r"^expected fitness") as caught:
        population.tell(wrong)
    assert "\n" not in str(caught.value)
    population.tell(np.arange(12.0))


def test_genomes_asked_for_are_not_changed_by_tell():
    population = Population(small(), seed=2)
    for _ in range(5):
        genomes = population.ask()
        before = Genomes.of(list(genomes))
        population.tell(complexity(genomes))
        assert genomes == before


@pytest.mark.parametrize("threshold", [0.0, 3.0, 1e9])
@pytest.mark.parametrize("kind", ["feedforward", "settling", "recurrent"])
def test_population_of_two(threshold, kind):
    config = settings(
        GROWING,
        population={"size": 2},
        network={"kind": kind},
        compatibility={"threshold": threshold},
        species={"stagnation": 4, "population_stagnation": 6},
    )
    population = Population(config, seed=1)
    for generation in range(40):
        genomes = population.ask()
        assert len(genomes) == 2
        assert all(reference.faults(g, acyclic=kind == "feedforward") == [] for g in genomes)
        population.tell(np.array([generation % 3, 1.0]))


# --------------------------------------------------------------------------------------------------------- it works


def xor_fitness(genomes):
    packed = decode(genomes, NetworkConfig())
    state, y = np.zeros(packed.state_size), np.empty(1)
    fitness = np.empty(len(genomes))
    for i in range(len(genomes)):
        error = 0.0
        for x, target in XOR:
            forward_at(packed.code, packed.data, packed.code_start[i], packed.data_start[i], np.array(x), state, y)
            error += abs(y[0] - target)
        fitness[i] = (4.0 - error) ** 2
    return fitness


def solves_xor(genome):
    network = Network(genome)
    return all((network.activate(x)[0] > 0.5) == bool(y) for x, y in XOR)


def evaluations_to_solve(preset, seed, limit):
    config = Config.preset(preset, genome={"inputs": 2, "outputs": 1})
    population = Population(config, seed)
    for _ in range(limit):
        population.tell(xor_fitness(population.ask()))
        if solves_xor(population.champion):
            assert population.champion.hidden >= 1  # no network without a hidden node can
            return population.evaluations
    return None


@pytest.mark.parametrize(("preset", "generations", "mean"), [("default", 100, 6000), ("paper", 300, 20000)])
def test_xor_is_solved(preset, generations, mean):
    """Eight fixed seeds: nearly all solve it, the paper's settings in three times as many evaluations."""
    found = [evaluations_to_solve(preset, seed, generations) for seed in range(8)]
    solved = [n for n in found if n is not None]
    assert len(solved) >= 7, found
    assert sum(solved) / len(solved) < mean, found


def test_a_record_of_a_species_is_a_frozen_record_like_others():
    record = SpeciesRecord(id=3, size=2, age=1, best=0.5, stagnation=0)
    assert record == SpeciesRecord(3, 2, 1, 0.5, 0)
    assert dataclasses.asdict(record) == {"id": 3, "size": 2, "age": 1, "best": 0.5, "stagnation": 0}
    assert dataclasses.replace(record, age=2).age == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        record.age = 2
