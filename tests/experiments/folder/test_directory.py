"""Run folders: written whole or not at all, locked, and readable only where they are sound."""

from __future__ import annotations

import dataclasses
import json
import math
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from environments import TaskConfig
from experiments.folder.champion import Champion
from experiments.folder.directory import RunDirectory, default_folder
from experiments.folder.files import finite, write_atomically
from neat.config import Config, NetworkConfig
from neat.errors import GenomeError, NeatError, RunDirectoryError
from neat.history.records import GenerationRecord, SpeciesRecord
from neat.population import Population


def champion(**changes: Any) -> Champion:
    config = Config.preset("paper", genome={"inputs": 3, "outputs": 2}, population={"size": 5})
    values = {
        "genome": Population(config, seed=1).ask()[2],
        "network": NetworkConfig(kind="recurrent", passes=2),
        "task": TaskConfig(environment="CartPole-v1", kwargs={"sutton_barto_reward": True}, threshold=0.1),
        "scaling": {"shift": np.array([0.1, 1 / 3, -2e-300]), "factor": np.array([1.0, 2.0, 3.0])},
        "fitness": 0.1 + 0.2,
        "generation": 7,
        "seed": 2**62 + 1,
    }
    return Champion(**{**values, **changes})


def test_a_champion_comes_back_bit_for_bit() -> None:
    written = champion()
    read = Champion.from_json(written.to_json())
    assert read.genome == written.genome
    assert (read.network, read.task, read.fitness, read.generation, read.seed) == (
        written.network,
        written.task,
        written.fitness,
        written.generation,
        written.seed,
    )
    assert read.scaling is not None
    assert written.scaling is not None
    for name, values in written.scaling.items():
        assert read.scaling[name].tobytes() == values.tobytes()


def test_a_champion_without_scaling_and_with_the_worst_fitness_comes_back() -> None:
    read = Champion.from_json(champion(scaling=None, fitness=-math.inf).to_json())
    assert read.scaling is None
    assert math.isnan(read.fitness)


def test_every_truncation_of_a_champion_is_refused_in_one_line() -> None:
    text = champion().to_json()
    for length in range(0, len(text) - 1, 37):
        with pytest.raises(RunDirectoryError) as caught:
            Champion.from_json(text[:length], "champion.json")
        assert str(caught.value).startswith("champion.json: ")
        assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d.update(format="other"), "expected a champion"),
        (lambda d: d.update(version=99), "expected version 1 of the file format, got '99'"),
        (lambda d: d.update(version={"a": "\n", "b": 1}), "expected version 1 of the file format, got '{"),
        (lambda d: d.pop("seed"), "not a usable champion: 'seed' is missing"),
        (lambda d: d.update(seed="x"), "not a usable champion"),
        (lambda d: d.update(generation=[]), "not a usable champion"),
        (lambda d: d["task"].update(episodes=-1), "task.episodes: expected from 1"),
        (lambda d: d["network"].update(kind="x"), "not a usable champion: network: Invalid enum value 'x'"),
        (lambda d: d["genome"].update(nodes=3), "champion.json: "),
        (lambda d: d.update(scaling={"shift": ["a"]}), "not a usable champion"),
        (lambda d: d.update(scaling=3), "not a usable champion"),
        (lambda d: d["genome"]["connections"][0].update(source=10**6), "champion.json: "),
    ],
)
def test_a_damaged_champion_is_refused_in_one_line(change: Any, message: str) -> None:
    data = json.loads(champion().to_json())
    change(data)
    with pytest.raises((RunDirectoryError, GenomeError)) as caught:
        Champion.from_json(json.dumps(data), "champion.json")
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("text", ["", "[]", "3", "null", "{" * 100_000, "[" * 100_000, "\0", b"\xff\xff"])
def test_what_is_no_champion_at_all_is_refused(text: str | bytes) -> None:
    with pytest.raises(NeatError) as caught:
        Champion.from_json(text)
    assert len(str(caught.value)) < 300


RECORD = GenerationRecord(
    generation=0, best=2.0, mean=1.0, sd=0.5, threshold=3.0, hidden_mean=0.0, connections_mean=4.0, champion_hidden=0,
    champion_connections=4, champion_index=2, evaluations=5, steps=50, seconds=0.25, restarted=False,
    species=(SpeciesRecord(id=1, size=5, age=0, best=2.0, stagnation=0),),
)  # fmt: skip


def test_a_folder_is_written_and_read(tmp_path: Path) -> None:
    with RunDirectory.create(tmp_path / "a" / "run") as directory:
        directory.write_champion(champion())
        directory.write_result({"x": [1.0, math.nan], "y": math.inf, "z": {"n": None}})
        directory.append_metrics(dataclasses.replace(RECORD, best=-math.inf))
        directory.append_metrics(dataclasses.replace(RECORD, generation=1))
    again = RunDirectory.open(tmp_path / "a" / "run")
    assert again.champion().genome == champion().genome
    assert again.result() == {"x": [1.0, None], "y": None, "z": {"n": None}}
    first = {**RECORD.as_dict(), "species": [dataclasses.asdict(RECORD.species[0])]}
    assert list(again.metrics()) == [{**first, "best": None}, {**first, "generation": 1}]
    assert RunDirectory.open(tmp_path / "a" / "run" / "champion.json").path == tmp_path / "a" / "run"
    assert sorted(os.listdir(again.path)) == ["champion.json", "metrics.jsonl", "result.json"]


def test_a_line_cut_short_by_a_crash_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "champion.json").write_text("{}")
    line = json.dumps(RECORD.as_dict())
    (tmp_path / "metrics.jsonl").write_text(f"{line}\n{line.replace(': 0', ': 1', 1)}\n{line[:-1]}")
    assert [row["generation"] for row in RunDirectory.open(tmp_path).metrics()] == [0, 1]


@pytest.mark.parametrize("name", ["metrics.jsonl", "champions.jsonl", "lineage.jsonl", "faults.jsonl"])
@pytest.mark.parametrize(
    ("end", "left"),
    [
        ('{"generation": 3}\n', 3),
        ('{"generation": 2}\n{"gener', 4),
        ("[[]]\n", 3),
        ('{"generation": 2}', 3),
        ("[" * 9999 + "\n", 3),
        ("", 3),
    ],
)
def test_what_was_told_of_later_generations_is_cut_off(name: str, end: str, left: int, tmp_path: Path) -> None:
    text = "".join(f'{{"generation": {generation}}}\n' for generation in range(3))
    (tmp_path / name).write_text(text + end + '{"generation": 1}\n' * end.endswith("\n"))
    (tmp_path / "result.json").write_text("{}")
    (tmp_path / ".champion.json.1.part").write_text("{")
    RunDirectory(tmp_path).cut_back(3)
    assert os.listdir(tmp_path) == [name]
    assert len((tmp_path / name).read_text().splitlines()) == left
    assert (tmp_path / name).read_text().endswith("}\n")


def test_two_runs_cannot_write_one_folder(tmp_path: Path) -> None:
    with RunDirectory.create(tmp_path / "run"):
        with pytest.raises(RunDirectoryError, match=rf"another run \(process {os.getpid()}\) is writing here"):
            RunDirectory.create(tmp_path / "run")
        code = "from pathlib import Path; from experiments.folder.directory import RunDirectory; import sys; "
        code += "RunDirectory.create(Path(sys.argv[1]))"
        other = subprocess.run([sys.executable, "-c", code, str(tmp_path / "run")], capture_output=True, text=True)
        assert "is writing here" in other.stderr
    RunDirectory.create(tmp_path / "run").close()


def test_a_lock_does_not_outlive_its_process(tmp_path: Path) -> None:
    code = "from pathlib import Path; from experiments.folder.directory import RunDirectory; import os, sys; "
    code += "d = RunDirectory.create(Path(sys.argv[1])); os.kill(os.getpid(), 9)"
    subprocess.run([sys.executable, "-c", code, str(tmp_path / "run")], check=False)
    assert (tmp_path / "run" / "run.lock").exists()
    RunDirectory.create(tmp_path / "run").close()


def test_a_folder_with_a_run_is_not_written_again(tmp_path: Path) -> None:
    (tmp_path / "config.toml").write_text("")
    with pytest.raises(RunDirectoryError, match="already holds a run; choose another folder"):
        RunDirectory.create(tmp_path)
    assert os.listdir(tmp_path) == ["config.toml"]


def test_an_empty_folder_is_taken_away_again(tmp_path: Path) -> None:
    RunDirectory.create(tmp_path / "run").discard_if_unplayed()
    assert not (tmp_path / "run").exists()


def test_what_was_written_before_generation_0_is_taken_away_and_nothing_else(tmp_path: Path) -> None:
    for name, kept in (("run", ()), ("other", ("notes.txt",)), ("own", ("watch",)), ("played", ("metrics.jsonl",))):
        directory = RunDirectory.create(tmp_path / name)
        (tmp_path / name / "checkpoints").mkdir()
        for file in ("config.toml", "modules.json", "checkpoints/000000.npz", *kept):
            (tmp_path / name / file).write_text("x")
        directory.discard_if_unplayed()
        assert (tmp_path / name).exists() == bool(kept)
        assert (tmp_path / name / "config.toml").exists() == bool(kept)


def test_folders_get_fresh_names(tmp_path: Path) -> None:
    names = [default_folder("my-games:Maze/v0", 3, tmp_path / "runs").name for _ in range(3)]
    assert names == ["my-games-Maze-v0-seed3", "my-games-Maze-v0-seed3-2", "my-games-Maze-v0-seed3-3"]
    assert default_folder("../..", 3, tmp_path / "runs").parent == tmp_path / "runs"


def test_folders_that_cannot_be_written_are_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for make in (
        lambda: RunDirectory.create(tmp_path / "file" / "run"),
        lambda: default_folder("x", 0, tmp_path / "file"),
    ):
        with pytest.raises(RunDirectoryError) as caught:
            make()
        assert str(caught.value).startswith(f"cannot write to {tmp_path}")
        assert "\n" not in str(caught.value)


def test_folders_that_hold_no_run_are_named(tmp_path: Path) -> None:
    with pytest.raises(RunDirectoryError, match="found nothing there"):
        RunDirectory.open(tmp_path / "none")
    with pytest.raises(RunDirectoryError, match=r"it has no champion\.json"):
        RunDirectory.open(tmp_path)
    (tmp_path / "config.toml").touch()
    with pytest.raises(RunDirectoryError, match=r"was stopped and has no champion yet; neat resume"):
        RunDirectory.open(tmp_path)


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_atomically(tmp_path / "a", "old")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="No space left"):
        write_atomically(tmp_path / "a", "new")
    assert os.listdir(tmp_path) == ["a"]
    assert (tmp_path / "a").read_text() == "old"
    with pytest.raises(RunDirectoryError, match=r"cannot write to .*: No space left on device"):
        RunDirectory(tmp_path).write_result({})


def test_numbers_that_json_lacks_become_null() -> None:
    assert finite({"a": [math.nan, (1.0, -math.inf)], "b": "x", "c": True}) == {
        "a": [None, [1.0, None]],
        "b": "x",
        "c": True,
    }
