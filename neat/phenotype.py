"""Phenotypes: the networks of a whole table of genomes, laid out as one tape for compiled code.

Each network is a run of integers and a run of floats that `forward` reads from left to right, once per pass::

    code:  kind, first node slot, nodes, passes, passes of the first observation, [slot of each output],
           per node: [edges, activation, aggregation, wave, [source slot of each edge]]
    data:  sigmoid slope, bias value, per node: [bias, response, [weight of each edge]]

Slots number a network's values: inputs, then the bias node if there is one, then a slot that stays 0 (for sources
without an enabled path from an input or bias node), then the active nodes, in topological order where the network is
feed-forward and by wave otherwise. A node's *wave* is the pass that first reaches it, its distance from the inputs.

The three kinds share one rule for a node: ``activation(bias + response * aggregation(weight * source))``, edges in the
order of their innovation numbers, so that on acyclic genomes they agree to the last bit. A node's value stays within
±1e30 and is 0 where it would be no number (`neat.activations.bounded`), so outputs are finite whatever a network does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neat.activations import ACTIVATIONS, activate, activation_address, bounded, logistic
from neat.aggregations import aggregate
from neat.errors import GenomeError
from neat.genes.kinds import BIAS, OUTPUT
from neat.genes.table import Genomes
from neat.kernel import kernel
from neat.walks import UNREACHED, link, mark_depths, mark_useful, mark_waves

if TYPE_CHECKING:
    from neat.config import NetworkConfig

__all__ = ["KINDS", "Phenotypes", "forward", "pack"]

KINDS = ("feedforward", "settling", "recurrent")
_FEEDFORWARD, _SETTLING, _RECURRENT = range(3)
_HEADER = 5


class Phenotypes(NamedTuple):
    """Packed networks of a table of genomes.

    Attributes:
        code: int64; see the module's text.
        data: float64; see the module's text.
        code_start: int64, shape (n,): where each network begins in ``code``.
        data_start: int64, shape (n,): where each network begins in ``data``.
        state_size: Length of a ``state`` array that fits every one of these networks.
        inputs: Number of inputs.
        outputs: Number of outputs.
    """

    code: NDArray[np.int64]
    data: NDArray[np.float64]
    code_start: NDArray[np.int64]
    data_start: NDArray[np.int64]
    state_size: int
    inputs: int
    outputs: int


@kernel
def _gather(aggregation, code, data, edges, values, scratch):  # type: ignore[no-untyped-def]
    """Return an aggregation other than the sum, of the edges that ``code`` and ``data`` list first."""
    for e in range(edges):
        scratch[e] = data[e] * values[code[e]]
    return aggregate(aggregation, scratch[:edges])


@kernel
def _sweep(code, data, ip, fp, nodes, values, into, scratch, slope, tick):  # type: ignore[no-untyped-def]
    """Evaluate a network's nodes in order, up to the first whose wave is beyond ``tick``.

    Reads from ``values``, writes node j to ``into[j]``, and returns how many nodes were evaluated. The sum and the
    sigmoid are written out here: most nodes have both, and a call costs more than either.
    """
    for j in range(nodes):
        if code[ip + 3] > tick:
            return j
        edges = code[ip]
        if code[ip + 2] == 0:
            total = 0.0
            for e in range(edges):
                total += data[fp + 2 + e] * values[code[ip + 4 + e]]
        else:
            total = _gather(code[ip + 2], code[ip + 4 :], data[fp + 2 :], edges, values, scratch)
        z = data[fp] + data[fp + 1] * total
        if code[ip + 1] == 0:
            into[j] = bounded(logistic(slope * z))
        else:
            into[j] = bounded(activate(code[ip + 1], z, slope))
        ip += 4 + edges
        fp += 2 + edges
    return nodes


@kernel
def forward(code, data, code_start, data_start, x, state, y):  # type: ignore[no-untyped-def]
    """Pass one observation through one network.

    Args:
        code: Tape of integers (`Phenotypes.code`).
        data: Tape of floats (`Phenotypes.data`).
        code_start: Where this network begins in ``code``.
        data_start: Where this network begins in ``data``.
        x: Observation, float64, shape (inputs,).
        state: What the network remembers, float64, at least `Phenotypes.state_size` long; zeros before an episode.
        y: Receives the outputs, float64, shape (outputs,).
    """
    kind = code[code_start]
    first = code[code_start + 1]
    nodes = code[code_start + 2]
    limit = code[code_start + 3]
    outputs = y.size
    slope = data[data_start]
    ip = code_start + _HEADER + outputs
    fp = data_start + 2
    values = state[1 : 1 + first + nodes]
    for i in range(x.size):
        values[i] = x[i]
    if first == x.size + 2:
        values[first - 2] = data[data_start + 1]
    if kind == _FEEDFORWARD:  # in topological order, in place: each node finds its sources done
        _sweep(code, data, ip, fp, nodes, values, values[first:], state[1 + first + nodes :], slope, UNREACHED)
    else:
        new = state[1 + first + nodes : 1 + first + 2 * nodes]
        scratch = state[1 + first + 2 * nodes :]
        tick = int(state[0])
        if kind == _SETTLING:
            tick = 0
            for j in range(nodes):
                values[first + j] = 0.0
        elif tick == 0:
            limit = max(limit, code[code_start + 4])
        for _ in range(limit):
            tick += 1
            active = _sweep(code, data, ip, fp, nodes, values, new, scratch, slope, tick)
            settled = active == nodes
            for j in range(active):
                settled = settled and new[j] == values[first + j]
                values[first + j] = new[j]
            if settled and kind == _SETTLING:
                break
        state[0] = tick
    for k in range(outputs):
        y[k] = values[code[code_start + _HEADER + k]]


@kernel
def place_of(nodes, innovation):  # type: ignore[no-untyped-def]
    """Return the place of node ``innovation`` among sorted node genes (its successor's where there is none)."""
    low, high = 0, nodes.size
    if innovation < high and nodes[innovation].innovation == innovation:
        return innovation  # inputs, bias and outputs stand at their numbers
    while low < high:
        middle = (low + high) // 2
        if nodes[middle].innovation < innovation:
            low = middle + 1
        else:
            high = middle
    return low


@kernel
def _pack(  # type: ignore[no-untyped-def]
    nodes, node_offsets, genes, gene_offsets, code, data, code_start, data_start, kind, max_steps, passes,
    settle_first, slope, bias_value, addresses,
):  # fmt: skip
    """Write the tape of every network; return the longest state and the first cyclic genome (-1: none)."""
    most_nodes, most_genes = 0, 0
    for g in range(node_offsets.size - 1):
        most_nodes = max(most_nodes, node_offsets[g + 1] - node_offsets[g])
        most_genes = max(most_genes, gene_offsets[g + 1] - gene_offsets[g])
    wave_of = np.empty(most_nodes, np.int64)
    depth_of = np.empty(most_nodes, np.int64)
    slot_of = np.empty(most_nodes, np.int64)
    order_of = np.empty(most_nodes, np.int64)
    first_of = np.empty(most_nodes, np.int64)
    queue_of = np.empty(most_nodes, np.int64)
    following_of = np.empty(most_genes, np.int64)
    useful_of = np.empty(most_nodes, np.bool_)
    source_of = np.empty(most_genes, np.int64)
    target_of = np.empty(most_genes, np.int64)
    edge_of = np.empty(most_genes, np.int64)
    used_of = np.empty(most_genes, np.bool_)
    first_edge = np.empty(most_nodes + 1, np.int64)
    longest = 0
    for g in range(node_offsets.size - 1):
        node = nodes[node_offsets[g] : node_offsets[g + 1]]
        gene = genes[gene_offsets[g] : gene_offsets[g + 1]]
        n, m = node.size, gene.size
        wave, depth, slot, useful = wave_of[:n], depth_of[:n], slot_of[:n], useful_of[:n]
        source, target, used = source_of[:m], target_of[:m], used_of[:m]
        first, queue, following = first_of[:n], queue_of[:n], following_of[:m]
        fixed, outputs = 0, 0
        for i in range(n):
            sensor = node[i].kind <= BIAS
            fixed += sensor
            outputs += node[i].kind == OUTPUT
            wave[i] = 0 if sensor else UNREACHED
            useful[i] = node[i].kind == OUTPUT
        for c in range(m):
            source[c] = place_of(node, gene[c].source)
            target[c] = place_of(node, gene[c].target)
            used[c] = gene[c].enabled != 0
        link(target, used, first, following)
        mark_useful(source, first, following, useful, queue)
        link(source, used, first, following)
        mark_waves(target, first, following, wave, queue)
        for c in range(m):
            used[c] = used[c] and useful[target[c]] and wave[target[c]] != UNREACHED
            if used[c] and wave[source[c]] == UNREACHED:
                used[c] = node[target[c]].aggregation != 0  # adding nothing needs no edge
        cap = passes
        acyclic = True
        if kind != _RECURRENT:
            acyclic = mark_depths(target, used, first, following, depth, slot, queue)
            if kind == _FEEDFORWARD and not acyclic:
                return longest, g
        # Active nodes in the order of evaluation: by depth where there is one pass, else by wave (counting sort).
        rank = depth if kind == _FEEDFORWARD else wave
        for i in range(n + 1):
            first_edge[i] = 0
        for i in range(n):
            if node[i].kind > BIAS and useful[i] and wave[i] != UNREACHED:
                first_edge[rank[i]] += 1
        active = 0
        for i in range(n + 1):
            first_edge[i], active = active, active + first_edge[i]
        for i in range(n):
            if node[i].kind > BIAS and useful[i] and wave[i] != UNREACHED:
                order_of[first_edge[rank[i]]] = i
                first_edge[rank[i]] += 1
        for i in range(n):
            slot[i] = i if i < fixed else fixed  # everything not active reads the slot that stays 0
        for j in range(active):
            slot[order_of[j]] = fixed + 1 + j
        # Edges by target, in gene order.
        for i in range(n + 1):
            first_edge[i] = 0
        for c in range(m):
            if used[c]:
                first_edge[target[c] + 1] += 1
        widest = 0
        for i in range(n):
            widest = max(widest, first_edge[i + 1])
            first_edge[i + 1] += first_edge[i]
        for c in range(m):
            if used[c]:
                edge_of[first_edge[target[c]]] = c
                first_edge[target[c]] += 1  # now the end of this node's edges, which is the next one's start
        if kind == _SETTLING:
            cap = max_steps
            if acyclic:
                for i in range(n):
                    cap = max(cap, depth[i])
        first_cap = cap
        if kind == _RECURRENT and settle_first:
            farthest = 0
            for i in range(n):
                if node[i].kind == OUTPUT and wave[i] != UNREACHED:
                    farthest = max(farthest, wave[i])
            first_cap = max(cap, min(farthest, max_steps))
        ip, fp = code_start[g], data_start[g]
        code[ip] = kind
        code[ip + 1] = fixed + 1
        code[ip + 2] = active
        code[ip + 3] = cap
        code[ip + 4] = first_cap
        for k in range(outputs):
            code[ip + _HEADER + k] = slot[fixed + k]
        data[fp] = slope
        data[fp + 1] = bias_value
        ip += _HEADER + outputs
        fp += 2
        for j in range(active):
            i = order_of[j]
            begin = first_edge[i - 1] if i > 0 else 0
            edges = first_edge[i] - begin
            code[ip] = edges
            code[ip + 1] = addresses[node[i].activation]
            code[ip + 2] = node[i].aggregation
            code[ip + 3] = wave[i]
            data[fp] = node[i].bias
            data[fp + 1] = node[i].response
            for e in range(edges):
                c = edge_of[begin + e]
                code[ip + 4 + e] = slot[source[c]]
                data[fp + 2 + e] = gene[c].weight
            ip += 4 + edges
            fp += 2 + edges
        longest = max(longest, 1 + fixed + 1 + 2 * active + widest)
    return longest, -1


def pack(genomes: Genomes, config: NetworkConfig) -> Phenotypes:
    """Return the networks of a table of genomes, ready for `forward`.

    Raises:
        GenomeError: A feed-forward network is asked for and a genome has a cycle.
    """
    first = genomes[0]
    outputs = first.outputs
    node_counts, gene_counts = np.diff(genomes.node_offsets), np.diff(genomes.connection_offsets)
    code_ends = np.cumsum(_HEADER + outputs + 4 * node_counts + gene_counts)
    data_ends = np.cumsum(2 + 2 * node_counts + gene_counts)
    code = np.empty(code_ends[-1], np.int64)
    data = np.empty(data_ends[-1], np.float64)
    code_start = np.concatenate([[0], code_ends[:-1]])
    data_start = np.concatenate([[0], data_ends[:-1]])
    addresses = np.array([activation_address(i) for i in range(len(ACTIVATIONS))], np.int64)
    state_size, cyclic = _pack(
        genomes.nodes, genomes.node_offsets, genomes.connections, genomes.connection_offsets, code, data, code_start,
        data_start, KINDS.index(config.kind), config.max_steps, config.passes, config.settle_first,
        float(config.sigmoid_slope), float(config.bias_value), addresses,
    )  # fmt: skip
    if cyclic >= 0:
        raise GenomeError(
            f"genome {cyclic} has a cycle, which network.kind = 'feedforward' cannot run: use 'settling' or 'recurrent'"
        )
    return Phenotypes(code, data, code_start, data_start, state_size, first.inputs, outputs)
