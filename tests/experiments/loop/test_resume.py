"""Stopped runs: saved on every ending, resumed bit for bit, and every refusal one line."""

from __future__ import annotations

import contextlib
import dataclasses
import importlib.util
import json
import os
import re
import resource
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hostile import champion_json
from kill_and_resume import leavings

from experiments import cli
from experiments.folder.champion import Champion
from experiments.folder.directory import RunDirectory
from experiments.loop.checkpoints import Checkpoints, Progress, State
from experiments.loop.interruption import Interrupted, Interruption
from experiments.settings import Experiment, from_mapping
from neat.config import Config
from neat.errors import ConfigError, DataError, EvaluationError, RunDirectoryError
from neat.files.arrays import read_arrays, write_arrays
from neat.files.checkpoint import _DTYPES, _FORMAT, _KEPT, _SEARCH, _VERSION
from neat.population import Population

ROOT = Path(__file__).parents[3]
QUICK = ("--set", "run.checkpoint_seconds=0", "--set", "run.stop_when_solved=false", "--population", "20")
CARTPOLE = (*QUICK, "--set", "task.episodes=1", "--set", "task.verify_episodes=3")


def neat(*words: str | Path) -> int:
    """Call the command line in this process; return its exit code."""
    return cli.main([str(word) for word in words])


def start(*words: str | Path, **settings: Any) -> subprocess.Popen[str]:
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "tests")])}
    call = [sys.executable, "-m", "experiments", *map(str, words)]
    pipe = subprocess.PIPE
    return subprocess.Popen(call, stdout=pipe, stderr=pipe, text=True, env=environment, **settings)


def fails(capsys: pytest.CaptureFixture[str], *words: str | Path) -> str:
    """Check that a call ends with exit code 2 and one line; return the line."""
    capsys.readouterr()
    assert neat(*words) == 2
    errors = capsys.readouterr().err
    assert errors.startswith("error: ")
    assert errors.count("\n") == 1
    return errors.removeprefix("error: ").rstrip()


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run of six generations that nobody disturbed, with observation statistics."""
    folder = tmp_path_factory.mktemp("whole") / "run"
    more = ("--generations", "6", "--set", "task.observation_scaling=running", "--backend", "serial")
    assert neat("run", "CartPole-v1", *CARTPOLE, *more, "--out", folder, "--quiet") == 0
    return folder


def rewound(whole: Path, folder: Path, generation: int) -> Path:
    """Return the folder as a run killed while it played a generation would have left it."""
    assert generation in (4, 5)
    shutil.copytree(whole, folder)
    for path in (folder / "checkpoints").iterdir():
        if path.name == "best.npz" or int(path.stem) > generation:
            path.unlink()
    (folder / "result.json").unlink()
    lines = (folder / "metrics.jsonl").read_text().splitlines(keepends=True)
    (folder / "metrics.jsonl").write_text("".join(lines[: generation + 1]) + lines[generation][:30])
    with (folder / "champions.jsonl").open("a") as file:
        file.write('{"generation": 5, "fit')
    (folder / ".champion.json.123.part").write_text("{")
    (folder / "checkpoints" / ".000005.npz.123.part").write_bytes(b"PK")
    (folder / "run.lock").write_text("process 1\n")
    return folder


def needs(package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(importlib.util.find_spec(package) is None, reason=f"{package} is not installed")


@pytest.mark.parametrize("generation", [4, 5])
@pytest.mark.parametrize(
    "how",
    [
        (),
        ("--backend", "compiled"),
        ("--backend", "processes", "--workers", "2"),
        pytest.param(("--backend", "ray", "--workers", "2"), marks=needs("ray")),
    ],
)
def test_a_run_goes_on_as_if_never_stopped(how: tuple[str, ...], generation: int, whole: Path, tmp_path: Path) -> None:
    folder = rewound(whole, tmp_path / "run", generation)
    assert neat("resume", folder, *how, "--quiet") == 0
    assert leavings(folder) == leavings(whole)
    assert sorted(os.listdir(folder)) == sorted(os.listdir(whole))
    assert not [name for name in os.listdir(folder / "checkpoints") if name.endswith(".part")]


@pytest.mark.parametrize("then", ["processes", pytest.param("ray", marks=needs("ray"))])
def test_a_run_begun_on_threads_goes_on_elsewhere(then: str, whole: Path, tmp_path: Path) -> None:
    folder = tmp_path / "run"
    text = (whole / "config.toml").read_text().replace('"serial"', '"compiled"').replace("workers = 0", "workers = 2")
    (tmp_path / "threads.toml").write_text(text)
    assert neat("run", tmp_path / "threads.toml", "--generations", "3", "--out", folder, "--quiet") == 0
    assert json.loads((folder / "result.json").read_text())["backend"] == "compiled"
    assert neat("resume", folder, "--generations", "6", "--backend", then, "--workers", "2", "--quiet") == 0
    assert json.loads((folder / "result.json").read_text())["backend"] == then
    found, expected = leavings(folder), leavings(whole)
    assert {name for name in expected if found[name] != expected[name]} == set()


@needs("envpool")
@pytest.mark.parametrize("slots", [1024, 7])
def test_a_run_on_envpool_goes_on_as_if_never_stopped(slots: int, tmp_path: Path) -> None:
    more = ("--backend", "envpool", "--generations", "6", "--set", "task.observation_scaling=running", "--quiet")
    more += ("--set", f"task.slots={slots}")
    assert neat("run", "CartPole-v1", *CARTPOLE, *more, "--workers", "2", "--out", tmp_path / "whole") == 0
    folder = rewound(tmp_path / "whole", tmp_path / "run", 4)
    assert neat("resume", folder, "--workers", "1", "--quiet") == 0
    assert json.loads((folder / "result.json").read_text())["backend"] == "envpool"
    assert leavings(folder) == leavings(tmp_path / "whole")


def test_more_generations_are_those_that_a_longer_run_has(whole: Path, tmp_path: Path) -> None:
    shutil.copytree(whole, tmp_path / "run")
    assert neat("resume", tmp_path / "run", "--generations", "9", "--quiet") == 0
    text = (whole / "config.toml").read_text().replace("generations = 6", "generations = 9")
    (tmp_path / "long.toml").write_text(text)
    assert neat("run", tmp_path / "long.toml", "--out", tmp_path / "long", "--quiet") == 0
    assert leavings(tmp_path / "run") == leavings(tmp_path / "long")


def test_the_last_checkpoints_are_kept_and_that_of_the_best(whole: Path) -> None:
    assert sorted(os.listdir(whole / "checkpoints")) == ["000004.npz", "000005.npz", "000006.npz", "best.npz"]
    champion = json.loads((whole / "champion.json").read_text())
    best = Checkpoints(whole).read(whole / "checkpoints" / "best.npz")
    assert best.population.generation == champion["generation"] + 1


def test_a_damaged_checkpoint_gives_way_to_the_one_before(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = rewound(whole, tmp_path / "run", 5)
    path = folder / "checkpoints" / "000005.npz"
    path.write_bytes(path.read_bytes()[:1000])
    assert neat("resume", folder, "--quiet") == 0
    errors = capsys.readouterr().err
    assert "warning: " in errors
    assert "000005.npz: not such a file, or cut short" in errors
    assert leavings(folder) == leavings(whole)


def test_a_run_stopped_before_its_first_checkpoint_begins_again(
    whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = rewound(whole, tmp_path / "run", 5)
    shutil.rmtree(folder / "checkpoints")
    assert neat("resume", folder, "--quiet") == 0
    assert "stopped before the first checkpoint: it begins again" in capsys.readouterr().err
    assert leavings(folder) == leavings(whole)


def test_what_cannot_be_resumed_says_why(whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "run"
    shutil.copytree(whole, folder)
    assert "--generations 12 continues it" in fails(capsys, "resume", folder)
    assert "expected the folder of a run, but it has no config.toml" in fails(capsys, "resume", tmp_path)
    assert "expected the folder of a run" in fails(capsys, "resume", tmp_path / "none")
    config = folder / "config.toml"
    changed = config.read_text().replace("add_node = ", "add_node = 0.5 # ").replace("weights = ", "weights = 0.4 # ")
    config.write_text(changed)
    text = fails(capsys, "resume", folder, "--generations", "9")
    assert "config.toml has been changed since the run began (mutation.add_node was " in text
    assert "; mutation.weights was " in text
    # All of its generations are played.
    proposed = re.search(r"neat (run \S+) begins a new one, and with (--from \S+ --generations 12) it continues", text)
    assert proposed
    assert neat(*proposed[1].split(), *proposed[2].split(), "--quiet", "--out", tmp_path / "continued") == 0
    for path in (folder / "checkpoints").iterdir():
        path.write_bytes(b"x")
    assert "none of its checkpoints can be read" in fails(capsys, "resume", folder, "--generations", "9")
    shutil.rmtree(folder / "checkpoints")
    assert "it has no checkpoint" in fails(capsys, "resume", folder)


def test_a_run_that_has_solved_or_died_out_has_nothing_to_go_on_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    solved = ("--set", "task.threshold=1", "--set", "task.verify_episodes=2", "--backend", "serial", "--quiet")
    assert neat("run", "CartPole-v1", "--population", "5", *solved, "--out", tmp_path / "solved") == 0
    assert "has solved its task" in fails(capsys, "resume", tmp_path / "solved", "--generations", "900")
    extinct = ("--set", "population.extinction=stop", "--set", "species.stagnation=1", "--set", "species.protected=0")
    extinct += ("--set", "compatibility.threshold=1e9", "--set", "compatibility.target_species=0")
    assert neat("run", "xor", *QUICK, *extinct, "--quiet", "--out", tmp_path / "extinct") == 0
    assert json.loads((tmp_path / "extinct" / "result.json").read_text())["status"] == "extinct"
    assert "has died out" in fails(capsys, "resume", tmp_path / "extinct", "--generations", "900")
    shutil.copytree(tmp_path / "extinct", tmp_path / "killed")
    (tmp_path / "killed" / "result.json").unlink()  # killed while the champion was verified
    assert neat("resume", tmp_path / "killed", "--quiet") == 0
    assert leavings(tmp_path / "killed") == leavings(tmp_path / "extinct")


def test_a_run_being_written_is_not_resumed(whole: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(whole, tmp_path / "run")
    with RunDirectory.reopen(tmp_path / "run"):
        text = fails(capsys, "resume", tmp_path / "run", "--generations", "9")
        assert f"another run (process {os.getpid()}) is writing here" in text
    assert "already holds a run" in fails(capsys, "run", "xor", "--out", tmp_path / "run")


def test_a_lock_that_was_removed_while_it_was_opened_is_taken_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from experiments.folder import lock as module

    (tmp_path / "config.toml").write_text("")
    really, calls = module._lock, []

    def lock(file: Any) -> None:
        if not calls:
            (tmp_path / "run.lock").unlink()  # the run that held it ends just now
        calls.append(file)
        really(file)

    monkeypatch.setattr(module, "_lock", lock)
    with RunDirectory.reopen(tmp_path), pytest.raises(RunDirectoryError, match="is writing here"):
        RunDirectory.reopen(tmp_path)


# Endings -------------------------------------------------------------------------------------------------------------


def wait_for(condition: Any, process: subprocess.Popen[str], seconds: float = 120) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


def checkpoints(folder: Path) -> list[str]:
    with contextlib.suppress(OSError):
        return sorted(name for name in os.listdir(folder / "checkpoints") if name[0].isdigit())
    return []


@pytest.mark.parametrize(("number", "code", "name"), [(signal.SIGINT, 130, "SIGINT"), (signal.SIGTERM, 143, "SIGTERM")])
@pytest.mark.parametrize("backend", ["processes", "compiled"])
def test_a_signal_saves_and_says_how_to_go_on(
    backend: str, number: signal.Signals, code: int, name: str, tmp_path: Path
) -> None:
    folder = tmp_path / "run"
    more = ("--backend", backend, "--workers", "2", "--set", "run.checkpoint_seconds=10000")
    process = start("run", "CartPole-v1", *CARTPOLE, *more, "--generations", "100000", "--out", folder)
    wait_for((folder / "champion.json").exists, process)
    process.send_signal(number)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == code
    stopping, ending = errors.splitlines()
    assert stopping.startswith("stopping: ")
    assert ending == f"interrupted by {name}; to continue: neat resume {folder}"
    assert len(checkpoints(folder)) == 1
    played = int(checkpoints(folder)[0].removesuffix(".npz"))
    assert len((folder / "metrics.jsonl").read_text().splitlines()) == played
    assert neat("resume", folder, "--generations", str(played + 2), "--quiet") == 0
    assert [json.loads(line)["generation"] for line in (folder / "metrics.jsonl").open()] == list(range(played + 2))


def test_a_second_ctrl_c_leaves_at_once(tmp_path: Path) -> None:
    # The game answers an interruption by going on: nothing but a second signal ends it.
    code = "import signal, sys, os\nfrom experiments.loop.interruption import Interruption, Interrupted\n"
    code += "with Interruption() as hears:\n    print('ready', flush=True)\n    while True:\n        signal.pause()\n"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(signal.SIGINT)
    time.sleep(1.0)
    assert process.poll() is None
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == 130


def test_two_signals_at_once_are_one(tmp_path: Path) -> None:
    # `timeout` of GNU signals the process, and then its group. Two of a kind may arrive as one, so these differ.
    folder = tmp_path / "run"
    process = start("run", "CartPole-v1", *CARTPOLE, "--workers", "1", "--generations", "100000", "--out", folder)
    wait_for((folder / "champion.json").exists, process)
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGINT)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode in (130, 143)
    assert f"to continue: neat resume {folder}" in errors


def test_a_signal_is_answered_while_compiled_code_runs() -> None:
    # The main thread is in one long call, in which Python calls no handler.
    code = "import hashlib, sys\nfrom experiments.loop.interruption import Interruption\n"
    code += "with Interruption(sys.stdout):\n    print('ready', flush=True)\n"
    code += "    hashlib.pbkdf2_hmac('sha256', b'', b'', 10**9)\n"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    time.sleep(0.2)
    process.send_signal(signal.SIGINT)
    assert process.stdout.readline().startswith("stopping: ")
    time.sleep(1.0)
    process.send_signal(signal.SIGINT)
    assert process.wait(5) == 130


def test_a_signal_waits_until_it_may_be_heard() -> None:
    with Interruption() as interruption:
        os.kill(os.getpid(), signal.SIGTERM)
        with pytest.raises(Interrupted) as caught, interruption.welcome():
            pytest.fail("played on")
    assert caught.value.exit_code == 143
    with Interruption() as interruption, pytest.raises(Interrupted) as caught, interruption.welcome():
        os.kill(os.getpid(), signal.SIGINT)
    assert caught.value.exit_code == 130


def experiment(**run: Any) -> Experiment:
    return from_mapping(
        {
            "run": {"generations": 8, "workers": 1, "backend": "serial", "checkpoint_seconds": 0.0, **run},
            "task": {"environment": "CartPole-v1", "episodes": 1, "verify_episodes": 2, "threshold": 1000.0},
            "population": {"size": 10},
        }
    )


@contextlib.contextmanager
def interrupted_in(generation: int, when: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Send a signal at a point of a generation: while it plays, right after, or while the population changes."""
    from environments.evaluators.serial import SerialEvaluator

    play, tell = SerialEvaluator.evaluate, Population.tell

    def evaluate(self: Any, genomes: Any) -> Any:
        if genomes.generation == generation and when == "before":
            os.kill(os.getpid(), signal.SIGINT)
        result = play(self, genomes)
        if genomes.generation == generation and when == "after":
            os.kill(os.getpid(), signal.SIGINT)
        return result

    def told(self: Any, evaluated: Any) -> Any:
        if self.generation == generation and when == "tell":
            os.kill(os.getpid(), signal.SIGINT)
        return tell(self, evaluated)

    monkeypatch.setattr(SerialEvaluator, "evaluate", evaluate)
    monkeypatch.setattr(Population, "tell", told)
    yield
    monkeypatch.undo()


@pytest.mark.parametrize("when", ["before", "after", "tell"])
def test_an_interruption_at_any_point_of_a_generation_loses_nothing(
    when: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from experiments.loop.runner import run

    settings = dataclasses.replace(experiment(checkpoint_every=1000))
    settings = dataclasses.replace(settings, task=settings.task.replace(observation_scaling="running"))
    whole = Checkpoints(tmp_path / "whole", seconds=1e9)
    (tmp_path / "whole").mkdir()
    run(settings, checkpoints=whole)
    parts = Checkpoints(tmp_path, seconds=1e9)
    with (
        interrupted_in(3, when, monkeypatch),
        Interruption() as interruption,
        pytest.raises(Interrupted),
    ):
        run(settings, checkpoints=parts, interruption=interruption)
    assert parts.last == (4 if when == "tell" else 3)
    run(settings, checkpoints=parts, state=parts.newest()[0])
    expected, found = whole.newest()[0], parts.newest()[0]
    for name, array in expected.population.to_arrays().items():
        if name != "values":
            assert found.population.to_arrays()[name].tobytes() == array.tobytes(), name
    for name, values in expected.evaluator.items():
        assert found.evaluator[name].tobytes() == values.tobytes()
    assert dataclasses_without_time(found.progress) == dataclasses_without_time(expected.progress)


def dataclasses_without_time(progress: Progress) -> dict[str, Any]:
    found = {name: getattr(progress, name) for name in progress.__struct_fields__ if name != "seconds"}
    champions = {name: found[name] and found[name].to_json() for name in ("champion", "latest")}  # arrays have no ==
    return {**found, **champions}


def test_a_failing_game_ends_the_run_with_its_state_saved(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from environments.evaluators.serial import SerialEvaluator
    from experiments.loop.runner import run

    play = SerialEvaluator.evaluate

    def evaluate(self: Any, genomes: Any) -> Any:
        if genomes.generation == 2:
            raise EvaluationError("it broke")
        return play(self, genomes)

    monkeypatch.setattr(SerialEvaluator, "evaluate", evaluate)
    saved = Checkpoints(tmp_path, seconds=1e9)
    with pytest.raises(EvaluationError, match="it broke"):
        run(experiment(), checkpoints=saved)
    assert saved.newest()[0].population.generation == 2


# Disks ---------------------------------------------------------------------------------------------------------------


def test_a_full_disk_ends_a_run_in_one_line_and_leaves_it_resumable(tmp_path: Path) -> None:
    folder = tmp_path / "run"

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))  # no file can grow beyond: EFBIG, as ENOSPC would

    process = start("run", "xor", *QUICK, "--generations", "3000", "--out", folder, preexec_fn=limit)
    out, errors = process.communicate(timeout=200)
    assert process.returncode == 2, (out, errors)
    assert f"error: cannot write to {folder}" in errors
    assert "File too large" in errors
    assert f"to continue: neat resume {folder}" in errors
    assert "Traceback" not in errors
    for name in checkpoints(folder):
        Checkpoints(folder).read(folder / "checkpoints" / name)
    last = int(checkpoints(folder)[-1].removesuffix(".npz"))
    assert neat("resume", folder, "--generations", str(last + 2), "--quiet") == 0
    assert [json.loads(line)["generation"] for line in (folder / "metrics.jsonl").open()] == list(range(last + 2))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a file system of one mebibyte, which the next run will fill."""
    place = tmp_path / "disk"
    place.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(place)], capture_output=True)
    if mounted.returncode:
        pytest.skip("mounting is not permitted here")
    yield place
    subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.mark.skipif(shutil.which("mount") is None, reason="there is no mount")
def test_a_disk_that_is_really_full_costs_the_generation_in_progress(small_disk: Path) -> None:
    folder = small_disk / "run"
    process = start("run", "xor", *QUICK, "--generations", "100000", "--out", folder, "--quiet")
    errors = process.communicate(timeout=200)[1]
    assert process.returncode == 2, errors
    assert "Traceback" not in errors
    assert f"error: cannot write to {folder}" in errors
    assert "No space left on device" in errors
    for name in checkpoints(folder):
        Checkpoints(folder).read(folder / "checkpoints" / name)
    last = int(checkpoints(folder)[-1].removesuffix(".npz"))
    assert last > 10
    subprocess.run(["mount", "-o", "remount,size=4m", str(small_disk)], check=True)
    assert neat("resume", folder, "--generations", str(last + 2), "--quiet") == 0
    assert [json.loads(line)["generation"] for line in (folder / "metrics.jsonl").open()] == list(range(last + 2))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    tmp_path.chmod(0o500)
    try:
        assert "Permission denied" in fails(capsys, "run", "xor", "--out", tmp_path / "run")
    finally:
        tmp_path.chmod(0o700)


def test_a_folder_removed_under_a_run_ends_it_in_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    process = start("run", "xor", *QUICK, "--generations", "1000000", "--out", folder, "--quiet")
    wait_for(lambda: len(checkpoints(folder)) == 3, process)
    while folder.exists():
        shutil.rmtree(folder, ignore_errors=True)
    errors = process.communicate(timeout=60)[1]
    assert process.returncode == 2
    assert "Traceback" not in errors
    assert f"error: cannot write to {folder}" in errors
    assert "No such file or directory" in errors


# Checkpoints ---------------------------------------------------------------------------------------------------------


def state(generations: int = 0) -> State:
    config = Config.preset(population={"size": 4}, genome={"inputs": 1, "outputs": 1})
    population = Population(config, seed=1)
    for _ in range(generations):
        population.tell(np.zeros(len(population.ask())))
    return State(population, Progress(), {"mean": np.ones(2)})


def test_checkpoints_are_due_by_generations_and_by_time(tmp_path: Path) -> None:
    saved = Checkpoints(tmp_path, every=5, seconds=0)
    assert [g for g in range(12) if saved.due(g)] == [0, 5, 10]
    assert not Checkpoints(tmp_path, every=5, seconds=1000).due(5)


def test_names_that_are_no_checkpoints_are_left_alone(tmp_path: Path) -> None:
    saved = Checkpoints(tmp_path, kept=1)
    saved.save(state(0))
    (saved.folder / "mine.npz").write_text("")
    saved.save(state(3))
    assert sorted(os.listdir(saved.folder)) == ["000003.npz", "mine.npz"]


def test_statistics_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    saved = Checkpoints(tmp_path)
    saved.save(dataclasses.replace(state(), evaluator={"mean": np.array([np.nan])}))
    with pytest.raises(RunDirectoryError, match="observation statistics that are not finite"):
        saved.newest()


@pytest.mark.parametrize("name", ["checkpoint_every", "checkpoints_kept"])
def test_settings_of_checkpoints_are_checked(name: str) -> None:
    with pytest.raises(ConfigError, match=rf"run\.{name}: expected at least 1, got 0"):
        experiment(**{name: 0})
    with pytest.raises(ConfigError, match=r"run\.checkpoint_seconds: expected seconds from 0"):
        experiment(checkpoint_seconds=-1.0)


def test_a_saved_champion_of_unknown_fitness_is_refused(tmp_path: Path) -> None:
    saved = Checkpoints(tmp_path)
    saved.save(with_champion(state(1), fitness=float("nan")))
    with pytest.raises(RunDirectoryError, match="the champion's fitness is not a finite number"):
        saved.newest()


def with_champion(state: State, **changes: Any) -> State:
    champion = dataclasses.replace(Champion.from_json(champion_json()), genome=state.population.genomes[0], **changes)
    return dataclasses.replace(state, progress=Progress(champion=champion, latest=champion))


def test_champions_come_back_as_they_were_scaling_included(tmp_path: Path) -> None:
    saved, scaling = Checkpoints(tmp_path), {"shift": np.array([0.1]), "factor": np.array([1 / 3])}
    for wanted in (scaling, None):
        saved.save(with_champion(state(1), scaling=wanted))
        found, _ = saved.newest()
        assert set(found.evaluator) == {"mean"}
        for champion in (found.progress.champion, found.progress.latest):
            assert champion is not None
            assert champion.genome == found.population.genomes[0]
            assert champion.scaling == wanted if wanted is None else champion.scaling["factor"] == wanted["factor"]


def test_a_checkpoint_of_version_2_is_read(tmp_path: Path) -> None:
    """It held champions whole, as text, and no genomes beside the population."""
    saved = Checkpoints(tmp_path)
    saved.save(with_champion(state(1)))
    path = next(saved.folder.glob("0*.npz"))
    header, arrays = read_arrays(path, _FORMAT, _VERSION, _DTYPES, dict)
    del header["kept"]
    champion = {**json.loads(champion_json()), "genome": state(1).population.genomes[0].to_dict()}
    header["caller"]["champion"] = json.dumps(champion)
    header["caller"]["latest"] = None
    without_search = {
        name: np.zeros(0 if "nodes" in name or "conn" in name else 3, kind) for name, kind in _SEARCH.items()
    }
    without_search["search_vectors"] = np.zeros(0)
    old = {name: array for name, array in arrays.items() if name not in _KEPT} | without_search
    write_arrays(path, _FORMAT, 2, header, old)
    found = saved.read(path)
    assert found.progress.champion is not None
    assert found.progress.champion.genome == found.population.genomes[0]
    assert found.progress.latest is None
    write_arrays(path, _FORMAT, 1, header, arrays)
    with pytest.raises(DataError, match="version 1, this program reads 2 and 3"):
        saved.read(path)


def test_a_genome_larger_than_a_header_is_saved_and_read(tmp_path: Path) -> None:
    config = Config.preset(population={"size": 2}, genome={"inputs": 30_000, "outputs": 3})
    population = Population(config, seed=1)
    saved = Checkpoints(tmp_path)
    saved.save(with_champion(State(population, Progress(), {})))
    found, refused = saved.newest()
    assert not refused
    assert found.progress.champion is not None
    assert found.progress.champion.genome == population.genomes[0]
    assert Champion.from_json(found.progress.champion.to_json()).genome == population.genomes[0]


@pytest.mark.parametrize(
    ("genome", "running", "allowed"),
    [
        ({"inputs": 27_648, "outputs": 3}, True, True),  # CarRacing
        ({"inputs": 28_224, "outputs": 6}, True, True),  # Atari, four grey frames of 84 by 84
        ({"inputs": 100_800, "outputs": 18}, False, False),  # Atari, colour
        ({"inputs": 100_800, "outputs": 18, "initial": "empty"}, True, True),
        ({"inputs": 400_000, "outputs": 1, "initial": "empty"}, True, False),
        ({"inputs": 10_000, "outputs": 3, "initial": "hidden", "initial_hidden": 100}, False, False),
    ],
)
def test_genomes_too_large_for_a_runs_files_are_refused_before_it(
    genome: dict[str, Any], running: bool, allowed: bool, tmp_path: Path
) -> None:
    config = Config.preset(genome=genome)
    if allowed:
        Checkpoints(tmp_path).check_size(config, running=running)
    else:
        with pytest.raises(ConfigError, match=r"larger than a run's files keep .* task\.wrappers"):
            Checkpoints(tmp_path).check_size(config, running=running)
