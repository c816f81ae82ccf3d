"""Decoders: what genomes encode. One file each; `DECODERS` lists them.

A direct encoding has a gene for each node and connection of the network. Indirect encodings make networks whose nodes
are no genes, with other numbers of inputs and outputs than the genomes have; so tasks ask a decoder what genomes they
need, and everything that runs or reads networks takes a decoder's plan.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, NamedTuple, Protocol

from neat.errors import ConfigError
from neat.registry import Registry

if TYPE_CHECKING:
    from neat.genes.table import Genome, Genomes
    from neat.networks.plan import NetworkPlan
    from neat.networks.settings import NetworkConfig

__all__ = ["DECODERS", "Decoder", "Detector", "check_encoding", "decoder_of", "expanded", "register_decoder"]


class Detector(NamedTuple):
    """A hidden node that all first genomes have, with what leads to it and from it.

    Attributes:
        activation: Its function.
        sources: (input, weight) of what it reads.
        targets: Weight to each output that it leads to. Of everything else, only the bias node leads there at first.
        biases: Weight from the bias node to each of these outputs.
    """

    activation: str
    sources: tuple[tuple[int, float], ...]
    targets: dict[int, float]
    biases: dict[int, float]


class Decoder(Protocol):
    """From genomes to networks. It is made from the network settings.

    Attributes:
        of_genes: Whether the nodes and edges of a plan are genes (`NetworkPlan.node_gene`), so that gradients of a
            network can be written back into its genome, and a drawing of the genome shows the network.
        threads: How many threads `plan` may use; `decoder_of` sets it.

    One whose first genomes have more nodes than ``genome.initial`` says has ``detectors()``: a `Detector` for each.
    One whose genomes depend on more of a task than numbers of inputs and outputs has ``fitted(inputs, outputs)`` too:
    it is given the shapes, and returns the network settings with them.
    """

    of_genes: bool
    threads: int

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


DECODERS: Registry[type[Decoder]] = Registry(
    "encoding",
    {
        "direct": "neat.networks.decoders.direct:Direct",
        "hyperneat": "neat.networks.decoders.hyperneat:HyperNeat",
        "es-hyperneat": "neat.networks.decoders.es_hyperneat:EsHyperNeat",
    },
)
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


def decoder_of(network: NetworkConfig, threads: int = 1) -> Decoder:
    """Return the decoder that the settings name.

    Args:
        network: The settings.
        threads: How many threads it may use; networks do not depend on it.

    Raises:
        ConfigError: No such encoding.
    """
    made: Decoder = DECODERS.find(network.encoding)(network)
    made.threads = threads
    return made


def expanded(genome: Genome, network: NetworkConfig) -> tuple[Genome, NetworkConfig]:
    """Return a genome that encodes the same network directly, and the settings that say so.

    What works on genes works on it: drawings, gradients, exports. A genome of the direct encoding is returned as it is.

    Raises:
        ConfigError: The encoding makes no genomes of its networks.
    """
    if network.encoding == "direct":
        return genome, network
    expand = getattr(decoder_of(network), "expand", None)
    if expand is None:
        raise ConfigError(f"the encoding {network.encoding!r} makes no genomes of its networks (it has no `expand`)")
    import numpy as np

    from neat.genes.kinds import HIDDEN
    from neat.genes.table import Genome, Genomes

    made = expand(Genomes.of([genome]))[0]
    named = np.isin(made.nodes["innovation"], [made.connections["source"], made.connections["target"]])
    nodes = made.nodes[named | (made.nodes["kind"] != HIDDEN)]  # a gene of a hidden node has connection genes
    return Genome(nodes, made.connections), dataclasses.replace(network, encoding="direct")
