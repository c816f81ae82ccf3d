"""Every script in examples/ runs from an empty folder, and says what it found."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPTS = sorted((ROOT / "examples").glob("*.py"))
SAID = {
    "analysis.py": "evaluations", "export.py": "c: policy.h, policy.c", "fine_tuning.py": "lamarckian: solved",
    "hyperneat.py": "solved in", "novelty.py": "novelty: ", "own_game.py": "3 inputs", "parallel_fitness.py": "9 ",
    "pareto.py": "connections enabled", "recurrent_memory.py": "fitness 1.000", "xor.py": "fitness 3.9",
}  # fmt: skip


def test_each_script_has_its_word() -> None:
    assert sorted(SAID) == [script.name for script in SCRIPTS]


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_it_runs(script: Path, tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, cwd=tmp_path, env=environment,
        stdin=subprocess.DEVNULL, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert SAID[script.name] in done.stdout
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 60
