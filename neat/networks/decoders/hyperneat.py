"""HyperNEAT: a CPPN generates the weight of each connection of a substrate (Stanley, D'Ambrosio & Gauci 2009).

Let o be the CPPN's output for (x1, y1, …, x2, y2, …), with |o| clipped to 1, and t the threshold. The weight is::

    sign(o) (|o| - t) / (1 - t) * maximum        no connection if |o| <= t

With a link expression output (LEO; Verbancsics & Stanley 2011), a connection exists if that output is above 0, and its
weight is ``o * maximum``. The network is planned like any other, from the genome that `HyperNeat.expand` returns.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from neat.compiled.kernel import kernel, uncounted
from neat.compiled.parallel import run_shards
from neat.errors import ConfigError
from neat.functions.activations import activation_index
from neat.genes.kinds import NodeKind
from neat.genes.schema import CONNECTION, NODE, NodeGenes, new_genes
from neat.genes.table import Genomes
from neat.networks.batch import BLOCK, sweep_block
from neat.networks.decoders.indirect import Indirect
from neat.networks.decoders.settings import SubstrateConfig
from neat.networks.decoders.substrate import questions_of, substrate_of
from neat.networks.kinds import kind_of
from neat.networks.settings import NetworkConfig

__all__ = ["HyperNeat", "express", "node_genes"]

_SHARD = 4
"""Minimum number of genomes per thread: even one has thousands of queries."""

Integers = NDArray[np.int64]


class HyperNeat(Indirect):
    """A decoder with a fixed substrate; see `neat.networks.decoders.Decoder`."""

    def __init__(self, network: NetworkConfig) -> None:
        super().__init__(network)
        if network.substrate.connect == "all" and kind_of(network.kind).acyclic:
            raise ConfigError(
                f"network.substrate.connect: 'all' makes cycles, which network.kind = {network.kind!r} cannot run: use "
                "'forward', or a kind of network with cycles"
            )

    def expand(self, genomes: Genomes) -> Genomes:
        """Return the networks of a table of genomes as directly encoded genomes.

        Nodes and connections have their numbers in the substrate, so those of the same place have the same innovation
        number in all genomes.

        Raises:
            ConfigError: The settings do not describe a substrate.
            GenomeError: A genome has a cycle.
        """
        config = self._network.substrate
        substrate, questions = substrate_of(config), questions_of(config)
        cppns = self.cppns(genomes)
        n, m, own = len(genomes), len(substrate.source), len(substrate.places)
        weights, count = np.empty((n, m)), np.zeros(n, np.int64)
        nodes = np.tile(node_genes(config, substrate.inputs, substrate.outputs, own), n)
        layers = substrate.layer[substrate.inputs :] - 1 if config.multi else np.zeros(own - substrate.inputs, np.int64)
        pair = substrate.pair if config.multi else np.zeros(m, np.int64)
        between, within = (len(substrate.pairs), len(substrate.names) - 1) if config.multi else (1, 1)
        leo, bias = between, between * (1 + config.leo)
        tau = bias + within * config.bias
        t, most = (-1.0 if config.leo else config.threshold), config.maximum

        def ask(begin: int, end: int, _: int) -> None:
            _ask(
                cppns, questions.table, questions.of_connection, pair, questions.of_node, layers, leo,
                bias if config.bias else -1, tau if config.time_constant else -1, config.threshold, t, most, begin, end,
                substrate.inputs, weights, count, nodes,
            )  # fmt: skip

        run_shards(ask, n, self.threads, smallest=_SHARD)
        offsets = np.concatenate([[0], np.cumsum(count)])
        genes = np.empty(int(offsets[-1]), CONNECTION)
        template = new_genes(1, CONNECTION)

        def write(begin: int, end: int, _: int) -> None:
            _write(substrate.source, substrate.target, weights, offsets, template, begin, end, genes)

        run_shards(write, n, self.threads, smallest=_SHARD)
        return Genomes(nodes, np.arange(n + 1) * own, genes, offsets, genomes.generation)


def node_genes(config: SubstrateConfig, inputs: int, outputs: int, count: int) -> NodeGenes:
    """Return the node genes of a network: inputs, outputs, then hidden nodes (dtype `neat.NODE`, shape (count,))."""
    nodes = new_genes(count, NODE)
    nodes["innovation"] = np.arange(count)
    nodes["kind"][:inputs], nodes["kind"][inputs:] = NodeKind.INPUT, NodeKind.HIDDEN
    nodes["kind"][inputs : inputs + outputs] = NodeKind.OUTPUT
    nodes["activation"][:inputs] = activation_index("identity")
    nodes["activation"][inputs:] = activation_index(config.activation, load=True)
    nodes["activation"][inputs : inputs + outputs] = activation_index(config.output_activation, load=True)
    return nodes


@uncounted
def express(o, t, most):  # type: ignore[no-untyped-def]
    """Return the weight for a CPPN output, 0 for none; a threshold below 0 leaves outputs unchanged."""
    size = min(abs(o), 1.0)
    if t < 0.0:
        return math.copysign(size, o) * most
    if size <= t:
        return 0.0
    return math.copysign((size - t) / (1.0 - t), o) * most


@kernel
def _ask(  # type: ignore[no-untyped-def]
    cppns, table, of_connection, pair, of_node, layer, leo, bias, tau, threshold, t, most, begin, end, inputs, weights,
    count, nodes,
):  # fmt: skip
    """Query the CPPNs ``begin … end - 1``, and write weights (NaN: no connection), their number, and node values.

    ``leo``, ``bias`` and ``tau`` are the first outputs of their kind, -1 if there is none; t < 0 stands for LEO.
    """
    answers = np.empty((cppns.output_slot.shape[1], table.shape[1]))
    values, scratch = np.empty((cppns.slots, BLOCK)), np.empty(cppns.slots)
    own = nodes.size // cppns.sensors.size
    for g in range(begin, end):
        for at in range(0, table.shape[1], BLOCK):
            block = min(BLOCK, table.shape[1] - at)
            for i in range(table.shape[0]):
                for q in range(block):
                    values[i, q] = table[i, at + q]
            sweep_block(cppns, g, block, values, scratch)
            for k in range(answers.shape[0]):
                for q in range(block):
                    answers[k, at + q] = values[cppns.output_slot[g, k], q]
        found = 0
        for c in range(of_connection.size):
            question = of_connection[c]
            weight = express(answers[pair[c], question], t, most)
            there = answers[leo + pair[c], question] > 0.0 if t < 0.0 else weight != 0.0
            weights[g, c] = weight if there else math.nan
            found += there
        count[g] = found
        for i in range(of_node.size):
            if bias >= 0:
                o = answers[bias + layer[i], of_node[i]]
                nodes[g * own + inputs + i].bias = express(o, threshold, most)
            if tau >= 0:
                o = min(max(answers[tau + layer[i], of_node[i]], -1.0), 1.0)
                nodes[g * own + inputs + i].time_constant = 10.0**o


@kernel
def _write(source, target, weights, offsets, template, begin, end, genes):  # type: ignore[no-untyped-def]
    """Write the connection genes of networks ``begin … end - 1``."""
    for g in range(begin, end):
        k = offsets[g]
        for c in range(source.size):
            if weights[g, c] == weights[g, c]:
                genes[k] = template[0]
                genes[k].innovation = c
                genes[k].source = source[c]
                genes[k].target = target[c]
                genes[k].weight = weights[g, c]
                k += 1
