"""`neat results`: rows of finished runs, kept and continued, and the table they come to."""

import json
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

import experiments.studies.results as results
from experiments.cli import main
from experiments.loop.interruption import Interrupted, Interruption
from experiments.studies.results import (
    FinishedRun,
    TaskResult,
    collect,
    experiments_with_results,
    goal,
    read_rows,
    run_missing,
)
from experiments.studies.results_report import runs_table, table, words
from experiments.studies.success import independent_seeds, wilson
from experiments.targets import load
from neat.errors import MissingExtraError, RunDirectoryError

SMALL = ("population.size=20", "task.episodes=1", "task.verify_episodes=3", "run.workers=1", "run.generations=1")


def row(**changes):
    usual = {
        "experiment": "cartpole", "environment": "CartPole-v1", "seed": 1, "settings": "", "backend": "auto",
        "accepted": True, "mean": 500.0, "sd": 0.0, "episodes": 100, "generations": 2, "evaluations": 300,
        "steps": 1_000, "verification_steps": 500, "seconds": 2.0, "connections": 10, "hidden": 1,
        "versions": {"python": "3.11"}, "processor": "some processor",
    }  # fmt: skip
    return FinishedRun(**{**usual, **changes})


@pytest.fixture
def cartpole():
    return load("cartpole", changes=SMALL)


def test_every_gymnasium_experiment_has_a_goal():
    goals = {name: goal(load(name).task) for name in experiments_with_results()}
    assert "xor" not in goals
    assert "double-pole" not in goals
    assert goals["cartpole"] == 475.0
    assert goals["pendulum"] == -200.0
    assert None not in goals.values()


def test_rows_are_kept_and_their_seeds_not_run_again(tmp_path, cartpole, monkeypatch):
    seeds = independent_seeds(3)
    first = [found for found, _ in run_missing(cartpole, seeds[:2], tmp_path)]
    assert [found.seed for found in first] == seeds[:2]
    assert first == read_rows(tmp_path, "cartpole")
    assert {path.name for path in (tmp_path / "champions").iterdir()} == {f"cartpole-{seed}.json" for seed in seeds[:2]}
    ran = []
    run = results.run
    monkeypatch.setattr(results, "run", lambda given, **more: ran.append(given.run.seed) or run(given, **more))
    again = list(run_missing(cartpole, seeds, tmp_path))
    assert ran == seeds[2:]
    assert [found for found, _ in again[:2]] == first
    assert [trial is None for _, trial in again] == [True, True, False]


def test_a_row_says_what_the_run_came_to(tmp_path, cartpole):
    ((found, trial),) = run_missing(cartpole, [1], tmp_path)
    outcome = trial.outcome
    assert (found.mean, found.episodes) == (outcome.verification.mean, 3)
    assert found.all_steps == outcome.steps + outcome.verification_steps > outcome.steps
    assert (found.connections, found.hidden) == (outcome.champion.genome.enabled, outcome.champion.genome.hidden)


def test_a_line_cut_short_is_run_again(tmp_path, cartpole):
    list(run_missing(cartpole, [1, 3], tmp_path))
    path = tmp_path / "cartpole.jsonl"
    whole = path.read_bytes()
    path.write_bytes(whole[:-20])
    assert [trial is None for _, trial in run_missing(cartpole, [1, 3], tmp_path)] == [True, False]
    assert [found.seed for found in read_rows(tmp_path, "cartpole")] == [1, 3]


def test_an_interrupted_run_goes_on_from_its_checkpoint(tmp_path, monkeypatch):
    long = load("cartpole", changes=(*SMALL, "run.generations=6", "task.threshold=10000", "run.checkpoint_seconds=0"))
    ((whole, _),) = run_missing(long, [1], tmp_path / "whole")
    assert not (tmp_path / "whole" / "unfinished" / "cartpole-1").exists()
    played = []

    class Stop:
        @contextmanager
        def welcome(self):
            played.append(None)
            if len(played) == 4:
                raise Interrupted(2)
            yield

    with pytest.raises(Interrupted):
        next(run_missing(long, [1], tmp_path / "cut", Stop()))
    assert read_rows(tmp_path / "cut", "cartpole") == []
    ((again, _),) = run_missing(long, [1], tmp_path / "cut", Stop())
    assert len(played) == 4 + 3 + 1  # generations 3 to 5, and the last verification
    assert replace_seconds(again) == replace_seconds(whole)
    assert not (tmp_path / "cut" / "unfinished" / "cartpole-1").exists()


def replace_seconds(found):
    return msgspec.structs.replace(found, seconds=0.0)


def test_a_run_begun_with_other_settings_is_refused(tmp_path, cartpole, monkeypatch):
    def stop(*_):
        raise Interrupted(15)

    monkeypatch.setattr(Interruption, "welcome", stop)
    with pytest.raises(Interrupted):
        next(run_missing(cartpole, [1], tmp_path, Interruption()))
    other = load("cartpole", changes=(*SMALL, "mutation.add_node=0.5"))
    with pytest.raises(RunDirectoryError, match="begun with other settings"):
        next(run_missing(other, [1], tmp_path))


def test_rows_made_with_other_settings_are_refused(tmp_path, cartpole):
    list(run_missing(cartpole, [1], tmp_path))
    other = load("cartpole", changes=(*SMALL, "mutation.add_node=0.5"))
    with pytest.raises(RunDirectoryError, match="made with other settings"):
        next(run_missing(other, [1], tmp_path))
    longer = replace(cartpole, run=replace(cartpole.run, generations=2))
    with pytest.raises(RunDirectoryError, match="made with other settings"):
        next(run_missing(longer, [1], tmp_path))
    faster = replace(cartpole, run=replace(cartpole.run, workers=2))
    assert len(list(run_missing(faster, [1], tmp_path))) == 1


def test_a_file_of_something_else_is_refused(tmp_path):
    (tmp_path / "cartpole.jsonl").write_text('{"seed": "one"}\n')
    with pytest.raises(RunDirectoryError, match=r"cartpole\.jsonl, line 1: expected a finished run"):
        read_rows(tmp_path, "cartpole")


def test_what_counts_is_the_verified_return_not_the_trial():
    rows = (row(mean=474.9), row(mean=475.0, accepted=False), row(mean=500.0))
    result = TaskResult("cartpole", "CartPole-v1", 475.0, rows)
    assert result.reached == 2
    assert result.interval == wilson(2, 3)
    figures = result.as_dict()
    assert (figures["worst"], figures["best"], figures["steps_mean"]) == (474.9, 500.0, 1_500)
    assert TaskResult("x", "x", None, rows).reached is None
    assert TaskResult("x", "x", 1.0, rows[:1]).sd is None


def test_the_table_shows_failures_and_gradients():
    rows = (row(mean=400.0, seconds=1.0), row(seed=3, mean=500.0, seconds=4.0, hidden=4), row(seed=5, seconds=90.0))
    result = TaskResult("cartpole", "CartPole-v1", 475.0, rows)
    line = table([result]).splitlines()[2]
    assert line == (
        "| CartPole-v1 (`cartpole`) | 475 | 2 of 3 (21% – 94%) | 466.7 ± 57.7 | 400.0 | 1.5k | 4.0 | 10.0 | 2.0 "
        "| 500.0 ± 0.0, 100k |"
    )
    alone = TaskResult("cartpole-ars", "CartPole-v1", 475.0, (row(mean=480.0), row(seed=3, mean=490.0)))
    head, _, line, own = table([result, alone]).splitlines()
    assert head.endswith("| hidden | ARS | PPO |")
    assert line.endswith("| 2.0 | 485.0 ± 7.1, 1.5k | 500.0 ± 0.0, 100k |")
    assert own.endswith("| – | 500.0 ± 0.0, 100k |")
    runs = runs_table([result]).splitlines()[2:]
    assert [line.split("|")[3].strip() for line in runs] == ["no", "yes", "yes"]
    notes = " ".join(words([*rows, row(backend="envpool")]))
    assert "cartpole: envpool" in notes
    assert "python 3.11" in notes
    assert "100 fresh episodes" in notes


def test_the_page_says_what_the_stored_rows_say():
    root = Path(__file__).parents[3]
    found = collect(root / "docs" / "results", experiments_with_results())
    page = (root / "docs" / "results.md").read_text(encoding="utf-8")
    assert table(found) in page
    assert runs_table(found) in page
    for note in words([row for result in found for row in result.rows]):
        assert note in page


def test_stored_rows_are_not_of_tuning_seeds():
    found = collect(Path(__file__).parents[3] / "docs" / "results", experiments_with_results())
    assert found
    for result in found:
        assert [row.seed for row in result.rows] == independent_seeds(len(result.rows))


def test_the_command(tmp_path, capsys):
    few = ["results", "CartPole-v1", "--out", str(tmp_path), *(word for change in SMALL for word in ("--set", change))]
    assert main([*few, "--seeds", "1"]) == 0
    assert "1 independent runs" in capsys.readouterr().out
    assert main([*few, "--seeds", "2"]) == 0
    assert "already stored" in capsys.readouterr().out
    assert main(["results", "--seeds", "0", "--out", str(tmp_path)]) == 0
    assert "independent runs" not in capsys.readouterr().out
    written = json.loads((tmp_path / "results.json").read_text())["results"]
    assert [result["runs"] for result in written] == [2]
    assert msgspec.convert(written[0]["rows"], list[FinishedRun]) == list(collect(tmp_path, ["cartpole"])[0].rows)
    assert "CartPole-v1" in (tmp_path / "results.md").read_text()


def test_what_is_not_installed_is_left_out_unless_it_is_asked_for(tmp_path, capsys, monkeypatch):
    def missing(experiment, *more):
        if experiment.name != "cartpole":
            raise MissingExtraError("it needs a package that is not installed")
        return run_missing(experiment, *more)

    monkeypatch.setattr(results, "run_missing", missing)
    few = ["--seeds", "1", "--out", str(tmp_path), *(word for change in SMALL for word in ("--set", change))]
    assert main(["results", "--all", *few]) == 0
    said = capsys.readouterr().out
    assert said.count("left out: it needs a package") == len(experiments_with_results()) - 1
    assert "| CartPole-v1 (`cartpole`) | 475 |" in said
    assert main(["results", "acrobot", *few]) == 2


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["results", "xor"], "xor: expected one of acrobot,"),
        (["results", "--seeds", "-1"], "--seeds: expected at least 0 runs, got -1"),
        (["results", "--seeds", "0"], "expected rows of runs, found none"),
    ],
)
def test_mistakes_are_said_in_a_line(tmp_path, capsys, words, message):
    assert main([*words, "--out", str(tmp_path / "nothing")]) == 2
    assert message in capsys.readouterr().err
