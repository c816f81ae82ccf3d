"""Aggregation functions: how a node gathers the weighted values of its sources."""

from __future__ import annotations

from neat.errors import ConfigError, did_you_mean
from neat.kernel import uncounted

__all__ = ["AGGREGATIONS", "aggregate", "aggregation_index"]

AGGREGATIONS = ("sum", "mean", "product", "max", "min", "median", "max_abs")
"""The registry; an aggregation's number is its place here. ``max_abs`` is the value furthest from 0, sign kept."""


def aggregation_index(name: str) -> int:
    """Return the registry number of an aggregation.

    Raises:
        ConfigError: No such aggregation.
    """
    if name not in AGGREGATIONS:
        raise ConfigError(f"unknown aggregation {name!r}{did_you_mean(name, AGGREGATIONS)}: one of {AGGREGATIONS}")
    return AGGREGATIONS.index(name)


@uncounted
def aggregate(code, values):  # type: ignore[no-untyped-def]
    """Return aggregation ``code`` of ``values`` (float64, in gene order; may be sorted in place). Nothing gives 0."""
    n = values.size
    if n == 0:
        return 0.0
    result = values[0]
    if code == 0 or code == 1:
        for i in range(1, n):
            result += values[i]
        return result / n if code == 1 else result
    if code == 5:
        for i in range(1, n):  # insertion sort: nodes have few sources, and Numba's own sort compiles for seconds
            v, k = values[i], i
            while k > 0 and values[k - 1] > v:
                values[k] = values[k - 1]
                k -= 1
            values[k] = v
        return values[n // 2] if n % 2 else 0.5 * (values[n // 2 - 1] + values[n // 2])
    for i in range(1, n):
        v = values[i]
        if code == 2:
            result *= v
        elif code == 3:
            result = max(result, v)
        elif code == 4:
            result = min(result, v)
        elif abs(v) > abs(result):
            result = v
    return result
