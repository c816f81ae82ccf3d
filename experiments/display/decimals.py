"""How many decimals a score is shown with: the spread decides, since digits far below it say nothing."""

from __future__ import annotations

import math
from collections.abc import Iterable

__all__ = ["decimals"]

_FEWEST, _MOST = 1, 4


def decimals(spreads: Iterable[float | None], values: Iterable[float | None] = ()) -> int:
    """Return the number of decimals with which the largest spread shows two significant digits: from 1 to 4.

    Numbers that are compared are to have the same decimals, so pass those of all rows of a column.

    Args:
        spreads: Half-widths of intervals or standard deviations; None, NaN and infinities count as unknown.
        values: The scores, which decide if no spread is known and positive: by their range, or if they are all the
            same by their size.
    """
    scores = _known(values)
    known = _known(spreads)
    for size in (
        max(known, default=0.0),
        max(scores) - min(scores) if scores else 0.0,
        max(map(abs, scores), default=0.0),
    ):
        if size > 0.0:
            # by its text, in which 0.0996 has been rounded to 0.10 already
            return min(max(1 - int(f"{size:.1e}".partition("e")[2]), _FEWEST), _MOST)
    return _FEWEST


def _known(values: Iterable[float | None]) -> list[float]:
    return [value for value in values if value is not None and math.isfinite(value)]
