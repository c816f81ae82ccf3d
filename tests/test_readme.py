"""The README keeps its promises: its Python runs, its commands exist, and its two shell blocks are what CI runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from experiments.cli import COMMANDS

README = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
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


def test_there_are_two_shell_blocks() -> None:
    assert len(SHELL) == 2
    assert "neat run CartPole-v1" in SHELL[0]
    assert SHELL[1].splitlines()[-1].startswith("pytest")


def test_commands_are_those_of_the_command_line() -> None:
    listed = re.findall(r"^\| `neat ([\w-]+)", README, re.MULTILINE)
    assert sorted(listed) == sorted(command.name for command in COMMANDS)
