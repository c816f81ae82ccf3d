"""Genomes as readable, versioned JSON. Reading is strict, since files may come from anyone."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from neat.errors import ConfigError, GenomeError, did_you_mean
from neat.files.text import decode_text
from neat.functions.activations import ACTIVATIONS, activation_index, activation_name
from neat.functions.aggregations import AGGREGATIONS, aggregation_index
from neat.genes.kinds import NodeKind
from neat.genes.schema import CONNECTION, NODE, ConnectionGenes, NodeGenes, attributes_of, new_genes
from neat.genes.table import Genome
from neat.genes.validation import validate

__all__ = [
    "FORMAT",
    "LARGEST_TEXT",
    "VERSION",
    "UnknownActivationError",
    "genome_from_dict",
    "genome_from_json",
    "genome_to_dict",
    "genome_to_json",
    "text_size",
]

FORMAT = "neat-arena genome"
VERSION = 1
"""Version of the format. Attributes that are added later do not change it: missing ones get their initial value."""
LARGEST_TEXT = 64 * 2**20
"""Maximum size of a genome file in bytes, about 600,000 connections."""
_NODE_BYTES, _CONNECTION_BYTES = 60, 110
"""What a node and a connection take at most, of numbers below 10 million."""
_LARGEST_NUMBER = 2**31 - 1
_NAMES: dict[str, Callable[[int], str]] = {"activation": activation_name, "aggregation": AGGREGATIONS.__getitem__}
"""How functions are named in files: for each attribute of genes that is one, its registry; `_INDICES` leads back."""


class UnknownActivationError(GenomeError):
    """A genome uses an activation function that is not registered, usually a user-defined one."""


def _fields(gene: str) -> list[tuple[str, type] | tuple[str, type, Any]]:
    """Return the attributes of genes as fields of files, required fields first."""
    rows = sorted(attributes_of(gene), key=lambda row: row.first is not None)
    return [(row.name, row.file) if row.first is None else (row.name, row.file, row.first) for row in rows]


_Kind = Literal["input", "bias", "output", "hidden"]
_NODE_FIELDS, _CONNECTION_FIELDS = _fields("node"), _fields("connection")
_Node: Any = msgspec.defstruct(
    "_Node", [("innovation", int), ("kind", _Kind), *_NODE_FIELDS], forbid_unknown_fields=True, module=__name__
)
_Connection: Any = msgspec.defstruct(
    "_Connection",
    [("innovation", int), ("source", int), ("target", int), *_CONNECTION_FIELDS],
    forbid_unknown_fields=True,
    module=__name__,
)


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
            node |= {name: _told(name, file, n[name]) for name, file, *_ in _NODE_FIELDS}
        nodes.append(node)
    connections = [
        {name: int(c[name]) for name in ("innovation", "source", "target")}
        | {name: _told(name, file, c[name]) for name, file, *_ in _CONNECTION_FIELDS}
        for c in genome.connections
    ]
    return {"format": FORMAT, "version": VERSION, "nodes": nodes, "connections": connections}


def _told(name: str, file: type, value: Any) -> Any:
    """Return an attribute of a gene in the form used in files."""
    return _NAMES[name](int(value)) if file is str else file(value)


def genome_to_json(genome: Genome) -> str:
    """Return the genome as JSON, one gene a line.

    Raises:
        GenomeError: The text is larger than `genome_from_json` reads.
    """
    data = genome_to_dict(genome)
    lists = []
    for name in ("nodes", "connections"):
        genes = ",\n".join("    " + json.dumps(gene) for gene in data[name])
        lists.append(f'  "{name}": [\n{genes}\n  ]' if genes else f'  "{name}": []')
    head = f'  "format": "{FORMAT}",\n  "version": {VERSION},\n'
    text = "{\n" + head + ",\n".join(lists) + "\n}\n"
    if len(text) > LARGEST_TEXT:
        raise GenomeError(f"a genome of {len(text):,} bytes of text is larger than {LARGEST_TEXT:,} bytes")
    return text


def text_size(nodes: int, connections: int) -> int:
    """Return an estimate, never too small, of the bytes of a genome with this many genes as text."""
    return _NODE_BYTES * nodes + _CONNECTION_BYTES * connections


def genome_from_json(text: str | bytes) -> Genome:
    """Return the genome in a JSON text.

    Raises:
        GenomeError: The text is too large, is not JSON, or does not contain a valid genome.
    """
    if len(text) > LARGEST_TEXT:
        raise GenomeError(f"a genome file of {len(text):,} bytes is larger than {LARGEST_TEXT:,} bytes")
    try:
        return _to_genome(msgspec.json.decode(decode_text(text), type=_Genome))
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise GenomeError(f"not a genome: {_one_line(error)}") from error


def genome_from_dict(data: object) -> Genome:
    """Return the genome described by plain data.

    Raises:
        GenomeError: The data do not describe a valid genome.
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


def _node_genes(nodes: list[Any]) -> NodeGenes:
    """Return node genes as a table, built column by column: a file may have hundreds of thousands."""
    genes = new_genes(len(nodes), NODE)
    kinds = {kind.name.lower(): int(kind) for kind in NodeKind}
    genes["innovation"] = [n.innovation for n in nodes]
    genes["kind"] = [kinds[n.kind] for n in nodes]
    for name, file, *_ in _NODE_FIELDS:
        genes[name] = _functions(nodes, name) if file is str else [getattr(n, name) for n in nodes]
    return genes


def _activation_index(name: str) -> int:
    """Return the registry number of an activation; reading a file imports nothing."""
    try:
        return activation_index(name)
    except ConfigError:
        shown = repr(name if len(name) <= 50 else f"{name[:50]}…")
        hint = did_you_mean(name, (entry.name for entry in ACTIVATIONS))
        raise UnknownActivationError(
            f"unknown activation {shown}{hint}: a function of your own is registered before the file is read, by "
            f"neat.register_activation({shown}, function)"
        ) from None


_INDICES: dict[str, Callable[[str], int]] = {"activation": _activation_index, "aggregation": aggregation_index}


def _functions(nodes: list[Any], field: str) -> list[int]:
    """Return the registry numbers of functions, looking up each name once."""
    numbers: dict[str, int] = {}
    for i, n in enumerate(nodes):
        name = getattr(n, field)
        if name not in numbers:
            try:
                numbers[name] = _INDICES[field](name)
            except UnknownActivationError as error:
                raise UnknownActivationError(f"not a genome: {_one_line(error)} - at `$.nodes[{i}]`") from None
            except ConfigError as error:
                raise GenomeError(f"not a genome: {_one_line(error)} - at `$.nodes[{i}]`") from error
    return [numbers[getattr(n, field)] for n in nodes]


def _connection_genes(connections: list[Any]) -> ConnectionGenes:
    """Return connection genes as a table."""
    genes = new_genes(len(connections), CONNECTION)
    for name in ("innovation", "source", "target", *(field[0] for field in _CONNECTION_FIELDS)):
        genes[name] = [getattr(c, name) for c in connections]
    return genes


def _one_line(error: Exception) -> str:
    """Return an error message, which may quote the file, as one line of limited length."""
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
