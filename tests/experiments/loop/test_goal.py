"""The goal and the aim: one rule says whether a run has solved its task, and everybody judges by it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scripted import Scripted, experiment, of, play, weight

from experiments.cli import main
from experiments.folder.directory import RunDirectory
from experiments.folder.saved import SavedRun
from experiments.loop import runner
from experiments.loop.events import Attempt, Event, Outcome, Started
from experiments.loop.runner import evolve
from experiments.loop.selection import REPORT
from experiments.studies.results import digest, goal
from experiments.studies.success import KeptRun, SeedRun, SuccessRate
from experiments.targets import bundled, load
from neat.errors import ConfigError
from neat.genes.table import Genomes


def climbing(genomes: Genomes) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Give everybody a fitness above 10, so that somebody new is tried in every generation."""
    return 11.0 + 0.1 * weight(genomes)


def ended(events: list[Event]) -> Outcome:
    assert isinstance(events[-1], Outcome)
    return events[-1]


def test_a_run_goes_on_when_the_reported_score_falls_below_the_goal(monkeypatch: pytest.MonkeyPatch) -> None:
    reported = iter([9.0, 9.5, 10.0])
    task = Scripted(climbing, lambda attempt: next(reported) if attempt == REPORT else 12.0 - attempt / 10)
    events = play(task, monkeypatch, generations=20)
    tried = of(events, Attempt)
    assert [None if a.report is None else a.report.mean for a in tried] == [9.0, 9.5, 10.0]
    assert [a.accepted for a in tried] == [False, False, True]
    outcome = ended(events)
    # Who reaches the goal is the champion, though others did better before their report.
    assert (outcome.status, outcome.accepted, outcome.champion.generation) == ("solved", True, tried[-1].generation)
    assert outcome.verification is not None
    assert outcome.verification.mean == 10.0
    assert task.attempts == [1, REPORT, 2, REPORT, 3, REPORT]
    assert outcome.verification_steps == 6 * 40
    assert SuccessRate((KeptRun.of("x", SeedRun(0, outcome)),)).solved == 1


def test_a_run_whose_reports_all_fall_short_is_not_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Scripted(climbing, lambda attempt: 9.9 if attempt == REPORT else 10.0)
    outcome = ended(play(task, monkeypatch))
    assert (outcome.status, outcome.solved, outcome.accepted) == ("finished", False, False)
    assert SuccessRate((KeptRun.of("x", SeedRun(0, outcome)),)).solved == 0


def test_training_aims_above_the_goal_and_the_goal_judges(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Scripted(climbing, lambda attempt: 10.5 if attempt == REPORT else 11.5)
    events = play(task, monkeypatch, aim=11.0)
    first = events[0]
    assert isinstance(first, Started)
    assert (first.threshold, first.aim) == (10.0, 11.0)
    assert (ended(events).status, ended(events).threshold) == ("solved", 10.0)
    # Nobody comes up to an aim of 20: all generations are played, and what is reported still reaches the goal.
    task = Scripted(climbing, lambda attempt: 10.5)
    outcome = ended(play(task, monkeypatch, aim=20.0))
    assert (outcome.status, outcome.accepted, outcome.generations) == ("solved", False, 6)
    # A goal above the aim is aimed at.
    task = Scripted(climbing, lambda attempt: 12.5, threshold=12.5)
    first = play(task, monkeypatch, aim=11.0)[0]
    assert isinstance(first, Started)
    assert (first.threshold, first.aim) == (12.5, 12.5)
    # A set that reaches the goal and not the aim does not end a run.
    task = Scripted(climbing, lambda attempt: 10.5)
    assert all(a.report is None for a in of(play(task, monkeypatch, aim=11.0), Attempt))


@pytest.mark.parametrize(
    ("threshold", "rule", "words"),
    [
        (None, None, "run.aim: scripted has no goal"),
        (None, "all is well", "run.aim: the task 'scripted' says itself"),
    ],
)
def test_an_aim_that_makes_no_sense_is_refused(
    threshold: float | None, rule: str | None, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    task = Scripted(climbing, threshold=threshold)
    task.rule = rule
    monkeypatch.setattr(runner, "make_task", lambda config: task)
    with pytest.raises(ConfigError, match=words):
        list(evolve(experiment(aim=11.0)))


def test_bundled_experiments_keep_goal_and_aim_apart() -> None:
    for name in bundled():
        bundle = load(name)
        if bundle.run.aim is not None:
            wanted = goal(bundle.task)
            assert wanted is not None, name
            assert bundle.run.aim > wanted, name
    assert goal(load("mountain-car").task) == -110.0
    other = load("mountain-car", changes=["run.aim=-104"])
    assert digest(other) != digest(load("mountain-car"))  # an aim changes what comes out


def test_run_folder_report_and_verify_agree(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Seed 0 ends a little below its aim of -105 and above its goal of -110: it was "Solved", then "Not solved".
    folder = tmp_path / "run"
    words = ["run", "mountain-car", "--out", str(folder), "--quiet", "--workers", "1"]
    assert main([*words, "--set", "task.verify_episodes=100"]) == 0
    result = RunDirectory.open(folder).result()
    assert result["verification"]["mean"] < result["aim"] == -105.0
    assert result["solved"]
    assert result["threshold"] == SavedRun.load(folder).threshold == -110.0
    capsys.readouterr()
    assert main(["verify", str(folder), "--workers", "1"]) == 0
    assert "Solved: the goal is -110" in capsys.readouterr().out


def test_verify_judges_by_a_task_s_own_rule(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "run"
    assert main(["run", "xor", "--out", str(folder), "--quiet", "--generations", "1", "--population", "5"]) == 0
    solved = RunDirectory.open(folder).result()["solved"]
    capsys.readouterr()
    assert main(["verify", str(folder)]) == (0 if solved else 1)
    assert "the goal is all four outputs" in capsys.readouterr().out
