"""The numbers of a genome that a weight search optimises: enabled weights, and evolvable values of nodes.

Biases, responses and time constants of hidden and output nodes are included if their mutation is enabled
(``mutation.biases`` and so on above 0; `neat.genes.schema.VALUES` lists them).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neat.config import Config
from neat.genes.kinds import OUTPUT
from neat.genes.schema import CONNECTION, NODE, VALUES
from neat.genes.table import Genome

__all__ = ["Searched"]

Vector = NDArray[np.float64]


@dataclass(frozen=True)
class Searched:
    """The numbers of one topology, in the order of the search vector: the weights, then each kind of node value.

    Attributes:
        genes: Indices of the enabled connections among the connection genes, int64.
        nodes: Indices of output and hidden nodes among the node genes, int64.
        values: Names of the searched node values.
        numbers: Identity of each number, int64, shape (n,), the same in every genome: the innovation number of the
            connection; or, above those, that of the node combined with the index of the value.
        low: Lower bound of each number, float64, shape (n,).
        high: Upper bound of each number.
    """

    genes: NDArray[np.int64]
    nodes: NDArray[np.int64]
    values: tuple[str, ...]
    numbers: NDArray[np.int64]
    low: Vector
    high: Vector

    @classmethod
    def of(cls, genome: Genome | None, config: Config) -> Searched:
        """Return the searched numbers of genomes with this topology; nothing for None."""
        nodes = np.empty(0, NODE) if genome is None else genome.nodes
        connections = np.empty(0, CONNECTION) if genome is None else genome.connections
        genes, places = np.flatnonzero(connections["enabled"]), np.flatnonzero(nodes["kind"] >= OUTPUT)
        limit = config.genome.weight_limit
        numbers = [connections["innovation"][genes].astype(np.int64)]
        low, high = [np.full(len(genes), -limit)], [np.full(len(genes), limit)]
        values = []
        for which, (row, evolution) in enumerate(VALUES, start=1):
            if getattr(config.mutation, evolution.rate.name) == 0.0:
                continue
            values.append(row.name)
            bound = np.inf if evolution.limit is None else getattr(config.genome, evolution.limit.name)
            numbers.append((which << 32) + nodes["innovation"][places].astype(np.int64))
            low.append(np.full(len(places), max(row.low, -bound)))
            high.append(np.full(len(places), min(row.high, bound)))
        joined = (np.concatenate(part) for part in (numbers, low, high))
        return cls(genes, places, tuple(values), *joined)

    def read(self, genome: Genome) -> Vector:
        """Return the numbers of one genome of this topology, float64, shape (n,)."""
        parts = [genome.connections["weight"][self.genes], *(genome.nodes[name][self.nodes] for name in self.values)]
        return np.concatenate(parts)

    def read_all(self, nodes: NDArray[np.void], connections: NDArray[np.void], genomes: int) -> Vector:
        """Return the numbers of many genomes, stored one after the other, float64, shape (genomes, n)."""
        own = nodes.reshape(genomes, -1)
        parts = [connections["weight"].reshape(genomes, -1)[:, self.genes]]
        return np.concatenate([*parts, *(own[name][:, self.nodes] for name in self.values)], axis=1)

    def write_all(self, x: Vector, nodes: NDArray[np.void], connections: NDArray[np.void]) -> None:
        """Write the numbers of many genomes into their genes, in place."""
        own, genes = nodes.reshape(len(x), -1), connections.reshape(len(x), -1)
        end = len(self.genes)
        genes["weight"][:, self.genes] = x[:, :end]
        for name in self.values:
            begin, end = end, end + len(self.nodes)
            own[name][:, self.nodes] = x[:, begin:end]

    def kept(self, x: Vector) -> Vector:
        """Return vectors clipped to the range of each number."""
        result: Vector = np.clip(x, self.low, self.high)
        return result
