"""Eight numbers in a register against the same sums in plain Python."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from neat.compiled import lanes
from neat.compiled.kernel import kernel

numbers = st.floats(-1e300, 1e300)


@kernel
def _sums(values, table, places, out):
    apart, plain = lanes.zeros(), lanes.zeros()
    for k in range(values.size):
        apart = lanes.add_apart(apart, values[k], table, places[k])
        plain = lanes.add(plain, table, places[k])
    lanes.store(apart, out, 1)
    lanes.store(plain, out, 1 + lanes.LANES)


@given(st.lists(st.tuples(numbers, st.integers(0, 4)), max_size=6), st.lists(numbers, min_size=20, max_size=20))
@settings(max_examples=200, deadline=None)
def test_each_lane_is_a_sum_of_its_own_in_order(terms, table):
    out = np.full(2 + 2 * lanes.LANES, 7.0)
    values, places = np.array([v for v, _ in terms]), np.array([p for _, p in terms], np.int64)
    _sums(values, np.array(table), places, out)
    expected = [7.0]
    for lane in range(lanes.LANES):
        total = np.float64(0.0)
        with np.errstate(over="ignore", invalid="ignore"):
            for value, place in terms:
                total += abs(np.float64(value) - table[place + lane]) * table[place + lanes.LANES + lane]
        expected.append(total)
    for lane in range(lanes.LANES):
        total = np.float64(0.0)
        with np.errstate(over="ignore"):
            for _, place in terms:
                total += table[place + lane]
        expected.append(total)
    np.testing.assert_array_equal(out, [*expected, 7.0])
