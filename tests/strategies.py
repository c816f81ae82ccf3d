"""Random valid genomes for property tests: disabled genes, isolated parts, self-loops and cycles included."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import strategies as st

from neat.functions.activations import ACTIVATIONS
from neat.functions.aggregations import AGGREGATIONS
from neat.genes.kinds import NodeKind
from neat.genes.schema import CONNECTION, NODE, VALUES, new_genes
from neat.genes.table import Genome

SMOOTH = ("sigmoid", "tanh", "gaussian", "sine", "step", "clamped", "identity")


def fill(gene, fields):
    """Set fields of a gene by name."""
    for name, value in fields.items():
        gene[name] = value


def a_value(rng, row):
    """A random value of a node, of any attribute of the schema that has one."""
    return min(row.high, max(row.low, rng.gauss(row.first, 1.0)))


def make(inputs, outputs, hidden, pairs, *, bias=True, numbers=None):
    """A genome by hand: ``pairs`` are (source, target) and, where not 1 and enabled, weight and enabled."""
    kinds = [NodeKind.INPUT] * inputs + [NodeKind.BIAS] * bias
    kinds += [NodeKind.OUTPUT] * outputs + [NodeKind.HIDDEN] * hidden
    nodes = new_genes(len(kinds), NODE)
    nodes["innovation"] = np.arange(len(kinds))
    nodes["kind"] = kinds
    nodes["activation"][inputs + bias :] = 0
    nodes["activation"][: inputs + bias] = 3
    genes = new_genes(len(pairs), CONNECTION)
    for i, (source, target, *rest) in enumerate(pairs):
        weight, enabled = (*rest, *(1.0, 1)[len(rest) :])
        own = {"innovation": i if numbers is None else numbers[i], "source": source, "target": target}
        fill(genes[i], own | {"enabled": enabled, "weight": weight})
    genes.sort(order="innovation")
    return Genome(nodes, genes)


def draw_genome(rng, *, cyclic, inputs=None, outputs=None, functions=None, aggregations=AGGREGATIONS, bias=None):
    """A random valid genome from a `random.Random`."""
    inputs = inputs or rng.randint(1, 4)
    outputs = outputs or rng.randint(1, 3)
    bias = rng.random() < 0.7 if bias is None else bias
    hidden = rng.choice([0, 1, 2, 4, 8])
    first = inputs + bias
    order = list(range(first + outputs, first + outputs + hidden))
    rng.shuffle(order)
    level = dict.fromkeys(range(first), -1) | dict.fromkeys(range(first, first + outputs), hidden)
    level |= {n: k for k, n in enumerate(order)}
    pairs = [
        (s, t)
        for s in level
        for t in range(first, first + outputs + hidden)
        if (cyclic and rng.random() < 0.5) or (level[s] < level[t])
    ]
    rng.shuffle(pairs)
    pairs = pairs[: rng.randint(0, min(len(pairs), 3 * (hidden + inputs)))]
    named = {n for pair in pairs for n in pair}
    kept = [n for n in level if n < first + outputs or n in named]
    numbers = sorted(rng.sample(range(4 * len(pairs) + 1), len(pairs)))
    kinds = [0] * inputs + [1] * bias + [2] * outputs + [3] * hidden
    functions = functions or [a.name for a in ACTIVATIONS if a.origin == "built-in"]
    index = {a.name: i for i, a in enumerate(ACTIVATIONS)}
    nodes = new_genes(len(kept), NODE)
    for i, n in enumerate(sorted(kept)):
        fill(nodes[i], {"innovation": n, "kind": kinds[n], "activation": index["identity"]})
        if kinds[n] >= 2:
            activation, aggregation = rng.choice(list(functions)), rng.choice(list(aggregations))
            fill(nodes[i], {"activation": index[activation], "aggregation": AGGREGATIONS.index(aggregation)})
            if rng.random() >= 0.3:
                fill(nodes[i], {row.name: a_value(rng, row) for row, _ in VALUES})
    genes = new_genes(len(pairs), CONNECTION)
    off = rng.choice([0.0, 0.2, 0.6])
    for i, (source, target) in enumerate(pairs):
        own = {"innovation": numbers[i], "source": source, "target": target, "weight": rng.gauss(0, 1.5)}
        fill(genes[i], own | {"enabled": rng.random() >= off})
    return Genome(nodes, genes)


@st.composite
def genomes(draw, *, cyclic=None, **kwargs):
    """Any valid genome; acyclic, cyclic or (None) either."""
    cyclic = draw(st.booleans()) if cyclic is None else cyclic
    return draw_genome(random.Random(draw(st.integers(0, 2**32))), cyclic=cyclic, **kwargs)


@st.composite
def parents(draw, *, cyclic=False, count=2, aliases=False):
    """Genomes of one kin (`kin`)."""
    return kin(random.Random(draw(st.integers(0, 2**32))), cyclic=cyclic, count=count, aliases=aliases)


def kin(rng, *, cyclic=False, count=2, aliases=False):
    """Genomes that each have a random part of one stock of genes: each is valid, their union need not be.

    With ``aliases`` each (source, target) has two innovation numbers, of which a genome has one, as when the register
    forgets after each generation.
    """
    inputs, outputs, hidden = rng.randint(1, 3), rng.randint(1, 2), rng.choice([0, 1, 3, 6])
    first = inputs + 1
    stock = [(s, t) for s in range(first + outputs + hidden) for t in range(first, first + outputs + hidden)]
    rng.shuffle(stock)
    number = dict(zip(stock, rng.sample(range(2 * len(stock)), len(stock)), strict=True))
    other = dict(zip(stock, sorted(set(range(2 * len(stock))) - set(number.values())), strict=True))
    made = []
    for _ in range(count):
        order = list(range(first + outputs, first + outputs + hidden))
        rng.shuffle(order)
        level = dict.fromkeys(range(first), -1) | dict.fromkeys(range(first, first + outputs), hidden)
        level |= {n: k for k, n in enumerate(order)}
        share = rng.choice([0.1, 0.5, 0.9])
        pairs = [(s, t) for s, t in stock if (cyclic or level[s] < level[t]) and rng.random() < share]
        numbers = [(other if aliases and rng.random() < 0.5 else number)[p] for p in pairs]
        genes = [(*p, rng.gauss(0, 1), rng.random() < 0.7) for p in pairs]
        genome = make(inputs, outputs, hidden, genes, numbers=numbers)
        named = {n for p in pairs for n in p}
        kept = [n["kind"] != NodeKind.HIDDEN or int(n["innovation"]) in named for n in genome.nodes]
        nodes = genome.nodes[np.array(kept)]
        for row, _ in VALUES:
            nodes[row.name][first:] = [a_value(rng, row) for _ in nodes[first:]]
        made.append(Genome(nodes, genome.connections))
    return made
