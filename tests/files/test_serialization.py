"""Genomes as JSON and as graphs: back without loss, and every damaged file refused in one clear line."""

from __future__ import annotations

import json
import random
import sys

import networkx
import numpy as np
import pytest
import reference
from hypothesis import example, given, settings
from hypothesis import strategies as st
from strategies import draw_genome, genomes, make

from neat.errors import GenomeError, NeatError
from neat.functions.activations import ACTIVATIONS, activation_index, register_activation
from neat.genes.kinds import NodeKind
from neat.genes.table import Genome, Genomes
from neat.genes.validation import validate, validate_all

finite = st.floats(allow_nan=False, allow_infinity=False)


def plain():
    """Two inputs, a bias node (2), an output (3), hidden nodes 4 and 5."""
    return make(
        2, 1, 2, [(0, 4, 0.5), (4, 3, -1.25), (2, 3, 0.1, 0), (1, 5, 2.0), (5, 4, 3.0)], numbers=[0, 2, 3, 7, 9]
    )


def refused(text, *parts):
    with pytest.raises(GenomeError) as error:
        Genome.from_json(text)
    message = str(error.value)
    assert "\n" not in message
    assert len(message) < 500
    for part in parts:
        assert part in message
    return message


def changed(change):
    data = json.loads(plain().to_json())
    change(data)
    return json.dumps(data)


# ------------------------------------------------------------------------------------------------------- there and back


@given(genomes())
@settings(max_examples=200, deadline=None)
def test_json_there_and_back(genome):
    again = Genome.from_json(genome.to_json())
    assert again == genome
    assert again.to_json() == genome.to_json()
    assert again.nodes.tobytes() == genome.nodes.tobytes()
    assert again.connections.tobytes() == genome.connections.tobytes()
    assert Genome.from_dict(genome.to_dict()) == genome
    assert Genome.from_json(genome.to_json().encode()) == genome


@given(finite, finite, finite)
@example(5e-324, -0.0, sys.float_info.max)
@example(0.1 + 0.2, 1 / 3, -sys.float_info.max)
@example(2.2250738585072014e-308, 1e22, 9007199254740993.0)
@settings(max_examples=200, deadline=None)
def test_any_float_survives(weight, bias, response):
    genome = make(1, 1, 0, [(0, 2, weight)])
    genome.nodes["bias"][2], genome.nodes["response"][2] = bias, response
    again = Genome.from_json(genome.to_json())
    assert again.nodes.tobytes() == genome.nodes.tobytes()
    assert again.connections.tobytes() == genome.connections.tobytes()
    assert Genome.from_networkx(genome.to_networkx()).connections.tobytes() == genome.connections.tobytes()


def test_json_is_readable_and_versioned():
    text = plain().to_json()
    data = json.loads(text)
    assert data["format"] == "neat-arena genome"
    assert data["version"] == 1
    assert data["nodes"][4] == {
        "innovation": 4, "kind": "hidden", "activation": "sigmoid", "aggregation": "sum", "bias": 0.0, "response": 1.0,
        "time_constant": 1.0,
    }  # fmt: skip
    assert data["connections"][2] == {"innovation": 3, "source": 2, "target": 3, "weight": 0.1, "enabled": False}
    assert len(text.splitlines()) == len(data["nodes"]) + len(data["connections"]) + 8  # one gene a line


def test_genome_without_connections():
    genome = make(1, 1, 0, [])
    assert Genome.from_json(genome.to_json()) == genome


@given(genomes())
@settings(max_examples=100, deadline=None)
def test_networkx_there_and_back(genome):
    graph = genome.to_networkx()
    assert isinstance(graph, networkx.DiGraph)
    assert set(graph.nodes) == set(genome.nodes["innovation"].tolist())
    assert {(s, t) for s, t in graph.edges} == {g[:2] for g in reference.genes_of(genome).values()}
    for number, (source, target, enabled, weight) in reference.genes_of(genome).items():
        assert graph.edges[source, target] == {"innovation": number, "weight": weight, "enabled": bool(enabled)}
    again = Genome.from_networkx(graph)
    assert again == genome
    shuffled = networkx.DiGraph()  # another order of nodes and edges is the same genome
    shuffled.add_nodes_from(reversed(list(graph.nodes(data=True))))
    shuffled.add_edges_from(reversed(list(graph.edges(data=True))))
    assert Genome.from_networkx(shuffled) == genome


def test_graphs_that_are_no_genomes():
    graph = plain().to_networkx()
    del graph.edges[0, 4]["innovation"]
    with pytest.raises(GenomeError, match="0 → 4"):
        Genome.from_networkx(graph)
    graph = plain().to_networkx()
    del graph.edges[0, 4]["weight"]
    with pytest.raises(GenomeError, match="weight"):
        Genome.from_networkx(graph)
    graph = plain().to_networkx()
    del graph.nodes[4]["kind"]
    with pytest.raises(GenomeError, match="kind"):
        Genome.from_networkx(graph)
    for other in (networkx.path_graph(3, networkx.DiGraph), networkx.DiGraph(), networkx.DiGraph([("a", "b"), (1, 2)])):
        with pytest.raises(GenomeError) as error:
            Genome.from_networkx(other)
        assert "\n" not in str(error.value)


# --------------------------------------------------------------------------------------------------------- refusals


def test_truncated_anywhere():
    text = plain().to_json()
    for end in range(0, len(text) - 2, 7):
        refused(text[:end])


@given(st.text(max_size=60) | st.binary(max_size=60))
@example("\ud800")
@example(b"\xff\xfe")
@example("")
@example("null")
@example("[]")
@example('"text"')
@settings(max_examples=200, deadline=None)
def test_anything_else(text):
    refused(text)


@given(st.integers(0, 10_000), st.integers(0, 255))
@settings(max_examples=300, deadline=None)
def test_one_damaged_byte_is_refused_or_still_valid(place, byte):
    text = bytearray(plain().to_json().encode())
    text[place % len(text)] = byte
    try:
        genome = Genome.from_json(bytes(text))
    except GenomeError:
        refused(bytes(text))
    else:
        assert reference.faults(genome) == []


def set_node(index, **fields):
    return changed(lambda data: data["nodes"][index].update(fields))


def set_connection(index, **fields):
    return changed(lambda data: data["connections"][index].update(fields))


def test_wrong_types():
    refused(set_connection(0, weight="heavy"), "weight", "$.connections[0]")
    refused(set_connection(1, source=1.5), "source")
    refused(set_connection(1, enabled=1), "enabled")
    refused(set_connection(1, weight=None), "weight")
    refused(set_node(0, innovation="0"), "innovation")
    refused(set_node(4, bias=[]), "bias")
    refused(set_node(4, kind="hiddn"), "hiddn")
    refused(changed(lambda data: data.update(nodes={})), "nodes")
    refused(changed(lambda data: data.update(connections=None)), "connections")
    refused(changed(lambda data: data.update(version="1")), "version")


def test_missing_and_unknown_fields():
    refused(changed(lambda data: data.pop("nodes")), "nodes")
    refused(changed(lambda data: data["connections"][0].pop("weight")), "weight")
    refused(changed(lambda data: data.update(colour="red")), "colour")
    refused(set_node(0, weigth=1.0), "weigth")
    refused(changed(lambda data: data.update({"two\nlines": 1})))
    refused(set_connection(0, **{"two\r\nlines\u2028": 1}))


def test_wrong_format_and_version():
    refused(changed(lambda data: data.update(format="neat-python genome")), "neat-python genome", "neat-arena genome")
    refused(changed(lambda data: data.update(format="x\n" * 10_000)))
    assert "version 2" in refused(changed(lambda data: data.update(version=2)))
    refused(changed(lambda data: data.update(version=-1)), "version")


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity", "1e999", "-1e999"])
def test_numbers_that_are_not_finite(number):
    for before in ('"weight": 0.5', '"bias": 0.0', '"response": 1.0'):
        text = plain().to_json()
        assert before in text
        refused(text.replace(before, before.split(":")[0] + ": " + number, 1))


@pytest.mark.parametrize("value", [-1, 2**31, 2**63, 10**400, -(10**30)])
def test_numbers_out_of_range(value):
    for text in (set_node(5, innovation=value), set_connection(4, innovation=value), set_connection(0, source=value),
                 set_connection(0, target=value), changed(lambda data: data.update(version=value))):  # fmt: skip
        refused(text)


def test_rules_of_valid_genomes():
    assert "connection 2" in refused(set_connection(0, innovation=2))  # twice
    assert "connection 3" in refused(set_connection(1, innovation=5))  # not sorted
    assert "node 5" in refused(set_node(4, innovation=5))
    assert "connection 0" in refused(set_connection(0, source=17))  # dangling
    assert "connection 0" in refused(set_connection(0, target=17))
    assert "connection 0" in refused(set_connection(0, target=1))  # into an input
    assert "connection 0" in refused(set_connection(0, target=2))  # into the bias node
    assert "connection 7" in refused(set_connection(3, source=0, target=4))  # the same pair as connection 0
    refused(set_node(0, kind="output"))
    refused(set_node(1, kind="bias"))
    refused(set_node(3, kind="hidden"), "output")
    refused(changed(lambda data: data.update(nodes=[], connections=[])), "input")
    assert "hidden node 5" in refused(changed(lambda data: data.update(connections=data["connections"][:3])))


def test_unknown_functions():
    refused(set_node(4, activation="sigmoyd"), "did you mean 'sigmoid'", "$.nodes[4]")
    refused(set_node(4, aggregation="sums"), "did you mean 'sum'")
    refused(set_node(4, activation="two\nlines"))
    refused(set_node(4, activation="x" * 1_000_000))
    refused(set_node(4, aggregation="x" * 1_000_000))


def test_deep_nesting():
    refused("[" * 500_000)
    refused('{"nodes":' * 200_000)
    refused(plain().to_json().replace('"nodes": [', '"nodes": [' + "[" * 100_000, 1))


def test_a_huge_file_is_refused_before_it_is_read():
    assert "larger" in refused(" " * (64 * 2**20 + 1))


def test_a_file_cannot_import_anything(tmp_path, monkeypatch):
    (tmp_path / "never_imported_by_a_file.py").write_text("def function(x):\n    return x\n")
    monkeypatch.syspath_prepend(tmp_path)
    refused(set_node(4, activation="never_imported_by_a_file:function"), "never_imported_by_a_file:function")
    refused(set_node(4, activation="antigravity:geohash"))
    assert "never_imported_by_a_file" not in sys.modules
    assert "antigravity" not in sys.modules


def test_a_registered_function_comes_back_by_name():
    name = "own_of_the_serialization_test"
    if name not in [a.name for a in ACTIVATIONS]:
        register_activation(name, lambda x: 2.0 * x)
    genome = plain()
    genome.nodes["activation"][4] = activation_index(name)
    assert f'"{name}"' in genome.to_json()
    assert Genome.from_json(genome.to_json()) == genome


def test_errors_are_one_family():
    assert issubclass(GenomeError, NeatError)
    assert issubclass(GenomeError, ValueError)


# -------------------------------------------------------------------------------------------------------- validation


def corrupt(genome, rng):
    """Change one thing, which may or may not break a rule."""
    nodes, genes = genome.nodes, genome.connections
    table = rng.choice([nodes, genes]) if len(genes) else nodes
    i = rng.randrange(len(table))
    fields = {
        "innovation": lambda: rng.choice([-1, 0, rng.randrange(60)]),
        "kind": lambda: rng.randrange(5),
        "activation": lambda: rng.randrange(23),
        "source": lambda: rng.randrange(-1, 16),
        "target": lambda: rng.randrange(-1, 16),
        "enabled": lambda: rng.randrange(3),
        "weight": lambda: rng.choice([np.nan, np.inf, 1.0]),
        "bias": lambda: rng.choice([np.nan, -np.inf, 1.0]),
        "response": lambda: rng.choice([np.nan, np.inf, 1.0]),
    }
    name = rng.choice([n for n in table.dtype.names if n in fields])
    table[name][i] = fields[name]()


def test_validation_finds_what_the_plain_rules_find():
    rng = random.Random(2)
    broken = 0
    for i in range(3000):
        genome = draw_genome(rng, cyclic=bool(i % 2)).copy()
        for _ in range(rng.choice([0, 1, 1, 2])):
            corrupt(genome, rng)
        unknown = bool((genome.nodes["activation"] >= len(ACTIVATIONS)).any())
        unknown |= bool((genome.nodes["kind"] > NodeKind.HIDDEN).any())
        acyclic = bool(rng.randrange(2))
        expected = reference.faults(genome, acyclic=acyclic)
        if expected or unknown:
            broken += 1
            with pytest.raises(GenomeError) as error:
                validate(genome, acyclic=acyclic)
            assert "\n" not in str(error.value)
        else:
            validate(genome, acyclic=acyclic)
    assert 500 < broken < 2500


def test_validation_of_a_table_names_the_genome():
    good, bad = plain(), plain()
    bad.connections["weight"][1] = np.nan
    validate_all(Genomes.of([good, good]))
    with pytest.raises(GenomeError, match=r"genome 2: .*connection 2"):
        validate_all(Genomes.of([good, good, bad]))
    with pytest.raises(GenomeError, match="genome 1"):
        validate_all(Genomes.of([good, make(3, 1, 0, [])]))


def test_the_first_genome_that_breaks_a_rule_is_named_whichever_rule_it_is():
    good, node, connection = plain(), plain(), plain()
    node.nodes["bias"][4] = np.nan
    connection.connections["weight"][1] = np.nan
    with pytest.raises(GenomeError, match=r"genome 1: .*connection 2"):
        validate_all(Genomes.of([good, connection, node]))
    with pytest.raises(GenomeError, match=r"genome 1: .*node 4"):
        validate_all(Genomes.of([good, node, connection]))
    loop = make(1, 1, 2, [(0, 2), (2, 3), (3, 1), (3, 2)], bias=False)
    with pytest.raises(GenomeError, match="cycle"):
        validate(loop, acyclic=True)
    connection.connections["weight"][1] = 1.0
    with pytest.raises(GenomeError, match=r"genome 1: .*cycle"):
        validate_all(Genomes.of([make(1, 1, 0, [(0, 1)], bias=False), loop, loop]), acyclic=True)
