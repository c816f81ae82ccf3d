"""The direct encoding: each node gene is a node, each enabled connection gene an edge (2002 paper, section 3.1)."""

from __future__ import annotations

from neat.genes.table import Genomes
from neat.networks.plan import NetworkPlan, plan
from neat.networks.settings import NetworkConfig

__all__ = ["Direct"]


class Direct:
    """Each genome directly describes its network; see `neat.networks.decoders.Decoder`."""

    of_genes = True
    threads = 1

    def __init__(self, network: NetworkConfig) -> None:
        self._network = network

    def genome_inputs(self, task_inputs: int) -> int:
        """Return the same number of inputs."""
        return task_inputs

    def genome_outputs(self, task_outputs: int) -> int:
        """Return the same number of outputs."""
        return task_outputs

    def plan(self, genomes: Genomes) -> NetworkPlan:
        """Return the networks of a table of genomes.

        Raises:
            GenomeError: The kind of network requires acyclic genomes, and a genome has a cycle.
        """
        return plan(genomes, self._network)
