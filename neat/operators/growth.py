"""Growth: the structure proposed by a child, and its insertion into the genome (2002 paper, section 3.1 and figure 3).

Structure is first *proposed*, on all threads. Innovation numbers are assigned afterwards, in the order of the children,
and then the proposals are applied.
"""

from __future__ import annotations

import math

import numpy as np

from neat.compiled.kernel import uncounted
from neat.functions.activations import activation_index
from neat.functions.aggregations import aggregation_index
from neat.genes.innovation import connection_number, split_number
from neat.genes.kinds import HIDDEN
from neat.genes.schema import CONNECTION, NODE, VALUES, ConnectionGenes, NodeGenes, new_genes
from neat.genes.settings import GenomeConfig
from neat.genes.structure import place_of

__all__ = ["PROPOSAL", "apply_proposal", "new_connection", "new_nodes"]

PROPOSAL = np.dtype(
    [("split", np.int32), ("source", np.int32), ("target", np.int32), ("weight", np.float64)], align=True
)
"""The structure a child proposes: a node on connection number ``split``, and a connection ``source`` → ``target`` with
``weight``; -1 for none."""


def new_nodes(config: GenomeConfig, count: int = 1) -> NodeGenes:
    """Return new hidden nodes with initial values; innovation numbers are not assigned yet.

    Raises:
        ConfigError: An activation or aggregation is unknown.
    """
    nodes = new_genes(count, NODE)
    nodes["kind"] = HIDDEN
    nodes["activation"] = activation_index(config.activations[0], load=True)
    nodes["aggregation"] = aggregation_index(config.aggregations[0])
    for attribute, evolution in VALUES:
        if evolution.start is not None:
            nodes[attribute.name] = getattr(config, evolution.start.name)
    return nodes


def new_connection() -> ConnectionGenes:
    """Return a new connection; innovation number, ends and weight are not assigned yet."""
    return new_genes(1, CONNECTION)


@uncounted
def _insert_gene(genes, m, new, number, source, target, weight):  # type: ignore[no-untyped-def]
    """Insert a connection gene like ``new`` among the first ``m`` genes, in order of its number."""
    c = m
    while c > 0 and genes[c - 1].innovation > number:
        genes[c] = genes[c - 1]
        c -= 1
    genes[c] = new[0]
    genes[c].innovation = number
    genes[c].source = source
    genes[c].target = target
    genes[c].weight = weight


@uncounted
def apply_proposal(  # type: ignore[no-untyped-def]
    nodes, n, genes, m, proposal, new_node, new_connection, counters, pair_keys, pair_values, split_keys, split_values,
    first, weights,
):  # fmt: skip
    """Insert a genome's proposed structure, with numbers from the register; return its new size.

    New genes are copies of ``new_node`` and ``new_connection``, tables of one gene, except for numbers, ends and
    weights. The split connection is disabled; the connection into the new node gets weight 1, the one out of it the old
    weight. An added connection gets the proposed weight. If ``weights`` has an entry for it that is not NaN, it gets
    that weight instead; entries belong to the connection numbers from ``first`` on, which were assigned in this
    generation, and are set by the first genome that adds the connection.

    Returns:
        The numbers of nodes and connections.
    """
    if proposal.split >= 0:
        c = 0
        while genes[c].innovation != proposal.split:
            c += 1
        k = 0
        number = split_number(counters, split_keys, split_values, proposal.split, k)
        place = place_of(nodes[:n], number)
        while place < n and nodes[place].innovation == number:
            k += 1
            number = split_number(counters, split_keys, split_values, proposal.split, k)
            place = place_of(nodes[:n], number)
        for i in range(n, place, -1):
            nodes[i] = nodes[i - 1]
        nodes[place] = new_node[0]
        nodes[place].innovation = number
        n += 1
        source, target, weight = genes[c].source, genes[c].target, genes[c].weight
        genes[c].enabled = 0
        into = connection_number(counters, pair_keys, pair_values, source, number)
        _insert_gene(genes, m, new_connection, into, source, number, 1.0)
        out = connection_number(counters, pair_keys, pair_values, number, target)
        _insert_gene(genes, m + 1, new_connection, out, number, target, weight)
        m += 2
    if proposal.source >= 0:
        number = connection_number(counters, pair_keys, pair_values, proposal.source, proposal.target)
        weight = proposal.weight
        if 0 <= number - first < weights.size:
            if math.isnan(weights[number - first]):
                weights[number - first] = weight
            weight = weights[number - first]
        _insert_gene(genes, m, new_connection, number, proposal.source, proposal.target, weight)
        m += 1
    return n, m
