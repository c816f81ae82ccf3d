"""Compatibility distance against sets of innovation numbers, and the two compiled forms against each other."""

from __future__ import annotations

import math

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import make, parents

from neat.config import CompatibilityConfig
from neat.genes.table import Genomes
from neat.species.distance import assign, coefficients, compatibility_distance, distance

configs = st.builds(
    CompatibilityConfig,
    c1=st.floats(0, 5),
    c2=st.floats(0, 5),
    c3=st.floats(0, 5),
    normalise=st.booleans(),
    small_genome=st.sampled_from([0, 1, 5, 20]),
)


def oracle(a, b, config):
    return reference.distance(a, b, config.c1, config.c2, config.c3, config.normalise, config.small_genome)


@given(parents(cyclic=True), configs)
@settings(max_examples=400, deadline=None)
def test_distance_is_equation_1(pair, config):
    a, b = pair
    assert compatibility_distance(a, b, config) == oracle(a, b, config)


@given(parents(cyclic=True), configs)
@settings(max_examples=100, deadline=None)
def test_distance_is_symmetric_and_0_to_itself(pair, config):
    a, b = pair
    assert compatibility_distance(a, b, config) == compatibility_distance(b, a, config)
    assert compatibility_distance(a, a, config) == 0.0


def test_by_hand():
    """Matching 0 and 4, disjoint 1, 2 and 3, excess 7 and 9."""
    a = make(3, 2, 0, [(0, 4, 1.0), (1, 4, 1.0), (2, 4, -2.0)], numbers=[0, 2, 4])
    pairs = [(0, 4, 1.5), (3, 4, 1.0, 0), (1, 5, 1.0), (2, 4, 1.0), (2, 5, 1.0), (3, 5, 1.0)]
    b = make(3, 2, 0, pairs, numbers=[0, 1, 3, 4, 7, 9])
    assert reference.align(a, b) == ({0, 4}, {1, 2, 3}, {7, 9})
    mean = (0.5 + 3.0) / 2
    assert compatibility_distance(a, b) == 2 + 3 + 0.4 * mean  # N is 1: both are small
    large = CompatibilityConfig(c1=2.0, c2=3.0, c3=0.5, small_genome=6)
    assert compatibility_distance(a, b, large) == 2.0 * 2 / 6 + 3.0 * 3 / 6 + 0.5 * mean
    plain = CompatibilityConfig(c1=2.0, c2=3.0, c3=0.5, small_genome=6, normalise=False)
    assert compatibility_distance(a, b, plain) == 4 + 9 + 0.5 * mean


def test_small_genome_counts_both():
    """N is 1 only when both have fewer genes than ``small_genome``."""
    five, four = (make(5, 1, 0, [(i, 6) for i in range(n)]) for n in (5, 4))
    for small, n in ((6, 1), (5, 5), (4, 5)):
        assert compatibility_distance(five, four, CompatibilityConfig(small_genome=small)) == 1 / n


@pytest.mark.parametrize("small_genome", [0, 1, 20])
def test_genomes_without_connections(small_genome):
    config = CompatibilityConfig(small_genome=small_genome)
    empty, one = make(2, 1, 0, []), make(2, 1, 0, [(0, 3, 5.0)])
    assert compatibility_distance(empty, empty, config) == 0.0
    assert compatibility_distance(empty, one, config) == 1.0


@given(parents(cyclic=True, count=6), configs, st.floats(0.0, 6.0), st.integers(1, 20))
@settings(max_examples=300, deadline=None)
def test_assign_is_distance_to_the_last_bit(genomes, config, threshold, species):
    """Each genome gets the first representative nearer than the threshold, also where there are more than lanes."""
    table = Genomes.of(genomes)
    c = coefficients(config)
    stock = [genomes[(2 * k) % 5].connections for k in range(species)]
    bounds = np.cumsum([0, *map(len, stock)])
    exact = [[float(distance(g.connections, r, c)) for r in stock] for g in genomes]
    rows = np.zeros(max([0, *table.connections["innovation"].tolist()]) + 1, np.int32)
    # At the distances themselves and one step above, a difference in the last bit shows.
    near = {d for row in exact for d in row}
    for limit in {threshold, *near, *(math.nextafter(d, math.inf) for d in near)}:
        members = np.full(len(genomes), -1, np.int64)
        members[1] = 70
        assign(
            table.connections, table.connection_offsets, 0, 6, members, np.concatenate(stock), bounds, 3, limit, c, rows
        )  # fmt: skip
        expected = [next((3 + k for k, d in enumerate(row) if d < limit), -1) for row in exact]
        expected[1] = 70
        assert members.tolist() == expected
        assert not rows.any()


def test_assign_looks_at_its_shard_only():
    genomes = [make(1, 1, 0, [(0, 2)])] * 5
    table = Genomes.of(genomes)
    members = np.full(5, -1, np.int64)
    c = coefficients(CompatibilityConfig())
    assign(table.connections, table.connection_offsets, 1, 3, members, genomes[0].connections, np.array([0, 1]), 0, 1.0,
           c, np.zeros(4, np.int32))  # fmt: skip
    assert members.tolist() == [-1, 0, 0, -1, -1]
