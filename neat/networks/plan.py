"""Network plans: the analysis from genes to networks, in plain arrays that any code can read.

A plan says which nodes of each genome are active, in which order they are evaluated, and what each of them reads.
Tapes, gradients, traces and exports are made from it. It contains nothing specific to a process or to compiled code.

The values of a network have *slots*: inputs, then the bias node if there is one, then a slot that stays 0 (for sources
without an enabled path from an input or bias node), then the active nodes in the order of evaluation. A node is
*active* if it lies on a path of enabled connections from an input or the bias node to an output. Its *wave* is the pass
that first reaches it, its distance from the inputs; its *depth* is the length of the longest path from them.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neat.compiled.interpreted import sparing
from neat.compiled.kernel import inlined_uncounted, kernel, uncounted
from neat.errors import GenomeError
from neat.genes.kinds import NodeKind
from neat.genes.schema import NodeGenes
from neat.genes.structure import UNREACHED, mark_useful, mark_waves, place_of, spread_depths
from neat.genes.table import Genomes
from neat.networks.kinds import KINDS, kind_of
from neat.networks.kinds.dispatch import module_of
from neat.networks.settings import NetworkConfig

__all__ = ["SMALL", "NetworkPlan", "plan"]

SMALL = 2_000
"""Genes of one network that is planned without machine code, where there is none yet."""

_INPUT, _BIAS, _OUTPUT = int(NodeKind.INPUT), int(NodeKind.BIAS), int(NodeKind.OUTPUT)

Integers = NDArray[np.int64]
Numbers = NDArray[np.float64]


class NetworkPlan(NamedTuple):
    """The networks of n genomes. The nodes of network g are ``node_start[g] … node_start[g + 1] - 1``.

    Attributes:
        kind: Kind of network (`neat.networks.kinds`).
        slope: Slope of the sigmoid.
        bias_value: Output of the bias node.
        time_step: Duration of a pass, in the unit of the time constants.
        inputs: Number of inputs.
        outputs: Number of outputs.
        sensors: Number of inputs and bias nodes of each network, int64, shape (n,); ``sensors[g] + 1`` is the slot of
            its first node.
        passes: Number, or maximum number, of passes per observation, int64, shape (n,).
        first_passes: The same for the first observation of an episode.
        output_slot: Slot of each output, int64, shape (n, outputs).
        output_activation: Activation of each output (registry number), int64, shape (n, outputs).
        node_start: int64, shape (n + 1,).
        nodes: A record for each active node, dtype `neat.NODE`: its activation, aggregation, bias, response, …
        node_gene: Index of the node's gene in its genome, int64; -1 if a decoder made the node.
        wave: Wave of each node, int64.
        depth: Depth of each node, int64; -1 in a network with a cycle, and for kinds with state, where it is not
            needed.
        edge_start: int64, shape (nodes + 1,): node j reads edges ``edge_start[j] … edge_start[j + 1] - 1``, in the
            order of their genes.
        edge_source: Slot that each edge reads, int64.
        edge_weight: Weight of each edge, float64.
        edge_gene: Index of the edge's gene in its genome, int64, or -1.
    """

    kind: str
    slope: float
    bias_value: float
    time_step: float
    inputs: int
    outputs: int
    sensors: Integers
    passes: Integers
    first_passes: Integers
    output_slot: Integers
    output_activation: Integers
    node_start: Integers
    nodes: NodeGenes
    node_gene: Integers
    wave: Integers
    depth: Integers
    edge_start: Integers
    edge_source: Integers
    edge_weight: Numbers
    edge_gene: Integers


class _Scratch(NamedTuple):
    """Scratch memory for the analysis of one genome, sized for the largest: allocation costs more than analysis."""

    # Of each node.
    wave: Integers
    depth: Integers
    slot: Integers
    order: Integers
    entering: Integers
    leaving: Integers
    queue: Integers
    active: NDArray[np.bool_]
    tally: Integers  # one more
    ends: Integers  # one more
    # Of each connection.
    source: Integers
    target: Integers
    next_entering: Integers
    next_leaving: Integers
    edge: Integers
    used: NDArray[np.bool_]


def plan(genomes: Genomes, network: NetworkConfig) -> NetworkPlan:
    """Return the networks of a table of genomes.

    Args:
        genomes: The table; all have the same inputs and outputs.
        network: Network settings.

    Raises:
        GenomeError: The kind of network requires acyclic genomes, and a genome has a cycle.
    """
    kind = kind_of(network.kind)
    n, nodes, edges = len(genomes), len(genomes.nodes), len(genomes.connections)
    sizes, plan_all = (_few_sizes, _few_plans) if n == 1 and nodes + edges < SMALL else (_sizes, _plan_all)
    inputs, outputs, most_nodes, most_edges = sizes(genomes.nodes, genomes.node_offsets, genomes.connection_offsets)
    counts, at_outputs = np.empty((3, n), np.int64), np.empty((2, n, outputs), np.int64)
    node_start, edge_start = np.empty(n + 1, np.int64), np.empty(nodes + 1, np.int64)
    planned, weight = np.empty(nodes, genomes.nodes.dtype), np.empty(edges)
    node_numbers, edge_numbers = np.empty((3, nodes), np.int64), np.empty((2, edges), np.int64)
    cyclic, nodes, edges = plan_all(
        genomes.nodes, genomes.node_offsets, genomes.connections, genomes.connection_offsets, most_nodes, most_edges,
        kind.acyclic, not kind.keeps_state, counts, at_outputs, node_start, planned, node_numbers, edge_start,
        edge_numbers, weight,
    )  # fmt: skip
    if cyclic >= 0:
        others = " or ".join(repr(other.name) for other in KINDS if not other.acyclic)
        raise GenomeError(
            f"genome {cyclic} has a cycle, which network.kind = {network.kind!r} cannot run: use {others}"
        )
    sensors, deepest, farthest = counts
    first_passes, passes = module_of(network.kind).passes(network, deepest, farthest)
    return NetworkPlan(
        kind=network.kind,
        slope=float(network.sigmoid_slope),
        bias_value=float(network.bias_value),
        time_step=float(network.time_step),
        inputs=inputs,
        outputs=outputs,
        sensors=sensors,
        passes=passes,
        first_passes=first_passes,
        output_slot=at_outputs[0],
        output_activation=at_outputs[1],
        node_start=node_start,
        nodes=planned[:nodes],
        node_gene=node_numbers[0, :nodes],
        wave=node_numbers[1, :nodes],
        depth=node_numbers[2, :nodes],
        edge_start=edge_start[: nodes + 1],
        edge_source=edge_numbers[0, :edges],
        edge_weight=weight[:edges],
        edge_gene=edge_numbers[1, :edges],
    )


@uncounted
def _sizes(nodes, node_offsets, gene_offsets):  # type: ignore[no-untyped-def]
    """Return inputs and outputs of the first genome of a table, and the largest numbers of nodes and connections."""
    inputs, outputs, most_nodes, most_edges = 0, 0, 0, 0
    for i in range(node_offsets[0], node_offsets[1]):
        inputs += nodes[i].kind == _INPUT
        outputs += nodes[i].kind == _OUTPUT
    for g in range(node_offsets.size - 1):
        most_nodes = max(most_nodes, node_offsets[g + 1] - node_offsets[g])
        most_edges = max(most_edges, gene_offsets[g + 1] - gene_offsets[g])
    return inputs, outputs, most_nodes, most_edges


@kernel
def _plan_all(  # type: ignore[no-untyped-def]
    nodes, node_offsets, genes, gene_offsets, most_nodes, most_edges, by_depth, deep, counts, at_outputs, node_start,
    planned, node_numbers, edge_start, edge_numbers, weight,
):  # fmt: skip
    """Plan every genome of a table; see `NetworkPlan` for what the arrays receive.

    Args:
        nodes: Node genes of the table.
        node_offsets: See `neat.genes.table.Genomes`.
        genes: Connection genes of the table.
        gene_offsets: See `neat.genes.table.Genomes`.
        most_nodes: Nodes of the largest genome.
        most_edges: Connections of the largest genome.
        by_depth: Whether nodes are evaluated in topological order, which no genome with a cycle has; else by wave.
        deep: Whether depths are wanted.
        counts: Receives of each genome its sensors, its greatest depth (0 with a cycle), and its outputs' last wave.
        at_outputs: Receives slot and activation of each output.
        node_start: Receives where the nodes of each network begin.
        planned: Receives the records of active nodes.
        node_numbers: Receives gene, wave and depth of active nodes.
        edge_start: Receives where the edges of each active node begin.
        edge_numbers: Receives source slot and gene of each edge.
        weight: Receives the weight of each edge.

    Returns:
        The first genome with a cycle where there must be none (else -1), and the numbers of nodes and edges.
    """
    scratch = _Scratch(
        np.empty(most_nodes, np.int64), np.empty(most_nodes, np.int64), np.empty(most_nodes, np.int64),
        np.empty(most_nodes, np.int64), np.empty(most_nodes, np.int64), np.empty(most_nodes, np.int64),
        np.empty(most_nodes, np.int64), np.empty(most_nodes, np.bool_),
        np.empty(most_nodes + 1, np.int64), np.empty(most_nodes + 1, np.int64), np.empty(most_edges, np.int64),
        np.empty(most_edges, np.int64), np.empty(most_edges, np.int64), np.empty(most_edges, np.int64),
        np.empty(most_edges, np.int64), np.empty(most_edges, np.bool_),
    )  # fmt: skip
    n, m = 0, 0
    for g in range(node_offsets.size - 1):
        node = nodes[node_offsets[g] : node_offsets[g + 1]]
        gene = genes[gene_offsets[g] : gene_offsets[g + 1]]
        sensors, active, acyclic = _analyse(node, gene, by_depth, deep, scratch)
        if by_depth and not acyclic:
            return g, n, m
        node_start[g] = n
        counts[0, g] = sensors
        counts[1, g], counts[2, g] = _measure(node.size, sensors, acyclic, scratch, at_outputs[:, g], node)
        n, m = _write(
            gene, node, active, acyclic, scratch, n, m, planned, node_numbers, edge_start, edge_numbers, weight
        )
    node_start[node_offsets.size - 1] = n
    edge_start[n] = m
    return -1, n, m


_few_sizes, _few_plans = sparing(_sizes), sparing(_plan_all)


@inlined_uncounted
def _analyse(node, gene, by_depth, deep, scratch):  # type: ignore[no-untyped-def]
    """Analyse one genome; return its numbers of sensors and active nodes, and whether it is known to have no cycle."""
    sensors = _find_active(node, gene, scratch)
    n, m = node.size, gene.size
    acyclic = False
    if deep:
        waiting = scratch.slot
        for i in range(n):
            waiting[i] = scratch.ends[i + 1]
        acyclic = spread_depths(
            scratch.target, scratch.used, scratch.leaving, scratch.next_leaving, scratch.depth[:n], waiting,
            scratch.queue,
        )  # fmt: skip
    if by_depth and not acyclic:
        return sensors, 0, False
    active = _order(n, scratch.depth if by_depth else scratch.wave, scratch)
    _number_slots(n, sensors, active, scratch)
    _group_edges(n, m, scratch)
    return sensors, active, acyclic


@inlined_uncounted
def _measure(n, sensors, acyclic, scratch, at_outputs, node):  # type: ignore[no-untyped-def]
    """Write slot and activation of each output; return the greatest depth and the last wave that reaches an output."""
    deepest, farthest = 0, 0
    for i in range(n if acyclic else 0):
        deepest = max(deepest, scratch.depth[i])
    for k in range(at_outputs.shape[1]):
        i = sensors + k
        at_outputs[0, k] = scratch.slot[i]
        at_outputs[1, k] = node[i].activation
        if scratch.wave[i] != UNREACHED:
            farthest = max(farthest, scratch.wave[i])
    return deepest, farthest


@inlined_uncounted
def _write(  # type: ignore[no-untyped-def]
    gene, node, active, acyclic, scratch, n, m, planned, node_numbers, edge_start, edge_numbers, weight
):
    """Append one genome's active nodes and their edges to n nodes and m edges; return the new numbers."""
    for j in range(active):
        i = scratch.order[j]
        planned[n] = node[i]
        node_numbers[0, n] = i
        node_numbers[1, n] = scratch.wave[i]
        node_numbers[2, n] = scratch.depth[i] if acyclic else -1
        edge_start[n] = m
        for e in range(scratch.ends[i - 1] if i > 0 else 0, scratch.ends[i]):
            c = scratch.edge[e]
            edge_numbers[0, m] = scratch.slot[scratch.source[c]]
            edge_numbers[1, m] = c
            weight[m] = gene[c].weight
            m += 1
        n += 1
    return n, m


@inlined_uncounted
def _find_active(node, gene, scratch):  # type: ignore[no-untyped-def]
    """Find the active nodes, the used connections, and each node's wave; return the number of sensors.

    A connection is used if it is enabled, its target is active, and its source is not dead: a source that no input
    reaches emits 0, which does not matter to a sum, but to other aggregations. ``_Scratch.ends`` receives the number of
    used connections into each node, shifted by one.
    """
    n, m = node.size, gene.size
    wave, active, queue, ends = scratch.wave, scratch.active, scratch.queue, scratch.ends
    entering, leaving = scratch.entering, scratch.leaving
    source, target, used = scratch.source, scratch.target, scratch.used
    sensors = 0
    ends[0] = 0
    for i in range(n):
        sensor = node[i].kind <= _BIAS
        sensors += sensor
        wave[i] = 0 if sensor else UNREACHED
        active[i] = node[i].kind == _OUTPUT
        entering[i] = -1
        leaving[i] = -1
        ends[i + 1] = 0
    for c in range(m):
        s, t = place_of(node, gene[c].source), place_of(node, gene[c].target)
        source[c] = s
        target[c] = t
        used[c] = gene[c].enabled != 0
        if used[c]:  # linked as `neat.genes.structure.link` does, by both ends at once
            scratch.next_entering[c] = entering[t]
            entering[t] = c
            scratch.next_leaving[c] = leaving[s]
            leaving[s] = c
    mark_useful(source, entering, scratch.next_entering, active[:n], queue)
    mark_waves(target, leaving, scratch.next_leaving, wave[:n], queue)
    for i in range(n):
        active[i] = i >= sensors and active[i] and wave[i] != UNREACHED
    for c in range(m):
        t = target[c]
        takes_part = used[c] & active[t]
        if takes_part and wave[source[c]] == UNREACHED:
            takes_part = node[t].aggregation != 0
        used[c] = takes_part
        ends[t + 1] += takes_part
    return sensors


@inlined_uncounted
def _order(n, rank, scratch):  # type: ignore[no-untyped-def]
    """List the active ones of n nodes by rank, equal ranks in gene order (a counting sort); return their number."""
    active, tally, order = scratch.active, scratch.tally, scratch.order
    for i in range(n + 1):
        tally[i] = 0
    for i in range(n):
        if active[i]:
            tally[rank[i]] += 1
    count = 0
    for i in range(n + 1):
        tally[i], count = count, count + tally[i]
    for i in range(n):
        if active[i]:
            order[tally[rank[i]]] = i
            tally[rank[i]] += 1
    return count


@inlined_uncounted
def _number_slots(n, sensors, active, scratch):  # type: ignore[no-untyped-def]
    """Give every node its slot: sensors first, active nodes in their order, all others the slot that stays 0."""
    for i in range(n):
        scratch.slot[i] = min(i, sensors)
    for j in range(active):
        scratch.slot[scratch.order[j]] = sensors + 1 + j


@inlined_uncounted
def _group_edges(n, m, scratch):  # type: ignore[no-untyped-def]
    """Group the used ones of m connections by target, in gene order; those of node i end at ``ends[i]``."""
    target, used, edge, ends = scratch.target, scratch.used, scratch.edge, scratch.ends
    for i in range(n):
        ends[i + 1] += ends[i]
    for c in range(m):
        if used[c]:
            t = target[c]
            edge[ends[t]] = c
            ends[t] += 1  # from the node's begin to its end, which is the next one's begin
