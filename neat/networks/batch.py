"""Many observations through networks at once: for examples, patterns, and the queries of CPPNs.

A feed-forward network processes a block of observations node by node, so that the sums over edges become loops over
adjacent numbers. Networks of other kinds process one observation after the other, each from a state of zeros. Either
way, every output equals that of `neat.Network.activate` after `reset`, to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from neat.compiled.kernel import kernel, uncounted
from neat.compiled.parallel import run_shards
from neat.functions.activations import ACTIVATIONS, activate, activation_address, bounded, logistic
from neat.functions.aggregations import aggregate
from neat.genes.schema import NodeGenes
from neat.genes.table import Genomes
from neat.networks.decoders import decoder_of
from neat.networks.kinds import kind_of
from neat.networks.plan import NetworkPlan
from neat.networks.settings import NetworkConfig
from neat.networks.tape import forward, pack

__all__ = ["BLOCK", "Batch", "batch_of", "outputs_by_parts", "outputs_of", "sweep_block"]

BLOCK = 256
"""Observations processed side by side."""
_AT_ONCE = 1 << 24
"""Maximum number of outputs that `outputs_by_parts` holds in memory."""
_SHARD = 4
"""Minimum number of networks per thread."""

Integers = NDArray[np.int64]
Numbers = NDArray[np.float64]


class Batch(NamedTuple):
    """The feed-forward networks of a plan, in the form that compiled code uses.

    Attributes:
        inputs: Number of inputs.
        sensors: Number of inputs and bias nodes of each network, int64, shape (n,).
        output_slot: int64, shape (n, outputs).
        node_start: int64, shape (n + 1,).
        nodes: Records of the nodes.
        edge_start: int64, shape (nodes + 1,).
        edge_source: int64.
        edge_weight: float64.
        addresses: Code of each activation for compiled code, int64.
        slope: Slope of the sigmoid.
        bias_value: Output of the bias node.
        slots: Number of slots of the largest network.
    """

    inputs: int
    sensors: Integers
    output_slot: Integers
    node_start: Integers
    nodes: NodeGenes
    edge_start: Integers
    edge_source: Integers
    edge_weight: Numbers
    addresses: Integers
    slope: float
    bias_value: float
    slots: int


def batch_of(plan: NetworkPlan) -> Batch:
    """Return the networks of a plan of feed-forward networks."""
    sizes = plan.sensors + 1 + np.diff(plan.node_start)
    addresses = np.array([activation_address(i) for i in range(len(ACTIVATIONS))], np.int64)
    return Batch(
        plan.inputs, plan.sensors, plan.output_slot, plan.node_start, plan.nodes, plan.edge_start, plan.edge_source,
        plan.edge_weight, addresses, plan.slope, plan.bias_value, int(sizes.max(initial=1)),
    )  # fmt: skip


@uncounted
def sweep_block(batch, g, count, values, scratch):  # type: ignore[no-untyped-def]
    """Compute one network for the first ``count`` observations of a block.

    Args:
        batch: The networks (`Batch`).
        g: Index of the network.
        count: Number of observations, at most the block's width.
        values: One row per slot, float64, shape (slots, block). The rows of the inputs contain the observations, and
            the rows ``batch.output_slot[g]`` receive the outputs.
        scratch: Scratch for the sources of one node, float64.
    """
    first = batch.sensors[g] + 1
    if batch.sensors[g] > batch.inputs:
        for q in range(count):
            values[first - 2, q] = batch.bias_value
    for q in range(count):
        values[first - 1, q] = 0.0
    begin = batch.node_start[g]
    for j in range(begin, batch.node_start[g + 1]):
        row = values[first + j - begin]
        bias, response, aggregation = batch.nodes[j].bias, batch.nodes[j].response, batch.nodes[j].aggregation
        if aggregation == 0:
            for q in range(count):
                row[q] = 0.0
            for e in range(batch.edge_start[j], batch.edge_start[j + 1]):
                weight, source = batch.edge_weight[e], values[batch.edge_source[e]]
                for q in range(count):
                    row[q] += weight * source[q]
        else:
            edges = batch.edge_start[j + 1] - batch.edge_start[j]
            for q in range(count):
                for e in range(edges):
                    c = batch.edge_start[j] + e
                    scratch[e] = batch.edge_weight[c] * values[batch.edge_source[c], q]
                row[q] = aggregate(aggregation, scratch[:edges])
        for q in range(count):
            row[q] = bias + response * row[q]
        _activate(batch.addresses[batch.nodes[j].activation], batch.slope, row, count)


@uncounted
def _activate(code, slope, row, count):  # type: ignore[no-untyped-def]
    """Apply an activation to the first numbers of a row, in place."""
    if code == 0:
        for q in range(count):
            row[q] = bounded(logistic(slope * row[q]))
    elif code == 3:
        for q in range(count):
            row[q] = bounded(row[q])
    else:
        for q in range(count):
            row[q] = bounded(activate(code, row[q], slope))


@kernel
def _sweep_all(batch, x, y, begin, end):  # type: ignore[no-untyped-def]
    """Write the outputs of networks ``begin … end - 1`` for all observations."""
    values, scratch = np.empty((batch.slots, BLOCK)), np.empty(batch.slots)
    for g in range(begin, end):
        for at in range(0, x.shape[0], BLOCK):
            count = min(BLOCK, x.shape[0] - at)
            for i in range(batch.inputs):
                for q in range(count):
                    values[i, q] = x[at + q, i]
            sweep_block(batch, g, count, values, scratch)
            for q in range(count):
                for k in range(y.shape[2]):
                    y[g, at + q, k] = values[batch.output_slot[g, k], q]


@kernel
def _forward_all(phenotypes, x, y, begin, end, one_episode):  # type: ignore[no-untyped-def]
    """The same for networks of any kind; in one episode, they keep their state between observations."""
    state = np.empty(phenotypes.state_size)
    for g in range(begin, end):
        for p in range(x.shape[0]):
            if p == 0 or not one_episode:
                state[:] = 0.0
            forward(phenotypes, g, x[p], state, y[g, p])


def outputs_of(
    genomes: Genomes, network: NetworkConfig, x: Numbers, threads: int = 1, *, one_episode: bool = False
) -> Numbers:
    """Return the outputs of every network of a table for every observation.

    Args:
        genomes: The table.
        network: Network settings.
        x: Observations, float64, shape (observations, inputs).
        threads: Number of threads; results do not depend on it.
        one_episode: Whether the observations are one episode: networks with state are then reset only once.

    Returns:
        float64, shape (genomes, observations, outputs).

    Raises:
        GenomeError: A genome cannot be decoded with these settings.
    """
    plan = decoder_of(network, threads).plan(genomes)
    x = np.ascontiguousarray(x, np.float64)
    y = np.empty((len(genomes), len(x), plan.outputs))
    kind = kind_of(plan.kind)
    if kind.acyclic and not kind.keeps_state:
        batch = batch_of(plan)
        run_shards(lambda begin, end, _: _sweep_all(batch, x, y, begin, end), len(genomes), threads, smallest=_SHARD)
    else:
        packed = pack(plan)

        def forward_some(begin: int, end: int, _: int) -> None:
            _forward_all(packed, x, y, begin, end, one_episode)

        run_shards(forward_some, len(genomes), threads, smallest=_SHARD)
    return y


def outputs_by_parts(
    genomes: Genomes, network: NetworkConfig, x: Numbers, outputs: int, threads: int = 1, *, one_episode: bool = False
) -> Iterator[Numbers]:
    """Yield the result of `outputs_of` for some genomes at a time, so that memory is bounded for any number of rows.

    Args:
        genomes: The table.
        network: Network settings.
        x: Observations, float64, shape (observations, inputs).
        outputs: Number of outputs of a network.
        threads: Number of threads.
        one_episode: Whether the observations are one episode.
    """
    most = max(1, _AT_ONCE // max(1, len(x) * outputs))
    for begin in range(0, len(genomes), most):
        some = genomes if most >= len(genomes) else genomes.shard(begin, min(begin + most, len(genomes)))
        yield outputs_of(some, network, x, threads, one_episode=one_episode)
