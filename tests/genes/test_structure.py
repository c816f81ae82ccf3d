"""Walks over connections: right against a plain reference, and linear where a stranger chose the genes."""

from __future__ import annotations

import time
from typing import Any

import networkx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neat.config import NetworkConfig
from neat.files.genome_json import genome_from_json, genome_to_json
from neat.functions.activations import activation_index
from neat.genes.kinds import NodeKind
from neat.genes.schema import CONNECTION, NODE, new_genes
from neat.genes.structure import UNREACHED, is_acyclic, link, mark_depths, mark_useful, mark_waves, place_of, reaches
from neat.genes.table import Genome, Genomes
from neat.genes.validation import validate
from neat.networks.network import Network
from neat.networks.tape import decode


@settings(max_examples=200, deadline=None)
@given(st.lists(st.integers(0, 40), unique=True, max_size=30).map(sorted))
def test_a_node_is_found_by_its_number(numbers: list[int]) -> None:
    nodes = new_genes(len(numbers), NODE)
    nodes["innovation"] = numbers
    asked = range(42)
    assert [place_of(nodes, n) for n in asked] == np.searchsorted(np.array(numbers, np.int64), asked).tolist()


edges = st.lists(st.tuples(st.integers(0, 7), st.integers(0, 7), st.booleans()), max_size=25, unique_by=lambda e: e[:2])


@settings(max_examples=300, deadline=None)
@given(edges=edges)
def test_walks_agree_with_networkx(edges: list[tuple[int, int, bool]]) -> None:
    n = 8
    source = np.array([e[0] for e in edges], np.int64)
    target = np.array([e[1] for e in edges], np.int64)
    used = np.array([e[2] for e in edges], np.bool_)
    graph = networkx.DiGraph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(e[:2] for e in edges if e[2])
    first, queue, following = np.empty(n, np.int64), np.empty(n, np.int64), np.empty(len(edges), np.int64)

    wave = np.full(n, UNREACHED)
    wave[:2] = 0
    link(source, used, first, following)
    mark_waves(target, first, following, wave, queue)
    near = networkx.multi_source_dijkstra_path_length(graph, {0, 1})
    assert wave.tolist() == [near.get(i, UNREACHED) for i in range(n)]

    depth, waiting = np.full(n, 77), np.empty(n, np.int64)
    acyclic = mark_depths(target, used, first, following, depth, waiting, queue)
    assert acyclic == networkx.is_directed_acyclic_graph(graph)
    if acyclic:
        expected = dict.fromkeys(range(n), 0)
        for i in networkx.topological_sort(graph):
            for _, t in graph.out_edges(i):
                expected[t] = max(expected[t], expected[i] + 1)
        assert depth.tolist() == [expected[i] for i in range(n)]

    seen = np.empty(n, np.bool_)
    for s in range(n):
        for t in range(n):
            assert reaches(s, t, target, first, following, seen, queue) == networkx.has_path(graph, s, t)

    useful = np.zeros(n, np.bool_)
    useful[7] = True
    link(target, used, first, following)
    mark_useful(source, first, following, useful, queue)
    assert set(np.flatnonzero(useful)) == {7} | networkx.ancestors(graph, 7)


def chain(length: int) -> Genome:
    """Return input → hidden → … → output with genes in the order that makes repeated passes slowest."""
    nodes = new_genes(length + 2, NODE)
    nodes["innovation"] = np.arange(length + 2)
    nodes["activation"][0] = activation_index("identity")
    nodes["kind"] = [NodeKind.INPUT, NodeKind.OUTPUT, *[NodeKind.HIDDEN] * length]
    path = np.array([0, *range(2, length + 2), 1])
    genes = new_genes(length + 1, CONNECTION)
    genes["innovation"] = np.arange(length + 1)
    genes["source"], genes["target"] = path[:-1][::-1], path[1:][::-1]
    genes["enabled"], genes["weight"] = 1, 1.0
    return Genome(nodes, genes)


def seconds(function: Any) -> float:
    function()  # compile
    start = time.process_time()
    function()
    return time.process_time() - start


@pytest.mark.parametrize("kind", ["feedforward", "settling", "recurrent"])
def test_a_genome_as_deep_as_it_is_long_is_checked_and_packed_in_linear_time(kind: Any) -> None:
    # A walk that goes over all connections once per step of the chain takes minutes here.
    genome, config = chain(100_000), NetworkConfig(kind=kind)
    assert seconds(lambda: validate(genome, acyclic=True)) < 1.0
    assert seconds(lambda: decode(Genomes.of([genome]), config)) < 1.0
    cyclic = genome.copy()
    cyclic.connections["target"][0] = 2
    assert seconds(lambda: is_acyclic(cyclic.connections, len(cyclic.connections), cyclic.nodes)) < 1.0


def test_a_genome_of_ten_thousand_connections_works_end_to_end() -> None:
    genome = chain(10_000)
    again = genome_from_json(genome_to_json(genome))
    assert again == genome
    assert np.isfinite(Network(again, NetworkConfig()).activate(np.ones(1))).all()
