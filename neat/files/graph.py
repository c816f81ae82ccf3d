"""Genomes as NetworkX graphs with every field of every gene, and back without loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neat.errors import GenomeError
from neat.files.genome_json import FORMAT, VERSION, genome_from_dict, genome_to_dict
from neat.genes.table import Genome

if TYPE_CHECKING:
    import networkx

__all__ = ["from_networkx", "to_networkx"]


def to_networkx(genome: Genome) -> networkx.DiGraph:
    """Return a directed graph: nodes are named by innovation number, nodes and edges carry their genes' fields."""
    import networkx

    data = genome_to_dict(genome)
    graph = networkx.DiGraph()
    for node in data["nodes"]:
        graph.add_node(node["innovation"], **{name: value for name, value in node.items() if name != "innovation"})
    for gene in data["connections"]:
        fields = {name: value for name, value in gene.items() if name not in ("source", "target")}
        graph.add_edge(gene["source"], gene["target"], **fields)
    return graph


def from_networkx(graph: networkx.DiGraph) -> Genome:
    """Return the genome represented by a graph.

    Raises:
        GenomeError: A node or an edge lacks a field, or the genes are not a valid genome.
    """
    nodes = [{"innovation": number, **fields} for number, fields in graph.nodes(data=True)]
    connections = [{"source": s, "target": t, **fields} for s, t, fields in graph.edges(data=True)]
    for gene in connections:
        if "innovation" not in gene:
            raise GenomeError(f"the edge {gene['source']} → {gene['target']} has no 'innovation'")
    try:
        nodes.sort(key=lambda node: node["innovation"])
        connections.sort(key=lambda gene: gene["innovation"])
    except TypeError as error:
        raise GenomeError(f"nodes must be named by their innovation numbers: {error}") from error
    return genome_from_dict({"format": FORMAT, "version": VERSION, "nodes": nodes, "connections": connections})
