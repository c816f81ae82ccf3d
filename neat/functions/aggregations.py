"""Aggregation functions: how a node combines the weighted values of its sources."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from neat.compiled.kernel import kernel, uncounted
from neat.errors import ConfigError, did_you_mean

__all__ = ["AGGREGATIONS", "AGGREGATION_RECORDS", "Aggregation", "aggregate", "aggregation_index", "shares"]


@dataclass(frozen=True)
class Aggregation:
    """One aggregation function.

    Attributes:
        name: Name in settings and files.
        formula: The function of the list ``values`` as a Python expression over builtins and the functions of `math`
            and `statistics`. Without values, every aggregation is 0.
    """

    name: str
    formula: str

    def function(self, values: Sequence[float]) -> float:
        """Return the aggregation of ``values``."""
        return float(aggregate(AGGREGATIONS.index(self.name), np.array(values, np.float64)))


AGGREGATION_RECORDS = (
    Aggregation("sum", "sum(values)"),
    Aggregation("mean", "sum(values) / len(values)"),
    Aggregation("product", "prod(values)"),
    Aggregation("max", "max(values)"),
    Aggregation("min", "min(values)"),
    Aggregation("median", "median(values)"),
    Aggregation("max_abs", "max(values, key=abs)"),  # the value furthest from 0, sign kept
)
AGGREGATIONS = tuple(record.name for record in AGGREGATION_RECORDS)
"""The registry; the number of an aggregation is its index here."""


def aggregation_index(name: str) -> int:
    """Return the registry number of an aggregation.

    Raises:
        ConfigError: The aggregation is unknown.
    """
    if name not in AGGREGATIONS:
        hint = did_you_mean(name, AGGREGATIONS)
        raise ConfigError(f"unknown aggregation {name[:50]!r}{hint}: expected one of {', '.join(AGGREGATIONS)}")
    return AGGREGATIONS.index(name)


@uncounted
def aggregate(code, values):  # type: ignore[no-untyped-def]
    """Return aggregation ``code`` of ``values`` (float64, in gene order; may be sorted in place); 0 without values."""
    n = values.size
    if n == 0:
        return 0.0
    result = values[0]
    if code == 0 or code == 1:
        for i in range(1, n):
            result += values[i]
        return result / n if code == 1 else result
    if code == 5:
        for i in range(1, n):  # insertion sort: nodes have few sources, and Numba's sort takes seconds to compile
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


@kernel
def shares(code, values, share):  # type: ignore[no-untyped-def]
    """Write the derivative of aggregation ``code`` by each value; at a tie, one of the tied values gets it."""
    n = values.size
    if n == 0:
        return
    if code == 0 or code == 1:
        share[:] = 1.0 if code == 0 else 1.0 / n
        return
    if code == 2:  # the product of the others, without division by a 0
        before = 1.0
        for i in range(n):
            share[i] = before
            before *= values[i]
        after = 1.0
        for i in range(n - 1, -1, -1):
            share[i] *= after
            after *= values[i]
        return
    share[:] = 0.0
    if code == 5:
        order = np.argsort(values)
        if n % 2:
            share[order[n // 2]] = 1.0
        else:
            share[order[n // 2 - 1]] = share[order[n // 2]] = 0.5
        return
    chosen = 0
    for i in range(1, n):
        if (
            (code == 3 and values[i] > values[chosen])
            or (code == 4 and values[i] < values[chosen])
            or (code == 6 and abs(values[i]) > abs(values[chosen]))
        ):
            chosen = i
    share[chosen] = 1.0
