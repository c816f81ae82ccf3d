"""Training signals: what a generation breeds by is not what its champions are believed for."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scripted import Scripted, of

from environments import TaskConfig, make_task
from environments.evaluators.evaluation import Fault
from environments.evaluators.serial import Plays, SerialEvaluator
from environments.playing.observation_scaling import scale, scaling_table
from experiments.display.describe import attempt
from experiments.loop import runner
from experiments.loop.checkpoints import Progress
from experiments.loop.events import Attempt, Outcome
from experiments.loop.runner import evolve
from experiments.loop.selection import REPORT, Selection
from experiments.settings import Experiment, RunConfig
from neat.config import Config
from neat.errors import ConfigError
from neat.population import Population

PLAYERS = {"genome": {"inputs": 4, "outputs": 2}, "population": {"size": 7}}


def generation(**task: Any) -> Any:
    config = Config.preset("default", **PLAYERS)
    played = make_task(TaskConfig(environment="CartPole-v1", episodes=2, **task))
    population = Population(config, seed=3)
    with played.evaluator(config.network, seed=3) as evaluator:
        genomes = population.ask()
        evaluation = evaluator.evaluate(genomes)
    return played, genomes, evaluation, population.tell(evaluation)


def test_a_reward_per_step_breeds_and_is_not_fitness() -> None:
    _, _, plain, told = generation()
    assert plain.shaped is None
    assert told.score.tolist() == plain.fitness.tolist()
    task, genomes, shaped, told = generation(step_reward=-2.0)
    assert shaped.fitness.tolist() == plain.fitness.tolist()
    assert shaped.shaped.tolist() == (plain.fitness - 2.0 * plain.genome_steps / 2).tolist()
    assert told.score.tolist() == shaped.shaped.tolist()
    assert told.fitness.tolist() == plain.fitness.tolist()
    assert told.record.best == plain.fitness.max()
    fresh = task.verify(genomes[0], Config.preset("default", **PLAYERS).network, seed=1, episodes=3)
    assert fresh.mean == fresh.steps / 3  # CartPole's own reward, 1 a step


def test_what_scouts_play_does_not_count_in_the_reward_per_step() -> None:
    _, _, evaluation, _ = generation(step_reward=1.0, observation_scaling="running")
    assert evaluation.shaped.tolist() == (2 * evaluation.fitness).tolist()  # as long as the return


def test_a_genome_that_cannot_be_scored_gets_the_worst_shaped_fitness_too() -> None:
    task = TaskConfig(environment="CartPole-v1", fault="worst", step_reward=-1.0)
    with SerialEvaluator(task, Config.preset("default", **PLAYERS).network, 1) as evaluator:
        faults = (Fault(1, 2, "is on fire"),)
        plays = Plays(np.array([[9.0], [np.nan], [20.0]]), np.array([9, 3, 40]), None, faults)
        shaped = evaluator._shaped(np.array([9.0, np.nan, 20.0]), plays, 0)
    assert shaped is not None
    assert shaped.tolist() == [0.0, -20.0, -20.0]


def test_scaled_observations_are_clipped_where_the_settings_say() -> None:
    statistics = {"shift": np.zeros(2), "factor": np.ones(2)}
    for limit in (10.0, 5.0):
        out = np.empty(2)
        scale(np.array([7.0, -70.0]), scaling_table(statistics, 2, clip=True, limit=limit), out)
        assert out.tolist() == [min(7.0, limit), -limit]
    task = make_task(TaskConfig(environment="CartPole-v1", observation_scaling="running", observation_clip=5.0))
    config = Config.preset("default", **PLAYERS)
    with task.evaluator(config.network, seed=1, backend="serial") as evaluator:
        table = evaluator.table({"shift": np.zeros(4), "factor": np.ones(4)})  # type: ignore[attr-defined]
    assert table[2].tolist() == [5.0] * 4


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"step_reward": float("nan")}, r"task.step_reward: expected a finite number, got nan"),
        ({"step_reward": 1.0, "racing": True}, r"task.racing: expected false where there is a step_reward"),
        ({"observation_clip": 0.0}, r"task.observation_clip: expected a number above 0, got 0"),
    ],
)
def test_settings_out_of_range(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        TaskConfig(**changes)


# Trials of a weight search ------------------------------------------------------------------------------------


def searched(task: Scripted, monkeypatch: pytest.MonkeyPatch, **run: Any) -> list[Any]:
    monkeypatch.setattr(runner, "make_task", lambda _: task)
    config = Config.preset("ars", population={"size": 9})
    settings = RunConfig(**{"seed": 1, "generations": 6, "workers": 1, **run})
    return list(evolve(Experiment(name="searched", run=settings, task=task.config, config=config)))


def lucky(genomes: Any) -> Any:
    """One sample reaches the goal of 10 in every generation, and the mean does not."""
    return np.where(np.arange(len(genomes)) == 4, 50.0 + genomes.generation, 1.0)


def test_the_mean_and_the_fittest_are_both_tried_and_luck_in_training_is_not_enough(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    task = Scripted(lucky, {1: 1.0, 2: 3.0, 3: 4.0, 4: 2.0, REPORT: 4.5}.__getitem__)
    events = searched(task, monkeypatch, trial_every=3)
    attempts = of(events, Attempt)
    assert [(a.generation, a.fitness, a.verification.mean, a.best) for a in attempts] == [
        (2, 1.0, 1.0, True), (2, 52.0, 3.0, True), (5, 1.0, 4.0, True), (5, 55.0, 2.0, False),
    ]  # fmt: skip
    assert all(a.below for a in attempts)
    assert [a.mean for a in attempts] == [True, False, True, False]
    assert attempt(attempts[2]).startswith("search mean of generation 5: 1.00 in training, 4.00 over 4 fresh episodes")
    assert attempt(attempts[3]).startswith("fittest genome of generation 5: 55.00 in training")
    outcome = events[-1]
    assert isinstance(outcome, Outcome)
    assert (outcome.champion.generation, outcome.champion.fitness) == (5, 1.0)


def test_a_mean_that_reaches_the_goal_in_a_trial_is_tried_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Scripted(lucky, {1: 12.0, 2: 11.0, REPORT: 10.5}.__getitem__)
    events = searched(task, monkeypatch, trial_every=3)
    outcome = events[-1]
    assert (outcome.status, outcome.generations) == ("solved", 3)
    assert [(a.below, a.mean) for a in of(events, Attempt)] == [(True, True), (False, True)]


def test_initial_genomes_of_a_new_start_have_no_mean(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Scripted(lucky)
    monkeypatch.setattr(runner, "make_task", lambda _: task)
    config = Config.preset("ars", population={"size": 9}, search={"starts": 2, "start_generations": 2})
    settings = RunConfig(seed=1, generations=8, workers=1, trial_every=1)
    events = list(evolve(Experiment(name="searched", run=settings, task=task.config, config=config)))
    with_mean = {a.generation for a in of(events, Attempt) if a.mean}
    assert with_mean.isdisjoint({0, 3})  # the first generations of both starts
    assert {2, 5} <= with_mean


def test_without_trials_training_fitness_finds_the_champion(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Scripted(lucky, {1: 12.0, REPORT: 10.5}.__getitem__)
    outcome = searched(task, monkeypatch, trial_every=0)[-1]
    assert (outcome.status, outcome.generations, outcome.champion.fitness) == ("solved", 1, 50.0)


def test_both_are_remembered_across_a_checkpoint(monkeypatch: pytest.MonkeyPatch) -> None:
    task = Scripted(lucky)
    config = Config.preset("ars", population={"size": 9}, genome={"inputs": 2, "outputs": 1})
    settings = Experiment(name="searched", run=RunConfig(), task=task.config, config=config)
    selection, again = Selection(settings, task), Selection(settings, task)
    genomes = Population(config, seed=1).genomes
    selection.remember(genomes[0].copy(), 1.0, 0, None, (genomes[4].copy(), 50.0))
    progress = selection.progress()
    assert isinstance(progress, Progress)
    again.restore(progress)
    tried = [e.fitness for e in again.trial(last=True) if isinstance(e, Attempt)]
    assert tried == [1.0, 50.0]


def test_a_run_ends_when_its_steps_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def short(genomes: Any) -> Any:
        return np.zeros(len(genomes))

    # 27 steps a generation, and 40 for each of the two trials of the second one: one whole generation more.
    task = Scripted(short, lambda attempt: float(attempt))
    outcome = searched(task, monkeypatch, trial_every=2, steps=100)[-1]
    assert outcome.generations == 3
    assert outcome.steps == 81
    with pytest.raises(ConfigError, match=r"run.steps: expected environment steps, 0 for no limit, got -1"):
        RunConfig(steps=-1)
