"""Random genomes of any shape for tests of pictures and formats."""

from __future__ import annotations

import numpy as np

from neat.functions.activations import ACTIVATIONS
from neat.genes.kinds import NodeKind
from neat.genes.schema import CONNECTION, NODE, new_genes
from neat.genes.table import Genome

BUILT_IN = sum(activation.origin == "built-in" for activation in ACTIVATIONS)


def random_genome(
    rng: np.random.Generator,
    inputs: int,
    outputs: int,
    hidden: int,
    connections: int,
    *,
    bias: bool = True,
    cyclic: bool = False,
    disabled: float = 0.15,
    mixed: bool = False,
    biases: bool = False,
) -> Genome:
    """A genome whose connections are drawn at random; acyclic ones follow a hidden order of the nodes."""
    first = inputs + bias
    nodes = new_genes(first + outputs + hidden, NODE)
    nodes["innovation"] = np.arange(len(nodes))
    nodes["kind"][:inputs] = NodeKind.INPUT
    nodes["kind"][inputs:first] = NodeKind.BIAS
    nodes["kind"][first : first + outputs] = NodeKind.OUTPUT
    nodes["kind"][first + outputs :] = NodeKind.HIDDEN
    if mixed:
        nodes["activation"][first:] = rng.integers(0, BUILT_IN, outputs + hidden)
        nodes["aggregation"][first:] = rng.integers(0, 3, outputs + hidden)
    if biases:
        nodes["bias"][first:] = rng.normal(size=outputs + hidden)
    rank = rng.permutation(hidden)
    level = np.concatenate([np.full(first, -1), np.full(outputs, hidden), rank])
    pairs = [
        (s, t)
        for s in range(len(nodes))
        for t in range(first, len(nodes))
        if (cyclic and rng.random() < 0.3) or (level[s] < level[t] and s not in range(first, first + outputs))
    ]
    chosen = rng.permutation(len(pairs))[:connections]
    genes = new_genes(len(chosen), CONNECTION)
    genes["innovation"] = np.sort(rng.choice(3 * connections + 1, len(chosen), replace=False))
    genes["source"] = [pairs[i][0] for i in chosen]
    genes["target"] = [pairs[i][1] for i in chosen]
    genes["weight"] = rng.normal(0, 1.5, len(chosen))
    genes["enabled"] = rng.random(len(chosen)) >= disabled
    return Genome(nodes, genes)
