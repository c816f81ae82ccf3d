"""A genome as readable, versioned JSON, and back: strict about what comes in, since files come from strangers."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

import msgspec
import numpy as np

from neat.errors import ConfigError, GenomeError
from neat.functions.activations import activation_index, activation_name
from neat.functions.aggregations import AGGREGATIONS, aggregation_index
from neat.genes import CONNECTION, NODE, ConnectionGenes, NodeGenes, NodeKind
from neat.genome import Genome
from neat.validation import validate

__all__ = ["FORMAT", "VERSION", "genome_from_dict", "genome_from_json", "genome_to_dict", "genome_to_json"]

FORMAT = "neat-arena genome"
VERSION = 1
_LARGEST_TEXT = 16 * 2**20
"""Bytes of a genome file: some 150,000 connections as we write them."""
_LARGEST_NUMBER = 2**31 - 1


class _Node(msgspec.Struct, forbid_unknown_fields=True):
    innovation: int
    kind: Literal["input", "bias", "output", "hidden"]
    activation: str = "identity"
    aggregation: str = "sum"
    bias: float = 0.0
    response: float = 1.0


class _Connection(msgspec.Struct, forbid_unknown_fields=True):
    innovation: int
    source: int
    target: int
    weight: float
    enabled: bool = True


class _Genome(msgspec.Struct, forbid_unknown_fields=True):
    format: str
    version: int
    nodes: list[_Node]
    connections: list[_Connection]


def genome_to_dict(genome: Genome) -> dict[str, Any]:
    """Return the genome as plain data."""
    nodes = []
    for n in genome.nodes:
        kind = NodeKind(n["kind"])
        node: dict[str, Any] = {"innovation": int(n["innovation"]), "kind": kind.name.lower()}
        if kind >= NodeKind.OUTPUT:
            node |= {
                "activation": activation_name(int(n["activation"])),
                "aggregation": AGGREGATIONS[n["aggregation"]],
                "bias": float(n["bias"]),
                "response": float(n["response"]),
            }
        nodes.append(node)
    connections = [
        {
            "innovation": int(c["innovation"]),
            "source": int(c["source"]),
            "target": int(c["target"]),
            "weight": float(c["weight"]),
            "enabled": bool(c["enabled"]),
        }
        for c in genome.connections
    ]
    return {"format": FORMAT, "version": VERSION, "nodes": nodes, "connections": connections}


def genome_to_json(genome: Genome) -> str:
    """Return the genome as JSON, one gene a line."""
    data = genome_to_dict(genome)
    lists = []
    for name in ("nodes", "connections"):
        genes = ",\n".join("    " + json.dumps(gene) for gene in data[name])
        lists.append(f'  "{name}": [\n{genes}\n  ]' if genes else f'  "{name}": []')
    head = f'  "format": "{FORMAT}",\n  "version": {VERSION},\n'
    return "{\n" + head + ",\n".join(lists) + "\n}\n"


def genome_from_json(text: str | bytes) -> Genome:
    """Return the genome that JSON text holds.

    Raises:
        GenomeError: The text is too large, is no JSON, or holds no valid genome.
    """
    if len(text) > _LARGEST_TEXT:
        raise GenomeError(f"a genome file of {len(text):,} bytes is larger than {_LARGEST_TEXT:,} bytes")
    try:
        return _to_genome(msgspec.json.decode(text, type=_Genome))
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise GenomeError(f"not a genome: {_one_line(error)}") from error


def genome_from_dict(data: object) -> Genome:
    """Return the genome that plain data hold.

    Raises:
        GenomeError: The data hold no valid genome.
    """
    try:
        return _to_genome(msgspec.convert(data, type=_Genome))
    except (msgspec.MsgspecError, RecursionError) as error:
        raise GenomeError(f"not a genome: {_one_line(error)}") from error


def _to_genome(data: _Genome) -> Genome:
    if data.format != FORMAT:
        raise GenomeError(f"not a genome: expected format {FORMAT!r}, got {data.format[:50]!r}")
    if data.version != VERSION:
        raise GenomeError(f"a genome of version {data.version}: this program reads version {VERSION}")
    _check_numbers(data)
    genome = Genome(_node_genes(data.nodes), _connection_genes(data.connections))
    validate(genome)
    return genome


def _node_genes(nodes: list[_Node]) -> NodeGenes:
    """Return node genes as a table, column by column: a file may hold hundreds of thousands."""
    genes = np.zeros(len(nodes), NODE)
    kinds = {kind.name.lower(): int(kind) for kind in NodeKind}
    genes["innovation"] = [n.innovation for n in nodes]
    genes["kind"] = [kinds[n.kind] for n in nodes]
    genes["activation"] = _functions(nodes, "activation", activation_index)
    genes["aggregation"] = _functions(nodes, "aggregation", aggregation_index)
    genes["bias"] = [n.bias for n in nodes]
    genes["response"] = [n.response for n in nodes]
    return genes


def _functions(nodes: list[_Node], field: str, index: Callable[[str], int]) -> list[int]:
    """Return the registry numbers of functions; each name is looked up once."""
    numbers: dict[str, int] = {}
    for i, n in enumerate(nodes):
        name = getattr(n, field)
        if name not in numbers:
            try:
                numbers[name] = index(name)
            except ConfigError as error:
                raise GenomeError(f"not a genome: {_one_line(error)} - at `$.nodes[{i}]`") from error
    return [numbers[getattr(n, field)] for n in nodes]


def _connection_genes(connections: list[_Connection]) -> ConnectionGenes:
    """Return connection genes as a table."""
    genes = np.zeros(len(connections), CONNECTION)
    genes["innovation"] = [c.innovation for c in connections]
    genes["source"] = [c.source for c in connections]
    genes["target"] = [c.target for c in connections]
    genes["enabled"] = [c.enabled for c in connections]
    genes["weight"] = [c.weight for c in connections]
    return genes


def _one_line(error: Exception) -> str:
    """Return an error's text, which may quote names from the file, as one line of bounded length."""
    text = "".join(c if c.isprintable() else " " for c in str(error))
    return text if len(text) <= 300 else f"{text[:200]} … {text[-80:]}"


def _check_numbers(data: _Genome) -> None:
    for i, n in enumerate(data.nodes):
        if not 0 <= n.innovation <= _LARGEST_NUMBER:
            _refuse_number(n.innovation, f"$.nodes[{i}].innovation")
    for i, c in enumerate(data.connections):
        for name, value in (("innovation", c.innovation), ("source", c.source), ("target", c.target)):
            if not 0 <= value <= _LARGEST_NUMBER:
                _refuse_number(value, f"$.connections[{i}].{name}")


def _refuse_number(value: int, path: str) -> None:
    raise GenomeError(f"not a genome: expected a number from 0 to {_LARGEST_NUMBER}, got {value} - at `{path}`")
