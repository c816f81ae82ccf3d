"""The gene schema: one row for every attribute of node genes and connection genes.

Record types, files, validation, mutation of values and their settings all follow from the rows. A new node value is one
row in `ATTRIBUTES` and the code that uses it. Rows are only added at the end: older files and tables lack the last
attributes, which then get their initial values.

A population is two arrays of these records and an offset per genome (`neat.genes.table.Genomes`). Aligned records were
measured against one array per field. They are equally fast for the compatibility distance (370 against 384 ns per pair
of 50-gene genomes) and faster for crossover (361 against 563 ns per child), because a gene is copied whole. Records
have no gaps, so equal tables have equal bytes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from neat.settings.ranges import Amount, Range, Setting, part

__all__ = [
    "ATTRIBUTES",
    "CONNECTION",
    "FUNCTIONS",
    "NODE",
    "VALUES",
    "Attribute",
    "ConnectionGenes",
    "Evolution",
    "NodeGenes",
    "ValueSettings",
    "attributes_of",
    "completed",
    "new_genes",
    "numbers_of",
    "range_words",
]


@dataclass(frozen=True, kw_only=True)
class Evolution:
    """How a value of output and hidden nodes evolves, and the names of its settings.

    Attributes:
        flag: Flag in the lineage of a child whose value was mutated; it is named like ``rate``.
        rate: Setting ``mutation.*``: probability per child that the values of its nodes are mutated, each like a
            weight.
        step: Setting ``mutation.*``: size of a perturbation.
        limit: Setting ``genome.*``: largest absolute value; None: the range of the attribute.
        scale: Setting ``genome.*``: width of initial and replaced values, which are distributed like weights; None: all
            are the initial value.
        start: Setting ``genome.*``: initial value of new nodes; None: the attribute's ``first``.
    """

    flag: int
    rate: Setting
    step: Setting
    limit: Setting | None = None
    scale: Setting | None = None
    start: Setting | None = None


@dataclass(frozen=True, kw_only=True)
class Attribute:
    """One attribute of genes.

    Attributes:
        name: Field of the record, and of a gene in files.
        gene: The genes that have it. Only output and hidden nodes use node attributes: files omit them for other nodes.
        dtype: Type in the record.
        file: Type in files: a number, a boolean, or the name of a function in the registry that ``dtype`` indexes.
        first: Initial value, as in files; None: every gene must give a value.
        crosses: Value in a child if both parents have the gene: ``with the gene``, that of the chosen parent's gene;
            ``mean``, that or the mean of both (``crossover.average``); ``rule``, by the rule of disabled genes.
        low: Smallest valid value.
        high: Largest valid value.
        evolution: How it mutates, for node values.
    """

    name: str
    gene: Literal["node", "connection"]
    dtype: type[np.generic]
    file: type[float] | type[bool] | type[str]
    first: float | bool | str | None
    crosses: Literal["with the gene", "mean", "rule"] = "with the gene"
    low: float = -math.inf
    high: float = math.inf
    evolution: Evolution | None = None


ATTRIBUTES = (
    Attribute(name="activation", gene="node", dtype=np.uint8, file=str, first="identity"),
    Attribute(name="aggregation", gene="node", dtype=np.uint8, file=str, first="sum"),
    Attribute(
        name="bias",
        gene="node",
        dtype=np.float64,
        file=float,
        first=0.0,
        evolution=Evolution(
            flag=4,
            rate=Setting(
                "biases",
                0.0,
                "Probability per child that its biases are mutated, each like a weight (``weight_perturb``, …).",
            ),
            step=Setting("bias_step", 0.5, "Size of a bias perturbation, like ``weight_step``."),
            scale=Setting(
                "bias_scale",
                0.0,
                "Half-width or standard deviation of initial and replaced biases, distributed like weights.",
            ),
            limit=Setting("bias_limit", 8.0, "Largest absolute bias."),
        ),
    ),
    Attribute(
        name="response",
        gene="node",
        dtype=np.float64,
        file=float,
        first=1.0,
        evolution=Evolution(
            flag=8,
            rate=Setting("responses", 0.0, "Probability per child that its responses are mutated, each like a weight."),
            step=Setting("response_step", 0.1, "Size of a response perturbation, like ``weight_step``."),
            limit=Setting(
                "response_limit", 8.0, "Largest absolute response (the factor of a node's input, initially 1)."
            ),
        ),
    ),
    Attribute(name="enabled", gene="connection", dtype=np.uint32, file=bool, first=True, crosses="rule", low=0, high=1),
    Attribute(name="weight", gene="connection", dtype=np.float64, file=float, first=None, crosses="mean"),
    Attribute(
        name="time_constant",
        gene="node",
        dtype=np.float64,
        file=float,
        first=1.0,
        low=0.01,
        high=10.0,
        evolution=Evolution(
            flag=65536,
            rate=Setting(
                "time_constants",
                0.0,
                'Probability per child that its time constants mutate, each like a weight (``kind = "ctrnn"``).',
            ),
            step=Setting("time_constant_step", 0.5, "Size of a perturbation of a time constant, like ``weight_step``."),
            start=Setting(
                "time_constant",
                1.0,
                "Initial time constant τ of hidden and output nodes, from 0.01 to 10 in the unit of "
                "``network.time_step``. Nodes with a larger one react more slowly.",
            ),
            scale=Setting(
                "time_constant_scale",
                0.0,
                "Spread of initial and replaced time constants around ``time_constant``, distributed like weights.",
            ),
        ),
    ),
)
"""Every attribute. Weights and functions have mutation rules of their own (`neat.operators.weights`)."""


def attributes_of(gene: str) -> tuple[Attribute, ...]:
    """Return the attributes of ``"node"`` or ``"connection"`` genes, in the order of the record."""
    return tuple(row for row in ATTRIBUTES if row.gene == gene)


VALUES = tuple((row, row.evolution) for row in ATTRIBUTES if row.evolution is not None)
"""The node values that mutate, in the order of their mutation, and how."""

FUNCTIONS = tuple(row.name for row in ATTRIBUTES if row.file is str)
"""The attributes of nodes that name a function."""


def numbers_of(gene: str) -> tuple[Attribute, ...]:
    """Return the numeric and boolean attributes, whose range validation checks."""
    return tuple(row for row in attributes_of(gene) if row.file is not str)


def range_words(row: Attribute) -> str:
    """Return the range of a number for messages: ``a number from 0.01 to 10``."""
    if math.isinf(row.low) and math.isinf(row.high):
        return "a finite number"
    return f"a number from {row.low:g} to {row.high:g}"


def _record(gene: str, *names: tuple[str, type[np.generic]]) -> np.dtype[np.void]:
    return np.dtype([*names, *((row.name, row.dtype) for row in attributes_of(gene))], align=True)


NODE = _record("node", ("innovation", np.int32), ("kind", np.uint16))
"""A node gene. Its output is ``activation(bias + response * aggregation(weight * source))``.

Innovation numbers: inputs ``0 … n - 1``, then the bias node if there is one, then the outputs, then hidden nodes in
the order of their first appearance. A genome's node genes are sorted by innovation number, so inputs come first.
``activation`` and ``aggregation`` are places in the registries of `neat.functions`.
"""

CONNECTION = _record("connection", ("innovation", np.int32), ("source", np.int32), ("target", np.int32))
"""A connection gene from node ``source`` to node ``target`` (innovation numbers of nodes); it is used only if
``enabled``."""

NodeGenes = NDArray[np.void]
ConnectionGenes = NDArray[np.void]

ValueSettings = part(
    "ValueSettings",
    [
        (s, Amount if s is not e.start else Annotated[float, Range(row.low, row.high, range_words(row))])
        for row, e in VALUES
        for s in (e.start, e.scale, e.limit)
        if s
    ],
)
"""The settings ``genome.*`` of node values."""


def new_genes(count: int, dtype: np.dtype[np.void]) -> NDArray[np.void]:
    """Return so many genes of `NODE` or `CONNECTION` with initial values; all other fields are 0."""
    genes: NDArray[np.void] = np.zeros(count, dtype)
    for row in ATTRIBUTES:
        if row.name in (dtype.names or ()) and isinstance(row.first, int | float):
            genes[row.name] = row.first
    return genes


def completed(genes: NDArray[Any], dtype: np.dtype[np.void]) -> NDArray[np.void]:
    """Return genes with the last attributes of ``dtype`` added, if they come from an older file without them."""
    if genes.dtype == dtype:
        return genes.view(dtype)  # records from a file may lack alignment, which kernels treat as another type
    whole = new_genes(genes.size, dtype).reshape(genes.shape)
    for name in genes.dtype.names or ():
        whole[name] = genes[name]
    return whole
