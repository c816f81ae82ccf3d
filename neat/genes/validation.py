"""The rules of valid genomes, in one place for loaders, conversions and property tests."""

from __future__ import annotations

import math

import numpy as np
from numba import literal_unroll

from neat.compiled.kernel import kernel
from neat.errors import GenomeError
from neat.functions.activations import ACTIVATIONS
from neat.functions.aggregations import AGGREGATIONS
from neat.genes.kinds import BIAS, HIDDEN, INPUT, OUTPUT
from neat.genes.schema import FUNCTIONS, Attribute, numbers_of, range_words
from neat.genes.structure import is_acyclic, place_of
from neat.genes.table import Genome, Genomes

__all__ = ["validate", "validate_all"]

_RULES = (
    "valid",
    "a genome needs at least one input node and one output node",
    "node genes must be sorted, each number once: node {} is out of place",
    "node genes must stand in the order input, at most one bias, output, hidden: node {} is out of place",
    "input, bias and output nodes are numbered from 0 without a gap: node {} is not",
    f"node {{}} has an unknown kind, {' or '.join(FUNCTIONS)}",
    "node {} has a {}",
    "hidden node {} has no connection gene",
    "connection genes must be sorted, each number once and none negative: connection {} is out of place",
    "connection {} has a source or target that is no node of the genome",
    "connection {} leads into an input or bias node",
    "connection {} repeats the source and target of another one",
    "connection {} has a {}",
    "connections form a cycle, which a feed-forward genome must not have",
)


_FUNCTIONS = FUNCTIONS  # a module global, as compiled code needs
_OF_NODES = tuple(row.name for row in numbers_of("node"))
_NODE_LOW, _NODE_HIGH = (tuple(float(getattr(row, end)) for row in numbers_of("node")) for end in ("low", "high"))
_OF_CONNECTIONS = tuple(row.name for row in numbers_of("connection"))
_GENE_LOW, _GENE_HIGH = (tuple(float(getattr(row, end)) for row in numbers_of("connection")) for end in ("low", "high"))
_VALUE_RULES = {6: "node", 12: "connection"}  # broken by one of several attributes: 100 times its index is added


def _range_of(row: Attribute) -> str:
    """Return the message for an attribute that is out of its range."""
    if row.file is bool:
        return f"'{row.name}' that is neither 0 nor 1"
    return f"{row.name} that is not {range_words(row)}"


@kernel
def _check_nodes(nodes, sizes):  # type: ignore[no-untyped-def]
    """Return the first rule that node genes break, and the number of the node; (0, 0) if none."""
    inputs, biases, outputs = 0, 0, 0
    for i in range(nodes.size):
        number, kind = nodes[i].innovation, nodes[i].kind
        if i > 0 and number <= nodes[i - 1].innovation:
            return 2, number
        if kind > HIDDEN:
            return 5, number
        k = 0
        for name in literal_unroll(_FUNCTIONS):
            if nodes[i][name] >= sizes[k]:
                return 5, number
            k += 1  # noqa: SIM113 (compiled code unrolls names, not pairs)
        if i > 0 and kind < nodes[i - 1].kind:
            return 3, number
        if kind != HIDDEN and number != i:
            return 4, number
        k = 0
        for name in literal_unroll(_OF_NODES):
            value = nodes[i][name]
            if not (math.isfinite(value) and _NODE_LOW[k] <= value <= _NODE_HIGH[k]):
                return 6 + 100 * k, number
            k += 1  # noqa: SIM113
        inputs += kind == INPUT
        biases += kind == BIAS
        outputs += kind == OUTPUT
        if biases > 1:
            return 3, number
    return (0, 0) if inputs > 0 and outputs > 0 else (1, 0)


@kernel
def _check_connections(nodes, genes):  # type: ignore[no-untyped-def]
    """Return the first rule that connection genes break, and the number of the gene; (0, 0) if none."""
    used = np.zeros(nodes.size, np.bool_)
    keys = np.empty(genes.size, np.int64)
    for c in range(genes.size):
        number = genes[c].innovation
        if number < 0 or (c > 0 and number <= genes[c - 1].innovation):
            return 8, number
        if min(genes[c].source, genes[c].target) < 0:
            return 9, number
        s, t = place_of(nodes, genes[c].source), place_of(nodes, genes[c].target)
        if s == nodes.size or t == nodes.size:
            return 9, number
        if nodes[s].innovation != genes[c].source or nodes[t].innovation != genes[c].target:
            return 9, number
        if nodes[t].kind <= BIAS:
            return 10, number
        k = 0
        for name in literal_unroll(_OF_CONNECTIONS):
            value = float(genes[c][name])
            if not (math.isfinite(value) and _GENE_LOW[k] <= value <= _GENE_HIGH[k]):
                return 12 + 100 * k, number
            k += 1  # noqa: SIM113
        used[s] = True
        used[t] = True
        keys[c] = s * nodes.size + t
    order = np.argsort(keys)
    for c in range(1, genes.size):
        if keys[order[c]] == keys[order[c - 1]]:
            return 11, max(genes[order[c]].innovation, genes[order[c - 1]].innovation)
    for i in range(nodes.size):
        if nodes[i].kind == HIDDEN and not used[i]:
            return 7, nodes[i].innovation
    return 0, 0


@kernel
def _first_fault(nodes, node_offsets, genes, gene_offsets, acyclic, sizes):  # type: ignore[no-untyped-def]
    """Return the first invalid genome of a table, the broken rule, and the number of the gene."""
    for g in range(node_offsets.size - 1):
        own_nodes = nodes[node_offsets[g] : node_offsets[g + 1]]
        own_genes = genes[gene_offsets[g] : gene_offsets[g + 1]]
        rule, number = _check_nodes(own_nodes, sizes)
        if rule == 0:
            rule, number = _check_connections(own_nodes, own_genes)
        if rule == 0 and acyclic and not is_acyclic(own_genes, own_genes.size, own_nodes):
            rule = 13
        if rule:
            return g, rule, number
    return -1, 0, 0


def validate(genome: Genome, *, acyclic: bool = False) -> None:
    """Check that a genome is valid.

    Args:
        genome: The genome.
        acyclic: Whether its connections, including disabled ones, must be acyclic.

    Raises:
        GenomeError: It is invalid; the message names the rule and the gene.
    """
    _validate(Genomes.of([genome]), acyclic, "")


def validate_all(genomes: Genomes, *, acyclic: bool = False) -> None:
    """Check that every genome of a table is valid, and that all have the same inputs and outputs.

    Raises:
        GenomeError: A genome is invalid; the message names the genome, the rule and the gene.
    """
    _validate(genomes, acyclic, "genome {}: ")
    sensors = np.add.reduceat(genomes.nodes["kind"] != HIDDEN, genomes.node_offsets[:-1])
    outputs = np.add.reduceat(genomes.nodes["kind"] == OUTPUT, genomes.node_offsets[:-1])
    same = (sensors == sensors[0]) & (outputs == outputs[0])
    if not same.all():
        raise GenomeError(f"genome {int(np.argmin(same))}: other inputs or outputs than the genomes before it")


def _validate(genomes: Genomes, acyclic: bool, prefix: str) -> None:
    index, rule, number = _first_fault(
        genomes.nodes,
        genomes.node_offsets,
        genomes.connections,
        genomes.connection_offsets,
        acyclic,
        np.array([{"activation": len(ACTIVATIONS), "aggregation": len(AGGREGATIONS)}[name] for name in FUNCTIONS]),
    )
    if rule:
        place, rule = divmod(int(rule), 100)
        what = _range_of(numbers_of(_VALUE_RULES[rule])[place]) if rule in _VALUE_RULES else ""
        text = _RULES[rule].format(number, what).replace("has a '", "has an '")
        raise GenomeError(f"{prefix.format(index)}not a valid genome: {text}")
