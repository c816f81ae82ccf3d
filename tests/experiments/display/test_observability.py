"""What a run says while it goes: faults with their seeds, log messages, TensorBoard, and reporters of one's own."""

from __future__ import annotations

import io
import json
import logging
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import gymnasium
import pytest

from environments import make_task
from experiments import cli
from experiments.display.logs import set_level
from experiments.display.reporters import DirectoryReporter, JsonReporter, PlainReporter, Reporter
from experiments.folder.directory import RunDirectory
from experiments.loop.runner import evolve, run
from experiments.settings import Experiment, from_mapping
from neat.errors import ConfigError, EvaluationError


def experiment(fault: str = "worst", **kwargs: Any) -> Experiment:
    kwargs = {"how": "raise", "among": 4, **kwargs}
    return from_mapping(
        {
            "run": {"generations": 3, "workers": 1, "backend": "serial"},
            "task": {
                "environment": "arena_games:Bad-v0",
                "episodes": 3,
                "verify_episodes": 1,
                "threshold": 1e9,
                "fault": fault,
                "kwargs": kwargs,
            },
            "population": {"size": 5},
        }
    )


def test_faults_are_kept_with_the_seeds_that_play_them_again(tmp_path: Path) -> None:
    settings = experiment(among=1, once=str(tmp_path / "once"))  # the first genome meets it, no other
    plain, lines = io.StringIO(), io.StringIO()
    reporters = [DirectoryReporter(RunDirectory.create(tmp_path / "run")), PlainReporter(plain), JsonReporter(lines)]
    run(settings, *reporters)
    (fault,) = [json.loads(line) for line in (tmp_path / "run" / "faults.jsonl").read_text().splitlines()]
    assert (fault["generation"], fault["genome"]) == (0, 0)
    assert re.fullmatch(r"raised ValueError: the board is on fire in step \(.*, line \d+\)", fault["message"])
    events = [json.loads(line) for line in lines.getvalue().splitlines()]
    assert [event for event in events if event["event"] == "fault"] == [{"event": "fault", **fault}]
    said = f"generation 0: genome 0 got the worst fitness: the environment {fault['message']} "
    assert f"{said}(seed {fault['seed']})\n" in plain.getvalue()
    (tmp_path / "once").unlink()
    env = gymnasium.make("arena_games:Bad-v0", **settings.task.kwargs)
    env.reset(seed=fault["seed"])
    env.step(0)
    env.step(0)
    with pytest.raises(ValueError, match="the board"):
        env.step(0)
    env.close()


def test_a_run_without_faults_has_no_such_file(tmp_path: Path) -> None:
    try:
        run(experiment(among=10**9, rest=1), DirectoryReporter(RunDirectory.create(tmp_path / "run")))
    finally:
        assert not (tmp_path / "run" / "faults.jsonl").exists()


def test_a_champion_is_never_silently_not_a_number() -> None:
    for how in ("nan reward", "nan observation", "shape", "raise"):
        with pytest.raises(EvaluationError) as caught:
            list(evolve(experiment("fail", how=how, among=1)))
        assert "seed" in str(caught.value)
        assert "\n" not in str(caught.value)


def test_log_levels_are_checked_and_obeyed(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ConfigError, match=r"--log-level: expected one of debug, .*, got 'inof' \(did you mean 'info'"):
        set_level("inof")
    logger = logging.getLogger("experiments.loop.checkpoints")
    try:
        set_level("error")
        logger.warning("unheard")
        set_level("debug")
        logger.debug("heard %d", 3)
    finally:
        set_level("warning")
    errors = capsys.readouterr().err
    assert "unheard" not in errors
    assert "DEBUG experiments.loop.checkpoints: heard 3\n" in errors


def test_a_run_says_what_it_writes_at_level_debug(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["run", "xor", "--generations", "1", "--population", "5", "--out", str(tmp_path / "run"), "--quiet"]
    assert cli.main([*words, "--log-level", "debug"]) == 0
    set_level("warning")
    assert f"wrote {tmp_path / 'run' / 'checkpoints' / '000001.npz'}" in capsys.readouterr().err


def test_tensorboard_gets_a_point_for_every_generation(tmp_path: Path) -> None:
    pytest.importorskip("tensorboardX")
    words = [
        "--generations",
        "4",
        "--population",
        "5",
        "--quiet",
        "--tensorboard",
        "--set",
        "run.stop_when_solved=false",
    ]
    assert cli.main(["run", "xor", *words, "--out", str(tmp_path / "run")]) == 0
    files = list((tmp_path / "run" / "tensorboard").iterdir())
    assert len(files) == 1
    from tensorboardX.proto.event_pb2 import Event

    steps, content, at = [], files[0].read_bytes(), 0
    while at < len(content):
        size = int.from_bytes(content[at : at + 8], "little")
        event = Event.FromString(content[at + 12 : at + 12 + size])
        steps += [event.step for value in event.summary.value if value.tag == "fitness/best"]
        at += 16 + size
    assert steps == [0, 1, 2, 3]


def test_tensorboard_that_is_not_installed_is_named(tmp_path: Path) -> None:
    code = "import sys; sys.modules['tensorboardX'] = None; from experiments import cli; "
    code += "sys.exit(cli.main(['run', 'xor', '--tensorboard', '--out', sys.argv[1]]))"
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "run")], capture_output=True, text=True)
    assert done.returncode == 2
    assert done.stderr == (
        "error: --tensorboard needs the package tensorboardX: pip install 'neat-arena[tensorboard]'\n"
    )


def test_reporters_are_told_in_the_documented_order() -> None:
    told: list[str] = []

    class Everything(Reporter):
        def __getattribute__(self, name: str) -> Any:
            if name in ("started", "faulted", "generation", "bred", "improved", "attempted", "finished", "close"):
                return lambda *_: told.append(name)
            return super().__getattribute__(name)

    settings = from_mapping(
        {
            "run": {"generations": 2, "stop_when_solved": False},
            "task": {"environment": "xor"},
            "population": {"size": 9},
        }
    )
    run(settings, Everything())
    assert told[:4] == ["started", "generation", "bred", "improved"]
    assert told[-2:] == ["finished", "close"]
    assert make_task(settings.task).name == "xor"
