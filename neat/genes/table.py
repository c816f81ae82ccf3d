"""A genome, and the table of a population's genomes.

A population is one ragged table: the node genes of all genomes in one array, the connection genes in another, and an
offset per genome, as in Arrow's lists. A `Genome` is a view of one row.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from neat.genes.kinds import NodeKind
from neat.genes.schema import CONNECTION, NODE, ConnectionGenes, NodeGenes
from neat.registry import late

if TYPE_CHECKING:
    import networkx

__all__ = ["LINEAGE", "Genome", "GenomeLike", "Genomes"]

LINEAGE = np.dtype([("mother", np.int32), ("father", np.int32), ("operators", np.uint32)], align=True)
"""Origin of a genome: indices of its parents in the previous generation (father -1 without crossover, both -1 for an
initial genome), and flags of the operators that made it (`neat.operators.registry.Operator`)."""


class GenomeLike(Protocol):
    """Anything with the two arrays of a genome, which is all that drawings need."""

    @property
    def nodes(self) -> NodeGenes:
        """Node genes, sorted by innovation number."""

    @property
    def connections(self) -> ConnectionGenes:
        """Connection genes, sorted by innovation number."""


class Genome:
    """One genome: node genes and connection genes, each sorted by innovation number.

    Attributes:
        nodes: Node genes, dtype `neat.NODE`, shape (nodes,).
        connections: Connection genes, dtype `neat.CONNECTION`, shape (connections,).
    """

    __slots__ = ("connections", "nodes")

    def __init__(self, nodes: NodeGenes, connections: ConnectionGenes) -> None:
        self.nodes = nodes
        self.connections = connections

    @property
    def inputs(self) -> int:
        """Number of input nodes (the bias node not counted)."""
        return self._count(NodeKind.INPUT)

    @property
    def outputs(self) -> int:
        """Number of output nodes."""
        return self._count(NodeKind.OUTPUT)

    @property
    def hidden(self) -> int:
        """Number of hidden nodes."""
        return self._count(NodeKind.HIDDEN)

    @property
    def enabled(self) -> int:
        """Number of enabled connections."""
        return int(np.count_nonzero(self.connections["enabled"]))

    def _count(self, kind: NodeKind) -> int:
        return int(np.count_nonzero(self.nodes["kind"] == kind))

    def copy(self) -> Genome:
        """Return a copy with its own arrays."""
        return Genome(self.nodes.copy(), self.connections.copy())

    def network(self, config: Any = None) -> Any:
        """Return the phenotype (`neat.Network`), feed-forward unless the settings (`NetworkConfig`) say otherwise."""
        return late("neat.networks.network:Network")(self, config)

    def to_dict(self) -> dict[str, Any]:
        """Return the genome as plain data, versioned; `from_dict` reads it back without loss."""
        return late("neat.files.genome_json:genome_to_dict")(self)  # type: ignore[no-any-return]

    @classmethod
    def from_dict(cls, data: object) -> Genome:
        """Return the genome described by `to_dict`.

        Raises:
            GenomeError: The data break a rule of valid genomes; the message says which and where.
        """
        return late("neat.files.genome_json:genome_from_dict")(data)  # type: ignore[no-any-return]

    def to_json(self) -> str:
        """Return the genome as readable, versioned JSON, one gene a line."""
        return late("neat.files.genome_json:genome_to_json")(self)  # type: ignore[no-any-return]

    @classmethod
    def from_json(cls, text: str | bytes) -> Genome:
        """Return the genome written by `to_json`.

        Raises:
            GenomeError: The text is not a valid genome; the message says why.
        """
        return late("neat.files.genome_json:genome_from_json")(text)  # type: ignore[no-any-return]

    def to_networkx(self) -> networkx.DiGraph:
        """Return the genome as a directed graph that carries every field of every gene."""
        return late("neat.files.graph:to_networkx")(self)

    @classmethod
    def from_networkx(cls, graph: networkx.DiGraph) -> Genome:
        """Return the genome represented by a graph from `to_networkx`.

        Raises:
            GenomeError: A node or edge lacks a field, or the genes are not a valid genome.
        """
        return late("neat.files.graph:from_networkx")(graph)  # type: ignore[no-any-return]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Genome):
            return NotImplemented
        return bool(np.array_equal(self.nodes, other.nodes) and np.array_equal(self.connections, other.connections))

    __hash__ = None  # type: ignore[assignment]  # a view of arrays that may change

    def __repr__(self) -> str:
        return (
            f"<Genome {self.inputs} inputs, {self.hidden} hidden, {self.outputs} outputs, "
            f"{self.enabled} of {len(self.connections)} connections enabled>"
        )

    def _repr_svg_(self) -> str | None:
        """Return the drawing shown by notebooks; the drawing code is imported on first use."""
        return late("neat.visualize.notebook:picture")(self)  # type: ignore[no-any-return]


class Genomes(Sequence[Genome]):
    """A table of genomes.

    Attributes:
        nodes: Node genes of all genomes, dtype `neat.NODE`.
        node_offsets: int64, shape (n + 1,): genome i has ``nodes[node_offsets[i]:node_offsets[i + 1]]``.
        connections: Connection genes of all genomes, dtype `neat.CONNECTION`.
        connection_offsets: int64, shape (n + 1,), likewise.
        generation: Number of the generation, which episode seeds are keyed by.
        lineage: Parents and operators of each genome, dtype `LINEAGE`, shape (n,), or None where not known.
        species: Number of the species of each genome, int64, shape (n,), or None where not known.
    """

    __slots__ = ("connection_offsets", "connections", "generation", "lineage", "node_offsets", "nodes", "species")

    def __init__(
        self,
        nodes: NodeGenes,
        node_offsets: NDArray[np.int64],
        connections: ConnectionGenes,
        connection_offsets: NDArray[np.int64],
        generation: int = 0,
        lineage: NDArray[np.void] | None = None,
    ) -> None:
        self.nodes = nodes
        self.node_offsets = node_offsets
        self.connections = connections
        self.connection_offsets = connection_offsets
        self.generation = generation
        self.lineage = lineage
        self.species: NDArray[np.int64] | None = None

    @classmethod
    def of(cls, genomes: Sequence[Genome], generation: int = 0) -> Genomes:
        """Return a table with copies of the given genomes, in order."""
        nodes = [g.nodes for g in genomes] or [np.empty(0, NODE)]
        connections = [g.connections for g in genomes] or [np.empty(0, CONNECTION)]
        return cls(
            np.concatenate(nodes),
            _offsets([len(g.nodes) for g in genomes]),
            np.concatenate(connections),
            _offsets([len(g.connections) for g in genomes]),
            generation,
        )

    def shard(self, start: int, stop: int) -> Genomes:
        """Return genomes ``start … stop - 1`` as a table that shares the genes."""
        n0, n1 = self.node_offsets[start], self.node_offsets[stop]
        c0, c1 = self.connection_offsets[start], self.connection_offsets[stop]
        shard = Genomes(
            self.nodes[n0:n1],
            self.node_offsets[start : stop + 1] - n0,
            self.connections[c0:c1],
            self.connection_offsets[start : stop + 1] - c0,
            self.generation,
            None if self.lineage is None else self.lineage[start:stop],
        )
        shard.species = None if self.species is None else self.species[start:stop]
        return shard

    def followed_by(self, others: Genomes) -> Genomes:
        """Return a table of these genomes followed by others of this generation; both need a lineage, or neither."""
        lineage = None
        if self.lineage is not None and others.lineage is not None:
            lineage = np.concatenate([self.lineage, others.lineage])
        return Genomes(
            np.concatenate([self.nodes, others.nodes]),
            np.concatenate([self.node_offsets, others.node_offsets[1:] + self.node_offsets[-1]]),
            np.concatenate([self.connections, others.connections]),
            np.concatenate([self.connection_offsets, others.connection_offsets[1:] + self.connection_offsets[-1]]),
            self.generation,
            lineage,
        )

    def __len__(self) -> int:
        return len(self.node_offsets) - 1

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            start, stop, step = index.indices(len(self))
            if step != 1:
                raise ValueError("a table of genomes is sliced in steps of 1 only")
            return self.shard(start, max(start, stop))
        i = int(index)
        if i < 0:
            i += len(self)
        if not 0 <= i < len(self):
            raise IndexError(f"genome {index} of a table of {len(self)}")
        return Genome(
            self.nodes[self.node_offsets[i] : self.node_offsets[i + 1]],
            self.connections[self.connection_offsets[i] : self.connection_offsets[i + 1]],
        )

    def __iter__(self) -> Iterator[Genome]:
        return (self[i] for i in range(len(self)))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Genomes):
            return NotImplemented
        names = ("nodes", "node_offsets", "connections", "connection_offsets")
        return all(np.array_equal(getattr(self, name), getattr(other, name)) for name in names)

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"<Genomes: {len(self)} of generation {self.generation}, {len(self.connections)} connection genes>"


def _offsets(lengths: Sequence[int]) -> NDArray[np.int64]:
    return np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)]).astype(np.int64)
