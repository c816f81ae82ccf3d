"""The structure of one genome: finding nodes, and graph searches over its connections in linear time.

Nodes are found by innovation number. The searches compute reachability, distances, depths and cycles. Connections are
given by the indices of their nodes. The connections that leave (or enter) a node form a linked list: ``first[node]`` is
the first of them, ``following[connection]`` the next, and -1 ends the list. Results are written into arrays of the
caller, since for a small genome allocating memory costs more than the search.
"""

from __future__ import annotations

import numpy as np

from neat.compiled.kernel import kernel, uncounted
from neat.genes.kinds import NodeKind

__all__ = [
    "UNREACHED",
    "drop_idle_nodes",
    "is_acyclic",
    "link",
    "mark_depths",
    "mark_useful",
    "mark_waves",
    "place_of",
    "reaches",
    "spread_depths",
]

_HIDDEN = int(NodeKind.HIDDEN)

UNREACHED = np.int64(1) << 40
"""The wave of a node that no input reaches."""


@uncounted
def place_of(nodes, innovation):  # type: ignore[no-untyped-def]
    """Return the index of node ``innovation`` in sorted node genes (that of its successor if there is none).

    Binary search without a branch: the branch would be unpredictable, and a misprediction costs more than the step. So
    the sign of the difference moves ``low``. In other formulations the compiler uses a branch again, which takes three
    times as long.
    """
    low, size = 0, nodes.size
    if innovation < size and nodes[innovation].innovation == innovation:
        return innovation  # the index of inputs, bias and outputs is their number
    while size > 0:
        half = (size + 1) >> 1
        low += half * (((np.int64(nodes[low + half - 1].innovation) - innovation) >> 62) & 1)
        size -= half
    return low


@uncounted
def link(ends, used, first, following):  # type: ignore[no-untyped-def]
    """Build the linked lists of the used connections, grouped by the node in ``ends`` (sources or targets)."""
    for i in range(first.size):
        first[i] = -1
    for c in range(ends.size - 1, -1, -1):
        if used[c]:
            following[c] = first[ends[c]]
            first[ends[c]] = c


@uncounted
def mark_waves(target, first, following, wave, queue):  # type: ignore[no-untyped-def]
    """Search from the nodes of wave 0 along connections linked by source: the wave of a node is its distance."""
    found = 0
    for i in range(wave.size):
        if wave[i] == 0:
            queue[found] = i
            found += 1
    k = 0
    while k < found:
        i = queue[k]
        k += 1
        c = first[i]
        while c >= 0:
            t = target[c]
            if wave[t] == UNREACHED:
                wave[t] = wave[i] + 1
                queue[found] = t
                found += 1
            c = following[c]


@uncounted
def mark_useful(source, first, following, useful, queue):  # type: ignore[no-untyped-def]
    """Search backwards from useful nodes along connections linked by target: all nodes that lead to them are useful."""
    found = 0
    for i in range(useful.size):
        if useful[i]:
            queue[found] = i
            found += 1
    k = 0
    while k < found:
        c = first[queue[k]]
        k += 1
        while c >= 0:
            s = source[c]
            if not useful[s]:
                useful[s] = True
                queue[found] = s
                found += 1
            c = following[c]


@uncounted
def mark_depths(target, used, first, following, depth, waiting, queue):  # type: ignore[no-untyped-def]
    """Set each node's depth, its longest path along used connections; return whether these are acyclic (Kahn 1962).

    Args:
        target: Index of each connection's target node.
        used: Which connections count; others may be linked.
        first: Linked lists of connections by source.
        following: See `link`.
        depth: Receives the depths; correct only without cycles.
        waiting: Scratch, int64, one per node.
        queue: Scratch, int64, one per node.
    """
    for i in range(depth.size):
        waiting[i] = 0
    for c in range(target.size):
        if used[c]:
            waiting[target[c]] += 1
    return spread_depths(target, used, first, following, depth, waiting, queue)


@uncounted
def spread_depths(target, used, first, following, depth, waiting, queue):  # type: ignore[no-untyped-def]
    """Do the same as `mark_depths`, given the number of used connections into each node in ``waiting`` (modified)."""
    nodes = depth.size
    found = 0
    for i in range(nodes):
        depth[i] = 0
        if waiting[i] == 0:
            queue[found] = i
            found += 1
    k = 0
    while k < found:
        i = queue[k]
        k += 1
        c = first[i]
        while c >= 0:
            if used[c]:
                t = target[c]
                depth[t] = max(depth[t], depth[i] + 1)
                waiting[t] -= 1
                if waiting[t] == 0:
                    queue[found] = t
                    found += 1
            c = following[c]
    return found == nodes


@uncounted
def reaches(start, goal, target, first, following, seen, queue):  # type: ignore[no-untyped-def]
    """Return whether connections linked by source lead from node ``start`` to node ``goal``."""
    if start == goal:
        return True
    for i in range(seen.size):
        seen[i] = False
    seen[start] = True
    queue[0] = start
    found, k = 1, 0
    while k < found:
        c = first[queue[k]]
        k += 1
        while c >= 0:
            t = target[c]
            if t == goal:
                return True
            if not seen[t]:
                seen[t] = True
                queue[found] = t
                found += 1
            c = following[c]
    return False


@kernel
def is_acyclic(genes, count, nodes):  # type: ignore[no-untyped-def]
    """Return whether the first ``count`` genes form no cycle."""
    n = nodes.size
    scratch = np.empty(4 * n + 3 * count, np.int64)
    source, target, following = scratch[:count], scratch[count : 2 * count], scratch[2 * count : 3 * count]
    rest = scratch[3 * count :]
    used = np.ones(count, np.bool_)
    for c in range(count):
        source[c] = place_of(nodes, genes[c].source)
        target[c] = place_of(nodes, genes[c].target)
    link(source, used, rest[:n], following)
    return mark_depths(target, used, rest[:n], following, rest[n : 2 * n], rest[2 * n : 3 * n], rest[3 * n :])


@kernel
def drop_idle_nodes(nodes, count, genes, gene_count):  # type: ignore[no-untyped-def]
    """Remove hidden nodes without any connection gene, in place; return the number of nodes left."""
    used = np.zeros(count, np.bool_)
    for c in range(gene_count):
        used[place_of(nodes[:count], genes[c].source)] = True
        used[place_of(nodes[:count], genes[c].target)] = True
    left = 0
    for i in range(count):
        if nodes[i].kind != _HIDDEN or used[i]:
            nodes[left] = nodes[i]
            left += 1
    return left
