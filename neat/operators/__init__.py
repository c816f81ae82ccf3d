"""The operators that make a child: mutations, one per file, and crossover.

The file of a mutation contains its settings, its kernel, its flags and its row in lineage plots, combined in a
`neat.operators.operator.Mutation` called ``MUTATION``. Its name in the list below is the only registration: settings of
experiment files, the compiled chain, flags, plots and property tests all follow from the list.
"""

from __future__ import annotations

import importlib

from neat.operators.operator import Mutation

__all__ = ["MUTATIONS"]

_IN_ORDER = (
    "delete_connection",
    "delete_node",
    "weights",
    "scale_weights",
    "values",
    "functions",
    "toggle",
    "reenable",
    "add_node",
    "add_connection",
)
"""Mutations in the order in which every child goes through them. It is also the order of random draws: runs depend on
it."""

MUTATIONS: dict[str, Mutation] = {
    name: importlib.import_module(f"neat.operators.{name}").MUTATION for name in _IN_ORDER
}
"""Every mutation by the name of its file, in order."""
