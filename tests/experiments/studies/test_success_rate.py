"""`neat success-rate`: what it writes, how it goes on after an interruption, and what its figures are about."""

import csv
import io
import json
import math
import shlex

import msgspec
import pytest
from scipy import stats

import experiments.studies.results as results
from experiments.cli import main
from experiments.loop.interruption import Interrupted
from experiments.studies.success import KeptRun, SuccessRate, independent_seeds
from experiments.studies.success_report import csv_table, figures, latex_table

WORDS = ["success-rate", "xor", "--generations", "1", "--population", "10", "--workers", "1", "--seeds"]
VERSIONS = {"python": "3.11", "numpy": "2.0"}


def row(seed, evaluations=100, *, solved=True, mean=None):
    verified = None
    if mean is not None:
        verified = {"returns": [mean], "mean": mean, "sd": 0.0, "low": None, "high": None, "minimum": mean}
        verified |= {"episodes": 1, "steps": 1, "seed": seed, "solved": solved}
    zeros = dict.fromkeys(
        ("champion_generation", "verification_steps", "attempts", "steps", "hidden", "connections"), 0
    )
    data = {"experiment": "e", "status": "solved", "illuminates": False, "fitness": 1.0, "processor": "p"}
    data |= {"seed": seed, "evaluations": evaluations, "solved": solved, "accepted": solved, "generations": 1}
    return msgspec.convert({**zeros, **data, "verification": verified, "seconds": 1.0, "versions": VERSIONS}, KeptRun)


def test_the_command_writes_its_runs_and_adds_more(tmp_path, capsys):
    out = tmp_path / "new" / "rates"
    assert main([*WORDS, "1", "--out", str(out)]) == 0
    first = (out / "runs.jsonl").read_text()
    capsys.readouterr()
    assert main([*WORDS, "2", "--out", str(out)]) == 0
    printed = capsys.readouterr().out
    assert "1 of them there already" in printed
    assert "wrote runs.jsonl, figures.json, table.md, table.tex and table.csv" in printed
    again = (out / "runs.jsonl").read_text()
    assert again.startswith(first)  # seconds included: it was not run again
    runs = [json.loads(line) for line in again.splitlines()]
    assert [run["seed"] for run in runs] == independent_seeds(2)
    assert {run["experiment"] for run in runs} == {"xor"}
    written = json.loads((out / "figures.json").read_text())
    assert (written["runs"], written["seeds"]) == (2, independent_seeds(2))
    assert "neat-arena" in written["machine"]["versions"]
    assert any(version.startswith("numpy ") for version in written["versions"])
    page = (out / "table.md").read_text()
    assert page.count("| no |") == 2
    assert "Versions: " in page
    table = (out / "table.tex").read_text()
    assert table.count(" & no & ") == 2
    assert table.startswith("\\begin{tabular}{rlrrrrrrr}")
    assert "\\multicolumn{9}{l}{solved 0 of 2 (95\\% interval" in table
    assert "Versions: " in table
    assert "reported seeds, derived from 0" in table
    listed = list(csv.DictReader(io.StringIO((out / "table.csv").read_text())))
    assert [int(line["seed"]) for line in listed] == independent_seeds(2)
    assert {entry.name for entry in out.iterdir()} == {
        "settings.toml", "runs.jsonl", "figures.json", "table.md", "table.tex", "table.csv",
    }  # fmt: skip


def test_other_settings_are_refused(tmp_path, capsys):
    out = ["--out", str(tmp_path / "rates")]
    assert main([*WORDS, "1", *out]) == 0
    kept = {path.name: path.read_bytes() for path in (tmp_path / "rates").iterdir()}
    for change in ("mutation.add_node=0.5", "run.trial_every=3", "run.stop_when_solved=false"):
        assert main([*WORDS, "2", *out, "--set", change]) == 2
        assert f"runs with other settings ('{change.partition('=')[0].partition('.')[2]} = " in capsys.readouterr().err
    assert {path.name: path.read_bytes() for path in (tmp_path / "rates").iterdir()} == kept
    assert main([*WORDS, "1", *out, "--set", "run.checkpoint_seconds=1", "--set", "run.backend=auto"]) == 0


def test_an_interrupted_command_is_continued(tmp_path, capsys, monkeypatch):
    out, seeds = ["--out", str(tmp_path / "rates")], independent_seeds(2)
    run = results.run

    def stop(given, **more):
        if given.run.seed == seeds[1]:
            raise Interrupted(2)
        return run(given, **more)

    monkeypatch.setattr(results, "run", stop)
    assert main([*WORDS, "2", *out]) == 130
    said = capsys.readouterr().err
    assert f"is stored in {tmp_path / 'rates'}. To continue: {shlex.join(['neat', *WORDS, '2', *out])}\n" in said
    ran = []
    monkeypatch.setattr(results, "run", lambda given, **more: ran.append(given.run.seed) or run(given, **more))
    assert main([*WORDS, "2", *out]) == 0
    assert ran == seeds[1:]


def test_figures_say_which_runs_they_are_about():
    rate = SuccessRate((row(1, 100, mean=0.91), row(3, 300, mean=0.95), row(5, 9_000, solved=False, mean=0.15)))
    data = rate.as_dict()
    expected = stats.t.interval(0.95, 1, loc=200, scale=stats.sem([100, 300]))
    assert (data["evaluations_low"], data["evaluations_high"]) == pytest.approx(expected)
    lines = figures(rate)
    low, high = (f"{end:,.0f}" for end in expected)
    assert lines[1] == (
        f"evaluations to solve, of the 2 runs that solved it: mean 200 (95% interval {low} to {high}; sd 141), median "
        "200, worst 300"
    )
    assert lines[2].startswith("champions of the 2 runs that solved it")
    assert lines[3].startswith("verified score, of all 3 runs: mean 0.7 (95% interval ")
    assert lines[4].startswith("cost, of all 3 runs: ")
    table = latex_table(rate, ["about"])
    assert "evaluations to solve, of the 2 runs that solved it" in table
    assert "numpy 2.0" in table


def test_one_run_has_no_interval():
    rate = SuccessRate((row(1, 100),))
    assert figures(rate)[1] == "evaluations to solve, of the run that solved it: mean 100, median 100, worst 100"
    assert math.isnan(rate.as_dict()["evaluations_low"])
    assert csv_table(rate).splitlines()[1].startswith("1,True,1,100,0,1.0,,,,")
