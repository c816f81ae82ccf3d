"""The leaderboard: what methods are called, what stands in a row, and which of two comparisons counts."""

import json
import math
from pathlib import Path

import pytest

from experiments.cli import main
from experiments.studies.leaderboard import Entry, compared, entries, leaderboard, method_of
from experiments.studies.results import collect, experiments_with_results
from experiments.targets import load
from neat.errors import RunDirectoryError

DOCS = Path(__file__).parents[3] / "docs"


def write(folder, name, steps, seeds, **finals):
    arms = [
        {"arm": arm, "steps": [steps], "final": final, "total_seconds": 2.0, "connections": 7.0}
        for arm, final in finals.items()
    ]
    data = {"experiment": {"name": "cartpole", "task": {"environment": "CartPole-v1"}}, "arms": arms}
    data["compare"] = {"steps": steps, "seeds": seeds}
    (folder / name).mkdir(parents=True)
    (folder / name / "comparison.json").write_text(json.dumps(data))


@pytest.mark.parametrize(
    ("name", "changes", "method"),
    [
        ("cartpole", (), "NEAT"),
        ("half-cheetah", (), "NEAT and CMA-ES"),
        ("swimmer-ars", (), "ARS alone"),
        ("swimmer-ars", ("search.method=sep-cma", "population.size=9"), "separable CMA-ES alone"),
        ("bipedal-walker", (), "CMA-ES, then ARS"),
    ],
)
def test_methods_are_named_by_who_makes_the_genomes(name, changes, method):
    assert method_of(load(name, changes=changes).config) == method


def test_a_row_has_its_mean_interval_and_command():
    one = Entry("B-v0", "NEAT", (1.0,), 2_500_000, 3.0, 4.0, "neat results b --seeds 1")
    two = Entry("A-v0", "NEAT", (1.0, 3.0), 900, 1.0, 4.0, "neat results a --seeds 2")
    best = Entry("A-v0", "ARS alone", (5.0, 5.0), 900, 1.0, 4.0, "neat results a-ars --seeds 2")
    assert leaderboard([one, two, best]).splitlines()[2:] == [
        "| A-v0 | ARS alone | 5.0 [5.0, 5.0] | 2 | 900 | 1.0 | 4.0 | `neat results a-ars --seeds 2` |",
        "| A-v0 | NEAT | 2.0 [-10.7, 14.7] | 2 | 900 | 1.0 | 4.0 | `neat results a --seeds 2` |",
        "| B-v0 | NEAT | 1.0 | 1 | 2.5M | 3.0 | 4.0 | `neat results b --seeds 1` |",
    ]
    assert math.isnan(one.interval[0])


def test_stored_results_become_entries_with_the_command_that_repeats_them():
    (entry,) = entries(collect(DOCS / "results", ["lunar-lander"]))
    assert (entry.environment, entry.method) == ("LunarLander-v3", "NEAT")
    assert entry.command == f"neat results lunar-lander --seeds {len(entry.returns)} --backend envpool"


def test_stored_comparisons_bring_random_search_and_gradients():
    methods = {entry.method for entry in compared(DOCS / "comparisons") if entry.environment == "Acrobot-v1"}
    assert methods == {"NEAT", "NEAT, then PPO", "PPO", "random search"}


def test_the_page_has_the_leaderboard_of_what_is_stored():
    found = entries(collect(DOCS / "results", experiments_with_results()))
    board = leaderboard([*found, *compared(DOCS / "comparisons")])
    assert board in (DOCS / "results.md").read_text(encoding="utf-8")


def test_of_two_comparisons_the_larger_budget_counts_then_more_seeds(tmp_path):
    write(tmp_path, "a", 1000, 3, neat=[1.0, 2.0, 3.0], random=[0.0, 0.0, 0.0])
    write(tmp_path, "b", 1000, 4, neat=[5.0, 5.0, 5.0, 5.0])
    write(tmp_path, "c", 900, 9, neat=[9.0] * 9, ppo=[])
    found = {entry.method: entry for entry in compared(tmp_path)}
    assert set(found) == {"NEAT", "random search"}
    assert found["NEAT"].returns == (5.0, 5.0, 5.0, 5.0)
    assert found["NEAT"].command == "neat compare cartpole --steps 1000 --seeds 4"
    assert found["random search"].steps == 1000


def test_what_is_no_comparison_is_refused(tmp_path, capsys):
    with pytest.raises(RunDirectoryError, match="expected folders that neat compare has written, found none"):
        compared(tmp_path)
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "comparison.json").write_text('{"arms": 1}')
    with pytest.raises(RunDirectoryError, match=r"comparison\.json: no comparison as neat compare writes it"):
        compared(tmp_path)
    words = ["results", "--seeds", "0", "--out", str(DOCS / "results"), "--comparisons", str(tmp_path)]
    assert main(words) == 2
    assert "no comparison" in capsys.readouterr().err
