"""Imports of the server process from which workers are forked, so that workers start quickly.

Importing this module also runs a dummy step. It starts the compiler and loads the machine code of a policy, which
takes 0.4 s; otherwise, each worker would need this time.
"""

from __future__ import annotations

import contextlib

import numpy as np
from gymnasium import spaces

import environments.evaluators.worker  # noqa: F401 - the code that workers run
from environments.playing.policy import Policy
from environments.spaces.actions import ActionDecoder
from environments.spaces.observations import ObservationEncoder
from neat.compiled.random import Stream, make_generator
from neat.config import NetworkConfig
from neat.genes.kinds import NodeKind
from neat.genes.schema import CONNECTION, NODE, new_genes
from neat.genes.table import Genome, Genomes

__all__: list[str] = []


def _pretend() -> None:
    nodes = new_genes(3, NODE)
    nodes["innovation"] = range(3)
    nodes["kind"] = NodeKind.INPUT, NodeKind.OUTPUT, NodeKind.OUTPUT
    genomes = Genomes.of([Genome(nodes, new_genes(0, CONNECTION))])
    rng = make_generator(0, Stream.ACTIONS)
    box = spaces.Box(-1.0, 1.0, (1,), np.float32)
    policy = Policy(ObservationEncoder(box), genomes, NetworkConfig())
    outputs = policy.thinker(0)(np.zeros(1, np.float32))
    for space in (spaces.Discrete(2), spaces.Box(-1.0, 1.0, (2,), np.float32)):
        ActionDecoder(space).decoder(["sigmoid"] * 2, rng)(outputs)


with contextlib.suppress(Exception):  # workers report the error if this fails
    _pretend()
