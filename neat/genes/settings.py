"""The settings of genomes: their genes, and the initial genomes."""

from __future__ import annotations

from typing import Literal

from neat.genes.schema import ValueSettings
from neat.settings.checking import check, check_fields, check_not_negative, check_share
from neat.settings.ranges import check_ranges, compose

__all__ = ["GenomeConfig"]


class GenomeConfig(ValueSettings):  # type: ignore[misc]
    """The genes of a genome, and the initial genomes. Evolvable node values add settings (`neat.genes.schema`)."""

    inputs: int = 0
    """Number of input nodes; 0: set by the task."""
    outputs: int = 0
    """Number of output nodes; 0: set by the task."""
    bias_node: bool = True
    """Whether genomes have a bias node, an input with the constant value ``network.bias_value``."""
    initial: Literal["full", "partial", "empty", "hidden", "random"] = "full"
    """Initial topology: ``full``, every input and the bias connected to every output; ``partial``, each such connection
    with probability ``initial_fraction``; ``empty``, no connections; ``hidden``, one layer of ``initial_hidden`` nodes;
    ``random``, 1 to ``initial_hidden`` hidden nodes and connections with probability ``initial_fraction`` (the 2002
    paper's ablation of the minimal start)."""
    initial_fraction: float = 0.5
    """Connection probability of ``partial`` and ``random`` initial topologies."""
    initial_hidden: int = 0
    """Number of hidden nodes of ``hidden`` initial topologies; maximum number for ``random``."""
    weight_init: Literal["uniform", "normal"] = "uniform"
    """Distribution of initial and replaced weights: ``uniform`` in ±``weight_scale``, or ``normal`` with mean 0 and
    standard deviation ``weight_scale``."""
    weight_scale: float = 1.0
    """Half-width or standard deviation of initial and replaced weights. Larger values start with stronger reactions."""
    weight_limit: float = 8.0
    """Largest absolute weight; weights are clipped to ±this (C++ program: 8)."""
    activations: tuple[str, ...] = ("sigmoid",)
    """Activation functions of hidden nodes: new nodes get the first, and ``mutation.activation`` chooses among all."""
    output_activation: str = "sigmoid"
    """Activation function of the output nodes."""
    aggregations: tuple[str, ...] = ("sum",)
    """Aggregation functions of hidden nodes, which combine their inputs: new nodes get the first, and
    ``mutation.aggregation`` chooses among all."""

    def __post_init__(self) -> None:
        check_fields(self, "genome")
        for name in ("inputs", "outputs"):
            check(0 <= getattr(self, name) <= 1_000_000, f"genome.{name}", "from 0 to 1,000,000", getattr(self, name))
        check(0 <= self.initial_hidden <= 10_000, "genome.initial_hidden", "from 0 to 10,000", self.initial_hidden)
        check_share(self, "genome", "initial_fraction")
        check_ranges(self, "genome")
        check_not_negative(self, "genome", "weight_scale", "weight_limit")
        check(len(self.activations) > 0, "genome.activations", "at least one name", self.activations)
        check(len(self.aggregations) > 0, "genome.aggregations", "at least one name", self.aggregations)


compose(
    GenomeConfig,
    first=(
        *("inputs", "outputs", "bias_node", "initial", "initial_fraction", "initial_hidden"),
        *("weight_init", "weight_scale", "weight_limit"),
    ),
)
