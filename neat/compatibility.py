"""Compatibility distance: how far two genomes have grown apart (2002 paper, section 3.3, equation 1).

    δ = c1 E / N + c2 D / N + c3 W̄

E and D count excess and disjoint genes, W̄ is the mean absolute weight difference of matching genes, and N is the
number of connection genes in the larger genome, or 1 when both are small or the distance is not normalised.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neat.config import CompatibilityConfig
from neat.genome import Genome
from neat.kernel import inlined, kernel

__all__ = ["Coefficients", "assign", "assign_all", "coefficients", "compatibility_distance", "distance"]


_BLOCK = 64  # genomes whose genes fit into a core's cache together, some 100 KiB at 60 connections


class Coefficients(NamedTuple):
    """`neat.config.CompatibilityConfig` as compiled code takes it."""

    c1: float
    c2: float
    c3: float
    normalise: bool
    small_genome: int


def coefficients(config: CompatibilityConfig) -> Coefficients:
    """Return the settings for compiled code."""
    return Coefficients(
        float(config.c1), float(config.c2), float(config.c3), bool(config.normalise), int(config.small_genome)
    )


@inlined
def _combine(excess, disjoint, matching, difference, larger, c):  # type: ignore[no-untyped-def]
    """Return δ from its counts: equation 1."""
    n = max(1, larger) if c.normalise and larger >= c.small_genome else 1
    mean = difference / matching if matching > 0 else 0.0
    return c.c1 * excess / n + c.c2 * disjoint / n + c.c3 * mean


@kernel
def distance(a, b, c):  # type: ignore[no-untyped-def]
    """Return δ of two genomes' connection genes, in one pass over both."""
    i, k, matching, disjoint = 0, 0, 0, 0
    difference = 0.0
    while i < a.size and k < b.size:
        if a[i].innovation == b[k].innovation:
            difference += abs(a[i].weight - b[k].weight)
            matching += 1
            i += 1
            k += 1
        elif a[i].innovation < b[k].innovation:
            disjoint += 1
            i += 1
        else:
            disjoint += 1
            k += 1
    excess = a.size - i + b.size - k
    return _combine(excess, disjoint, matching, difference, max(a.size, b.size), c)


@kernel
def assign(genes, offsets, start, stop, species, representative, number, threshold, c, weights):  # type: ignore[no-untyped-def]
    """Give species ``number`` every genome of ``start … stop - 1`` that has none yet and is within the threshold.

    The representative's weights are laid out by innovation number, so that each genome is compared in one pass over
    its own genes, without a branch. Same counts, same order of additions as `distance`: the same δ to the last bit.

    Args:
        genes: Connection genes of the table.
        offsets: Connection offsets of the table.
        start: First genome.
        stop: One past the last genome.
        species: int64, shape (genomes,): species of each genome, -1 for none; written to.
        representative: Connection genes of the species' representative.
        number: What to write for members.
        threshold: δt.
        c: `Coefficients`.
        weights: float64, NaN everywhere, longer than every innovation number; left as it was.
    """
    size = representative.size
    last = representative[size - 1].innovation if size else -1
    for r in range(size):
        weights[representative[r].innovation] = representative[r].weight
    for g in range(start, stop):
        if species[g] >= 0:
            continue
        first, end = offsets[g], offsets[g + 1]
        matching = 0
        difference = 0.0
        for i in range(first, end):
            apart = abs(genes[i].weight - weights[genes[i].innovation])
            same = apart == apart  # not a number where the representative lacks the gene
            matching += same
            difference += apart if same else 0.0
        own_last = genes[end - 1].innovation if end > first else -1
        excess = 0
        while excess < end - first and genes[end - 1 - excess].innovation > last:
            excess += 1
        if excess == 0:
            while excess < size and representative[size - 1 - excess].innovation > own_last:
                excess += 1
        disjoint = end - first + size - 2 * matching - excess
        if _combine(excess, disjoint, matching, difference, max(end - first, size), c) < threshold:
            species[g] = number
    for r in range(size):
        weights[representative[r].innovation] = np.nan


@kernel
def assign_all(genes, offsets, start, stop, species, representatives, bounds, threshold, c, weights):  # type: ignore[no-untyped-def]
    """Give every genome of ``start … stop - 1`` that has none yet the first species it is compatible with.

    Block by block, so that a block's genes stay in the cache while they are compared with one species after the other.

    Args:
        genes: Connection genes of the table.
        offsets: Connection offsets of the table.
        start: First genome.
        stop: One past the last genome.
        species: int64, shape (genomes,): see `assign`.
        representatives: Connection genes of all representatives, one species after the other.
        bounds: int64, shape (species + 1,): species s is represented by genes ``bounds[s] … bounds[s + 1] - 1``.
        threshold: δt.
        c: `Coefficients`.
        weights: See `assign`.
    """
    for block in range(start, stop, _BLOCK):
        end = min(stop, block + _BLOCK)
        for number in range(bounds.size - 1):
            representative = representatives[bounds[number] : bounds[number + 1]]
            assign(genes, offsets, block, end, species, representative, number, threshold, c, weights)


def compatibility_distance(a: Genome, b: Genome, config: CompatibilityConfig | None = None) -> float:
    """Return the compatibility distance δ of two genomes (2002 paper, equation 1)."""
    return float(distance(a.connections, b.connections, coefficients(config or CompatibilityConfig())))
