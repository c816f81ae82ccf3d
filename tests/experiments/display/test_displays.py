"""What a run says on a terminal: its words, and a panel that fits."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from experiments import cli
from experiments.display.live import LiveReporter
from experiments.loop.events import Started, Trying
from experiments.loop.runner import evolve
from experiments.settings import from_mapping
from neat.history.records import GenerationRecord, SpeciesRecord


def xor(*words: str, folder: Path) -> list[str]:
    return ["run", "xor", "--population", "150", "--out", str(folder), *words]


def record(**changes: Any) -> GenerationRecord:
    values: dict[str, Any] = {
        "generation": 1234,
        "best": -1234.56,
        "mean": -1234.56,
        "sd": 1234.56,
        "threshold": 3.0,
        "hidden_mean": 123.4,
        "connections_mean": 12345.6,
        "champion_hidden": 3,
        "champion_connections": 9,
        "champion_index": 4,
        "evaluations": 10**6,
        "steps": 10**9,
        "seconds": 8000.0,
        "restarted": False,
        "species": (SpeciesRecord(id=3, size=5, age=1, best=2.0, stagnation=0),) * 999,
    }
    return GenerationRecord(**{**values, **changes})


@pytest.fixture
def live() -> LiveReporter:
    """Return a live display of 80 columns that has been told of a run and its last generation but many."""
    settings = from_mapping({"run": {"generations": 10_000}, "task": {"environment": "CartPole-v1"}})
    start = next(event for event in evolve(settings) if isinstance(event, Started))
    display = LiveReporter(Console(file=io.StringIO(), width=80, force_terminal=True, color_system=None))
    display.started(start)
    display.generation(record())
    return display


def shown(live: LiveReporter) -> list[str]:
    console = Console(file=io.StringIO(), width=80, color_system=None)
    console.print(live._panel())
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue().splitlines()


def test_the_panel_fits_into_80_columns(live: LiveReporter) -> None:
    lines = shown(live)
    live.close()
    figures = [line for line in lines if "│" in line][1:4]
    for line, words in zip(
        figures,
        (
            ("generation 1234 (last 9999)", "species     999", "speed"),
            ("best       -1234.56", "hidden      123.4", "elapsed"),
            ("mean       -1234.56 ± 1234.56", "connections 12345.6", "left    at most "),
        ),
        strict=True,
    ):
        for word in words:
            assert word in line
        assert "…" not in line


def test_the_panel_says_that_a_champion_is_being_tried(live: LiveReporter) -> None:
    assert not any("fresh" in line for line in shown(live))
    live.trying(Trying(generation=7, report=False))
    text = "\n".join(shown(live))
    assert "the champion of generation 7 plays fresh episodes to see whether it solves" in text
    live.trying(Trying(generation=7, report=True))
    text = " ".join(" ".join(line.strip("│ ") for line in shown(live)).split())
    assert re.search(r"plays fresh episodes for the reported score … \d+\.\d s", text)
    live.close()


def test_a_task_with_a_rule_of_its_own_says_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(xor(folder=tmp_path / "a")) == 0
    text = capsys.readouterr().out
    assert "xor: 2 inputs, 1 output, solved when all four outputs are on the right side of 0.5\n" in text
    assert "Solved in " in text
    assert f"Next: neat draw {tmp_path / 'a'} " in text
    assert cli.main(xor("--generations", "1", folder=tmp_path / "b")) == 0
    text = capsys.readouterr().out
    assert "Not solved in 1 generation: " in text
    assert "--generations 2, or another --seed" in text
    more = ("--generations", "1", "--set", "run.stop_when_solved=false")
    assert cli.main(xor(*more, folder=tmp_path / "c")) == 0
    assert "on the right side of 0.5; all generations are played\n" in capsys.readouterr().out


def test_what_is_advised_next_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(xor("--generations", "3", folder=tmp_path / "run")) == 0
    lines = capsys.readouterr().out.splitlines()
    (advice,) = [line.removeprefix("Next: ") for line in lines if line.startswith("Next: ")]
    for call in advice.split("    "):
        command, *words = call.split()[1:]
        assert cli.main([command, *words]) in (0, 1), call
    assert cli.main(["play", str(tmp_path / "run"), "--video", str(tmp_path / "a.gif")]) == 2
    assert "is not a game: there is nothing to watch" in capsys.readouterr().err


def test_generations_count_from_0_everywhere(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    few = ("--generations", "2", "--set", "run.stop_when_solved=false")
    assert cli.main(xor(*few, folder=tmp_path / "run")) == 0
    told = [line.split("   best")[0] for line in capsys.readouterr().out.splitlines() if "   best" in line]
    assert told[-1].split() == ["generation", "1", "(last", "1)"]
    assert cli.main(["resume", str(tmp_path / "run"), "--generations", "3"]) == 0
    text = capsys.readouterr().out
    assert "resumed before generation 2\n" in text
    assert "generation    2 (last 2)" in text
