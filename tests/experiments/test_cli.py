"""The command line as a user meets it: in processes of their own, with their exit codes, and what they write."""

from __future__ import annotations

import contextlib
import ctypes
import importlib
import inspect
import json
import os
import signal
import subprocess
import sys
import time
import typing
from collections.abc import Sequence
from pathlib import Path

import pytest

from experiments import cli
from neat.errors import ConfigError

SMALL = [
    *("--population", "10", "--generations", "2", "--backend", "serial", "--set", "task.episodes=1"),
    *("--set", "task.verify_episodes=2", "--set", "task.threshold=1000"),
]


def neat(
    *words: str, cwd: Path | None = None, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "experiments", *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(Path(cli.__file__).parents[1]), **(environment or {})},
        timeout=120,
    )


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a small run."""
    folder = tmp_path_factory.mktemp("cli") / "run"
    done = neat("run", "CartPole-v1", *SMALL, "--out", str(folder))
    assert done.returncode == 0, done.stderr
    return folder


def fails(words: Sequence[str], *expected: str, cwd: Path | None = None) -> None:
    """Check that a call ends with exit code 2 and one line on standard error that says all that is expected."""
    done = neat(*words, cwd=cwd)
    assert done.returncode == 2, done.stdout + done.stderr
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    for text in expected:
        assert text in done.stderr


def test_a_run_leaves_everything_in_its_folder(finished: Path) -> None:
    left = set(os.listdir(finished))
    assert {"champion.json", "config.toml", "metrics.jsonl", "result.json"} <= left
    assert "run.lock" not in left
    result = json.loads((finished / "result.json").read_text())
    assert result["verification"]["episodes"] == 2
    assert result["generations"] == 2
    assert len((finished / "metrics.jsonl").read_text().splitlines()) == 2


def test_the_resolved_settings_repeat_the_run(finished: Path, tmp_path: Path) -> None:
    done = neat("run", str(finished / "config.toml"), "--out", str(tmp_path / "again"), "--quiet")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "again" / "champion.json").read_bytes() == (finished / "champion.json").read_bytes()
    assert done.stdout.startswith("Not solved (1000 not reached) in 2 generations")


def test_plain_lines_where_there_is_no_terminal(tmp_path: Path) -> None:
    done = neat("run", "cartpole", *SMALL, "--seed", "4", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "\x1b" not in done.stdout
    assert "backend: serial" in done.stdout
    assert "neat play runs/cartpole-seed4" in done.stdout
    assert (tmp_path / "runs" / "cartpole-seed4" / "result.json").is_file()


def test_json_is_one_object_a_line_and_nothing_else(tmp_path: Path) -> None:
    done = neat("run", "cartpole", *SMALL, "--json", "--out", str(tmp_path / "run"))
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [event["event"] for event in events] == ["start", "generation", "generation", "result"]
    assert events[-1]["folder"] == str(tmp_path / "run")


def test_a_terminal_gets_the_live_display(tmp_path: Path) -> None:
    pty = pytest.importorskip("pty")
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "experiments", "run", "cartpole", *SMALL, "--out", str(tmp_path / "run")],
        stdout=follower,
        stderr=subprocess.PIPE,
        env={**os.environ, "TERM": "xterm", "COLUMNS": "100", "LINES": "40"},
    )
    os.close(follower)
    shown = b""
    while True:
        try:
            part = os.read(leader, 65536)
        except OSError:  # the other end has been closed
            break
        if not part:
            break
        shown += part
    os.close(leader)
    assert process.wait(60) == 0
    text = shown.decode()
    assert "\x1b[" in text
    for word in (
        "generation",
        "best",
        "mean",
        "species",
        "connections",
        "steps/s",
        "left",
        "fresh episodes",
        "Verified",
    ):
        assert word in text


def test_a_champion_is_verified_again_with_the_same_score(finished: Path) -> None:
    result = json.loads((finished / "result.json").read_text())
    same = neat("verify", str(finished), "--json")
    assert same.returncode == 1  # the threshold of 1000 cannot be reached
    score = json.loads(same.stdout)
    assert score["returns"] == result["verification"]["returns"]
    assert (score["threshold"], score["solved"]) == (1000.0, False)
    other = neat("verify", str(finished), "--seed", "99", "--episodes", "3")
    assert "over 3 fresh episodes" in other.stdout
    assert "Not solved: the goal is 1000" in other.stdout


def test_a_champion_is_shown_as_a_video(finished: Path, tmp_path: Path) -> None:
    done = neat("play", str(finished), "--video", str(tmp_path / "game.gif"))
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "game.gif").read_bytes().startswith(b"GIF8")


def test_a_folder_holds_one_run_only(finished: Path) -> None:
    fails(["run", "CartPole-v1", *SMALL, "--out", str(finished)], "already holds a run; choose another folder")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["run", "CartPol-v1"], "'CartPol-v1' (did you mean 'CartPole-v1'?)"),
        (["run", "cartpoel"], "'cartpoel' (did you mean 'cartpole'?)"),
        (["run", "carpole", "--json"], "'carpole' (did you mean 'cartpole'?)"),
        (["run", "LunarLander"], "(did you mean 'LunarLander-v3'?)"),
        (["run", "nothing.toml"], "cannot read the experiment file nothing.toml: No such file"),
        (["run", "cartpole", "--set", "mutation.add_nod=0.1"], "(did you mean 'mutation.add_node'?)"),
        (["run", "cartpole", "--population", "-5"], "population.size: expected from 2 to 10,000,000 genomes, got -5"),
        (["run", "cartpole", "--generations", "0"], "run.generations: expected from 1"),
        (["run", "cartpole", "--seed", "x"], "--seed: expected a whole number, got 'x'"),
        (["run", "cartpole", "--sed", "3"], "(did you mean '--seed'?)"),
        (["run"], "the argument TARGET is missing"),
        (["run", "cartpole", "--preset", "papr"], "unknown preset 'papr'"),
        (["run", "cartpole", "--backend", "seriel"], "(did you mean 'serial'?)"),
        (["run", "cartpole", "--out", "/dev/null/run"], "cannot write to /dev/null/run"),
        (["run", "no_such_module:Maze-v0"], "no_such_module"),
        (["rnu"], "no command 'rnu' (did you mean 'run'?)"),
        (["verify", "nowhere"], "nowhere: expected the folder of a run"),
        (["success-rate", "cartpole", "--seeds", "0"], "--seeds: expected from 1 to 1,000,000 runs, got 0"),
    ],
)
def test_mistakes_are_answered_in_one_line(words: list[str], expected: str, tmp_path: Path) -> None:
    fails(words, expected, cwd=tmp_path)
    assert list(tmp_path.rglob("*.*")) == []


def test_a_missing_extra_names_the_command_that_installs_it(tmp_path: Path) -> None:
    (tmp_path / "Box2D.py").write_text("raise ImportError('no Box2D here')\n")
    here = os.pathsep.join([str(tmp_path), str(Path(cli.__file__).parents[1])])
    done = neat("run", "LunarLander-v3", cwd=tmp_path, environment={"PYTHONPATH": here})
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert 'pip install "neat-arena[box2d]"' in done.stderr
    shown = neat("list", cwd=tmp_path, environment={"PYTHONPATH": here})
    lines = [line for line in shown.stdout.splitlines() if line.startswith("lunar-lander ")]
    assert 'not installed: pip install "neat-arena[box2d]"' in lines[0]
    assert " 200 " in lines[0]  # known without making the environment


@pytest.mark.parametrize("damage", ["cut", "other", "binary", "genome"])
def test_a_damaged_champion_is_answered_in_one_line(damage: str, finished: Path, tmp_path: Path) -> None:
    text = (finished / "champion.json").read_bytes()
    data = json.loads(text)
    stray = {"innovation": 0, "source": 0, "target": 99999, "enabled": True, "weight": 1.0}
    data["genome"]["connections"].insert(0, stray)
    damaged = {"cut": text[:300], "other": b"{}", "binary": b"\xff\x00", "genome": json.dumps(data).encode()}[damage]
    (tmp_path / "champion.json").write_bytes(damaged)
    for command in ("verify", "play"):
        fails([command, str(tmp_path)], "champion.json: ")


def test_help_is_quick_and_complete() -> None:
    begin = time.perf_counter()
    done = neat("--help")
    best = time.perf_counter() - begin
    for command in cli.COMMANDS:
        assert f"  {command.name} " in done.stdout
    for _ in range(4):  # the fastest of several: the machine may be busy
        begin = time.perf_counter()
        neat("--help")
        best = min(best, time.perf_counter() - begin)
    assert best < 0.3


@pytest.mark.parametrize("words", [["--help"], ["run", "--help"], ["--version"]])
def test_help_loads_nothing_heavy(words: list[str]) -> None:
    code = (
        "import sys; from experiments.cli import main; main(sys.argv[1:]); "
        "print(sorted({'numba', 'numpy', 'gymnasium', 'matplotlib', 'networkx', 'rich.live'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize("command", [command.name for command in cli.COMMANDS])
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([command, "--help"]) == 0
    assert f"usage: neat {command}" in capsys.readouterr().out


@pytest.mark.parametrize("command", cli.COMMANDS, ids=lambda command: command.name)
def test_usage_shows_which_arguments_may_be_left_out(command: cli.Command) -> None:
    function = importlib.import_module(command.module).command
    usage = cli.help_of(function, command.name, width=400).splitlines()[0]
    hints = typing.get_type_hints(function, include_extras=True)
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is not parameter.KEYWORD_ONLY and parameter.default is not parameter.empty:
            (metavar,) = [mark.metavar for mark in hints[parameter.name].__metadata__ if hasattr(mark, "metavar")]
            assert metavar.startswith("[")
            assert f" {metavar}" in usage


def test_the_list_compiles_nothing(tmp_path: Path) -> None:
    done = neat("list", environment={"NEAT_ARENA_CACHE": str(tmp_path)})
    assert "neat-arena/HardMaze-v0" in done.stdout
    assert list(tmp_path.rglob("*.nb?")) == []


def test_a_broken_experiment_file_is_named_by_its_path(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text("a = [")
    fails(["run", "./bad.toml"], "error: ./bad.toml: not a TOML file: Invalid value", cwd=tmp_path)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="looks for left-over processes where Linux lists them")
@pytest.mark.parametrize(
    ("signal_", "code", "backend"),
    [(signal.SIGINT, 130, "processes"), (signal.SIGTERM, 143, "serial"), (signal.SIGTERM, 143, "processes")],
)
def test_a_run_that_is_stopped_leaves_its_champion_and_no_process(
    signal_: signal.Signals, code: int, backend: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    folder = tmp_path / "run"
    words = ["run", "CartPole-v1", "--population", "20", "--generations", "100000", "--set", "task.threshold=1000"]
    words += ["--workers", "2", "--backend", backend, "--out", str(folder), "--quiet"]
    process = subprocess.Popen(
        [sys.executable, "-m", "experiments", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    request.addfinalizer(lambda: _end(process))  # also where this test is interrupted itself
    deadline = time.monotonic() + 90
    while not (folder / "metrics.jsonl").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    # A terminal sends Ctrl-C to every process of the group, `kill` to the one it names.
    if signal_ == signal.SIGINT:
        os.killpg(process.pid, signal_)
    else:
        process.send_signal(signal_)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code
    assert out == ""
    assert str(folder) in err
    assert "Traceback" not in err
    assert err.count("\n") <= 2
    left = set(os.listdir(folder))
    assert {"champion.json", "config.toml", "metrics.jsonl"} <= left
    assert not {"run.lock", "result.json"} & left
    deadline = time.monotonic() + 20
    while _lives(process.pid) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert not _lives(process.pid)


def _end(process: subprocess.Popen[str]) -> None:
    """Kill a process and its group, unless they have ended."""
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def _lives(group: int) -> bool:
    """Tell whether a process group has a process that runs (one that ended but was not waited for does not count)."""
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it may end while we look
            state, _, pgrp, *_ = stat.read_text().rpartition(")")[2].split()
            if int(pgrp) == group and state != "Z":
                return True
    return False


def test_a_closed_pipe_is_no_error() -> None:
    done = subprocess.run(
        f"{sys.executable} -m experiments list --environments | head -1",
        shell=True,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stderr == ""
    assert done.stdout.count("\n") == 1


def test_many_seeds_give_a_table_and_figures(tmp_path: Path) -> None:
    few = [word if word != "1000" else "5" for word in SMALL[:-1]] + ["task.threshold=5"]
    done = neat("success-rate", "cartpole", *few, "--seeds", "2", "--at-least", "2", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "cartpole: 2 independent runs, reported seeds" in done.stdout
    assert "solved 2 of 2 (95% interval 34% to 100%)" in done.stdout
    lines = neat(
        "success-rate", "cartpole", *few, "--seeds", "2", "--tuning", "--json", cwd=tmp_path
    ).stdout.splitlines()
    rows = [json.loads(line) for line in lines]
    assert [row["event"] for row in rows] == ["run", "run", "figures"]
    assert all(row["seed"] % 2 == 0 for row in rows[:2])
    assert rows[-1]["solved"] == 2
    never = neat("success-rate", "cartpole", *SMALL, "--seeds", "1", "--at-least", "1", cwd=tmp_path)
    assert never.returncode == 1
    assert os.listdir(tmp_path) == []


def test_warmup_compiles_and_leaves_nothing_else(tmp_path: Path) -> None:
    done = neat("warmup", "xor", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("xor: compiling …\nxor: ready after ")
    assert done.stdout.splitlines()[-1].startswith("Machine code is kept in ")
    assert os.listdir(tmp_path) == []
    fails(["warmup", "no-such-game"], "no-such-game", cwd=tmp_path)


@pytest.mark.parametrize(("number", "told"), [(signal.SIGTERM, "terminated"), (signal.SIGINT, "interrupted")])
def test_a_signal_that_c_code_drops_is_no_error_of_what_follows(number, told, monkeypatch, capsys):
    """A callback from C, such as the compiler's, cannot pass on the exception; what then lacks its result fails."""
    callback = ctypes.CFUNCTYPE(None)(lambda: signal.raise_signal(number))

    other = ctypes.CFUNCTYPE(None)(lambda: [].pop())
    seen = []

    def dispatch(words):
        other()
        callback()
        raise ConfigError("environment 'CartPole-v1' failed: no compiled object yet")

    previous = {n: signal.getsignal(n) for n in (signal.SIGINT, signal.SIGTERM)}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    monkeypatch.setattr(sys, "unraisablehook", lambda dropped: seen.append(dropped.exc_type))
    hook = sys.unraisablehook
    monkeypatch.setattr(cli, "_dispatch", dispatch)
    try:
        assert cli.main(["list"]) == 128 + number
    finally:
        for n, handler in previous.items():
            signal.signal(n, handler)
    assert capsys.readouterr().err == f"{told}\n"
    assert sys.unraisablehook is hook
    assert seen == [IndexError]  # other exceptions are still reported
