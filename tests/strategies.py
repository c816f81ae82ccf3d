"""Random valid genomes for property tests: disabled genes, isolated parts, self-loops and cycles included."""

from __future__ import annotations

import random

import numpy as np
from hypothesis import strategies as st

from neat.functions.activations import ACTIVATIONS
from neat.functions.aggregations import AGGREGATIONS
from neat.genes import CONNECTION, NODE, NodeKind
from neat.genome import Genome

SMOOTH = ("sigmoid", "tanh", "gaussian", "sine", "step", "clamped", "identity")


def make(inputs, outputs, hidden, pairs, *, bias=True, numbers=None):
    """A genome by hand: ``pairs`` are (source, target) and, where not 1 and enabled, weight and enabled."""
    kinds = [NodeKind.INPUT] * inputs + [NodeKind.BIAS] * bias
    kinds += [NodeKind.OUTPUT] * outputs + [NodeKind.HIDDEN] * hidden
    nodes = np.zeros(len(kinds), NODE)
    nodes["innovation"] = np.arange(len(kinds))
    nodes["kind"] = kinds
    nodes["response"] = 1.0
    nodes["activation"][inputs + bias :] = 0
    nodes["activation"][: inputs + bias] = 3
    genes = np.zeros(len(pairs), CONNECTION)
    for i, (source, target, *rest) in enumerate(pairs):
        weight, enabled = (*rest, *(1.0, 1)[len(rest) :])
        genes[i] = (i if numbers is None else numbers[i], source, target, enabled, weight)
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
    nodes = np.zeros(len(kept), NODE)
    for i, n in enumerate(sorted(kept)):
        if kinds[n] < 2:
            nodes[i] = (n, kinds[n], index["identity"], 0, 0.0, 1.0)
        else:
            plain = rng.random() < 0.3
            nodes[i] = (
                n,
                kinds[n],
                index[rng.choice(list(functions))],
                AGGREGATIONS.index(rng.choice(list(aggregations))),
                0.0 if plain else rng.gauss(0, 1),
                1.0 if plain else rng.gauss(1, 0.5),
            )
    genes = np.zeros(len(pairs), CONNECTION)
    off = rng.choice([0.0, 0.2, 0.6])
    for i, (source, target) in enumerate(pairs):
        genes[i] = (numbers[i], source, target, rng.random() >= off, rng.gauss(0, 1.5))
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
        nodes["bias"][first:] = [rng.gauss(0, 1) for _ in nodes[first:]]
        made.append(Genome(nodes, genome.connections))
    return made
