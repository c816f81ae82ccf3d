"""Compatibility distance of two genomes (2002 paper, section 3.3, equation 1).

δ = c1 E / N + c2 D / N + c3 W̄

E and D count excess and disjoint genes, W̄ is the mean absolute weight difference of matching genes, and N is the
number of connection genes in the larger genome, or 1 if both are small or the distance is not normalised.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from neat.compiled import lanes
from neat.compiled.kernel import inlined, kernel
from neat.compiled.lanes import LANES
from neat.config import CompatibilityConfig
from neat.genes.table import Genome

__all__ = ["Coefficients", "assign", "coefficients", "compatibility_distance", "distance"]


_BLOCK = 128  # genomes whose genes fit into a core's cache, about 200 KiB at 60 connections


class Coefficients(NamedTuple):
    """`neat.config.CompatibilityConfig` in the form that compiled code uses."""

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
def _lay_out(representatives, bounds, first, stop, rows, table):  # type: ignore[no-untyped-def]
    """Write the weights of up to eight representatives into a table by innovation number; `_clear` removes them.

    A row of the table is eight weights, then eight factors: 1 if a representative has the gene, 0 if not. Row 0 is for
    the genes that none of them has.
    """
    table[: 2 * LANES] = 0.0
    used = 0
    for lane in range(stop - first):
        for r in range(bounds[first + lane], bounds[first + lane + 1]):
            row = rows[representatives[r].innovation]
            if row == 0:
                used += 1
                row = used
                rows[representatives[r].innovation] = row
                table[2 * LANES * row : 2 * LANES * (row + 1)] = 0.0
            table[2 * LANES * row + lane] = representatives[r].weight
            table[2 * LANES * row + LANES + lane] = 1.0


@kernel
def _clear(representatives, bounds, first, stop, rows):  # type: ignore[no-untyped-def]
    for r in range(bounds[first], bounds[stop]):
        rows[representatives[r].innovation] = 0


@inlined
def _first_compatible(genes, first, end, representatives, bounds, start, stop, threshold, c, rows, table, sums):  # type: ignore[no-untyped-def]
    """Return the first of representatives ``start … stop - 1`` that some genes are compatible with, or -1.

    The scalar version is::

        for s in range(start, stop):
            if distance(genes[first:end], representatives[bounds[s] : bounds[s + 1]], c) < threshold:
                return s
        return -1

    Here one pass over the genes serves up to eight representatives at once, one per lane (`neat.compiled.lanes`). Genes
    that a representative lacks have the factor 0 in the table of `_lay_out`, which replaces an unpredictable branch.
    Counts and order of additions are those of `distance`, so δ is equal to the last bit: adding 0 changes nothing.
    ``tests/species/test_compatibility.py`` compares both.
    """
    differences, matches = lanes.zeros(), lanes.zeros()
    for i in range(first, end):
        place = 2 * LANES * np.intp(rows[genes[i].innovation])
        differences = lanes.add_apart(differences, genes[i].weight, table, place)
        matches = lanes.add(matches, table, place + LANES)
    lanes.store(differences, sums, 0)
    lanes.store(matches, sums, LANES)
    size = end - first
    own_last = genes[end - 1].innovation if size else -1
    for s in range(start, stop):
        other = bounds[s + 1] - bounds[s]
        last = representatives[bounds[s + 1] - 1].innovation if other else -1
        excess = 0
        while excess < size and genes[end - 1 - excess].innovation > last:
            excess += 1
        if excess == 0:
            while excess < other and representatives[bounds[s + 1] - 1 - excess].innovation > own_last:
                excess += 1
        matching = int(sums[LANES + s - start])
        disjoint = size + other - 2 * matching - excess
        if _combine(excess, disjoint, matching, sums[s - start], max(size, other), c) < threshold:
            return s
    return -1


@kernel
def assign(genes, offsets, start, stop, species, representatives, bounds, first, threshold, c, rows):  # type: ignore[no-untyped-def]
    """Assign every genome of ``start … stop - 1`` without a species to the first species it is compatible with.

    It works block by block, so that a block's genes stay in the processor's cache while they are compared with all
    species.

    Args:
        genes: Connection genes of the table.
        offsets: Connection offsets of the table.
        start: First genome.
        stop: One past the last genome.
        species: int64, shape (genomes,): species of each genome, -1 for none; written to.
        representatives: Connection genes of all representatives, one species after the other.
        bounds: int64, shape (species + 1,): species s is represented by genes ``bounds[s] … bounds[s + 1] - 1``.
        first: Number of the species of the first representative; the others follow.
        threshold: δt.
        c: `Coefficients`.
        rows: int32, all zero, longer than every innovation number; zero again afterwards.
    """
    count = bounds.size - 1
    most = 0
    for s in range(0, count, LANES):
        most = max(most, bounds[min(count, s + LANES)] - bounds[s])
    table = np.empty(2 * LANES * (1 + most))
    sums = np.empty(2 * LANES)
    for block in range(start, stop, _BLOCK):
        end = min(stop, block + _BLOCK)
        for s in range(0, count, LANES):
            after = min(count, s + LANES)
            _lay_out(representatives, bounds, s, after, rows, table)
            for g in range(block, end):
                if species[g] < 0:
                    found = _first_compatible(
                        genes, offsets[g], offsets[g + 1], representatives, bounds, s, after, threshold, c, rows, table,
                        sums,
                    )  # fmt: skip
                    species[g] = first + found if found >= 0 else -1
            _clear(representatives, bounds, s, after, rows)


def compatibility_distance(a: Genome, b: Genome, config: CompatibilityConfig | None = None) -> float:
    """Return the compatibility distance δ of two genomes (2002 paper, equation 1)."""
    return float(distance(a.connections, b.connections, coefficients(config or CompatibilityConfig())))
