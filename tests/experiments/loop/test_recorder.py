"""A loop of one's own leaves a run's folder behind: shown by every command, and gone on with bit for bit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neat
from environments import TaskConfig, make_task
from experiments import Recorder, load_run
from experiments.cli import main
from experiments.folder.lineage_file import read_lineage
from experiments.folder.saved import SavedRun
from neat.errors import NeatError, RunDirectoryError

CONFIG = neat.Config.preset(
    genome={"inputs": 2, "outputs": 1}, population={"size": 20}, mutation={"add_node": 0.3, "add_connection": 0.3}
)


def fitness(genome: neat.Genome) -> float:
    network = genome.network(CONFIG.network)
    return -sum(
        float(abs(network.activate(bits)[0] - (bits[0] != bits[1]))) for bits in ((0, 0), (0, 1), (1, 0), (1, 1))
    )


def play(record: Recorder, population: neat.Population, until: int) -> None:
    while population.generation < until:
        record(population.tell([fitness(genome) for genome in population.ask()]))


def begin() -> neat.Population:
    return neat.Population(CONFIG, seed=5)


def whole(folder: Path) -> dict[str, Any]:
    """What a folder tells, without times."""
    lines = [json.loads(line) for line in (folder / "metrics.jsonl").read_text().splitlines()]
    for line in lines:
        del line["seconds"]
    told = {name: (folder / name).read_text() for name in ("champions.jsonl", "lineage.jsonl", "champion.json")}
    return {"metrics": lines, "config": (folder / "config.toml").read_text(), **told}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "mine"
    population = begin()
    with Recorder(str(path), population, description="learn xor", checkpoint_seconds=0) as record:
        play(record, population, 12)
    return path


def test_everything_is_kept(folder: Path) -> None:
    run = load_run(folder)
    assert run.metrics["generation"].tolist() == list(range(12))
    assert run.champion.fitness == run.metrics["best"].max()
    assert run.champion.generation == int(run.metrics["best"].argmax())
    assert run.champions[-1].genome == run.champion.genome
    assert [relatives.generation for relatives in read_lineage(folder)] == list(range(12))
    saved = SavedRun.load(folder)
    assert len(saved.ancestors) == run.champion.generation + 1
    assert saved.births is not None
    assert run.result["status"] == "finished"
    assert run.result["evaluations"] == 240
    assert run.policy()([1.0, 0.0]).shape == (1,)


def test_it_goes_on_as_if_it_had_not_stopped(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    population = begin()
    record = Recorder(mine, population, description="learn xor", checkpoint_seconds=1000)
    play(record, population, 7)
    population.ask()
    record.__exit__(KeyboardInterrupt)
    assert load_run(mine).result == {}
    population = load_run(mine).population()
    assert population.generation == 7
    with Recorder(mine, population, description="learn xor", checkpoint_seconds=0) as record:
        play(record, population, 12)
    assert whole(mine) == whole(folder)


def test_from_an_earlier_state_later_generations_are_played_again(folder: Path, tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    population = begin()
    with Recorder(mine, population, description="learn xor", checkpoint_seconds=0, checkpoints_kept=20) as record:
        play(record, population, 12)
    early = neat.Population.load(mine / "checkpoints" / "000003.npz")
    with Recorder(mine, early, description="learn xor", checkpoints_kept=20) as record:
        best = load_run(mine).champion
        assert best.fitness == early.champion_fitness
        assert best.generation < 3
        play(record, early, 12)
    assert whole(mine)["metrics"] == whole(folder)["metrics"]
    assert whole(mine)["champion.json"] == whole(folder)["champion.json"]


def test_commands_show_it(folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "report.html"
    assert main(["report", str(folder), "--out", str(page)]) == 0
    text = page.read_text(encoding="utf-8")
    assert "there is no video" in text
    assert "a fitness function of its own: learn xor" in text
    assert "Ancestry" in text
    assert main(["draw", str(folder), "--out", str(tmp_path / "a.png")]) == 0
    assert main(["draw", str(folder), "--lineage", "--out", str(tmp_path / "b.png")]) == 0
    capsys.readouterr()
    for command in (["play", str(folder)], ["verify", str(folder)], ["run", str(folder / "config.toml")]):
        assert main(command) == 2
        assert "there is no game" in capsys.readouterr().err
    assert main(["resume", str(folder), "--generations", "20"]) == 2
    assert "experiments.load_run" in capsys.readouterr().err


def test_with_a_game_it_is_played_and_verified(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    settings = TaskConfig(environment="CartPole-v1", episodes=1, verify_episodes=3)
    task = make_task(settings)
    config = neat.Config.preset(genome={"inputs": 4, "outputs": 2}, population={"size": 10})
    population = neat.Population(config, seed=1)
    with (
        Recorder(tmp_path / "a", population, task=settings) as record,
        task.evaluator(config.network, seed=1) as evaluator,
    ):
        evaluation = evaluator.evaluate(population.ask())
        record(population.tell(evaluation), scaling=evaluation.scaling)
    assert main(["verify", str(tmp_path / "a"), "--json"]) in (0, 1)
    said = json.loads(capsys.readouterr().out)
    assert said["mean"] == task.verify(population.champion, config.network, seed=1).mean
    assert load_run(tmp_path / "a").policy()(np.zeros(4, np.float32)) in (0, 1)


def test_a_folder_that_holds_something_else_is_left_alone(folder: Path, tmp_path: Path) -> None:
    before = whole(folder)
    with pytest.raises(RunDirectoryError, match=r"already holds a run.*load_run\(.*\)\.population\(\)"):
        Recorder(folder, begin())
    other = neat.Population(CONFIG, seed=6)
    other.tell([0.0] * len(other.ask()))
    with pytest.raises(RunDirectoryError, match="other settings"):
        Recorder(folder, other)
    ahead = load_run(folder).population()
    ahead.tell([0.0] * len(ahead.ask()))
    with pytest.raises(RunDirectoryError, match="holds generations up to 11, and the population is at 13"):
        Recorder(folder, ahead)
    assert whole(folder) == before
    assert not (folder / "run.lock").exists()


def test_a_generation_left_out_is_noticed(tmp_path: Path) -> None:
    population = begin()
    with Recorder(tmp_path / "a", population) as record:
        population.tell([fitness(genome) for genome in population.ask()])
        told = population.tell([fitness(genome) for genome in population.ask()])
        with pytest.raises(RuntimeError, match="expected generation 0, got 1"):
            record(told)


def test_a_loop_that_never_began_leaves_no_folder_behind_that_stops_the_next(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), Recorder(tmp_path / "a", begin()):
        _ = 1 / 0
    population = begin()
    with Recorder(tmp_path / "a", population) as record:
        play(record, population, 1)
    assert load_run(tmp_path / "a").result["generations"] == 1


def test_a_population_is_saved_and_loaded_by_name(tmp_path: Path) -> None:
    population = begin()
    told = population.tell([fitness(genome) for genome in population.ask()])
    assert told.fitness.max() == told.record.best
    population.save(str(tmp_path / "a.npz"))
    assert neat.Population.load(str(tmp_path / "a.npz")).ask() == population.ask()
    (tmp_path / "b.npz").write_bytes(b"nothing")
    with pytest.raises(NeatError, match="not such a file"):
        neat.Population.load(tmp_path / "b.npz")
