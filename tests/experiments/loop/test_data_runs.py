"""`neat run data.csv --target column`: the whole command, and what its folder is good for afterwards."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import experiments
from experiments.cli import main
from experiments.targets import load
from neat.errors import ConfigError, DataError

SMALL = ["--population", "20", "--workers", "1", "--quiet"]


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two clouds of points, which a line tells apart."""
    monkeypatch.chdir(tmp_path)
    rng = np.random.default_rng(0)
    kind = rng.integers(2, size=120)
    points = rng.normal(size=(120, 2)) + 3.0 * kind[:, None]
    rows = "".join(f"{x:.6f},{y:.6f},{'north' if k else 'south'}\n" for (x, y), k in zip(points, kind, strict=True))
    path = tmp_path / "points.csv"
    path.write_text(f"x,y,where\n{rows}")
    return path


def test_a_table_is_learned_verified_and_kept(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "points.csv", "--target", "where", "--generations", "6", "--population", "20"]) == 0
    told = capsys.readouterr().out
    assert (
        "classification of 'where' into 2 classes (its cells are text; otherwise set task.kwargs.kind=regression"
        in told
    )
    assert "rows: 72 for training, 24 for validation, 24 held out for the verified score (split 0)" in told
    assert "rows held out for testing" in told
    folder = table.parent / "runs" / "points-seed0"
    result = json.loads((folder / "result.json").read_text())["verification"]
    assert result["measure"] == "accuracy"
    assert result["episodes"] == 24
    assert result["mean"] > 0.8
    assert main(["verify", str(folder), "--json"]) == 0
    again = json.loads(capsys.readouterr().out)
    assert (again["mean"], again["returns"]) == (result["mean"], result["returns"])
    run = experiments.load_run(folder)
    assert run.policy()({"x": 3.0, "y": 3.0}) == "north"
    assert run.champion.names == (("x", "y"), ("where=north", "where=south"))
    assert main(["report", str(folder)]) == 0
    page = (folder / "report.html").read_text()
    assert "verified accuracy" in page
    assert "class \\ predicted" in page
    assert main(["export", str(folder), "--to", "python", "--out", "out"]) == 0
    assert "training rows" in capsys.readouterr().out
    assert main(["table", str(folder), "--columns", "verified_mean"]) == 0
    assert float(capsys.readouterr().out.split()[-1]) == result["mean"]
    assert main(["draw", str(folder)]) == 0


def test_a_run_is_resumed_bit_for_bit(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name, generations in (("whole", "4"), ("parts", "2")):
        assert (
            main(["run", "points.csv", "--target", "where", "--generations", generations, "--out", name, *SMALL]) == 0
        )
    assert main(["resume", "parts", "--generations", "4", "--workers", "2", "--quiet"]) == 0
    whole, parts = (experiments.load_run(name) for name in ("whole", "parts"))
    assert whole.champion.genome == parts.champion.genome
    assert whole.metrics["best"].tolist() == parts.metrics["best"].tolist()
    table.write_text(table.read_text().replace("north", "South", 1))
    capsys.readouterr()
    assert main(["verify", "whole"]) == 2
    assert "points.csv has changed since the run began" in capsys.readouterr().err


def test_a_run_ends_early_without_a_better_champion(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    early = ["--set", "run.patience=3", "--set", "learning.inheritance=none", "--generations", "300", "--out", "early"]
    assert main(["run", "points.csv", "--target", "where", *early, *SMALL]) == 0
    run = experiments.load_run("early")
    assert run.result["generations"] == run.champion.generation + 3 + 2
    assert run.result["generations"] < 300
    capsys.readouterr()
    assert main(["resume", "early"]) == 2
    assert "no better champion for 4 generations" in capsys.readouterr().err


def test_numbers_in_time(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (table.parent / "wave.csv").write_text("v\n" + "".join(f"{np.sin(i / 3):.6f}\n" for i in range(150)))
    lags = ["--set", "task.kwargs.lags=3", "--generations", "4", "--out", "wave"]
    assert main(["run", "wave.csv", "--target", "v", "--series", *lags, *SMALL]) == 0
    assert "R² 0.9" in capsys.readouterr().out
    assert experiments.load_run("wave").policy()([0.5, 0.6, 0.65]) < 0.6


def test_calls_that_do_not_fit_are_refused(table: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for call, message in (
        (
            ["run", "points.csv"],
            "(or --set task.kwargs.target=COLUMN), the column to predict: x, y",
        ),
        (["run", "points.csv", "--target", "when"], "there is no column 'when'"),
        (["run", "none.csv", "--target", "when"], "cannot read the data file"),
        (["run", "xor", "--target", "when"], "--target: goes with a table (data.csv), got xor"),
        (["run", "xor", "--series"], "--series: goes with a table"),
        (["compare", "points.csv"], "neat compare: expected a Gymnasium environment"),
        (["compare", "xor"], "but 'xor' is a table of examples"),
        (["ppo", "double-pole"], "neat ppo: expected a Gymnasium environment"),
    ):
        assert main(call) == 2
        assert message in capsys.readouterr().err, call
    assert not (table.parent / "runs").exists()


def test_an_experiment_file_may_name_a_table(table: Path) -> None:
    (table.parent / "own").mkdir()
    file = table.parent / "own" / "points.toml"
    file.write_text('[task]\nenvironment = "data"\nepisodes = 1\nkwargs = {file = "../points.csv", target = "where"}\n')
    kwargs = load(file).task.kwargs
    assert Path(kwargs["file"]).samefile(table)
    assert kwargs["kind"] == "classification"
    with pytest.raises(DataError, match="cannot read"):
        load(file, changes=["task.kwargs.file=none.csv"])
    with pytest.raises(ConfigError, match=r"task\.kwargs\.file: expected"):
        load(file, changes={"task.kwargs": {"target": "where"}})


def test_every_block_of_the_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    pytest.importorskip("pandas")
    monkeypatch.chdir(tmp_path)
    text = (Path(__file__).parents[3] / "docs" / "data.md").read_text(encoding="utf-8")
    ran = 0
    for block, line in re.findall(r"^```python\n(.*?)^```|^    (neat [^\n]*)$", text, re.MULTILINE | re.DOTALL):
        ran += 1
        if block:
            exec(compile(block, "docs/data.md", "exec"), {})
            continue
        words = shlex.split(line)[1:]
        short = ["--generations", "2", *SMALL] if words[0] == "run" else []
        assert main([*words, *short]) == 0, line
    assert ran >= 9
