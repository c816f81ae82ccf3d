"""The direct encoding: each node gene is a node, each enabled connection gene an edge (2002 paper, section 3.1)."""

from __future__ import annotations

from neat.genes.table import Genomes
from neat.networks.plan import NetworkPlan, plan
from neat.networks.settings import NetworkConfig

__all__ = ["Direct"]


class Direct:
    """Genomes are the networks that they describe; see `neat.networks.decoders.Decoder`."""

    of_genes = True
    threads = 1

    def __init__(self, network: NetworkConfig) -> None:
        self._network = network

    def genome_inputs(self, task_inputs: int) -> int:
        """Return the number of inputs itself."""
        return task_inputs

    def genome_outputs(self, task_outputs: int) -> int:
        """Return the number of outputs itself."""
        return task_outputs

    def plan(self, genomes: Genomes) -> NetworkPlan:
        """Return the networks of a table of genomes.

        Raises:
            GenomeError: The kind of network needs genomes without cycles, and a genome has one.
        """
        return plan(genomes, self._network)
