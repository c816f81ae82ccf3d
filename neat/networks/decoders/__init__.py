"""Decoders: what genomes encode. One file each; `DECODERS` lists them.

A direct encoding has a gene for each node and connection of the network. Indirect encodings make networks whose nodes
are no genes, with other numbers of inputs and outputs than the genomes have; so tasks ask a decoder what genomes they
need, and everything that runs or reads networks takes a decoder's plan.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from neat.registry import Registry

if TYPE_CHECKING:
    from neat.genes.table import Genomes
    from neat.networks.plan import NetworkPlan
    from neat.networks.settings import NetworkConfig

__all__ = ["DECODERS", "Decoder", "check_encoding", "decoder_of", "register_decoder"]


class Decoder(Protocol):
    """From genomes to networks. It is made from the network settings.

    Attributes:
        of_genes: Whether the nodes and edges of a plan are genes (`NetworkPlan.node_gene`), so that gradients of a
            network can be written back into its genome, and a drawing of the genome shows the network.
    """

    of_genes: bool

    def __init__(self, network: NetworkConfig) -> None:
        """Take the settings."""

    def genome_inputs(self, task_inputs: int) -> int:
        """Return how many inputs the genomes have for networks with this number of inputs."""

    def genome_outputs(self, task_outputs: int) -> int:
        """Return how many outputs the genomes have for networks with this number of outputs."""

    def plan(self, genomes: Genomes) -> NetworkPlan:
        """Return the networks of a table of genomes.

        Raises:
            GenomeError: A genome cannot become a network of these settings.
        """


DECODERS: Registry[type[Decoder]] = Registry("encoding", {"direct": "neat.networks.decoders.direct:Direct"})
"""Decoders by the name that ``network.encoding`` gives; each is loaded when it is used."""


def register_decoder(name: str, decoder: type[Decoder]) -> type[Decoder]:
    """Make a decoder known as ``network.encoding = name``; return it.

    Raises:
        ConfigError: The name is taken.
    """
    return DECODERS.register(name, decoder)


def check_encoding(name: str) -> None:
    """Check that an encoding exists, or names a module that may bring it.

    Raises:
        ConfigError: It does not.
    """
    DECODERS.check(name, "network.encoding")


def decoder_of(network: NetworkConfig) -> Decoder:
    """Return the decoder that the settings name.

    Raises:
        ConfigError: No such encoding.
    """
    return DECODERS.find(network.encoding)(network)
