"""The rules of valid genomes, in one place for loaders, conversions and property tests."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from neat.compiled.kernel import kernel
from neat.errors import GenomeError
from neat.functions.activations import ACTIVATIONS
from neat.functions.aggregations import AGGREGATIONS
from neat.genes.kinds import BIAS, HIDDEN, INPUT, OUTPUT
from neat.genes.schema import FUNCTIONS, Attribute, numbers_of, range_words
from neat.genes.structure import is_acyclic
from neat.genes.table import Genome, Genomes

__all__ = ["validate", "validate_all"]

_RULES = (
    "valid",
    "a genome needs at least one input node and one output node",
    "node genes must be sorted, each number once: node {} is out of place",
    "node genes must be in the order input, at most one bias, output, hidden: node {} is out of place",
    "input, bias and output nodes are numbered from 0 without a gap: node {} is not",
    f"node {{}} has an unknown kind, {' or '.join(FUNCTIONS)}",
    "node {} has a {}",
    "hidden node {} has no connection gene",
    "connection genes must be sorted, each number once and none negative: connection {} is out of place",
    "connection {} has a source or target that is not a node of the genome",
    "connection {} leads into an input or bias node",
    "connection {} repeats the source and target of another one",
    "connection {} has a {}",
    "connections form a cycle, which a feed-forward genome must not have",
)


_VALUE_RULES = {6: "node", 12: "connection"}  # broken by one of several attributes: 100 each for its place is added


def _range_of(row: Attribute) -> str:
    """Return the message for an attribute that is out of its range."""
    if row.file is bool:
        return f"'{row.name}' that is neither 0 nor 1"
    return f"{row.name} that is not {range_words(row)}"


_Fault = tuple[int, int, int]
"""The place of a genome, the rule that it breaks, and the number of the gene."""


def _first_fault(genomes: Genomes, acyclic: bool) -> _Fault | None:
    """Return what is wrong with the first genome that breaks a rule; None: all are valid."""
    # What nodes break counts before what connections do, and these can be asked only of genomes whose nodes are right.
    fault = _node_fault(genomes)
    return _connection_fault(genomes, len(genomes) if fault is None else fault[0], acyclic) or fault


def _node_fault(genomes: Genomes) -> _Fault | None:
    nodes, offsets = genomes.nodes, genomes.node_offsets
    number, kind = nodes["innovation"].astype(np.int64), nodes["kind"]
    owner = np.repeat(np.arange(len(genomes)), np.diff(offsets))
    place = np.arange(nodes.size) - offsets[owner]
    inner = place > 0
    sizes = {"activation": len(ACTIVATIONS), "aggregation": len(AGGREGATIONS)}
    biases = np.cumsum(kind == BIAS)
    biases_before = np.concatenate([[0], biases])[offsets[owner]]
    broken = [
        (inner & (number <= np.roll(number, 1)), 2),
        (kind > HIDDEN, 5),
        *((nodes[name] >= sizes[name], 5) for name in FUNCTIONS),
        (inner & (kind < np.roll(kind, 1)), 3),
        ((kind != HIDDEN) & (number != place), 4),
        *_out_of_range(nodes, "node", 6),
        (biases - biases_before > 1, 3),
    ]
    at, rule = _first_broken(broken)
    found = (int(owner[at]), rule, int(number[at])) if rule else None
    inputs, outputs = (np.bincount(owner[kind == wanted], minlength=len(genomes)) for wanted in (INPUT, OUTPUT))
    lacking = np.flatnonzero((inputs == 0) | (outputs == 0))
    if len(lacking) and (found is None or lacking[0] < found[0]):
        found = int(lacking[0]), 1, 0
    return found


def _connection_fault(genomes: Genomes, count: int, acyclic: bool) -> _Fault | None:
    """Return what is wrong with the connections of the first ``count`` genomes, whose nodes are right."""
    nodes, node_offsets = genomes.nodes[: genomes.node_offsets[count]], genomes.node_offsets[: count + 1]
    genes, offsets = genomes.connections[: genomes.connection_offsets[count]], genomes.connection_offsets[: count + 1]
    owner = np.repeat(np.arange(count), np.diff(offsets))
    number = genes["innovation"].astype(np.int64)
    known = _keys(np.repeat(np.arange(count), np.diff(node_offsets)), nodes["innovation"])
    ends = [_keys(owner, genes[end]) for end in ("source", "target")]
    source, target = (np.minimum(np.searchsorted(known, keys), max(0, known.size - 1)) for keys in ends)
    missing = np.zeros(genes.size, np.bool_)
    for places, keys in zip((source, target), ends, strict=True):
        missing |= known[places] != keys
    inner = np.arange(genes.size) > offsets[owner]
    broken = [
        ((number < 0) | (inner & (number <= np.roll(number, 1))), 8),
        (missing, 9),
        (nodes["kind"][target] <= BIAS, 10),
        *_out_of_range(genes, "connection", 12),
    ]
    at, rule = _first_broken(broken)
    found = (int(owner[at]), rule, int(number[at])) if rule else None
    right = count if found is None else found[0]
    source, target = source[: offsets[right]], target[: offsets[right]]
    pairs = source * nodes.size + target
    order = np.argsort(pairs, kind="stable")
    again = order[1:][pairs[order[1:]] == pairs[order[:-1]]]
    if len(again):
        found = int(owner[again[0]]), 11, int(number[again[0]])
        right = found[0]
    used = np.zeros(nodes.size, np.bool_)
    used[source] = used[target] = True
    idle = np.flatnonzero((nodes["kind"] == HIDDEN) & ~used)
    if len(idle) and idle[0] < node_offsets[right]:
        right = int(np.searchsorted(node_offsets, idle[0], side="right")) - 1
        found = right, 7, int(nodes["innovation"][idle[0]])
    if acyclic and right > 0:
        looping = _first_cycle(nodes, node_offsets[: right + 1], genes, offsets[: right + 1])
        found = (int(looping), 13, 0) if looping >= 0 else found
    return found


def _keys(owner: NDArray[np.int64], number: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return a number for each node of a table, which grows along it."""
    return (owner << 32) + number


def _out_of_range(genes: NDArray[np.void], kind: str, rule: int) -> list[tuple[NDArray[np.bool_], int]]:
    """Return, for each attribute that is a number, which genes have it out of its range, and the rule."""
    return [
        (~(np.isfinite(genes[row.name]) & (genes[row.name] >= row.low) & (genes[row.name] <= row.high)), rule + 100 * k)
        for k, row in enumerate(numbers_of(kind))
    ]


def _first_broken(broken: Sequence[tuple[NDArray[np.bool_], int]]) -> tuple[int, int]:
    """Return the first gene that breaks a rule, and the first of the rules that it breaks; (0, 0): none does."""
    firsts = [int(np.argmax(genes)) if genes.any() else genes.size for genes, _ in broken]
    at = min(firsts)
    return (at, broken[firsts.index(at)][1]) if at < broken[0][0].size else (0, 0)


@kernel
def _first_cycle(nodes, node_offsets, genes, gene_offsets):  # type: ignore[no-untyped-def]
    """Return the first genome of a table whose connections form a cycle; -1: none."""
    for g in range(node_offsets.size - 1):
        own_genes = genes[gene_offsets[g] : gene_offsets[g + 1]]
        if not is_acyclic(own_genes, own_genes.size, nodes[node_offsets[g] : node_offsets[g + 1]]):
            return g
    return -1


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
    fault = _first_fault(genomes, acyclic)
    if fault is not None:
        index, rule, number = fault
        place, rule = divmod(rule, 100)
        what = _range_of(numbers_of(_VALUE_RULES[rule])[place]) if rule in _VALUE_RULES else ""
        text = _RULES[rule].format(number, what).replace("has a '", "has an '")
        raise GenomeError(f"{prefix.format(index)}not a valid genome: {text}")
