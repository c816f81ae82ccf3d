"""The operators that make a child: mutations, one a file, and crossover.

A mutation's file has its settings, its kernel, its flags and its place in the picture of a lineage, together in a
`neat.operators.operator.Mutation` called ``MUTATION``. It is known by its name in the list below, and by nothing else:
settings of experiment files, the compiled chain, flags, pictures and property tests follow from the list.
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
"""Each is tried on every child, in this order, which is that of the draws: runs depend on it."""

MUTATIONS: dict[str, Mutation] = {
    name: importlib.import_module(f"neat.operators.{name}").MUTATION for name in _IN_ORDER
}
"""Every mutation by the name of its file, in order."""
