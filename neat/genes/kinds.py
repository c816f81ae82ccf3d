"""The kinds of node genes, also as plain integers for compiled code."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["BIAS", "HIDDEN", "INPUT", "OUTPUT", "NodeKind"]


class NodeKind(IntEnum):
    """The kind of a node gene, as stored in its ``kind`` field.

    The numbers follow the order of nodes in a genome, so that comparisons select groups: inputs and the bias node are
    at most ``BIAS``, nodes that compute something at least ``OUTPUT``.
    """

    INPUT = 0
    BIAS = 1
    OUTPUT = 2
    HIDDEN = 3


INPUT, BIAS, OUTPUT, HIDDEN = (int(kind) for kind in NodeKind)
