"""`neat new`: what it writes is whole, passes its own tests, is learnt from, and replaces nothing."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from importlib import resources
from pathlib import Path

import pytest

from experiments import cli
from experiments.targets import load
from experiments.templates import TEMPLATES, files_of, write
from neat.errors import ConfigError

ROOT = Path(cli.__file__).parents[1]


def python(*words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    paths = {"PYTHONPATH": str(ROOT), "PYTHONSAFEPATH": ""}
    return subprocess.run(
        [sys.executable, *words], capture_output=True, text=True, cwd=cwd, env={**os.environ, **paths}, timeout=300
    )


def test_every_folder_is_a_template_and_holds_nothing_else() -> None:
    folder = resources.files("experiments.templates")
    found = {entry.name: entry for entry in folder.iterdir() if entry.is_dir() and not entry.name.startswith("_")}
    assert set(found) == set(TEMPLATES)
    for name, entry in found.items():
        assert {file.name for file in entry.iterdir() if not file.name.startswith(("_", "."))} == set(files_of(name))


@pytest.mark.parametrize("name", TEMPLATES)
def test_a_template_passes_its_own_tests(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    files = write(name, folder)
    assert sorted(files) == sorted(folder.iterdir())
    done = python("-m", "pytest", "-q", "-n", "0", "-p", "no:cacheprovider", cwd=folder)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("name", TEMPLATES)
def test_texts_agree(name: str, tmp_path: Path) -> None:
    write(name, tmp_path)
    game = (tmp_path / TEMPLATES[name].game).read_text()
    goal, steps = re.search(r"^    goal = (\d+)", game, re.M), re.search(r"^    max_steps = \d+", game, re.M)
    assert goal is not None
    assert steps is not None
    readme = (tmp_path / "README.md").read_text()
    assert re.search(rf"Solved: {goal[1]} ", readme)
    assert len(readme.strip().splitlines()) <= 14
    experiment = load(str(tmp_path / "experiment.toml"))
    assert experiment.task.environment.partition(":")[0] == TEMPLATES[name].game.removesuffix(".py")
    assert f"class {experiment.task.environment.partition(':')[2]}:" in game
    assert f"runs/{experiment.name}-seed0" in readme
    assert experiment.description
    assert experiment.task.threshold is None  # the goal stands in the game


def test_from_nothing_to_a_champion(tmp_path: Path) -> None:
    done = python("-m", "experiments", "new", "flappy", cwd=tmp_path)
    assert done.returncode == 0
    assert "neat run experiment.toml" in done.stdout
    small = ("--population", "10", "--generations", "1", "--workers", "1", "--set", "task.verify_episodes=2")
    done = python("-m", "experiments", "run", "experiment.toml", *small, cwd=tmp_path / "flappy")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "flappy" / "runs" / "flappy-seed0" / "champion.json").exists()


def test_nothing_is_replaced(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "README.md").write_text("mine")
    assert cli.main(["new", "snake", "."]) == 2
    assert "README.md" in capsys.readouterr().err
    assert [file.name for file in tmp_path.iterdir()] == ["README.md"]
    assert cli.main(["new", "snake"]) == 0
    assert cli.main(["new", "pygame"]) == 0
    assert not (tmp_path / "pygame").exists()  # it would stand in the way of the package
    assert cli.main(["new", "snake"]) == 2
    assert cli.main(["new", "dino", "snake"]) == 2
    assert not (tmp_path / "snake" / "dino.py").exists()
    (tmp_path / "file").write_text("")
    assert cli.main(["new", "dino", "file"]) == 2
    assert "cannot write into file" in capsys.readouterr().err


def test_names(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["new"]) == 0
    shown = capsys.readouterr().out
    assert all(f"{name} " in shown and template.summary in shown for name, template in TEMPLATES.items())
    with pytest.raises(ConfigError, match=r"no template 'flapy' \(did you mean 'flappy'\?\); there are flappy, snake"):
        files_of("flapy")
