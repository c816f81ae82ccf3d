"""The strongest part of a network that is too large to draw, with a note about what is left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from neat.genes.kinds import NodeKind
from neat.genes.schema import ConnectionGenes, NodeGenes
from neat.visualize.layout import GenomeLike, union

__all__ = ["MOST_CONNECTIONS", "MOST_NODES", "Excerpt", "excerpt", "excerpts"]

MOST_CONNECTIONS, MOST_NODES = 1_000, 150
"""Larger networks are drawn in part: nobody can tell more lines apart, and finding their ways takes minutes."""


@dataclass(frozen=True)
class Excerpt:
    """A genome as it is drawn: whole, or its strongest connections and the nodes that they join.

    Attributes:
        nodes: Node genes that are drawn.
        connections: Connection genes that are drawn.
        places: Their nodes' places in the whole genome, int64[nodes].
        outputs: Places of the drawn output nodes among all output nodes, int64[outputs].
        note: What is left out, in words; empty where nothing is.
        input_names: Names of the drawn inputs, where there are any.
        output_names: Names of the drawn outputs, likewise.
    """

    nodes: NodeGenes
    connections: ConnectionGenes
    places: NDArray[np.int64]
    outputs: NDArray[np.int64]
    note: str = ""
    input_names: Sequence[str] | None = None
    output_names: Sequence[str] | None = None


def excerpt(
    genome: GenomeLike,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
) -> Excerpt:
    """Return what is drawn of a genome; see `excerpts`."""
    return excerpts([genome], input_names, output_names)[0]


def excerpts(
    genomes: Sequence[GenomeLike],
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
) -> list[Excerpt]:
    """Return what is drawn of genomes that are seen together: the same connections of each.

    Up to `MOST_CONNECTIONS` and `MOST_NODES` that is everything. Of more, enabled connections come before disabled
    ones, and large weights (the largest that any of the genomes has) before small ones.

    Raises:
        ConfigError: The number of names does not fit.
    """
    together = union(genomes)
    genes, number = together.connections, together.connections["innovation"]
    if len(genes) <= MOST_CONNECTIONS and len(together.nodes) <= MOST_NODES:
        return [_whole(genome, input_names, output_names) for genome in genomes]
    strength = np.zeros(len(genes))
    for genome in genomes:
        at = np.searchsorted(number, genome.connections["innovation"])
        weight = np.abs(np.nan_to_num(genome.connections["weight"])) + 1e-300
        strength[at] = np.maximum(strength[at], np.where(genome.connections["enabled"] != 0, weight, 0.0))
    order = np.argsort(-strength, kind="stable")[:MOST_CONNECTIONS]
    ends = np.stack([genes["source"][order], genes["target"][order]], axis=1)
    seen: set[int] = set()
    kept = 0
    for source, target in ends.tolist():
        seen |= {source, target}
        if len(seen) > MOST_NODES:
            break
        kept += 1
    chosen = number[np.sort(order[:kept])]
    nodes = np.unique(ends[:kept])
    if not kept:  # nothing is connected: the first nodes stand for the rest
        nodes = together.nodes["innovation"][:MOST_NODES]
    return [_part(genome, chosen, nodes, input_names, output_names) for genome in genomes]


def _whole(genome: GenomeLike, input_names: Sequence[str] | None, output_names: Sequence[str] | None) -> Excerpt:
    outputs = np.arange(int(np.sum(genome.nodes["kind"] == NodeKind.OUTPUT)))
    places = np.arange(len(genome.nodes))
    note = getattr(genome, "note", "")  # of an excerpt that is drawn
    return Excerpt(genome.nodes, genome.connections, places, outputs, note, input_names, output_names)


def _part(
    genome: GenomeLike,
    chosen: NDArray[np.int32],
    nodes: NDArray[np.int32],
    input_names: Sequence[str] | None,
    output_names: Sequence[str] | None,
) -> Excerpt:
    from neat.visualize.scene import node_names

    kinds = genome.nodes["kind"]
    names = node_names(genome.nodes, input_names, output_names)
    drawn = np.isin(genome.nodes["innovation"], nodes)
    genes = genome.connections[np.isin(genome.connections["innovation"], chosen)]
    note = (
        f"drawn: the {len(genes):,} strongest of {len(genome.connections):,} connections, "
        f"{int(drawn.sum()):,} of {len(kinds):,} nodes"
    )
    return Excerpt(
        genome.nodes[drawn],
        genes,
        np.flatnonzero(drawn),
        np.flatnonzero(drawn[kinds == NodeKind.OUTPUT]),
        note,
        [names[i] for i in np.flatnonzero(drawn & (kinds == NodeKind.INPUT))],
        [names[i] for i in np.flatnonzero(drawn & (kinds == NodeKind.OUTPUT))],
    )
