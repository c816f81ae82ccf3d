"""Two experiments over the same seeds: the tests of their difference against SciPy's, and the command."""

import csv
import io
import json
import re

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

import experiments.studies.results as results
from experiments.cli import main
from experiments.studies.differences import Differences, fisher, hodges_lehmann, newcombe
from experiments.studies.differences_report import markdown_table, notes
from experiments.studies.results import FinishedRun, digest
from experiments.studies.success import independent_seeds
from experiments.targets import load

SAMPLE = st.lists(st.integers(0, 30), min_size=2, max_size=12)


@given(st.integers(1, 25), st.integers(1, 25), st.data())
def test_fisher_is_scipys(n, m, data):
    a, b = data.draw(st.integers(0, n)), data.draw(st.integers(0, m))
    expected = stats.fisher_exact([[a, n - a], [b, m - b]]).pvalue
    assert fisher(a, n, b, m) == pytest.approx(expected, rel=1e-9)


def test_newcombe_gives_the_published_interval():
    """Newcombe (1998), table II, method 10: 56 of 70 beside 48 of 80."""
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.0524, 0.3339), abs=5e-5)
    low, high = newcombe(0, 10, 10, 10)
    assert (low, high) == pytest.approx((-1.0, -0.6075), abs=5e-5)


@given(SAMPLE, SAMPLE)
def test_the_shift_is_the_median_of_all_pairs(first, second):
    a, b = np.array(first, float), np.array(second, float)
    shift, low, high = hodges_lehmann(a, b)
    assert shift == np.median([x - y for x in first for y in second])
    assert low <= shift <= high
    assert hodges_lehmann(b, a) == (-shift, -high, -low)


def test_the_interval_of_the_shift_covers_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(1_000):
        _, low, high = hodges_lehmann(rng.exponential(1.0, 15) + 0.5, rng.exponential(1.0, 15))
        covered += low <= 0.5 <= high
    assert 930 <= covered <= 970


def test_the_interval_of_the_shift_ends_where_the_test_does():
    """What lies outside is what the rank-sum test refuses."""
    rng = np.random.default_rng(1)
    a, b = rng.normal(1.0, 1.0, 20), rng.normal(0.0, 1.0, 15)
    _, low, high = hodges_lehmann(a, b)
    for end, outward in ((low, -0.2), (high, 0.2)):
        p = stats.mannwhitneyu(a - end - outward, b, method="asymptotic", use_continuity=False).pvalue
        assert p < 0.05
        p = stats.mannwhitneyu(a - end + outward, b, method="asymptotic", use_continuity=False).pvalue
        assert p > 0.05


def test_runs_that_failed_cost_more_than_any_other():
    shift, low, high = hodges_lehmann(np.array([np.inf] * 9 + [5.0]), np.arange(10.0))
    assert shift == np.inf
    assert (low, high) == (np.inf, np.inf)
    assert hodges_lehmann(np.array([np.inf, np.inf]), np.array([np.inf, np.inf])) == (0.0, -np.inf, np.inf)


def row(seed, evaluations, mean, accepted=True):
    zeros = dict.fromkeys(
        ("sd", "episodes", "generations", "steps", "verification_steps", "seconds", "connections", "hidden"), 0
    )
    names = {"experiment": "e", "environment": "E", "settings": "s", "backend": "auto", "processor": "p"}
    return FinishedRun(**names, **zeros, versions={}, seed=seed, evaluations=evaluations, mean=mean, accepted=accepted)


def test_differences():
    rng = np.random.default_rng(2)
    one = [row(i, int(rng.integers(100, 200)), 10.0 + i) for i in range(20)]
    two = [row(i, int(rng.integers(300, 400)), 12.0 + i + rng.normal(), accepted=i > 4) for i in range(20)]
    found = Differences.of(one, two)
    assert found.solved.value == -0.25
    assert found.solved.p == pytest.approx(stats.fisher_exact([[20, 0], [15, 5]]).pvalue)
    costs = [r.evaluations if r.accepted else 1e9 for r in two]
    exact = stats.mannwhitneyu(costs, [r.evaluations for r in one]).pvalue
    assert found.evaluations.p < 0.001
    assert exact < 0.001
    assert found.slower == 1.0
    assert 100 < found.evaluations.value < 300
    scores = stats.ttest_rel([r.mean for r in two], [r.mean for r in one])
    interval = scores.confidence_interval()
    assert (found.score.low, found.score.high) == pytest.approx((interval.low, interval.high))
    assert found.score.p == pytest.approx(scores.pvalue, rel=1e-6)
    same = Differences.of(one, one)
    assert (same.solved.p, same.evaluations.value, same.score.value, same.slower) == (1.0, 0.0, 0.0, 0.5)
    assert same.score.p is None  # all differences are the same
    with pytest.raises(ValueError, match="same seeds"):
        Differences.of(one, two[1:])


WORDS = ["ab", "xor", "xor", "--set", "population.size=30", "--generations", "8", "--workers", "1", "--seeds"]
CHANGED = ["--set-b", "mutation.add_node=0.3"]


def test_the_command_keeps_its_runs(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([*WORDS, "2", *CHANGED]) == 0
    printed = capsys.readouterr().out
    assert "| runs that solve |" in printed
    assert "(Fisher)" in printed
    folder = tmp_path / "runs" / "ab-xor-xor"
    rows = (folder / "B" / "xor.jsonl").read_text()
    assert rows.count("\n") == 2
    assert main([*WORDS, "3", *CHANGED, "--json"]) == 0
    events = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [event.get("side") for event in events] == ["A"] * 3 + ["B"] * 3 + [None]
    assert events[0]["seed"] == events[3]["seed"]
    again = (folder / "B" / "xor.jsonl").read_text()
    assert again.startswith(rows)  # seconds included: they were not run again
    written = json.loads((folder / "ab.json").read_text())
    assert (written["runs"], written["seeds"]) == (3, independent_seeds(3))
    assert "neat-arena" in written["machine"]["versions"]
    page, table = (folder / "ab.md").read_text(), (folder / "table.tex").read_text()
    for text in (page, table):
        assert "Versions: " in text
        assert str(independent_seeds(3)[2]) in text
    assert "$\\pm$" in table
    assert "±" not in table
    figures = [*csv.DictReader(io.StringIO((folder / "table.csv").read_text()))]
    assert [line["test"] for line in figures] == ["Fisher", "rank sum", "paired t"]
    assert float(figures[2]["p"]) == pytest.approx(written["difference"]["score"]["p"])


@pytest.mark.parametrize(
    ("others", "message"),
    [
        (
            ["ab", "xor", "circle", *WORDS[3:], "2"],
            r"B: made from other experiments \(xor.jsonl\); choose another folder",
        ),
        (
            ["ab", "circle", "xor", *WORDS[3:], "2"],
            r"A: made from other experiments \(xor.jsonl\); choose another folder",
        ),
        ([*WORDS, "2", "--set-b", "mutation.add_node=0.4"], r"B/xor.jsonl: made with other settings \(seed 1\)"),
    ],
)
def test_a_folder_of_other_experiments_is_refused(tmp_path, capsys, monkeypatch, others, message):
    monkeypatch.setattr(results, "run", None)  # refused before any run
    for letter in "AB":
        (tmp_path / letter).mkdir()
    common = ("population.size=30", "run.generations=8")
    first = msgspec.structs.replace(row(1, 100, 1.0), settings=digest(load("xor", changes=common)))
    (tmp_path / "A" / "xor.jsonl").write_bytes(msgspec.json.encode(first) + b"\n")
    (tmp_path / "B" / "xor.jsonl").write_bytes(msgspec.json.encode(row(1, 100, 1.0)) + b"\n")
    assert main([*others, "--out", str(tmp_path)]) == 2
    assert re.search(message, capsys.readouterr().err)
    assert not (tmp_path / "ab.md").exists()


def test_scores_have_as_many_decimals_as_their_spread_needs():
    one, two = ([row(i, 100 + i, 0.5 + 0.01 * k * i, accepted=i > 1) for i in range(5)] for k in (1, 2))
    found = Differences.of(one, two)
    text = markdown_table(["a", "b"], [one, two], found)
    assert "| figure | A: a | B: b | B − A [95% interval] | p |" in text
    assert "| 0.520 ± 0.016 | 0.540 ± 0.032 | +0.020 [+0.000, +0.040] | 0.047 (paired t) |" in text
    assert "| evaluations until solved, median | 104 | 104 |" in text
    same = Differences.of(one, one)
    assert "| none (paired t) |" in markdown_table(["a", "b"], [one, one], same)
    assert "the difference is the same for every seed" in notes([one, one], same)[2]


def test_mistakes_are_refused(tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert main([*WORDS, "3"]) == 2
    assert "have the same settings" in capsys.readouterr().err
    assert main([*WORDS, "1", *CHANGED]) == 2
    assert "expected from 2 to 1,000,000 runs of each, got 1" in capsys.readouterr().err
