"""The loop: who counts as a champion, what is counted, and what reporters and folders are told."""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scripted import Scripted, experiment, of, play, weight

from experiments.display import describe
from experiments.display.reporters import DirectoryReporter, JsonReporter, PlainReporter, QuietReporter, Reporter
from experiments.folder.champion import Champion
from experiments.folder.directory import RunDirectory
from experiments.loop import runner
from experiments.loop.events import Attempt, Event, Outcome, Started
from experiments.loop.runner import evolve, run
from experiments.loop.selection import REPORT
from experiments.settings import from_mapping
from experiments.studies.success import KeptRun, SeedRun, SuccessRate, independent_seeds, wilson
from neat.config import Config
from neat.errors import ConfigError, EvaluationError
from neat.genes.table import Genome, Genomes
from neat.history.records import GenerationRecord


def test_a_run_without_a_threshold_plays_all_generations_and_reports_its_champion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task = Scripted(weight, threshold=None)
    events = play(task, monkeypatch)
    assert isinstance(events[0], Started)
    assert (events[0].inputs, events[0].outputs) == (2, 1)
    assert events[0].experiment.config.genome.inputs == 2
    records = of(events, GenerationRecord)
    assert [r.generation for r in records] == list(range(6))
    outcome = events[-1]
    assert isinstance(outcome, Outcome)
    assert outcome.status == "finished"
    assert outcome.champion.fitness == max(r.best for r in records)
    assert (outcome.generations, outcome.evaluations, outcome.steps) == (6, 120, 360)
    assert task.attempts == [REPORT]
    assert task.verified == [outcome.champion.genome]
    assert task.closed == 1
    champions = of(events, Champion)
    assert [c.fitness for c in champions] == sorted({c.fitness for c in champions})


def test_the_champion_keeps_the_scaling_it_played_with(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Scripted(lambda genomes: np.full(20, -abs(genomes.generation - 2.0)), threshold=None)
    outcome = play(task, monkeypatch)[-1]
    assert isinstance(outcome, Outcome)
    assert outcome.champion.generation == 2
    assert task.scalings[-1]["shift"].tolist() == [2, 2]


def test_a_lucky_champion_is_not_believed_and_not_tried_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    lucky: list[Genome] = []

    def fitness(genomes: Genomes) -> np.ndarray[Any, Any]:
        if not lucky:
            lucky.append(genomes[4].copy())
        return np.array([12.0 if genome == lucky[0] else 0.0 for genome in genomes])

    task = Scripted(fitness, lambda attempt: 9.0)
    events = play(task, monkeypatch)
    # The species' champion is copied unchanged, so the same genome reaches the threshold in every generation.
    assert all(record.best == 12.0 for record in of(events, GenerationRecord))
    assert [attempt.accepted for attempt in of(events, Attempt)] == [False]
    assert task.attempts == [1, REPORT]
    assert isinstance(events[-1], Outcome)
    assert events[-1].status == "finished"


def test_at_most_one_champion_a_generation_is_tried_and_the_best_on_fresh_episodes_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scores = {1: 5.0, 2: 9.0, 3: 7.0, 4: 8.0, 5: 1.0, 6: 2.0, REPORT: 6.5}
    task = Scripted(lambda genomes: 11.0 + weight(genomes), scores.__getitem__)
    events = play(task, monkeypatch)
    assert task.attempts == [1, 2, 3, 4, 5, 6, REPORT]
    outcome = events[-1]
    assert isinstance(outcome, Outcome)
    assert outcome.champion.genome == task.verified[1]
    assert outcome.verification is not None
    assert outcome.verification.mean == 6.5
    assert outcome.attempts == 6
    assert outcome.verification_steps == 7 * 40


def test_the_reported_score_is_not_the_one_that_chose_the_champion(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Scripted(lambda genomes: 11.0 + weight(genomes), {1: 9.9, 2: 10.0, REPORT: 10.25}.__getitem__)
    outcome = play(task, monkeypatch)[-1]
    assert isinstance(outcome, Outcome)
    assert outcome.solved
    assert outcome.generations == 2
    assert outcome.verification is not None
    assert outcome.verification.mean == 10.25


def test_the_solver_of_a_task_with_its_own_rule_counts_whatever_its_fitness(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Scripted(weight, threshold=None, solver=lambda genomes: 7 if genomes.generation == 3 else None)
    events = play(task, monkeypatch)
    outcome = events[-1]
    assert isinstance(outcome, Outcome)
    assert outcome.solved
    assert outcome.evaluations == 3 * 20 + 8
    assert outcome.champion.generation == 3
    assert of(events, Champion)[-1].genome == outcome.champion.genome
    assert task.attempts == [REPORT]


def test_a_run_can_go_on_after_it_is_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Scripted(lambda genomes: 11.0 + weight(genomes), lambda attempt: 10.0)
    events = play(task, monkeypatch, stop_when_solved=False)
    outcome = events[-1]
    assert isinstance(outcome, Outcome)
    assert outcome.solved
    assert outcome.generations == 6
    assert outcome.evaluations == 120
    assert outcome.evaluations_to_solve == outcome.cost == 20
    assert "A champion was first accepted after 20 evaluations" in describe.outcome(outcome)
    assert outcome.champion.generation == 0
    assert task.attempts == [1, REPORT]


def test_settings_that_do_not_fit_the_task_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "make_task", lambda config: Scripted(weight))
    config = Config.preset("paper", genome={"inputs": 3})
    with pytest.raises(ConfigError, match=r"genome\.inputs: scripted needs 2, the settings say 3"):
        list(evolve(dataclasses.replace(experiment(), config=config)))


@pytest.mark.parametrize("ending", [KeyboardInterrupt(), EvaluationError("it broke")])
def test_whatever_ends_a_run_its_champion_and_curve_are_left(
    ending: BaseException, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def fitness(genomes: Genomes) -> np.ndarray[Any, Any]:
        if genomes.generation == 3:
            raise ending
        return weight(genomes) + genomes.generation

    task = Scripted(fitness)
    monkeypatch.setattr(runner, "make_task", lambda config: task)
    folder = DirectoryReporter(RunDirectory.create(tmp_path / "run"), interval=1e9)
    with pytest.raises(type(ending)):
        run(experiment(), folder)
    left = RunDirectory.open(tmp_path / "run")
    assert left.champion().generation == 2
    assert [row["generation"] for row in left.metrics()] == [0, 1, 2]
    assert not (tmp_path / "run" / "run.lock").exists()
    assert not (tmp_path / "run" / "result.json").exists()
    assert task.closed == 1


def test_an_error_in_a_reporter_closes_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    class Broken(Reporter):
        def generation(self, record: GenerationRecord) -> None:
            raise ValueError("broken")

    class Watcher(Reporter):
        closed = False

        def close(self) -> None:
            self.closed = True

    task = Scripted(weight)
    monkeypatch.setattr(runner, "make_task", lambda config: task)
    watcher = Watcher()
    with pytest.raises(ValueError, match="broken"):
        run(experiment(), Broken(), watcher)
    assert watcher.closed
    assert task.closed == 1


def test_reporters_say_what_happened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    task = Scripted(lambda genomes: 11.0 + weight(genomes), {1: 9.0, 2: 10.5, REPORT: 10.25}.__getitem__)
    monkeypatch.setattr(runner, "make_task", lambda config: task)
    plain, lines, quiet = io.StringIO(), io.StringIO(), io.StringIO()
    folder = DirectoryReporter(RunDirectory.create(tmp_path / "run"))
    run(experiment(), folder, PlainReporter(plain, interval=0), JsonReporter(lines, folder="x"), QuietReporter(quiet))

    text = plain.getvalue()
    assert "scripted: 2 inputs, 1 output, solved at 10\n" in text
    assert "backend: scripted\n" in text
    assert "generation    0 (last 5) " in text
    assert "9.00 over 4 fresh episodes: not enough" in text
    assert "10.50 over 4 fresh episodes: accepted; 10.25 over 4 other episodes (reported): solves it" in text
    assert "Solved in 2 generations: 40 evaluations, 120 steps" in text
    assert "Verified: mean 10.25 ± 0.00 (sd), 95% interval 10.25 to 10.25, min 10.25, over 4 fresh episodes" in text
    assert quiet.getvalue().startswith("Solved in 2 generations")

    events = [json.loads(line) for line in lines.getvalue().splitlines()]
    told = ["start", "generation", "notice", "attempt", "generation", "attempt", "result"]
    assert [event["event"] for event in events] == told
    assert events[-1]["solved"] is True
    assert events[-1]["folder"] == "x"

    directory = RunDirectory.open(tmp_path / "run")
    result = directory.result()
    assert result["verification"]["mean"] == 10.25
    assert result["evaluations"] == 40
    assert result["machine"]["versions"]["numpy"] == np.__version__
    assert {"mutation.add_node": 0.2, "population.size": 20}.items() <= result["changed"].items()
    assert directory.champion().genome == task.verified[-1]


def without_time(events: Iterator[Event]) -> list[Any]:
    kept: list[Any] = []
    for event in events:
        if isinstance(event, GenerationRecord):
            kept.append(dataclasses.replace(event, seconds=0.0))
        elif isinstance(event, Champion):
            kept.append(event.to_json())
        elif isinstance(event, Outcome):
            kept.append({**event.as_dict(), "seconds": 0.0})
    return kept


def test_cart_pole_is_played_the_same_again() -> None:
    settings = from_mapping(
        {
            "name": "small",
            "run": {"seed": 3, "generations": 2, "workers": 1, "backend": "serial"},
            "task": {"environment": "CartPole-v1", "episodes": 1, "verify_episodes": 2, "threshold": 1000.0},
            "population": {"size": 10},
        }
    )
    first = without_time(evolve(settings))
    assert first == without_time(evolve(settings))
    other = dataclasses.replace(settings, run=dataclasses.replace(settings.run, seed=4))
    assert first != without_time(evolve(other))


def test_seeds_of_the_two_families_never_meet() -> None:
    reported = independent_seeds(500)
    tuning = independent_seeds(500, family="tuning")
    assert len(set(reported)) == len(set(tuning)) == 500
    assert all(seed % 2 == 1 for seed in reported)
    assert all(seed % 2 == 0 for seed in tuning)
    assert independent_seeds(20) == reported[:20]
    assert not set(independent_seeds(500, entropy=1)) & set(reported)


def test_wilson_gives_the_published_intervals() -> None:
    # Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3.
    for (successes, runs), (low, high) in {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0.0000, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }.items():
        assert wilson(successes, runs) == pytest.approx((low, high), abs=5e-5)
    assert wilson(0, 0) == (0.0, 1.0)
    for runs in range(1, 100):
        assert wilson(0, runs)[0] == 0.0
        assert wilson(runs, runs)[1] == 1.0


def test_figures_count_the_runs_that_solved(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Scripted(lambda genomes: 11.0 + weight(genomes), lambda attempt: 10.0)
    solved = play(task, monkeypatch)[-1]
    unsolved = play(Scripted(weight), monkeypatch)[-1]
    assert isinstance(solved, Outcome)
    assert isinstance(unsolved, Outcome)
    runs = tuple(KeptRun.of("e", SeedRun(*run)) for run in ((1, solved), (3, unsolved), (5, solved)))
    figures = SuccessRate(runs).as_dict()
    assert (figures["runs"], figures["solved"]) == (3, 2)
    assert (figures["evaluations_mean"], figures["evaluations_worst"]) == (20.0, 20)
    assert figures["steps"] == 60 + 360 + 60
    assert SuccessRate(runs[1:2]).as_dict()["evaluations_mean"] is None
