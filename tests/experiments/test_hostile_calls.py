"""The command line under a hostile user: streams closed or full, memory that is short, figures that are absurd.

Each call ends with one line, and what was there before is there after it.
"""

from __future__ import annotations

import os
import re
import resource
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from experiments import cli
from experiments.folder.directory import RunDirectory
from neat.errors import RunDirectoryError

ROOT = Path(cli.__file__).parents[1]
FULL = Path("/dev/full")
NEAT = f"{sys.executable} -m experiments"
XOR = "run xor --population 5 --generations 2"
full_disk = pytest.mark.skipif(not FULL.exists(), reason="a stream that is always full: Linux has one")


def shell(line: str, *, limit: Callable[[], None] | None = None, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT), **variables}
    return subprocess.run(
        line, shell=True, text=True, capture_output=True, env=environment, timeout=200, preexec_fn=limit, check=False
    )


@full_disk
@pytest.mark.parametrize("words", ["--help", "list", "run --help"])
def test_standard_output_on_a_full_disk_is_named(words: str) -> None:
    done = shell(f"{NEAT} {words} >/dev/full")
    assert done.returncode == 2
    assert done.stderr == "error: No space left on device: standard output\n"


@full_disk
def test_a_run_whose_output_is_full_ends_in_one_line_and_can_be_repeated(tmp_path: Path) -> None:
    done = shell(f"{NEAT} {XOR} --out {tmp_path / 'run'} >/dev/full")
    assert done.returncode == 2
    assert done.stderr == "error: No space left on device: standard output\n"
    assert not (tmp_path / "run").exists(), "nothing was played yet"
    again = shell(f"{NEAT} {XOR} --out {tmp_path / 'run'} --quiet")
    assert again.returncode == 0, again.stderr


@full_disk
def test_where_standard_error_is_full_the_exit_code_says_it() -> None:
    done = shell(f"{NEAT} run nothing.toml 2>/dev/full")
    assert done.returncode == 2


@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_streams_change_nothing(closed: str, tmp_path: Path) -> None:
    done = shell(f"{NEAT} {XOR} --out {tmp_path / 'run'} {closed}")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert (tmp_path / "run" / "result.json").is_file()
    assert "population" not in (tmp_path / "run" / "metrics.jsonl").read_text()  # no line meant for the screen
    assert shell(f"{NEAT} --help {closed}").returncode == 0


def test_a_terminal_that_knows_no_letters_beyond_ascii_gets_what_it_can_show(tmp_path: Path) -> None:
    out = tmp_path / "läuft"
    words = "run CartPole-v1 --population 5 --generations 1 --set task.verify_episodes=2"
    done = shell(f"{NEAT} {words} --out {out}", PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert re.search(r"mean [\d.]+ \? [\d.]+", done.stdout), done.stdout  # where ± cannot be shown
    assert (out / "result.json").is_file()


def test_a_name_that_is_no_text_can_be_a_folder(tmp_path: Path) -> None:
    out = os.fsdecode(os.fsencode(tmp_path) + b"/\xff")
    call = [sys.executable, "-m", "experiments", *XOR.split(), "--out", out]
    done = subprocess.run(call, capture_output=True, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert done.returncode == 0, done.stderr
    assert os.path.isfile(os.path.join(out, "result.json"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("verify {run} --episodes 0", "--episodes: expected from 1 to 100,000, got 0"),
        ("verify {run} --episodes -3", "--episodes: expected from 1 to 100,000, got -3"),
        ("verify {run} --episodes 100000000", "--episodes: expected from 1 to 100,000, got 100000000"),
        ("verify {run} --workers -1", "--workers: expected from 0"),
        ("success-rate xor --seeds 100000000000", "--seeds: expected from 1 to 1,000,000 runs, got 100000000000"),
    ],
)
def test_absurd_figures_are_refused(
    words: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main([*XOR.split(), "--quiet", "--out", str(tmp_path)]) == 0
    capsys.readouterr()
    assert cli.main(words.format(run=tmp_path).split()) == 2
    errors = capsys.readouterr().err
    assert message in errors
    assert errors.count("\n") == 1


@pytest.mark.parametrize(
    "name", ["champion.json", "result.json", "checkpoints", "metrics.jsonl", "champions.jsonl", "lineage.jsonl"]
)
def test_a_run_writes_over_nothing(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    (tmp_path / "else.txt").write_text("mine too")
    with pytest.raises(RunDirectoryError, match=f"holds '{name}', where a run writes: choose another folder"):
        RunDirectory.create(tmp_path)
    assert sorted(os.listdir(tmp_path)) == sorted([name, "else.txt"])
    assert (tmp_path / name).read_text() == "mine"


def test_memory_that_is_short_is_named(tmp_path: Path) -> None:
    def limit() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (3 << 30, 3 << 30))

    done = shell(f"{NEAT} run xor --population 9000000 --generations 2 --out {tmp_path / 'run'}", limit=limit)
    assert done.returncode == 2, done.stderr
    assert done.stderr.startswith("error: out of memory (")
    assert done.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()
