"""The register of innovations against a dictionary."""

from __future__ import annotations

import numpy as np
import pytest
from breeding import Breeder, settings
from hypothesis import given
from hypothesis import settings as examples
from hypothesis import strategies as st

from neat.breeding.initial import make_genome
from neat.errors import GenomeError
from neat.genes.innovation import InnovationRegister
from neat.population import Population

pairs = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), max_size=150)


class Plain:
    """What the register means."""

    def __init__(self, first_node):
        self.pairs, self.splits, self.next_node = {}, {}, first_node

    def connection(self, source, target):
        return self.pairs.setdefault((source, target), len(self.pairs))

    def split(self, connection, k):
        if (connection, k) not in self.splits:
            self.splits[connection, k] = self.next_node
            self.next_node += 1
        return self.splits[connection, k]


@given(pairs)
@examples(max_examples=100, deadline=None)
def test_numbers_are_those_of_a_dictionary(entries):
    register, plain = InnovationRegister(7), Plain(7)
    for a, b in entries:
        assert register.connection(a, b) == plain.connection(a, b)
        assert register.split(a, b % 3) == plain.split(a, b % 3)


def test_same_innovation_same_number():
    register = InnovationRegister(5)
    assert [register.connection(*p) for p in [(0, 4), (1, 4), (0, 4), (4, 0)]] == [0, 1, 0, 2]
    assert [register.split(*s) for s in [(0, 0), (1, 0), (0, 0), (0, 1)]] == [5, 6, 5, 7]


def test_100_000_entries_grow_the_tables_without_a_mistake():
    register, plain = InnovationRegister(10), Plain(10)
    rng = np.random.default_rng(1)
    rows = rng.integers(0, 2**31 - 1, (100_000, 2))
    rows[::3] = rng.integers(0, 300, rows[::3].shape)
    for source, target in rows.tolist():
        assert register.connection(source, target) == plain.connection(source, target)
    for connection in range(20_000):
        assert register.split(connection, connection % 4) == plain.split(connection, connection % 4)
    assert [register.connection(*p) for p in list(plain.pairs)[::97]] == list(plain.pairs.values())[::97]
    assert register.nbytes < 100_000 * 16 * 10


def test_arrays_there_and_back():
    register = InnovationRegister(10)
    rng = np.random.default_rng(2)
    for source, target in rng.integers(0, 200, (3000, 2)).tolist():
        register.connection(source, target)
        register.split(source, target % 2)
    arrays = register.to_arrays()
    again = InnovationRegister.from_arrays({name: a.copy() for name, a in arrays.items()})
    for name, a in arrays.items():
        assert np.array_equal(again.to_arrays()[name], a), name
    for source, target in rng.integers(0, 300, (3000, 2)).tolist():  # old and new ones alike
        assert again.connection(source, target) == register.connection(source, target)
        assert again.split(source, target) == register.split(source, target)


def test_a_generation_forgets_but_gives_no_number_twice():
    register = InnovationRegister(5)
    first, node = register.connection(0, 4), register.split(0)
    register.forget()
    assert register.connection(0, 4) != first
    assert register.split(0) != node
    assert (register.connection(0, 4), register.split(0)) == (1, 6)


def test_running_out_of_numbers_is_a_clear_error():
    register = InnovationRegister(5)
    register.counters[0] = 2**31 - 1
    with pytest.raises(GenomeError, match="innovation numbers"):
        register.connection(0, 1)


def test_a_second_split_of_a_reenabled_connection_makes_a_fresh_node():
    breeder = Breeder(settings())
    genome = breeder.adopt(make_genome(breeder.config, [(0, 4, 0.5)]))
    once = breeder.split(genome, 0)
    other = breeder.split(genome, 0)
    assert once == other  # the same innovation in another genome
    once.connections["enabled"][0] = 1
    twice = breeder.split(once, 0)
    assert once.hidden == 1
    assert twice.hidden == 2
    assert len(set(twice.nodes["innovation"])) == len(twice.nodes)
    assert twice.nodes["innovation"][-1] == breeder.register.split(0, 1)  # the smallest k whose node it lacks
    again = breeder.split(other, 0)  # another genome that does the same gets the same second node
    assert again.nodes["innovation"].tolist() == twice.nodes["innovation"].tolist()
    # A genome that lost the first node and splits again makes the first node again, not a third.
    fresh = breeder.split(genome, 0)
    assert fresh.nodes["innovation"].tolist() == once.nodes["innovation"].tolist()


def test_reused_numbers_are_inserted_in_order():
    breeder = Breeder(settings())
    genome = breeder.adopt(make_genome(breeder.config, [(0, 4, 0.5), (1, 4, 0.5)]))
    breeder.split(genome, 0)  # numbers 2 and 3, node 6
    late = breeder.split(genome, 1)  # numbers 4 and 5, node 7
    both = breeder.split(late, 0)
    assert both.connections["innovation"].tolist() == [0, 1, 2, 3, 4, 5]
    assert both.nodes["innovation"].tolist() == [0, 1, 2, 3, 4, 5, 6, 7]


@pytest.mark.parametrize("scope", ["run", "generation"])
def test_scope_over_a_run(scope):
    """With ``run`` a pair has one number for ever; with ``generation`` it gets another one in a later generation."""
    config = settings({"add_node": 0.3, "add_connection": 0.5}, population={"size": 60, "innovation_scope": scope})
    population = Population(config, seed=3, threads=1)
    numbers: dict[tuple[int, int], set[int]] = {}
    for generation in range(12):
        genomes = population.ask()
        here: dict[tuple[int, int], set[int]] = {}
        old = {n for found in numbers.values() for n in found}
        for gene in genomes.connections:
            here.setdefault((int(gene["source"]), int(gene["target"])), set()).add(int(gene["innovation"]))
        for pair, found in here.items():
            numbers.setdefault(pair, set()).update(found)
            assert len(found - old) <= 1, (generation, pair)  # the same innovation of one generation: one number
        population.tell(np.arange(60.0))
    several = sum(len(found) > 1 for found in numbers.values())
    assert several == 0 if scope == "run" else several > 0
    owners = [n for found in numbers.values() for n in found]
    assert len(owners) == len(set(owners))  # a number never stands for two connections
