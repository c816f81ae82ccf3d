"""The first generation: minimal genomes by default (2002 paper, section 3.4); other initial topologies are settings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from neat.compiled.kernel import kernel, uncounted
from neat.compiled.random import Stream, below, rekey, uniform
from neat.compiled.written import written
from neat.config import Config, GenomeConfig
from neat.errors import ConfigError
from neat.functions.activations import activation_index
from neat.genes.innovation import InnovationRegister
from neat.genes.kinds import HIDDEN, OUTPUT, NodeKind
from neat.genes.schema import CONNECTION, NODE, VALUES, ConnectionGenes, NodeGenes, new_genes
from neat.genes.structure import drop_idle_nodes
from neat.genes.table import LINEAGE, Genome, Genomes
from neat.networks.decoders import Detector, decoder_of
from neat.operators.draws import first_value, random_value
from neat.operators.growth import new_nodes
from neat.operators.rates import mutation_rates

__all__ = ["first_size", "fixed_nodes", "initial_population", "make_genome"]

_INITIAL = int(Stream.INITIAL)


def _lines() -> Iterator[str]:
    for k, (row, _) in enumerate(VALUES):
        yield f"if rates.values[{k}].scale > 0.0:"
        yield "    for i in range(n):"
        yield "        if nodes[i].kind >= OUTPUT:"
        yield f"            nodes[i].{row.name} = first_value(rates.values[{k}], rates, rng)"


_NAMES = {"OUTPUT": OUTPUT, "first_value": first_value}
_draw_values = uncounted(written("draw_values(nodes, n, rates, rng)", _lines(), _NAMES, module=__name__, file=__file__))
"""Draw the initial values of output and hidden nodes."""


def fixed_nodes(config: Config) -> int:
    """Return the number of input, bias and output nodes, which every genome has."""
    g = config.genome
    return g.inputs + g.bias_node + g.outputs


def first_size(config: Config) -> tuple[int, int]:
    """Return the maximum number of nodes and connections of a genome of the first generation."""
    g = config.genome
    sensors, direct = g.inputs + g.bias_node, (g.inputs + g.bias_node) * g.outputs
    hidden = g.initial_hidden if g.initial in ("hidden", "random") else 0
    detectors = _detectors(config)
    through = hidden * (sensors + g.outputs)
    connections = {
        "empty": 0,
        "hidden": through if hidden else direct,
        "random": direct + through + hidden * (hidden - 1) // 2,
    }.get(g.initial, direct)
    hidden += len(detectors)
    return fixed_nodes(config) + hidden, connections + sum(2 + len(found.targets) for found in detectors)


def _detectors(config: Config) -> Sequence[Detector]:
    """Return the detector nodes that the encoding adds to every initial genome."""
    find = getattr(decoder_of(config.network), "detectors", None)
    found: Sequence[Detector] = find() if find is not None else ()
    return found


def make_genome(config: Config, connections: list[tuple[int, int, float]] | None = None, hidden: int = 0) -> Genome:
    """Return a genome with given connections, for experiments and tests.

    Args:
        config: Settings; ``genome.inputs`` and ``genome.outputs`` must be set.
        connections: (source node, target node, weight) of each; innovation numbers follow this order.
        hidden: Number of hidden nodes, numbered after the outputs.

    Raises:
        ConfigError: The number of inputs or outputs is not set.
    """
    nodes = _nodes(config, hidden)
    genes = new_genes(len(connections or []), CONNECTION)
    for i, (source, target, weight) in enumerate(connections or []):
        genes[i]["innovation"], genes[i]["source"], genes[i]["target"] = i, source, target
        genes[i]["weight"] = weight
    return Genome(nodes, genes)


def initial_population(config: Config, register: InnovationRegister, seed: int, generation: int = 0) -> Genomes:
    """Return the first generation, by ``genome.initial``.

    Raises:
        ConfigError: The number of inputs or outputs is not set.
    """
    g, size = config.genome, config.population.size
    nodes, genes = _template(config, register)
    share = g.initial_fraction if g.initial in ("partial", "random") else 1.0
    all_nodes, all_genes = np.tile(nodes, size), np.tile(genes, size)
    detectors = _detectors(config)
    counts = np.empty((size, 2), np.int64)
    hidden = int(np.count_nonzero(nodes["kind"] == HIDDEN)) if g.initial == "random" else 0
    rates = mutation_rates(config.mutation, g, acyclic=config.acyclic)
    _vary(all_nodes, all_genes, counts, share, hidden, rates, seed, generation)
    for source, target, weight in _detecting(config, detectors, int(nodes["innovation"][-1]) - len(detectors) + 1):
        all_genes["weight"][(all_genes["source"] == source) & (all_genes["target"] == target)] = weight
    node_rows, gene_rows = np.arange(len(nodes)), np.arange(len(genes))
    kept_nodes = (node_rows < counts[:, :1]).reshape(-1)
    kept_genes = (gene_rows < counts[:, 1:]).reshape(-1)
    lineage = np.zeros(size, LINEAGE)
    lineage["mother"] = lineage["father"] = -1
    return Genomes(
        all_nodes[kept_nodes],
        np.concatenate([[0], np.cumsum(counts[:, 0])]),
        all_genes[kept_genes],
        np.concatenate([[0], np.cumsum(counts[:, 1])]),
        generation,
        lineage,
    )


def _nodes(config: Config, hidden: int) -> NodeGenes:
    g = config.genome
    for name, value in (("inputs", g.inputs), ("outputs", g.outputs)):
        if value < 1:
            raise ConfigError(f"genome.{name}: expected at least 1 (a task sets it by itself), got {value}")
    kinds = [NodeKind.INPUT] * g.inputs + [NodeKind.BIAS] * g.bias_node
    kinds += [NodeKind.OUTPUT] * g.outputs + [NodeKind.HIDDEN] * hidden
    fixed = len(kinds) - hidden
    nodes = np.concatenate([new_genes(fixed, NODE), new_nodes(g, hidden)])
    nodes["innovation"] = np.arange(len(kinds))
    nodes["kind"] = kinds
    nodes["activation"][:fixed] = activation_index("identity")
    outputs = nodes["kind"] == OUTPUT
    nodes["activation"][outputs] = activation_index(g.output_activation, load=True)
    for attribute, evolution in VALUES:
        if evolution.start is not None:
            nodes[attribute.name][outputs] = getattr(g, evolution.start.name)
    return nodes


def _template(config: Config, register: InnovationRegister) -> tuple[NodeGenes, ConnectionGenes]:
    """Return every node and connection gene that an initial genome can have, with innovation numbers."""
    g: GenomeConfig = config.genome
    nodes = _nodes(config, g.initial_hidden if g.initial in ("hidden", "random") else 0)
    numbers: NDArray[np.int32] = nodes["innovation"]
    sensors = numbers[nodes["kind"] <= NodeKind.BIAS]
    outputs = numbers[nodes["kind"] == NodeKind.OUTPUT]
    hidden = numbers[nodes["kind"] == NodeKind.HIDDEN]
    pairs: list[tuple[int, int]] = []
    if g.initial == "hidden" and len(hidden):
        pairs += [(s, h) for h in hidden for s in sensors] + [(h, o) for o in outputs for h in hidden]
    elif g.initial != "empty":
        pairs += [(s, o) for o in outputs for s in sensors]
    if g.initial == "random":
        pairs += [(s, h) for h in hidden for s in sensors] + [(h, o) for o in outputs for h in hidden]
        pairs += [(a, b) for b in hidden for a in hidden if a < b]
    detectors = _detectors(config)
    if detectors:
        fed = {fixed_nodes(config) - g.outputs + output for found in detectors for output in found.targets}
        pairs = [(s, t) for s, t in pairs if t not in fed]
        pairs += [(s, t) for s, t, _ in _detecting(config, detectors, len(nodes))]
        nodes = np.concatenate([nodes, _detector_nodes(g, detectors, len(nodes))])
    register.counters[1] = max(register.counters[1], len(nodes))
    genes = new_genes(len(pairs), CONNECTION)
    genes["innovation"] = [register.connection(int(s), int(t)) for s, t in pairs]
    genes["source"] = [s for s, _ in pairs]
    genes["target"] = [t for _, t in pairs]
    genes.sort(order="innovation")
    return nodes, genes


def _detector_nodes(g: GenomeConfig, detectors: Sequence[Detector], first: int) -> NodeGenes:
    nodes = new_nodes(g, len(detectors))
    nodes["innovation"] = first + np.arange(len(detectors))
    nodes["kind"] = HIDDEN
    nodes["activation"] = [activation_index(found.activation) for found in detectors]
    return nodes


def _detecting(config: Config, detectors: Sequence[Detector], first: int) -> list[tuple[int, int, float]]:
    """Return source, target and weight of the connections of detectors, whose nodes are numbered from ``first`` on."""
    outputs = fixed_nodes(config) - config.genome.outputs
    found: list[tuple[int, int, float]] = []
    biases: dict[int, float] = {}
    for node, detector in enumerate(detectors, first):
        found += [(source, node, weight) for source, weight in detector.sources]
        found += [(node, outputs + output, weight) for output, weight in detector.targets.items()]
        biases |= {outputs + output: weight for output, weight in detector.biases.items()}
    if config.genome.bias_node:
        found += [(config.genome.inputs, output, weight) for output, weight in biases.items()]
    return found


@kernel
def _vary(nodes, genes, counts, share, hidden, rates, seed, generation):  # type: ignore[no-untyped-def]
    """Turn copies of the template into initial genomes: choose connections, and draw weights and node values.

    With ``hidden`` above 0, each genome keeps a random number of the last ``hidden`` nodes, at least 1.
    """
    rng = np.empty(2, np.uint64)
    size = counts.shape[0]
    n_all, m_all = nodes.size // size, genes.size // size
    for g in range(size):
        rekey(rng, seed, _INITIAL, generation, g)
        own_nodes = nodes[g * n_all : (g + 1) * n_all]
        own_genes = genes[g * m_all : (g + 1) * m_all]
        last = own_nodes[n_all - 1].innovation
        if hidden > 0:
            last -= hidden - 1 - below(rng, hidden)
        m = 0
        for c in range(m_all):
            if own_genes[c].source > last or own_genes[c].target > last:
                continue
            if share >= 1.0 or uniform(rng) < share:
                own_genes[m] = own_genes[c]
                weight = random_value(rates.weight_init, rates.weight_scale, rates.weight_limit, rng)
                own_genes[m].weight = weight
                m += 1
        _draw_values(own_nodes, n_all, rates, rng)
        counts[g, 0] = drop_idle_nodes(own_nodes, n_all, own_genes, m)
        counts[g, 1] = m
