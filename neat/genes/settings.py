"""The settings of genomes: what they are made of, and how the first ones look."""

from __future__ import annotations

from typing import Literal

from neat.genes.schema import ValueSettings
from neat.settings.checking import check, check_fields, check_not_negative, check_share
from neat.settings.ranges import check_ranges, compose

__all__ = ["GenomeConfig"]


class GenomeConfig(ValueSettings):  # type: ignore[misc]
    """What genomes are made of and how the first ones look. The values of nodes add fields (`neat.genes.schema`)."""

    inputs: int = 0
    """Number of input nodes; 0 means that the task sets it."""
    outputs: int = 0
    """Number of output nodes; 0 means that the task sets it."""
    bias_node: bool = True
    """Whether there is a bias node: an input held at ``network.bias_value``."""
    initial: Literal["full", "partial", "empty", "hidden", "random"] = "full"
    """First topology: ``full`` (every input and the bias to every output), ``partial`` (each such connection with
    probability ``initial_fraction``), ``empty`` (none), ``hidden`` (one layer of ``initial_hidden`` nodes between),
    ``random`` (each genome from 1 to ``initial_hidden`` hidden nodes, connections with probability
    ``initial_fraction``: the paper's ablation of the minimal start)."""
    initial_fraction: float = 0.5
    """Share of possible connections that ``partial`` and ``random`` starts have."""
    initial_hidden: int = 0
    """Hidden nodes of ``hidden`` and ``random`` starts."""
    weight_init: Literal["uniform", "normal"] = "uniform"
    """Distribution of first and replaced weights: uniform in ±``weight_scale``, or normal with that deviation."""
    weight_scale: float = 1.0
    """Scale of first and replaced weights."""
    weight_limit: float = 8.0
    """Weights stay within ±``weight_limit`` (the C++ program caps at 8)."""
    activations: tuple[str, ...] = ("sigmoid",)
    """Functions of hidden nodes: the first is given to new nodes, mutation chooses among all."""
    output_activation: str = "sigmoid"
    """Function of output nodes."""
    aggregations: tuple[str, ...] = ("sum",)
    """How hidden nodes gather their inputs: the first is given to new nodes, mutation chooses among all."""

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
