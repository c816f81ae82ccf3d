"""What a node gene stands for, and the same numbers as compiled code takes them."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["BIAS", "HIDDEN", "INPUT", "OUTPUT", "NodeKind"]


class NodeKind(IntEnum):
    """What a node gene stands for. Numbers are what the ``kind`` field of a node gene holds.

    They are in the order in which a genome has its nodes, so that comparisons tell groups apart: inputs and the bias
    node are at most ``BIAS``, nodes that compute something at least ``OUTPUT``.
    """

    INPUT = 0
    BIAS = 1
    OUTPUT = 2
    HIDDEN = 3


INPUT, BIAS, OUTPUT, HIDDEN = (int(kind) for kind in NodeKind)
