"""The settings of indirect encodings: a substrate, and how CPPN outputs become connections.

This is plain data, so that settings can be read without a compiler. `neat.networks.decoders.substrate` computes the
coordinates.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal

from neat.settings.checking import check, check_fields, from_table

__all__ = ["AXES", "LayerConfig", "SubstrateConfig"]

AXES = ("x", "y", "z")
_MOST_NODES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class LayerConfig:
    """One layer of a substrate: a table of ``[[network.substrate.layers]]``, with one of grid, circle and points."""

    name: str = ""
    """Name of the layer, for ``network.substrate.pairs`` and drawings."""
    grid: tuple[int, ...] = ()
    """Number of nodes along each axis: ``[9]`` is a line, ``[11, 11]`` a plane, ``[4, 4, 2]`` a block. Coordinates
    range from -1 to 1; x varies fastest, and rows start at y = -1."""
    circle: int = 0
    """Number of nodes on a circle around the origin, starting at (radius, 0)."""
    points: tuple[tuple[float, ...], ...] = ()
    """Coordinates of each node."""
    radius: float = 1.0
    """Radius of the circle, or half the width of the grid."""
    at: tuple[float, ...] = ()
    """Coordinates appended to those of every node: ``at = [-1.0]`` places a plane at z = -1."""

    def __post_init__(self) -> None:
        path = "network.substrate.layers"
        check_fields(self, path)
        given = [name for name in ("grid", "circle", "points") if getattr(self, name)]
        check(len(given) == 1, path, "one of grid, circle and points in each", given)
        check(all(n >= 1 for n in self.grid) and len(self.grid) <= 3, f"{path}.grid", "1 to 3 counts", self.grid)
        check(self.circle >= 0, f"{path}.circle", "a number of nodes", self.circle)
        check(self.nodes <= _MOST_NODES, path, f"at most {_MOST_NODES:,} nodes", self.nodes)
        sizes = {len(point) for point in self.points}
        check(len(sizes) <= 1, f"{path}.points", "points of equally many coordinates", self.points)
        check(1 <= self.dimensions <= 3, path, "points of 1 to 3 coordinates", self.dimensions)
        numbers = [*self.at, self.radius, *(number for point in self.points for number in point)]
        check(all(map(math.isfinite, numbers)), path, "finite coordinates", numbers)

    @property
    def nodes(self) -> int:
        """Number of nodes."""
        return math.prod(self.grid) if self.grid else self.circle or len(self.points)

    @property
    def dimensions(self) -> int:
        """Number of coordinates of each node."""
        own = len(self.grid) if self.grid else 2 if self.circle else len(self.points[0])
        return own + len(self.at)


@dataclass(frozen=True, kw_only=True)
class SubstrateConfig:
    """The positions of the nodes, and how CPPN outputs become connections.

    HyperNEAT is Stanley, D'Ambrosio & Gauci 2009, "A hypercube-based encoding for evolving large-scale neural
    networks"; LEO is Verbancsics & Stanley 2011, "Constraining connectivity to encourage modularity in HyperNEAT";
    ES-HyperNEAT is Risi & Stanley 2012, "An enhanced hypercube-based encoding for evolving the placement, density, and
    connectivity of neurons".
    """

    layers: tuple[LayerConfig, ...] = ()
    """The layers, inputs first and outputs last. If empty, inputs are on a line at y = -1 and outputs at y = 1; if one
    of them is an image, they are planes at z = -1 and z = 1. ES-HyperNEAT places hidden nodes itself."""
    inputs: tuple[int, ...] = ()
    """Shape of the inputs of an automatic substrate; empty: set by the task."""
    outputs: tuple[int, ...] = ()
    """Shape of the outputs of an automatic substrate; empty: set by the task."""
    hidden: tuple[int, ...] = ()
    """Hidden layers of an automatic substrate: number of nodes of each, on a line (between planes: the side of a
    square)."""
    connect: Literal["next", "forward", "all"] = "next"
    """Connected layers: each with the ``next``; with all later ones (``forward``); or with ``all``, including itself
    and earlier ones (not the inputs as targets; needs a kind of network that allows cycles)."""
    pairs: tuple[str, ...] = ()
    """Connected layers by name, each ``"from > to"``, instead of ``connect``."""
    multi: bool = False
    """Whether the CPPN has a separate weight output (and LEO) for each pair of layers, and a separate bias output for
    each layer."""
    deltas: bool = False
    """Whether the CPPN gets the differences x2 - x1, y2 - y1, … as additional inputs."""
    distance: bool = False
    """Whether the CPPN gets the distance between source and target as an additional input."""
    threshold: float = 0.2
    """Threshold t: a CPPN output within ±t expresses no connection; larger values make sparser networks. Unused with
    ``leo``."""
    maximum: float = 3.0
    """Largest absolute weight: a CPPN output of ±1 becomes ±``maximum``, ±t becomes 0, and in between it is linear."""
    leo: bool = False
    """Link expression output (LEO): a connection exists if this additional CPPN output is above 0."""
    locality: tuple[str, ...] = ()
    """Axes along which initial genomes connect nearby nodes: a Gaussian of x1 - x2 is connected to the LEO, with bias
    -1 for each axis (needs ``leo``)."""
    bias: bool = False
    """Whether an additional CPPN output gives each node's bias, queried at (0, …, x2, y2, …) and scaled like weights.
    """
    time_constant: bool = False
    """Whether an additional CPPN output o gives each node's time constant, 10 to the power of o, for ``ctrnn``."""
    activation: str = "bipolar_sigmoid"
    """Activation function of the substrate's hidden nodes (those of the CPPN are ``genome.activations``)."""
    output_activation: str = "sigmoid"
    """Activation function of the substrate's output nodes."""
    initial_depth: int = 2
    """ES-HyperNEAT: the quadtree is always divided to this depth, 2^depth cells a side."""
    max_depth: int = 3
    """ES-HyperNEAT: maximum depth, reached where the CPPN output varies. Larger values find finer structure and cost
    time."""
    division: float = 0.03
    """ES-HyperNEAT: division threshold; a cell is divided further if the variance of its four quarters is above this.
    """
    variance: float = 0.03
    """ES-HyperNEAT: variance threshold; a cell whose variance is below this becomes one connection."""
    band: float = 0.3
    """ES-HyperNEAT: band threshold; a connection is expressed only if it differs by more than this from both
    neighbours, left and right or above and below."""
    iterations: int = 1
    """ES-HyperNEAT: number of further rounds of search, from the hidden nodes found so far."""
    max_nodes: int = 2_000
    """ES-HyperNEAT: maximum number of hidden nodes; more are dropped with a warning."""

    def __post_init__(self) -> None:
        path = "network.substrate"
        if isinstance(self.layers, list | tuple):
            layers = tuple(from_table(LayerConfig, layer, f"{path}.layers") for layer in self.layers)
            object.__setattr__(self, "layers", layers)
        check_fields(self, path)
        sizes = {layer.dimensions for layer in self.layers}
        check(len(sizes) <= 1, f"{path}.layers", "nodes of equally many coordinates in every layer", sorted(sizes))
        check(len(self.layers) != 1, f"{path}.layers", "at least two layers, inputs and outputs", len(self.layers))
        names = [layer.name for layer in self.layers if layer.name]
        check(len(names) == len(set(names)), f"{path}.layers", "a different name for each layer", names)
        for name in ("inputs", "outputs", "hidden"):
            shape = getattr(self, name)
            check(all(1 <= n <= _MOST_NODES for n in shape), f"{path}.{name}", "counts of at least 1", shape)
        check(0.0 <= self.threshold < 1.0, f"{path}.threshold", "from 0 to less than 1", self.threshold)
        check(0.0 < self.maximum < math.inf, f"{path}.maximum", "a finite number above 0", self.maximum)
        for name in ("division", "variance", "band"):
            value = getattr(self, name)
            check(0.0 <= value < math.inf, f"{path}.{name}", "a finite number of at least 0", value)
        for axis in self.locality:
            check(axis in AXES, f"{path}.locality", f"axes of {', '.join(AXES)}", axis)
        check(self.leo or not self.locality, f"{path}.locality", "none without leo = true", self.locality)
        check(1 <= self.max_depth <= 8, f"{path}.max_depth", "from 1 to 8", self.max_depth)
        deepest = f"from 0 to max_depth, {self.max_depth}"
        check(0 <= self.initial_depth <= self.max_depth, f"{path}.initial_depth", deepest, self.initial_depth)
        check(0 <= self.iterations <= 100, f"{path}.iterations", "from 0 to 100", self.iterations)
        check(1 <= self.max_nodes <= 100_000, f"{path}.max_nodes", "from 1 to 100,000", self.max_nodes)

    def merged(self, changes: dict[str, Any]) -> SubstrateConfig:
        """Return these settings with some changed."""
        import dataclasses

        kept = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        found: SubstrateConfig = from_table(SubstrateConfig, {**kept, **changes}, "network.substrate")
        return found
