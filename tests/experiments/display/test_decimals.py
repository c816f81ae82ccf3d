"""How many decimals a score is shown with."""

import math

import pytest

from experiments.commands.front import _lines
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


def test_a_front_of_small_returns_can_be_told_apart():
    def member(connections, mean, sd):
        data = {"connections": connections, "hidden": 0, "fitness": mean, "mean": mean, "sd": sd}
        return {**data, "episodes": 9, "file": "f"}

    members = [member(2, 0.962, 0.031), member(5, 0.987, 0.012)]
    data = {"members": members, "smallest": members[1], "threshold": 0.98, "evaluations": 100}
    lines = _lines(data)
    assert [line.split()[2:6] for line in lines[2:4]] == [
        ["0.962", "0.962", "±", "0.031"],
        ["0.987", "0.987", "±", "0.012"],
    ]
    assert "0.987 ± 0.012 over 9 more fresh episodes" in lines[4]
