"""Add node: a new node splits a connection (2002 paper, section 3.1 and figure 3)."""

from __future__ import annotations

from neat.compiled.kernel import inlined_uncounted, uncounted
from neat.compiled.random import below, uniform
from neat.genes.kinds import BIAS
from neat.genes.structure import place_of
from neat.operators.operator import Mutation
from neat.settings.ranges import Share

__all__ = ["ADD_NODE", "MUTATION", "propose_node"]

ADD_NODE = 1024
_SMALL = 15  # number of connections below which `split_oldest` applies


class Settings:
    """Settings of the add-node mutation."""

    add_node: Share = 0.03
    """Probability per child that a new node splits an enabled connection. Higher values grow larger networks faster."""
    split_oldest: Share = 0.0
    """Which connection is split in a genome of fewer than 15: candidates are offered from the oldest on, and each is
    accepted with this probability (C++ program: 0.7). 0: all are equally likely."""


@inlined_uncounted
def _splittable(nodes, gene):  # type: ignore[no-untyped-def]
    return gene.enabled and nodes[place_of(nodes, gene.source)].kind != BIAS


@uncounted
def _propose_old_split(nodes, genes, rates, proposal, rng):  # type: ignore[no-untyped-def]
    """Propose to split an old connection, as Stanley's C++ program does for small genomes.

    Starting with the first connection that can be split, each is chosen with a fixed probability. If the chosen one is
    disabled, there is no split.
    """
    c = 0
    while c < genes.size and not _splittable(nodes, genes[c]):
        c += 1
    while c < genes.size:
        if uniform(rng) < rates.split_oldest and nodes[place_of(nodes, genes[c].source)].kind != BIAS:
            break
        c += 1
    if c == genes.size or not genes[c].enabled:
        return False
    proposal[0].split = genes[c].innovation
    return True


@uncounted
def propose_node(nodes, genes, rates, proposal, rng):  # type: ignore[no-untyped-def]
    """Propose to split an enabled connection, but none from the bias node (the split would add nothing new)."""
    if rates.split_oldest > 0.0 and genes.size < _SMALL:
        return _propose_old_split(nodes, genes, rates, proposal, rng)
    candidates = 0
    for c in range(genes.size):
        if _splittable(nodes, genes[c]):
            candidates += 1
    if candidates == 0:
        return False
    chosen = below(rng, candidates)
    for c in range(genes.size):
        if _splittable(nodes, genes[c]):
            if chosen == 0:
                proposal[0].split = genes[c].innovation
                break
            chosen -= 1
    return True


@inlined_uncounted
def _kernel(nodes, n, genes, m, rates, proposal, rng):  # type: ignore[no-untyped-def]
    flags = 0
    if not rates.structure_exclusive and uniform(rng) < rates.add_node:
        flags = ADD_NODE * propose_node(nodes[:n], genes[:m], rates, proposal, rng)
    return n, m, flags


MUTATION = Mutation(
    kernel=_kernel, settings=Settings, flags={"ADD_NODE": ADD_NODE}, group="add node", changes=("enabled",), always=True
)
