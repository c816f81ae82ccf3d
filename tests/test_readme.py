"""README and guides keep their promises: Python runs, commands exist, and README's shell blocks are what CI runs."""

from __future__ import annotations

import importlib
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.cli import COMMANDS, mistake_in

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```python\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)
GAMES = [block for block in BLOCKS if "def step(self" in block]
PYTHON = [block for block in BLOCKS if block not in GAMES]
SHELL = re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("number", range(len(PYTHON)))
def test_python_blocks_run(number: int, tmp_path: Path) -> None:
    file = tmp_path / "example.py"
    file.write_text(PYTHON[number], encoding="utf-8")
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_a_fitness_function_takes_ten_lines() -> None:
    assert len([line for line in PYTHON[0].splitlines() if line.strip()]) <= 10


def test_the_game_is_played(tmp_path: Path) -> None:
    (game,) = GAMES
    (tmp_path / "my_game.py").write_text(game, encoding="utf-8")
    command = [sys.executable, "-m", "experiments", "run", "my_game.py", "--generations", "2", "--population", "10"]
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
    done = subprocess.run(
        command, capture_output=True, text=True, cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "3 inputs, 3 outputs, solved at 0.95" in done.stdout


def test_there_are_two_shell_blocks_of_a_line() -> None:
    assert [block.count("\n") for block in SHELL] == [1, 1]
    assert "neat run CartPole-v1" in SHELL[0]
    assert SHELL[1].endswith("&& pytest\n")


def test_it_is_short() -> None:
    assert len(README.splitlines()) <= 150


GUIDES = ("own-fitness", "recurrent", "statistics")


@pytest.mark.parametrize("guide", GUIDES)
def test_the_blocks_of_a_guide_run(guide: str, tmp_path: Path) -> None:
    text = (ROOT / "docs" / f"{guide}.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    assert blocks
    for number, block in enumerate(blocks):
        file = tmp_path / f"block{number}.py"
        file.write_text(block, encoding="utf-8")
        done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, cwd=tmp_path, check=False)
        assert done.returncode == 0, done.stderr
        assert done.stdout


PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINES = [
    (page.name, line)
    for page in PAGES
    for match in re.findall(r"^    (neat [a-z-]+(?: .*)?)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    if (line := match.split(" #")[0].strip()) and not line.endswith("\\")
]


def test_every_command_in_the_documents_is_read_by_the_command_line() -> None:
    known = {command.name: command for command in COMMANDS}
    wrong = []
    for page, line in dict.fromkeys(LINES):
        _, name, *words = shlex.split(line)
        if name not in known:
            wrong.append(f"{page}: {line}: no such command")
        elif error := mistake_in(importlib.import_module(known[name].module).command, name, words):
            wrong.append(f"{page}: {line}: {error}")
    assert not wrong, "\n".join(wrong)
