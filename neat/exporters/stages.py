"""Policies as stages of arrays: the common base of exports to array languages.

Nodes that can be evaluated together are a stage. Within a stage, the nodes with the same activation function and
aggregation are a group, whose edges are stored one node after the other.
"""

from __future__ import annotations

from dataclasses import dataclass

from neat.exporters.unfolded import Node, Unfolded

__all__ = ["Group", "columns_of", "stages"]


@dataclass(frozen=True)
class Group:
    """Nodes that one statement evaluates.

    Attributes:
        nodes: The nodes.
        activation: Number of their activation function.
        aggregation: Name of their aggregation.
    """

    nodes: tuple[Node, ...]
    activation: int
    aggregation: str

    @property
    def sources(self) -> list[int]:
        """Slot that each edge reads, node by node."""
        return [slot for node in self.nodes for slot in node.sources]

    @property
    def starts(self) -> list[int]:
        """Where the edges of each node begin, and where the last ones end."""
        found = [0]
        for node in self.nodes:
            found.append(found[-1] + len(node.sources))
        return found

    @property
    def guarded(self) -> bool:
        """Whether values have to be bounded."""
        return any(node.guarded for node in self.nodes)


def stages(u: Unfolded) -> list[list[Group]]:
    """Return the stages of a network: one where all nodes move at once, else as many as its longest path."""
    levels: dict[int, int] = {}
    for node in u.nodes:
        before = [] if u.motion.at_once else [levels.get(slot, -1) for slot in node.sources]
        levels[node.slot] = 1 + max(before, default=-1)
    found = []
    for level in range(max(levels.values(), default=-1) + 1):
        groups: dict[tuple[int, str], list[Node]] = {}
        for node in u.nodes:
            if levels[node.slot] == level:
                groups.setdefault((node.activation, node.aggregation), []).append(node)
        found.append([Group(tuple(nodes), *key) for key, nodes in groups.items()])
    return found


def columns_of(u: Unfolded) -> dict[int, int]:
    """Return where the value of each slot stands among columns: sensors, the one that stays 0, then nodes by stage."""
    found = {slot: slot for slot in range(u.zero + 1)}
    for groups in stages(u):
        for group in groups:
            for node in group.nodes:
                found[node.slot] = len(found)
    return found
