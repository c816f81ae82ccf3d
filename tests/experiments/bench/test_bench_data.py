"""The benchmark of small data sets: its interval, and all its models on the same folds."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest

pytest.importorskip("sklearn")

from experiments.bench.data import interval, measure
from experiments.bench.options import DataOptions
from experiments.cli import main
from neat.errors import ConfigError


def test_the_interval_is_that_of_nadeau_and_bengio() -> None:
    scores = np.array([0.9, 0.8, 1.0, 0.7, 0.85])
    mean, half = interval(scores, 5)
    assert mean == pytest.approx(0.85)
    # Student's t of 4 degrees of freedom; a fifth is held out of what four fifths were fitted to
    assert half == pytest.approx(2.776445 * math.sqrt((1 / 5 + 1 / 4) * scores.var(ddof=1)), rel=1e-5)


def test_models_meet_on_the_same_folds(capsys: pytest.CaptureFixture[str]) -> None:
    small = ["--sets", "iris", "--folds", "2", "--repeats", "1", "--population", "10", "--generations", "2", "--json"]
    assert main(["bench", "data", *small]) == 0
    rows = json.loads(capsys.readouterr().out)["figures"]["iris"]
    assert [row["model"] for row in rows] == [
        "NEAT", "perceptron of the same size", "perceptron, 100 hidden nodes", "logistic regression",
    ]  # fmt: skip
    assert all(len(row["scores"]) == 2 and min(row["scores"]) > 0.5 for row in rows)
    for own, same in zip(rows[0]["parameters"], rows[1]["parameters"], strict=True):
        assert abs(own - same) <= 4  # a hidden node more or less is 8
    assert rows[0]["better_by"] == 0.0
    assert rows[1]["better_by"] == pytest.approx(rows[0]["mean"] - rows[1]["mean"])


def test_unknown_sets_are_refused() -> None:
    with pytest.raises(ConfigError, match="expected some of iris, wine, digits, diabetes, got mnist"):
        measure(DataOptions(sets=("mnist",)))
