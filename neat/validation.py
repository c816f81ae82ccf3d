"""The rules of valid genomes, in one place: loaders, conversions and property tests all ask here."""

from __future__ import annotations

import numpy as np

from neat.activations import ACTIVATIONS
from neat.aggregations import AGGREGATIONS
from neat.crossover import is_acyclic
from neat.errors import GenomeError
from neat.genes import NodeKind
from neat.genome import Genome

__all__ = ["validate"]


def validate(genome: Genome, *, acyclic: bool = False) -> None:
    """Check that a genome is valid.

    Args:
        genome: The genome.
        acyclic: Whether its connections, disabled ones included, must form no cycle.

    Raises:
        GenomeError: It is not; the message names the rule and the gene.
    """
    _validate_nodes(genome)
    _validate_connections(genome)
    if acyclic and not is_acyclic(genome.connections, len(genome.connections), genome.nodes):
        raise GenomeError("the connections form a cycle, which a feed-forward genome must not have")


def _validate_nodes(genome: Genome) -> None:
    nodes = genome.nodes
    numbers, kinds = nodes["innovation"].astype(np.int64), nodes["kind"]
    _require(genome.inputs > 0, "a genome needs at least one input node")
    _require(genome.outputs > 0, "a genome needs at least one output node")
    fixed = int(np.count_nonzero(kinds != NodeKind.HIDDEN))
    _require(int(np.count_nonzero(kinds == NodeKind.BIAS)) <= 1, "a genome has at most one bias node")
    order = np.array([NodeKind.INPUT, NodeKind.BIAS, NodeKind.OUTPUT, NodeKind.HIDDEN])
    _require(
        bool((kinds <= NodeKind.HIDDEN).all()) and bool((np.diff(np.argsort(order)[kinds]) >= 0).all()),
        "node genes must stand in the order input, bias, output, hidden",
    )
    _require(bool((numbers[:fixed] == np.arange(fixed)).all()), f"input, bias and output nodes are 0 … {fixed - 1}")
    steps = np.diff(numbers)
    place = int(np.argmin(steps > 0)) + 1 if len(steps) else 0
    _require(
        bool((steps > 0).all()), f"node genes must be sorted, each number once: node {numbers[place]} is out of place"
    )
    _require(bool((nodes["activation"] < len(ACTIVATIONS)).all()), "a node has an unknown activation")
    _require(bool((nodes["aggregation"] < len(AGGREGATIONS)).all()), "a node has an unknown aggregation")
    for name in ("bias", "response"):
        fine = np.isfinite(nodes[name])
        _require(bool(fine.all()), f"node {numbers[np.argmin(fine)]} has a {name} that is not a finite number")
    named = np.union1d(genome.connections["source"], genome.connections["target"])
    idle = np.setdiff1d(numbers[fixed:], named)
    _require(len(idle) == 0, f"hidden node {idle[0] if len(idle) else ''} has no connection gene")


def _validate_connections(genome: Genome) -> None:
    genes = genome.connections
    if len(genes) == 0:
        return
    numbers = genes["innovation"].astype(np.int64)
    steps = np.diff(numbers)
    _require(numbers[0] >= 0, f"connection {numbers[0]} has a negative innovation number")
    place = int(np.argmin(steps > 0)) + 1 if len(steps) else 0
    _require(
        bool((steps > 0).all()),
        f"connection genes must be sorted, each number once: connection {numbers[place]} is out of place",
    )
    sensors = genome.nodes["innovation"][genome.nodes["kind"] <= NodeKind.BIAS]
    for end in ("source", "target"):
        fine = np.isin(genes[end], genome.nodes["innovation"])
        c = int(np.argmin(fine))
        _require(bool(fine.all()), f"connection {numbers[c]} has {end} {genes[end][c]}, which is no node of the genome")
    wrong = np.isin(genes["target"], sensors)
    _require(not wrong.any(), f"connection {numbers[np.argmax(wrong)]} leads into an input or bias node")
    pairs = (genes["source"].astype(np.int64) << 32) | genes["target"].astype(np.int64)
    _, first, counts = np.unique(pairs, return_index=True, return_counts=True)
    c = int(first[np.argmax(counts)])
    _require(
        bool((counts == 1).all()), f"two connections lead from node {genes['source'][c]} to node {genes['target'][c]}"
    )
    fine = np.isfinite(genes["weight"])
    _require(bool(fine.all()), f"connection {numbers[np.argmin(fine)]} has a weight that is not a finite number")
    _require(bool((genes["enabled"] <= 1).all()), "a connection's 'enabled' is neither 0 nor 1")


def _require(condition: bool, rule: str) -> None:
    if not condition:
        raise GenomeError(f"not a valid genome: {rule}")
