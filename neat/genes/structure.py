"""The structure of one genome: where a node stands, and walks over connections, each in time linear in the genes.

Node genes are found by innovation number; walks answer reachability, distances, depths and cycles.

Connections are given by the places of their nodes. Those that leave (or enter) one node are linked: ``first[node]``
is one of them, ``following[connection]`` the next, -1 ends the list. Walks write into arrays of the caller, since
allocating costs more than walking over a small genome.
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
"""The wave of a node that no input leads to."""


@uncounted
def place_of(nodes, innovation):  # type: ignore[no-untyped-def]
    """Return the place of node ``innovation`` among sorted node genes (its successor's where there is none).

    Nothing predicts in which half of the rest it is, and a wrong guess costs more than the step: so the sign of the
    difference moves ``low``. Said in another way the compiler makes it a jump again, which takes three times as long.
    """
    low, size = 0, nodes.size
    if innovation < size and nodes[innovation].innovation == innovation:
        return innovation  # inputs, bias and outputs stand at their numbers
    while size > 0:
        half = (size + 1) >> 1
        low += half * (((np.int64(nodes[low + half - 1].innovation) - innovation) >> 62) & 1)
        size -= half
    return low


@uncounted
def link(ends, used, first, following):  # type: ignore[no-untyped-def]
    """Link the used connections by the node that ``ends`` says: sources to walk forwards, targets to walk back."""
    for i in range(first.size):
        first[i] = -1
    for c in range(ends.size - 1, -1, -1):
        if used[c]:
            following[c] = first[ends[c]]
            first[ends[c]] = c


@uncounted
def mark_waves(target, first, following, wave, queue):  # type: ignore[no-untyped-def]
    """Spread from the nodes of wave 0 along connections linked by source: each node's wave is its distance."""
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
    """Spread backwards from nodes that are useful along connections linked by target: all that lead there are too."""
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
    """Set each node's depth, its longest path along used connections; return whether they form no cycle (Kahn 1962).

    Args:
        target: Place of each connection's target.
        used: Which connections count; others may be linked.
        first: Connections linked by source.
        following: See `link`.
        depth: Receives the depths; right only where there is no cycle.
        waiting: Scratch, int64, a place for each node.
        queue: Scratch, int64, a place for each node.
    """
    for i in range(depth.size):
        waiting[i] = 0
    for c in range(target.size):
        if used[c]:
            waiting[target[c]] += 1
    return spread_depths(target, used, first, following, depth, waiting, queue)


@uncounted
def spread_depths(target, used, first, following, depth, waiting, queue):  # type: ignore[no-untyped-def]
    """Do the same where ``waiting`` has the number of used connections that lead to each node; it is used up."""
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
    """Tell whether connections linked by source lead from node ``start`` to node ``goal``."""
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
    """Tell whether the first ``count`` genes form no cycle."""
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
    """Remove hidden nodes that no connection gene names, in place; return how many nodes are left."""
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
