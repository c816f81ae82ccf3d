"""The gene schema: records, files and settings follow from its rows."""

from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest
from strategies import make

from neat.errors import DataError, GenomeError
from neat.files.arrays import read_arrays, write_arrays
from neat.genes.schema import ATTRIBUTES, CONNECTION, NODE, VALUES, attributes_of, completed, new_genes, numbers_of
from neat.genes.table import Genome
from neat.genes.validation import validate


def test_records_are_those_of_files_written_before():
    """Rows are added at the end only, and leave no gap: equal tables are equal bytes."""
    names = ["innovation", "kind", "activation", "aggregation", "bias", "response"]
    assert list(NODE.names)[: len(names)] == names
    assert NODE.itemsize == sum(NODE[name].itemsize for name in NODE.names)
    assert list(CONNECTION.names)[:5] == ["innovation", "source", "target", "enabled", "weight"]
    assert CONNECTION.itemsize == sum(CONNECTION[name].itemsize for name in CONNECTION.names)


def test_new_genes_have_the_first_values():
    nodes, genes = new_genes(3, NODE), new_genes(2, CONNECTION)
    for row, _ in VALUES:
        assert nodes[row.name].tolist() == [row.first] * 3
    assert genes["enabled"].tolist() == [1, 1]
    assert nodes["innovation"].tolist() == [0, 0, 0]


def shortened(dtype, count):
    return np.dtype([(name, dtype[name]) for name in dtype.names[:-count]], align=True)


@pytest.mark.parametrize("count", [1, 2])
def test_tables_without_the_last_attributes_get_their_first_values(tmp_path, count):
    genome = make(2, 1, 1, [(0, 3), (3, 2), (1, 2)])
    genome.nodes["bias"][2:] = genome.nodes["response"][2:] = 0.5
    short = shortened(NODE, count)
    lost = NODE.names[-count:]
    old = np.zeros(len(genome.nodes), short)
    for name in short.names:
        old[name] = genome.nodes[name]
    path = tmp_path / "old.npz"
    write_arrays(path, "test", 1, {}, {"nodes": old})
    with pytest.raises(DataError, match="expected 'nodes' to be"):
        read_arrays(path, "test", 1, {"nodes": NODE}, dict)
    _, arrays = read_arrays(path, "test", 1, {"nodes": NODE}, dict, shorter=(NODE,))
    nodes = completed(arrays["nodes"], NODE)
    firsts = {row.name: row.first for row in ATTRIBUTES}
    for name in NODE.names:
        expected = [firsts[name]] * len(nodes) if name in lost else genome.nodes[name].tolist()
        assert nodes[name].tolist() == expected, name


def test_other_records_are_no_shorter_ones(tmp_path):
    for dtype in (CONNECTION, np.dtype([("innovation", np.int64), ("kind", np.uint16)]), np.dtype(np.int32)):
        write_arrays(tmp_path / "other.npz", "test", 1, {}, {"nodes": np.zeros(2, dtype)})
        with pytest.raises(DataError, match="expected 'nodes' to be"):
            read_arrays(tmp_path / "other.npz", "test", 1, {"nodes": NODE}, dict, shorter=(NODE,))


@pytest.mark.parametrize("row", ATTRIBUTES, ids=lambda row: row.name)
def test_files_without_an_attribute_read_as_its_first_value(row):
    genome = make(1, 1, 1, [(0, 3), (3, 2)])
    data = json.loads(genome.to_json())
    genes = data["nodes"][2:] if row.gene == "node" else data["connections"]
    for gene in genes:
        assert type(gene.pop(row.name)) is row.file
    if row.first is None:
        with pytest.raises(GenomeError, match=row.name):
            Genome.from_dict(data)
    else:
        assert {gene[row.name] for gene in Genome.from_dict(data).to_dict()[f"{row.gene}s"][-2:]} == {row.first}


@pytest.mark.parametrize("row", [row for row in ATTRIBUTES if row.file is not str], ids=lambda row: row.name)
def test_values_out_of_range_are_named(row):
    assert row in numbers_of(row.gene)
    for bad in (np.nan, np.inf) if row.file is float else (2,):
        genome = make(1, 1, 0, [(0, 2)])
        (genome.nodes if row.gene == "node" else genome.connections)[row.name][-1] = bad
        with pytest.raises(GenomeError, match=row.name):
            validate(genome)


def test_networkx_carries_every_attribute():
    networkx = pytest.importorskip("networkx")
    graph = make(1, 1, 1, [(0, 3), (3, 2)]).to_networkx()
    assert isinstance(graph, networkx.DiGraph)
    assert {row.name for row in attributes_of("node")} <= set(graph.nodes[3])
    assert {row.name for row in attributes_of("connection")} <= set(graph.edges[0, 3])
    assert msgspec.json.encode(dict(graph.nodes[3]))
