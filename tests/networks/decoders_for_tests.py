"""An indirect encoding, as small as one can be: the genome says the weight between two places on a line."""

from __future__ import annotations

import numpy as np

from neat.config import NetworkConfig
from neat.genes.table import Genomes
from neat.networks.network import Network
from neat.networks.plan import NetworkPlan, plan


class Substrate:
    """Networks without hidden nodes, fully connected, each weight given by the genome's network at (from, to)."""

    of_genes = False
    inputs, outputs = 4, 2  # of the networks; a real decoder is told by its settings

    def __init__(self, network: NetworkConfig) -> None:
        self.network = network

    def genome_inputs(self, task_inputs: int) -> int:
        assert task_inputs == self.inputs
        return 2

    def genome_outputs(self, task_outputs: int) -> int:
        assert task_outputs == self.outputs
        return 1

    def plan(self, genomes: Genomes) -> NetworkPlan:
        from strategies import make

        made = []
        for genome in genomes:
            weight = Network(genome, NetworkConfig()).activate
            places = [(s, self.inputs + t) for t in range(self.outputs) for s in range(self.inputs)]
            pairs = [(s, t, 4.0 * weight([s / 3.0, t - 4.0])[0] - 2.0) for s, t in places]
            made.append(make(self.inputs, self.outputs, 0, pairs, bias=False))
        found = plan(Genomes.of(made), self.network)
        no_genes = {name: np.full_like(getattr(found, name), -1) for name in ("node_gene", "edge_gene")}
        return found._replace(**no_genes)
