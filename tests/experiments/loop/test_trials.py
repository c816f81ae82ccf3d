"""Trials below the threshold: a run answers with who does best on fresh episodes, not with the luckiest in training."""

from __future__ import annotations

import dataclasses
import io
import json
import logging
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from kill_and_resume import leavings
from rich.console import Console
from scripted import Scripted, experiment, of, play

from experiments import cli
from experiments.display.describe import attempt as words
from experiments.display.describe import trying
from experiments.display.live import LiveReporter
from experiments.display.reporters import JsonReporter, PlainReporter
from experiments.loop import runner, selection
from experiments.loop.checkpoints import Checkpoints, Progress
from experiments.loop.events import Attempt, Event, Outcome, Trying
from experiments.loop.runner import evolve, run
from experiments.loop.selection import REPORT, Selection
from experiments.settings import RunConfig, essence, from_essence, from_mapping
from experiments.studies.results import digest, read_rows
from experiments.targets import load
from neat.config import Config
from neat.errors import ConfigError, EvaluationError
from neat.genes.table import Genomes

ROOT = Path(__file__).parents[3]
BEST = 7.5
"""Fitness of the luckiest genome: that of the first generation."""


def falling(genomes: Genomes) -> np.ndarray[Any, Any]:
    """Return fitness below the threshold 10, whose best is lower in every generation, and a genome never seen again."""
    fitness = np.full(len(genomes), -100.0)
    fitness[-1] = BEST - genomes.generation
    genomes[len(genomes) - 1].connections["weight"][:] = 1.0 + genomes.generation
    return fitness


def ended(events: list[Event]) -> Outcome:
    assert isinstance(events[-1], Outcome)
    return events[-1]


def tried(events: list[Event]) -> list[tuple[int, bool, bool]]:
    """Return generation, whether it is the champion now, and whether the run had ended, of every trial."""
    return [(a.generation, a.best, a.last) for a in of(events, Attempt)]


@pytest.mark.parametrize("threshold", [10.0, None])
def test_a_run_answers_with_who_does_best_on_fresh_episodes(
    threshold: float | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = {1: 1.0, 2: 5.0, 3: 3.0, REPORT: 4.5}
    task = Scripted(falling, scores.__getitem__, threshold=threshold)
    events = play(task, monkeypatch, trial_every=2, trial_episodes=7)
    outcome = ended(events)
    assert tried(events) == [(1, True, False), (3, True, False), (5, False, False)]
    assert all(a.below and not a.accepted for a in of(events, Attempt))
    assert (outcome.status, outcome.champion.generation, outcome.champion.fitness) == ("finished", 3, BEST - 3)
    assert outcome.champion.genome == task.verified[1]
    assert task.attempts == [1, 2, 3, REPORT]
    assert task.episodes == [7, 7, 7, None]
    assert task.scalings[-1]["shift"].tolist() == [3, 3]
    assert (outcome.attempts, outcome.verification_steps) == (3, 4 * 40)
    assert outcome.verification is not None
    assert outcome.verification.mean == 4.5
    told = [(event.generation, event.below, event.report) for event in of(events, Trying)]
    assert told == [(1, True, False), (3, True, False), (5, True, False), (3, False, True)]


def test_without_trials_it_is_the_luckiest_in_training(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Scripted(falling)
    events = play(task, monkeypatch, trial_every=0)
    assert (ended(events).champion.generation, ended(events).champion.fitness) == (0, BEST)
    assert task.attempts == [REPORT]


def test_the_last_generation_is_tried_too(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Scripted(falling, {1: 1.0, 2: 2.0, 3: 3.0, REPORT: 2.5}.__getitem__)
    events = play(task, monkeypatch, trial_every=2, generations=5)
    assert tried(events) == [(1, True, False), (3, True, False), (4, True, True)]
    assert ended(events).champion.generation == 4
    assert ended(events).attempts == 3


def test_a_population_that_dies_out_is_tried_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Scripted(lambda genomes: np.full(20, 1.0))
    config = Config.preset(
        "paper", population={"size": 20, "extinction": "stop"}, species={"stagnation": 1, "protected": 0}
    )
    monkeypatch.setattr(runner, "make_task", lambda _: task)
    settings = dataclasses.replace(experiment(trial_every=1000, generations=900), config=config)
    events = list(evolve(settings))
    outcome = ended(events)
    assert outcome.status == "extinct"
    assert tried(events) == [(outcome.generations, True, True)]


def test_a_trial_plays_no_more_than_a_verification(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Scripted(falling)
    task.config = task.config.replace(verify_episodes=3)
    play(task, monkeypatch, trial_every=3)
    assert task.episodes == [3, 3, None]


@pytest.mark.parametrize("why", ["rule", "built in", "begins alike"])
def test_where_chance_has_no_part_nothing_is_tried(why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    task = Scripted(falling)
    if why == "rule":
        task.rule = "it says so itself"
    elif why == "built in":
        task.config = task.config.replace(environment="double-pole")
    else:
        monkeypatch.setattr(selection, "begins_alike", lambda config: True)
    play(task, monkeypatch, trial_every=1)
    assert task.attempts == [REPORT]


@pytest.mark.parametrize("name", ["xor", "double-pole", "double-pole-no-velocities"])
def test_tasks_without_chance_have_no_trials(name: str) -> None:
    small = ("run.generations=2", "run.trial_every=1", "population.size=5", "run.workers=1")
    outcome = ended(list(evolve(load(name, changes=small))))
    assert outcome.attempts == 0


def test_a_genome_is_tried_once(monkeypatch: pytest.MonkeyPatch) -> None:
    first: list[Any] = []

    def elite(genomes: Genomes) -> np.ndarray[Any, Any]:
        if not first:
            first.append(genomes[4].copy())
        return np.array([5.0 if genome == first[0] else 0.0 for genome in genomes])

    task = Scripted(elite)
    events = play(task, monkeypatch, trial_every=2)
    assert tried(events) == [(1, True, False)]


def test_a_mean_that_reaches_the_threshold_has_to_be_found_again_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    # Lucky in a trial, not in full; then a better one; then one that solves, with less than the lucky mean.
    scores = {1: 50.0, 2: 4.0, 3: 5.0, 4: 12.0, 5: 10.5, REPORT: 10.25}
    task = Scripted(falling, scores.__getitem__)
    events = play(task, monkeypatch, trial_every=1, trial_episodes=7)
    outcome = ended(events)
    full = [(a.generation, a.verification.mean, a.below, a.best, a.accepted) for a in of(events, Attempt)]
    assert full == [
        (0, 50.0, True, False, False), (0, 4.0, False, True, False), (1, 5.0, True, True, False),
        (2, 12.0, True, False, False), (2, 10.5, False, True, True),
    ]  # fmt: skip
    assert task.attempts == [1, 2, 3, 4, 5, REPORT]
    assert task.episodes == [7, None, 7, 7, None, None]
    assert (outcome.status, outcome.champion.generation, outcome.generations) == ("solved", 2, 3)
    assert (outcome.evaluations, outcome.attempts) == (60, 3)


def test_the_last_generation_can_solve(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Scripted(falling, {1: 11.0, 2: 10.0, REPORT: 10.5}.__getitem__)
    events = play(task, monkeypatch, trial_every=100)
    assert ended(events).solved
    assert [(a.last, a.below) for a in of(events, Attempt)] == [(True, True), (True, False)]
    assert ended(events).evaluations == 6 * 20


def test_who_reaches_the_threshold_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    def high_then_low(genomes: Genomes) -> np.ndarray[Any, Any]:
        return falling(genomes) + (5.0 if genomes.generation in (1, 2) else 0.0)

    task = Scripted(high_then_low, {1: 4.0, 2: 3.0, 3: 6.0, 4: 5.0, REPORT: 5.0}.__getitem__)
    events = play(task, monkeypatch, trial_every=2)
    # Generation 1 reaches it and is tried in full instead; one that was lucky does not end trials of later ones.
    assert [(a.generation, a.below) for a in of(events, Attempt)] == [(1, False), (2, False), (3, True), (5, True)]
    assert ended(events).champion.generation == 3


@pytest.mark.parametrize("fault", ["worst", "fail"])
def test_a_trial_that_cannot_be_scored(
    fault: Any, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(number: int) -> float:
        if number == 2:
            raise EvaluationError("the board is on fire (verification, seed 3)")
        return float(number)

    task = Scripted(falling, broken)
    task.config = task.config.replace(fault=fault)
    if fault == "fail":
        with pytest.raises(EvaluationError, match="the board"):
            play(task, monkeypatch, trial_every=2)
        return
    with caplog.at_level(logging.WARNING):
        events = play(task, monkeypatch, trial_every=2)
    assert tried(events) == [(1, True, False), (5, True, False)]
    assert "a trial of generation 3 is ignored: the board is on fire (verification, seed 3)" in caplog.text
    assert ended(events).champion.generation == 5


def test_while_no_trial_can_be_scored_the_fittest_in_training_is_the_champion(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(number: int) -> float:
        if number != REPORT:
            raise EvaluationError("the board is on fire (verification, seed 3)")
        return 0.0

    task = Scripted(lambda genomes: np.full(len(genomes), -9.0 + genomes.generation), broken)
    task.config = task.config.replace(fault="worst")
    assert ended(play(task, monkeypatch, trial_every=2)).champion.generation == 5


# Words ---------------------------------------------------------------------------------------------------------------


def test_displays_say_what_a_trial_was_for(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Scripted(falling, {1: 1.0, 2: 0.5, 3: 10.0, 4: 9.0, REPORT: 9.5}.__getitem__)
    monkeypatch.setattr(runner, "make_task", lambda config: task)
    plain, lines, screen = io.StringIO(), io.StringIO(), io.StringIO()
    live = LiveReporter(Console(file=screen, width=100, force_terminal=True, color_system=None))
    run(experiment(trial_every=2), PlainReporter(plain, interval=0), JsonReporter(lines), live)
    text = plain.getvalue()
    assert "fittest genome of generation 1: 6.50 in training, 1.00 over 4 fresh episodes: the best so far\n" in text
    assert "fittest genome of generation 3: 4.50 in training, 0.50 over 4 fresh episodes: not the best so far\n" in text
    assert "fittest genome of generation 5: 2.50 in training, 10.00 over 4 fresh episodes: will be verified\n" in text
    assert "champion of generation 5: 2.50 in training, 9.00 over 4 fresh episodes: not enough\n" in text
    attempts = [event for line in lines.getvalue().splitlines() if (event := json.loads(line))["event"] == "attempt"]
    assert [(a["below"], a["best"], a["accepted"], a["last"]) for a in attempts] == [
        (True, True, False, False), (True, False, False, False), (True, False, False, False),
        (False, True, False, False),
    ]  # fmt: skip
    assert "plays fresh episodes as a trial" in screen.getvalue()


def test_a_trial_that_came_to_nothing_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Scripted(falling)
    events = play(task, monkeypatch, trial_every=2, generations=4)
    display = LiveReporter(Console(file=io.StringIO(), width=100))
    waited = []
    for event in events:
        if not isinstance(event, Attempt):
            display.report(event)
        waited.append("as a trial" in display._waiting)
    display.close()
    assert waited.count(True) >= 2
    assert not waited[-1]
    record = next(i for i, event in enumerate(events) if i > waited.index(True) and hasattr(event, "species"))
    assert not waited[record]


def test_words_are_right_for_one_episode(monkeypatch: pytest.MonkeyPatch) -> None:
    (first, *_) = of(play(Scripted(falling), monkeypatch, trial_every=6), Attempt)
    one = dataclasses.replace(first, verification=dataclasses.replace(first.verification, episodes=1))
    assert "over 1 fresh episode: " in words(one)
    assert "to see whether it solves" in trying(Trying(generation=1, report=False))


def test_tensorboard_has_a_curve_of_trials(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX")
    from experiments.display.tensorboard import TensorBoardReporter

    points: list[tuple[str, float, int]] = []

    class Writer:
        def __init__(self, *_: object, **__: object) -> None: ...

        def __getattr__(self, name: str) -> Callable[..., None]:
            return lambda *given: points.append(given) if name == "add_scalar" else None

    monkeypatch.setattr("tensorboardX.SummaryWriter", Writer)
    task = Scripted(falling, {1: 11.0, 2: 4.0, 3: 3.0, REPORT: 1.0}.__getitem__)
    monkeypatch.setattr(runner, "make_task", lambda config: task)
    run(experiment(trial_every=3), TensorBoardReporter(tmp_path))
    told = [point for point in points if point[0] in ("fitness/tried", "fitness/verified")]
    assert told == [("fitness/tried", 11.0, 2), ("fitness/verified", 4.0, 2), ("fitness/tried", 3.0, 5)]


# Going on ------------------------------------------------------------------------------------------------------------

SMALL = ("--set", "run.checkpoint_seconds=0", "--population", "20", "--set", "task.verify_episodes=6", "--quiet")
SMALL += ("--set", "task.episodes=1", "--set", "task.threshold=1e9", "--set", "task.observation_scaling=running")
SMALL += ("--set", "run.trial_episodes=4", "--backend", "serial", "--workers", "1")


def neat(*given: str | Path) -> int:
    return cli.main([str(word) for word in given])


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], Path]:
    """Return a maker of runs that nobody disturbed: generations 3 and 7 are tried, and the last one."""
    made: dict[int, Path] = {}

    def make(generations: int) -> Path:
        if generations not in made:
            made[generations] = tmp_path_factory.mktemp("whole") / "run"
            more = ("--set", "run.trial_every=4", "--generations", str(generations), "--out", made[generations])
            assert neat("run", "CartPole-v1", *SMALL, *more) == 0
        return made[generations]

    return make


def trials_in(folder: Path) -> list[tuple[int, bool]]:
    lines = [json.loads(line) for line in (folder / "champions.jsonl").read_text().splitlines()]
    return [(line["generation"], line["last"]) for line in lines if "verification" in line]


@pytest.mark.parametrize("generation", [4, 5, 6])
def test_a_run_with_trials_goes_on_as_if_never_stopped(
    generation: int, whole: Callable[[int], Path], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(whole(6), folder)  # of generation 6 nothing is left to play: it was killed in its last trial
    assert trials_in(folder) == [(3, False), (5, True)]
    for path in (folder / "checkpoints").iterdir():
        if path.name == "best.npz" or int(path.stem) > generation:
            path.unlink()
    (folder / "result.json").unlink()
    assert neat("resume", folder, "--quiet") == 0
    assert leavings(folder) == leavings(whole(6))


def test_a_last_generation_that_was_tried_in_its_turn_is_not_tried_again(
    whole: Callable[[int], Path], tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(whole(4), folder)
    (folder / "result.json").unlink()
    assert neat("resume", folder, "--quiet") == 0
    assert trials_in(folder) == [(3, False)]
    assert leavings(folder) == leavings(whole(4))


def test_more_generations_are_those_of_a_longer_run(whole: Callable[[int], Path], tmp_path: Path) -> None:
    folder = tmp_path / "run"
    shutil.copytree(whole(6), folder)
    assert neat("resume", folder, "--generations", "9", "--quiet") == 0
    assert trials_in(folder) == [(3, False), (7, False), (8, True)]
    assert leavings(folder) == leavings(whole(9))


def test_a_run_keeps_its_trials(
    whole: Callable[[int], Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    shutil.copytree(whole(6), folder)
    config = folder / "config.toml"
    config.write_text(config.read_text().replace("trial_every = 4", "trial_every = 0"))
    assert neat("resume", folder, "--generations", "9") == 2
    assert "(run.trial_every was 4, is 0" in capsys.readouterr().err


def test_a_run_that_its_last_trial_has_solved_is_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Its state is that of before the trial; what its result says stands.
    folder = tmp_path / "run"
    few = ("--population", "5", "--generations", "2", "--backend", "serial", "--quiet", "--workers", "1")
    few += ("--set", "run.trial_every=9", "--set", "task.verify_episodes=2", "--set", "task.episodes=1")
    assert neat("run", "CartPole-v1", *few, "--set", "task.threshold=1e9", "--out", folder) == 0
    result = folder / "result.json"
    assert "continues it" in refused(capsys, folder)
    solved = {"solved": True, "accepted": True, "status": "solved"}
    result.write_text(json.dumps({**json.loads(result.read_text()), **solved}))
    assert "has solved its task" in refused(capsys, folder, "--generations", "9")


def refused(capsys: pytest.CaptureFixture[str], folder: Path, *more: str) -> str:
    capsys.readouterr()
    assert neat("resume", folder, *more) == 2
    return capsys.readouterr().err


def test_sets_of_episodes_are_counted_on(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Scripted(falling)
    begun = Selection(experiment(), task)
    begun.restore(Progress(tried=["00" * 16, "11" * 16]))  # of a time in which there was a set for each genome
    assert begun.progress().sets == 2
    begun.restore(Progress(tried=["00" * 16], sets=2))  # one genome was tried again in full
    assert begun.progress().sets == 2


def test_the_fittest_is_saved_only_where_it_may_be_tried(tmp_path: Path, whole: Callable[[int], Path]) -> None:
    assert Checkpoints(whole(6)).newest()[0].progress.latest is not None
    assert neat("run", "xor", "--population", "5", "--generations", "1", "--quiet", "--out", tmp_path / "xor") == 0
    assert Checkpoints(tmp_path / "xor").newest()[0].progress.latest is None


# Settings ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["acrobot", "cartpole", "mountain-car", "mountain-car-continuous", "pendulum",
                                  "lunar-lander", "lunar-lander-continuous", "inverted-double-pendulum"])  # fmt: skip
def test_rows_of_runs_without_trials_are_still_theirs(name: str) -> None:
    rows = read_rows(ROOT / "docs" / "results", name)
    assert rows
    settings = load(name)
    asked = dataclasses.replace(settings, run=dataclasses.replace(settings.run, backend=rows[0].backend))
    assert {row.settings for row in rows} == {digest(asked)}
    assert {row.settings for row in rows} != {
        digest(dataclasses.replace(asked, run=dataclasses.replace(asked.run, trial_every=10)))
    }


def test_trials_belong_to_what_results_follow_from() -> None:
    walker = {"task": {"environment": "BipedalWalker-v3"}}
    usual = from_mapping(walker)
    assert (usual.run.trial_every, usual.run.trial_episodes) == (10, 20)
    never, fewer = (from_mapping({**walker, "run": given}) for given in ({"trial_every": 0}, {"trial_episodes": 5}))
    idle = from_mapping({**walker, "run": {"trial_every": 0, "trial_episodes": 5}})
    assert len({digest(one) for one in (usual, never, fewer)}) == 3
    assert digest(idle) == digest(never)
    assert "trial_episodes" not in essence(idle)
    for one in (usual, never, fewer, from_mapping({**walker, "search": {"share": 0.5}})):
        again = from_essence(essence(one))
        assert essence(again) == essence(one)
        assert again.run.trial_every == one.run.trial_every
    assert "trial" not in essence(load("xor"))
    assert "trial" not in essence(load("double-pole"))


@pytest.mark.parametrize(
    ("setting", "value", "expected"),
    [("trial_every", -1, "0 for no trials, got -1"), ("trial_episodes", 0, "from 1 to 100,000, got 0")],
)
def test_settings_of_trials_are_checked(setting: str, value: int, expected: str) -> None:
    with pytest.raises(ConfigError, match=rf"run\.{setting}: expected .*{expected}"):
        RunConfig(**{setting: value})  # type: ignore[arg-type]
