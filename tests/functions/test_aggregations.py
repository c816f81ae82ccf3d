"""Aggregations: records against the plain reference, derivatives against differences."""

from __future__ import annotations

import math
import statistics

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st

from neat.functions.aggregations import AGGREGATION_RECORDS, AGGREGATIONS, shares

VALUES = st.lists(st.integers(-50, 50).map(lambda k: k / 8), min_size=1, max_size=7, unique_by=abs)
"""Values whose sums are exact and whose order is strict."""


@pytest.mark.parametrize("record", AGGREGATION_RECORDS, ids=lambda r: r.name)
@given(values=VALUES)
@settings(deadline=None)
def test_a_record_says_the_same_in_words_and_in_code(record, values):
    names = {"prod": math.prod, "median": statistics.median, "values": values, "abs": abs}
    names |= {"sum": sum, "len": len, "max": max, "min": min}
    by_words = eval(record.formula, {"__builtins__": {}}, names)
    assert record.function(values) == by_words == reference.AGGREGATION[record.name](values)
    assert record.function([]) == 0.0


@pytest.mark.parametrize("record", AGGREGATION_RECORDS, ids=lambda r: r.name)
@given(values=VALUES)
@settings(deadline=None)
def test_shares_are_the_slopes(record, values):
    share = np.empty(len(values))
    shares(AGGREGATIONS.index(record.name), np.array(values), share)
    h = 2.0**-10  # less than half of the smallest difference
    for k in range(len(values)):
        up, down = ([v + sign * h * (i == k) for i, v in enumerate(values)] for sign in (1, -1))
        slope = (record.function(up) - record.function(down)) / (2 * h)
        assert share[k] == pytest.approx(slope, rel=1e-6, abs=1e-6)
