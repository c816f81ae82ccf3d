"""How many decimals a score is shown with."""

import math

import pytest

from experiments.display.decimals import decimals


@pytest.mark.parametrize(
    ("spreads", "values", "expected"),
    [
        ([0.5], [0.9], 2),
        ([0.012], [0.9], 3),
        ([0.0996], [0.9], 2),  # 0.10: rounding may add a digit
        ([120.0, 3.0], [500.0], 1),  # the largest decides
        ([1e-9], [0.9], 4),
        ([None, math.nan, math.inf], [0.981, 0.995], 3),  # no spread is known: the range of the values
        ([0.0], [500.0, 500.0], 1),  # all the same: their size
        ([0.0], [0.25], 2),
        ([], [], 1),
        ([0.0], [0.0, math.nan], 1),
    ],
)
def test_the_spread_decides(spreads, values, expected):
    assert decimals(spreads, values) == expected
