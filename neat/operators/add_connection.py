"""Add connection: two unconnected nodes get a connection (2002 paper, section 3.1 and figure 3)."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from neat.compiled.kernel import inlined_uncounted, kernel, uncounted
from neat.compiled.random import below, uniform
from neat.genes.kinds import BIAS, OUTPUT
from neat.genes.structure import link, place_of, reaches
from neat.operators.draws import random_value
from neat.operators.operator import Mutation
from neat.settings.ranges import Range, Share

__all__ = ["ADD_CONNECTION", "MUTATION", "propose_connection"]

ADD_CONNECTION = 2048


class Settings:
    """Settings of the add-connection mutation."""

    add_connection: Share = 0.05
    """Probability per child of a new connection between two unconnected nodes. Higher values grow denser networks
    faster."""
    connection_tries: Annotated[int, Range(1, 10_000, "1 to 10,000")] = 20
    """Maximum number of random node pairs tried by one add-connection mutation."""
    recurrent: Share = 0.0
    """Probability that an add-connection mutation may close a cycle (not for feed-forward networks). Defaults to 0.5 if
    ``network.kind`` is set to a kind with state and neither this nor ``recurrent_only`` is given."""
    recurrent_only: Share = 0.0
    """Probability that an add-connection mutation must close a cycle (not for feed-forward networks)."""
    loops: Share = 0.0
    """Probability that a forced-recurrent attempt (``recurrent_only``) is a self-loop, from a node to itself (C++
    program: 0.5)."""
    shared_weight: bool = False
    """Whether children that add the same new connection in the same generation all get the same initial weight, that of
    the first of them (C++ program)."""


@kernel
def _leads_to(genes, nodes, start, goal):  # type: ignore[no-untyped-def]
    """Return whether connections, including disabled ones, lead from node index ``start`` to node index ``goal``."""
    if start == goal:
        return True
    source = np.empty(genes.size, np.int64)
    target = np.empty(genes.size, np.int64)
    following = np.empty(genes.size, np.int64)
    used = np.ones(genes.size, np.bool_)
    for c in range(genes.size):
        source[c] = place_of(nodes, genes[c].source)
        target[c] = place_of(nodes, genes[c].target)
    first = np.empty(nodes.size, np.int64)
    link(source, used, first, following)
    return reaches(
        start, goal, target, first, following, np.empty(nodes.size, np.bool_), np.empty(nodes.size, np.int64)
    )


@uncounted
def propose_connection(nodes, genes, rates, proposal, rng):  # type: ignore[no-untyped-def]
    """Propose a connection between two unconnected nodes; give up after ``connection_tries`` random pairs."""
    sensors = 0
    while sensors < nodes.size and nodes[sensors].kind <= BIAS:
        sensors += 1
    only, allowed = False, False
    if not rates.acyclic:
        only = rates.recurrent_only > 0.0 and uniform(rng) < rates.recurrent_only
        allowed = only or (rates.recurrent > 0.0 and uniform(rng) < rates.recurrent)
    for _ in range(rates.connection_tries):
        s = below(rng, nodes.size)
        t = sensors + below(rng, nodes.size - sensors)
        if only and rates.loops > 0.0 and uniform(rng) < rates.loops:
            s = t
        source, target = nodes[s].innovation, nodes[t].innovation
        if not allowed and (nodes[s].kind == OUTPUT or s == t):
            continue
        exists = False
        for c in range(genes.size):
            if genes[c].source == source and genes[c].target == target:
                exists = True
                break
        if exists:
            continue
        if not allowed or only:
            closes = nodes[s].kind > BIAS and _leads_to(genes, nodes, t, s)
            if closes != only:
                continue
        proposal[0].source = source
        proposal[0].target = target
        proposal[0].weight = random_value(rates.weight_init, rates.weight_scale, rates.weight_limit, rng)
        return True
    return False


@inlined_uncounted
def _kernel(nodes, n, genes, m, rates, proposal, rng):  # type: ignore[no-untyped-def]
    flags = 0
    if not rates.structure_exclusive and uniform(rng) < rates.add_connection:
        flags = ADD_CONNECTION * propose_connection(nodes[:n], genes[:m], rates, proposal, rng)
    return n, m, flags


MUTATION = Mutation(
    kernel=_kernel, settings=Settings, flags={"ADD_CONNECTION": ADD_CONNECTION}, group="add connection", always=True
)
