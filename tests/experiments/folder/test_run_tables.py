"""Runs as data: tables, pictures, many runs at once; the commands; and every block of docs/using-champions.md."""

from __future__ import annotations

import csv
import importlib.util
import io
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import experiments
from experiments.cli import main
from experiments.display.tables import chosen, written
from experiments.folder.columns import Columns
from neat.errors import ConfigError, RunDirectoryError

PAGE = Path(__file__).parents[3] / "docs" / "using-champions.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs of CartPole."""
    place = tmp_path_factory.mktemp("many") / "runs"
    for seed in (0, 1):
        changes = [f"run.seed={seed}", "run.generations=3", "run.workers=1", "task.verify_episodes=10"]
        experiments.run(experiments.load("CartPole-v1", changes=changes), out=place / f"cartpole-seed{seed}")
    return place


def test_tables_hold_what_the_files_hold(folder: Path) -> None:
    run = experiments.load_run(folder / "cartpole-seed0")
    generations = len(run.metrics["best"])
    assert run.metrics.rows == generations > 0
    assert run.metrics["species"].sum() == run.species.rows
    for generation in range(generations):
        now = run.species["generation"] == generation
        assert run.species["size"][now].sum() == run.config.population.size
        assert np.nanmax(run.species["best"][now]) == run.metrics["best"][generation]
    assert list(run.lineage) == ["generation", "index", "mother", "father", "operators", "fitness"]
    assert (run.lineage["mother"][run.lineage["generation"] == 0] == -1).all()


def test_a_data_frame_has_the_same_columns(folder: Path) -> None:
    pytest.importorskip("pandas")
    run = experiments.load_run(folder / "cartpole-seed0")
    frame = run.metrics.to_pandas()
    assert list(frame.columns) == list(run.metrics)
    assert frame["best"].to_numpy().tolist() == run.metrics["best"].tolist()


@pytest.mark.parametrize("what", ["evolution", "fitness", "species", "complexity", "network", "lineage"])
def test_every_picture_is_drawn(folder: Path, what: str) -> None:
    assert experiments.load_run(folder / "cartpole-seed1").plot(what) is not None


def test_pictures_that_are_not_there(folder: Path) -> None:
    with pytest.raises(ConfigError, match=r"no picture 'fitnes' \(did you mean 'fitness'"):
        experiments.load_run(folder / "cartpole-seed0").plot("fitnes")


def test_many_runs_are_one_table(folder: Path, tmp_path: Path) -> None:
    by_folder, by_pattern = experiments.load_runs(folder), experiments.load_runs(f"{folder}/*")
    assert by_folder["run"].tolist() == by_pattern["run"].tolist()
    assert by_folder["seed"].tolist() == [0, 1]
    one = experiments.load_run(folder / "cartpole-seed1")
    assert by_folder["verified_mean"][1] == one.result["verification"]["mean"]
    assert by_folder["connections"][1] == one.champion.genome.enabled
    (tmp_path / "empty").mkdir()
    with pytest.raises(RunDirectoryError, match="expected folders of runs, found none"):
        experiments.load_runs(tmp_path)


def test_an_interrupted_run_is_a_row_too(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "cartpole-seed0", tmp_path / "cut")
    (tmp_path / "cut" / "result.json").unlink()
    table = experiments.load_runs(tmp_path / "cut")
    played = experiments.load_run(folder / "cartpole-seed0").metrics
    found = table["status"][0], table["generations"][0], table["evaluations"][0], table["solved"][0]
    assert found == ("unfinished", played.rows, played["evaluations"][-1], False)
    assert np.isnan(table["verified_mean"][0])


def test_tables_are_written_in_every_format(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["table", str(folder)]) == 0
    rows = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert [row["seed"] for row in rows] == ["0", "1"]
    assert float(rows[0]["verified_mean"]) == experiments.load_runs(folder)["verified_mean"][0]
    assert main(["table", str(folder), "--format", "markdown", "--columns", "run", "seed"]) == 0
    assert capsys.readouterr().out.splitlines()[0] == "| run | seed |"
    assert main(["table", str(folder), "--columns", "sed"]) == 2
    assert "no column 'sed' (did you mean 'seed'?)" in capsys.readouterr().err


def test_what_is_not_known_is_not_a_number_for_people() -> None:
    rows = [{"a_b": "50% & more", "n": None, "x": None, "ok": True}, {"a_b": "c", "n": 12345, "x": 0.5, "ok": False}]
    table = Columns.of(rows, {"a_b": str, "n": np.int64, "x": np.float64, "ok": np.bool_})
    assert written(table, "csv").splitlines()[1] == "50% & more,,,True"
    assert written(table, "markdown").splitlines()[2] == "| 50% & more | – | – | yes |"
    latex = written(table, "latex")
    assert r"a\_b & n & x & ok \\" in latex
    assert r"50\% \& more & -- & -- & yes \\" in latex
    assert r"\begin{tabular}{lrrl}" in latex
    assert list(chosen(table, ["x", "n"])) == ["x", "n"]


def test_the_command_exports_and_plays(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = str(folder / "cartpole-seed0")
    assert main(["export", run, "--to", "python", "formula", "--out", str(tmp_path), "--play", "2"]) == 0
    out = capsys.readouterr().out
    assert "python: policy.py; greatest difference from the network" in out
    assert "episodes of CartPole-v1)" in out
    assert "by python, equal in 2 of 2 episodes" in out
    assert "x[2]  pole angle" in (tmp_path / "policy.py").read_text(encoding="utf-8")
    assert main(["export", run, "--to", "rust"]) == 2
    assert "unknown target of export 'rust'" in capsys.readouterr().err


def test_a_target_whose_package_is_missing_does_not_keep_the_others_back(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run = str(folder / "cartpole-seed0")
    find = importlib.util.find_spec
    monkeypatch.setattr("importlib.util.find_spec", lambda name, *rest: None if name == "onnx" else find(name, *rest))
    assert main(["export", run, "--to", "onnx", "python", "--out", str(tmp_path / "some")]) == 1
    assert [file.name for file in (tmp_path / "some").iterdir()] == ["policy.py"]
    told = capsys.readouterr()
    assert "onnx: not written: the target onnx needs a package" in told.err
    assert "Written to" in told.out
    assert main(["export", run, "--to", "onnx", "--out", str(tmp_path / "none")]) == 2
    assert not (tmp_path / "none").exists()


def test_every_block_of_the_page_runs(folder: Path) -> None:
    blocks = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)
    assert len(blocks) == 5
    place = folder.parent
    for block in blocks:
        done = subprocess.run([sys.executable, "-c", block], cwd=place, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout or "savefig" in block
    assert (place / "fitness.png").is_file()


@pytest.mark.skipif(not shutil.which("gcc") or not shutil.which("node"), reason="needs a C compiler and Node")
def test_the_blocks_in_other_languages_run(folder: Path, tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    assert main(["export", str(folder / "cartpole-seed0"), "--to", "c", "javascript", "--out", str(tmp_path)]) == 0
    (block,) = re.findall(r"^```c\n(.*?)^```$", text, re.M | re.S)
    include, _, body = block.partition("\n")
    (tmp_path / "main.c").write_text(f"#include <stdio.h>\n{include}\nint main(void)\n{{{body}return action;\n}}\n")
    subprocess.run(["gcc", "-std=c99", "main.c", "policy.c", "-lm", "-o", "main"], cwd=tmp_path, check=True)
    assert subprocess.run(["./main"], cwd=tmp_path, check=False).returncode in (0, 1)
    (script,) = re.findall(r"^```javascript\n(.*?)^```$", text, re.M | re.S)
    (tmp_path / "main.mjs").write_text(script + "console.log(action);\n")
    done = subprocess.run(["node", "main.mjs"], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout.strip() in ("0", "1")
