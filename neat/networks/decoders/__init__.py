"""Decoders: from genomes to networks. There is one file per decoder, listed in `DECODERS`.

In a direct encoding, each node and connection of the network is a gene. Indirect encodings generate networks whose
nodes are not genes and whose numbers of inputs and outputs differ from those of the genome. So tasks ask the decoder
what genomes they need, and everything that runs or reads networks uses the decoder's plan.
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
    """A hidden node that all initial genomes have, with its connections.

    Attributes:
        activation: Its activation function.
        sources: (input, weight) of its incoming connections.
        targets: Weight of the connection to each of its outputs. Apart from it, only the bias node is connected to
            these outputs at first.
        biases: Weight from the bias node to each of these outputs.
    """

    activation: str
    sources: tuple[tuple[int, float], ...]
    targets: dict[int, float]
    biases: dict[int, float]


class Decoder(Protocol):
    """From genomes to networks. A decoder is created from the network settings.

    Attributes:
        of_genes: Whether nodes and edges of a plan are genes (`NetworkPlan.node_gene`). Then gradients of a network can
            be written back into its genome, and a drawing of the genome shows the network.
        threads: Number of threads `plan` may use; `decoder_of` sets it.

    A decoder whose initial genomes have more nodes than ``genome.initial`` says has a method ``detectors()``, which
    returns a `Detector` for each. A decoder whose genomes depend on the shapes of a task's inputs and outputs has a
    method ``fitted(inputs, outputs)``, which receives the shapes and returns network settings that include them.
    """

    of_genes: bool
    threads: int

    def __init__(self, network: NetworkConfig) -> None:
        """Take the settings."""

    def genome_inputs(self, task_inputs: int) -> int:
        """Return the number of inputs of the genomes, for networks with this number of inputs."""

    def genome_outputs(self, task_outputs: int) -> int:
        """Return the number of outputs of the genomes, for networks with this number of outputs."""

    def plan(self, genomes: Genomes) -> NetworkPlan:
        """Return the networks of a table of genomes.

        Raises:
            GenomeError: A genome cannot be decoded with these settings.
        """


DECODERS: Registry[type[Decoder]] = Registry(
    "encoding",
    {
        "direct": "neat.networks.decoders.direct:Direct",
        "hyperneat": "neat.networks.decoders.hyperneat:HyperNeat",
        "es-hyperneat": "neat.networks.decoders.es_hyperneat:EsHyperNeat",
    },
)
"""Decoders by the name used in ``network.encoding``; each is imported on first use."""


def register_decoder(name: str, decoder: type[Decoder]) -> type[Decoder]:
    """Register a decoder under the name ``network.encoding = name``, and return it.

    Raises:
        ConfigError: The name is taken.
    """
    return DECODERS.register(name, decoder)


def check_encoding(name: str) -> None:
    """Check that an encoding exists, or names a module that may register it.

    Raises:
        ConfigError: It does not exist.
    """
    DECODERS.check(name, "network.encoding")


def decoder_of(network: NetworkConfig, threads: int = 1) -> Decoder:
    """Return the decoder named in the settings.

    Args:
        network: The settings.
        threads: Number of threads it may use; networks do not depend on it.

    Raises:
        ConfigError: The encoding is unknown.
    """
    made: Decoder = DECODERS.find(network.encoding, "network.encoding")(network)
    made.threads = threads
    return made


def expanded(genome: Genome, network: NetworkConfig) -> tuple[Genome, NetworkConfig]:
    """Return a genome that encodes the same network directly, with matching network settings.

    Drawings, gradients and exports, which work on genes, can use it. A directly encoded genome is returned unchanged.

    Raises:
        ConfigError: The encoding cannot express its networks as genomes.
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
