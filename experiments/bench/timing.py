"""Timing programs in turn, and statistics of the times: medians, ranges, ratios, growth."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

__all__ = ["Series", "growth_exponent", "in_turn", "ratios"]

T = TypeVar("T")


@dataclass(frozen=True)
class Series:
    """Repeated measurements of one quantity, in the order in which they were taken."""

    values: tuple[float, ...]

    @classmethod
    def of(cls, values: Sequence[float]) -> Series:
        """Return the measurements as a series."""
        return cls(tuple(float(value) for value in values))

    @property
    def median(self) -> float:
        """The middle value; NaN without measurements."""
        return statistics.median(self.values) if self.values else math.nan

    @property
    def low(self) -> float:
        """The lowest value; NaN without measurements."""
        return min(self.values, default=math.nan)

    @property
    def high(self) -> float:
        """The highest value; NaN without measurements."""
        return max(self.values, default=math.nan)

    def scaled(self, factor: float) -> Series:
        """Return the series in another unit."""
        return Series(tuple(value * factor for value in self.values))

    def as_dict(self) -> dict[str, Any]:
        """Return median, range and every value, for JSON."""
        return {"median": self.median, "low": self.low, "high": self.high, "values": list(self.values)}


def in_turn(programs: Mapping[str, Callable[[], T]], rounds: int, warm_up: int = 0) -> dict[str, list[T]]:
    """Call the programs in turn, A B A B …, and return the results of each, round by round.

    If the machine is slower for a while, all programs are slower.

    Args:
        programs: Functions to call, by name.
        rounds: Number of calls of each.
        warm_up: Number of additional first rounds, whose results are not returned.
    """
    found: dict[str, list[T]] = {name: [] for name in programs}
    for number in range(warm_up + rounds):
        for name, program in programs.items():
            result = program()
            if number >= warm_up:
                found[name].append(result)
    return found


def ratios(theirs: Series, ours: Series) -> Series:
    """Return the ratio of their time to ours, round by round.

    The two measurements of a round are close in time, so their ratio varies less than either of them.

    Raises:
        ValueError: The two series have different lengths.
    """
    if len(theirs.values) != len(ours.values):
        raise ValueError(f"expected as many measurements of both, got {len(theirs.values)} and {len(ours.values)}")
    return Series(tuple(a / b if b else math.nan for a, b in zip(theirs.values, ours.values, strict=True)))


def growth_exponent(sizes: Sequence[float], times: Sequence[float]) -> float:
    """Return the exponent k of the least-squares fit ``time = c * size ** k`` (a line through the logarithms).

    1 is linear growth.

    Raises:
        ValueError: Fewer than two different sizes, or a number that is not positive.
    """
    if len(sizes) != len(times):
        raise ValueError(f"expected a time for each size, got {len(sizes)} sizes and {len(times)} times")
    if len(set(sizes)) < 2 or min(*sizes, *times) <= 0:
        raise ValueError("expected at least two different sizes, and positive sizes and times")
    slope, _ = statistics.linear_regression([math.log(s) for s in sizes], [math.log(t) for t in times])
    return slope
