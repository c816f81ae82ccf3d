"""One child at a time, by the compiled operators that reproduction uses."""

from __future__ import annotations

import numpy as np

from neat.breeding.initial import fixed_nodes
from neat.compiled.random import Stream, make_generator
from neat.config import Config, replace
from neat.genes.innovation import InnovationRegister
from neat.genes.schema import CONNECTION, NODE
from neat.genes.table import Genome
from neat.operators.crossover import crossover, crossover_rates
from neat.operators.growth import PROPOSAL, apply_proposal, new_connection, new_nodes
from neat.operators.mutate import mutate
from neat.operators.rates import mutation_rates
from neat.operators.registry import Operator

STILL = {
    "add_node": 0.0,
    "add_connection": 0.0,
    "weights": 0.0,
}
"""No mutation at all: what tests of one operator start from."""


def settings(mutation=None, **sections):
    """Settings of 3 inputs and 2 outputs in which nothing mutates but what is named."""
    genome = {"inputs": 3, "outputs": 2} | sections.pop("genome", {})
    return replace(Config(), {"genome": genome, "mutation": STILL | (mutation or {}), **sections})


class Breeder:
    """Crossover and mutation of single genomes under some settings, with a register and a generator of its own."""

    def __init__(self, config: Config, seed: int = 1) -> None:
        self.config = config
        self.rates = mutation_rates(config.mutation, config.genome, acyclic=config.acyclic)
        forgets = config.population.innovation_scope == "generation"
        self.crossing = crossover_rates(config.crossover, acyclic=config.acyclic, check_pairs=forgets)
        self.register = InnovationRegister(fixed_nodes(config))
        self.rng = make_generator(seed, Stream.OFFSPRING)
        self.new = new_nodes(config.genome), new_connection()

    def adopt(self, genome: Genome) -> Genome:
        """Enter the connections of a genome made by hand in the register, in order, as numbers 0, 1, …."""
        for gene in genome.connections:
            assert self.register.connection(int(gene["source"]), int(gene["target"])) == gene["innovation"]
        self.register.counters[1] = max(self.register.counters[1], genome.nodes["innovation"].max() + 1)
        return genome

    def mutate(self, genome: Genome) -> Genome:
        """Return a mutated copy; `flags` and `proposal` tell what happened."""
        n, m = len(genome.nodes), len(genome.connections)
        nodes, genes = np.zeros(n + 1, NODE), np.zeros(m + 3, CONNECTION)
        nodes[:n], genes[:m] = genome.nodes, genome.connections
        proposal = np.zeros(1, PROPOSAL)
        proposal["split"] = proposal["source"] = -1
        n, m, flags = mutate(nodes, n, genes, m, self.rates, proposal, self.rng)
        self.flags = Operator(flags)
        return self.grow(Genome(nodes[:n], genes[:m]), proposal)

    def grow(self, genome: Genome, proposal: np.ndarray) -> Genome:
        """Return a copy with the proposed structure."""
        n, m = len(genome.nodes), len(genome.connections)
        nodes, genes = np.zeros(n + 1, NODE), np.zeros(m + 3, CONNECTION)
        nodes[:n], genes[:m] = genome.nodes, genome.connections
        r = self.register
        r.reserve(3, 3)
        n, m = apply_proposal(
            nodes, n, genes, m, proposal[0], *self.new, r.counters,
            r.pair_keys, r.pair_values, r.split_keys, r.split_values, 0, np.empty(0),
        )  # fmt: skip
        return Genome(nodes[:n], genes[:m])

    def split(self, genome: Genome, connection: int) -> Genome:
        """Return a copy in which a connection is split."""
        proposal = np.zeros(1, PROPOSAL)
        proposal["split"], proposal["source"] = connection, -1
        return self.grow(genome, proposal)

    def cross(self, mother: Genome, father: Genome, *, equal: bool = False) -> Genome:
        """Return a child; the mother is the fitter unless both are equal."""
        nodes = np.zeros(len(mother.nodes) + len(father.nodes), NODE)
        genes = np.zeros(len(mother.connections) + len(father.connections), CONNECTION)
        n, m = crossover(
            mother.nodes, mother.connections, father.nodes, father.connections, equal, self.crossing, nodes, genes,
            self.rng,
        )  # fmt: skip
        return Genome(nodes[:n], genes[:m])
