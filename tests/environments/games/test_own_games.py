"""Games of a user's own: they repeat, and what is wrong with them is said in one line with the place to mend."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import own_games
import pytest
from gymnasium import spaces
from hypothesis import given
from hypothesis import strategies as st

import environments
from environments import ActionDecoder, TaskConfig, make_task
from environments.evaluators.shard import unreachable
from environments.making.environment import find_spec, import_module
from environments.making.places import hidden, offer
from environments.spaces.actions import greatest
from experiments.folder.origins import recall, write_origins
from neat import Config, ConfigError, EvaluationError, Population
from neat.errors import MissingExtraError
from neat.genes.table import Genomes

ROOT = Path(environments.__file__).parents[1]


def play(name, *, size=6, backend="serial", workers=1, reverse=False, **settings):
    """Return the evaluation of a generation of random genomes."""
    task = make_task(TaskConfig(environment=f"own_games:Own{name}-v0", **{"episodes": 2, **settings}))
    config = Config.preset(genome={"inputs": task.inputs, "outputs": task.outputs}, population={"size": size})
    genomes = Population(config, 1).ask()
    if reverse:
        genomes = Genomes.of(list(genomes)[::-1])
    with task.evaluator(config.network, seed=3, backend=backend, workers=workers) as evaluator:
        return evaluator.evaluate(genomes)


@pytest.mark.parametrize(
    ("name", "message", "method"),
    [
        ("NoInfo", "an array of shape .2,. from reset.., expected two things as in 'return observation, {}'", "reset"),
        ("NoSeed", "does not accept the seed of an episode: write 'def reset.self, ", "reset"),
        ("Step4", "returned 4 things from step.., expected five .* old Gym's done is terminated", "step"),
        ("SpaceList", r"action_space is \[0, 1\], expected a space such as gymnasium.spaces.Discrete\(2\)", None),
        ("SpaceLate", "has no observation_space: set it in __init__", None),
        ("Quits", r"called sys.exit\(\) or quit\(\) in step \(.*own_games.py, line \d+\)", None),
        ("Raises", r"raised KeyError: 'prices' in step \(.*own_games.py, line \d+\)", None),
        ("Grows", r"returned an observation of shape \(3,\), expected \(2,\)", "step"),
        ("DictSeen", "an observation of type dict, expected an array", "reset"),
        ("NoReward", "returned None as reward, expected a number", "step"),
        ("MadeWrong", r"cannot be made: it raised FileNotFoundError: .*bird.png' in __init__ \(.*own_games.py", None),
        ("MadeQuits", r"cannot be made: it called sys.exit\('no licence'\) in __init__ \(.*own_games.py", None),
        ("NotEnv", r"write 'class NotEnv\(gymnasium.Env\)'", None),
    ],
)
def test_what_is_wrong_is_said_with_its_place(name, message, method):
    with pytest.raises((ConfigError, EvaluationError), match=message) as caught:
        play(name)
    text = str(caught.value)
    assert "\n" not in text
    assert "own_games.py, line " in text
    if method:
        line = getattr(getattr(own_games, name), method).__code__.co_firstlineno
        assert f"own_games.py, line {line})" in text


def test_an_interrupt_that_a_game_raises_is_the_games():
    before = signal.signal(signal.SIGINT, lambda *_: None)  # as while a run listens to Ctrl-C
    try:
        with pytest.raises(EvaluationError, match="raised KeyboardInterrupt in step"):
            play("KeyInt")
    finally:
        signal.signal(signal.SIGINT, before)


def test_a_closing_that_fails_loses_nothing(caplog):
    assert np.isfinite(play("Closes").fitness).all()
    assert caplog.text.count("close() raised RuntimeError: close failed in close (") == 1


def test_arrays_of_one_element_are_numbers():
    assert play("Arrays").fitness.tolist() == play("Base").fitness.tolist()


def test_the_whole_traceback_is_for_those_who_ask(caplog):
    caplog.set_level(logging.DEBUG, "environments")
    with pytest.raises(EvaluationError):
        play("Raises")
    assert 'return {}["prices"]' in caplog.text


def test_global_random_numbers_are_those_of_the_episode(caplog, monkeypatch):
    monkeypatch.delitem(sys.modules, "own_games")  # what it draws as it is imported is seeded too
    serial = play("Draws")
    assert len(set(serial.fitness)) == 1  # the same two episodes for all
    assert play("Draws", reverse=True).fitness.tolist() == serial.fitness.tolist()
    assert play("Draws", backend="processes", workers=2).fitness.tolist() == serial.fitness.tolist()
    assert "does not repeat" not in caplog.text


def test_a_game_that_does_not_repeat_is_named(caplog):
    play("Base")
    assert "does not repeat" not in caplog.text
    play("Leaks")
    assert "'own_games:OwnLeaks-v0' does not repeat: genome 5 got 12 in the episode" in caplog.text
    assert caplog.text.count("does not repeat") == 1
    caplog.clear()
    play("Leaks", remake="always")
    assert "does not repeat" not in caplog.text


@pytest.mark.parametrize("name", ["NormalizeObservation", "NormalizeReward"])
def test_wrappers_that_keep_statistics_are_refused(name):
    with pytest.raises(ConfigError, match=f"task.wrappers: {name} keeps statistics"):
        make_task(TaskConfig(environment="CartPole-v1", wrappers=({"name": name},)))


def test_running_scaling_tells_raw_numbers_apart_in_the_first_generation():
    evaluation = play("Wide", size=20, observation_scaling="running")
    shift, factor = evaluation.scaling["shift"][0], evaluation.scaling["factor"][0]
    assert 300 < shift < 700
    assert abs((100 - shift) * factor) < 5  # nothing is cut off at ±10
    assert abs((900 - shift) * factor) < 5
    again = play("Wide", size=20, observation_scaling="running", backend="processes", workers=2)
    assert again.fitness.tolist() == evaluation.fitness.tolist()
    assert again.genome_steps.tolist() == evaluation.genome_steps.tolist()
    assert evaluation.genome_steps.tolist() == [18] * 8 + [12] * 12  # eight have played an episode before


@given(st.lists(st.sampled_from([np.nan, -np.inf, -1.0, 0.0, 2.0, np.inf]), min_size=1, max_size=6))
def test_not_a_number_is_the_least_of_outputs(outputs):
    y = np.array(outputs)
    ranked = np.where(np.isnan(y), -np.inf, y)
    numbers = np.flatnonzero(~np.isnan(y))
    expected = 0 if len(numbers) == 0 else int(numbers[ranked[numbers].argmax()])
    assert greatest(y, 0, len(y)) == expected
    rng = np.zeros(2, np.uint64)
    assert ActionDecoder(spaces.Discrete(len(y))).decoder(["identity"] * len(y), rng)(y) == expected
    drawn = ActionDecoder(spaces.Discrete(len(y)), sample=True).decoder(["identity"] * len(y), rng)(y)
    assert len(numbers) == 0 or not np.isnan(y[drawn])


def test_bools_are_true_above_the_middle():
    space = spaces.Box(0, 1, (4,), np.bool_)
    decide = ActionDecoder(space).decoder(["sigmoid", "sigmoid", "sigmoid", "tanh"], np.zeros(2, np.uint64))
    for outputs, expected in (([0.0, 0.01, 0.4, -0.1], [0, 0, 0, 0]), ([0.6, 0.9, 1.0, 0.1], [1, 1, 1, 1])):
        action = decide(np.array(outputs))
        assert action.tolist() == [bool(bit) for bit in expected]
        assert space.contains(action)


@pytest.mark.parametrize(
    ("environment", "message"),
    [
        ("Pong-v4", "today 'ALE/Pong-v5', .*pip install \"neat-arena.atari"),
        ("BreakoutNoFrameskip-v4", "ALE/Breakout-v5"),
        ("FlappyBird-v0", "is named with it, as in 'my_games:"),
        ("own_games:OwnBsae-v0", "own_games.py. .did you mean 'OwnBase-v0'"),
        ("json:Walk-v0", "in the module 'json' .*it has no game"),
    ],
)
def test_environments_that_are_not_found(environment, message):
    with pytest.raises((ConfigError, MissingExtraError), match=message):
        find_spec(environment)


def test_a_module_that_is_hidden_by_another_is_named(tmp_path):
    (tmp_path / "environments").mkdir()
    offer(tmp_path)
    assert f"{tmp_path / 'environments'} is hidden by another module of that name" in hidden("environments.mine")
    assert hidden("own_games") == ""


def test_a_class_of_a_notebook_is_played_by_one_process(monkeypatch, caplog):
    monkeypatch.delattr(sys.modules["__main__"], "__file__", raising=False)
    monkeypatch.setattr(own_games.Base, "__module__", "__main__")
    monkeypatch.setattr(sys.modules["__main__"], "Base", own_games.Base, raising=False)
    config = TaskConfig(environment="OwnBase-v0", episodes=1)
    assert "cannot import Base of 'OwnBase-v0'" in unreachable(config)
    task = make_task(config)
    settings = Config.preset(genome={"inputs": 2, "outputs": 2}, population={"size": 4})
    assert task.evaluator(settings.network, seed=1, workers=2).backend == "serial"
    assert caplog.text.count("played by this process alone") == 1
    with pytest.raises(ConfigError, match="backend 'processes': worker processes cannot import"):
        task.evaluator(settings.network, seed=1, workers=2, backend="processes")


def test_only_folders_sealed_by_this_user_are_believed(tmp_path, monkeypatch):
    monkeypatch.setenv("NEAT_ARENA_CACHE", str(tmp_path / "keys"))
    monkeypatch.setattr("environments.making.places._offered", [])
    monkeypatch.setattr(sys, "path", [*sys.path])
    run, games = tmp_path / "run", tmp_path / "games"
    run.mkdir()
    games.mkdir()
    (games / "sealed_game.py").write_text("")
    monkeypatch.syspath_prepend(str(games))
    __import__("sealed_game")
    write_origins(run, ["sealed_game"])
    sys.path.remove(str(games))
    data = json.loads((run / "modules.json").read_text())
    assert data["folders"] == {"sealed_game": str(games)}
    forged = {"folders": {"sealed_game": str(tmp_path)}, "seal": data["seal"]}
    (run / "modules.json").write_text(json.dumps(forged))
    recall(run)
    assert str(tmp_path) not in sys.path
    for text in ("[]", "{", '{"folders": [], "seal": 3}', ""):
        (run / "modules.json").write_text(text)
        recall(run)
    (run / "modules.json").write_text(json.dumps(data))
    recall(run)
    assert sys.path[-1] == str(games)


def test_a_missing_game_file_is_named_with_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("environments.making.places._offered", [tmp_path])
    monkeypatch.setattr(
        "environments.making.places._remembered", {"lost_game": str(tmp_path), "kept_game": str(tmp_path)}
    )
    monkeypatch.setattr(sys, "path", [*sys.path])
    with pytest.raises(ConfigError, match=r"lost_game\.py, which is missing; put the file back, or set PYTHONPATH to"):
        import_module("lost_game")
    with pytest.raises(ConfigError, match=r"there is no other_game\.py in .*; go to the folder that holds it, or set"):
        import_module("other_game")
    (tmp_path / "kept_game.py").write_text("")
    monkeypatch.setattr("environments.making.places._offered", [])
    sys.path.remove(str(tmp_path))
    with pytest.raises(ConfigError, match=r"kept_game\.py; if you trust that file, set PYTHONPATH to its folder"):
        import_module("kept_game")


def test_a_game_in_the_current_folder_from_the_command_line(tmp_path):
    site, work, elsewhere = tmp_path / "site", tmp_path / "work", tmp_path / "elsewhere"
    for folder in (site, work, elsewhere):
        folder.mkdir()
    for package in ("neat", "environments", "experiments"):
        (site / package).symlink_to(ROOT / package)  # found as an installed package is, without the tests beside it
        (work / package).mkdir()
        (work / package / "__init__.py").write_text("raise SystemExit('not this one')\n")
    command = site / "neat-command"
    command.write_text(
        "import sys\nfrom experiments.__main__ import main\nif __name__ == '__main__':\n    sys.exit(main())\n"
    )
    source = Path(own_games.__file__).read_text()
    (work / "walks.py").write_text("print('walks is imported')\n" + source)
    variables = {**os.environ, "PYTHONPATH": ""}

    def neat(*words, cwd=work):
        call = [sys.executable, str(command), *words]
        return subprocess.run(call, capture_output=True, text=True, cwd=cwd, env=variables, timeout=240)

    small = ("--generations", "2", "--population", "6", "--set", "task.verify_episodes=4", "--set", "task.episodes=1")
    done = neat("run", "walks:OwnPrints-v0", *small, "--json", "--backend", "processes", "--workers", "2")
    assert done.returncode == 0, done.stderr
    events = [json.loads(line) for line in done.stdout.splitlines()]  # nothing that the game prints among them
    assert events[0]["backend"] == "processes"
    assert "walks is imported" in done.stderr
    assert "Score: 3" in done.stderr
    folder = work / "runs" / "walks-OwnPrints-v0-seed0"
    done = neat("verify", str(folder), "--json", cwd=elsewhere)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["mean"] == events[-1]["verification"]["mean"]
    done = neat("resume", str(folder), "--generations", "3", "--quiet", "--workers", "1", cwd=elsewhere)
    assert done.returncode == 0, done.stderr
    assert "Score" not in done.stdout

    shutil.move(work, tmp_path / "moved")
    done = neat("verify", str(tmp_path / "moved" / "runs" / folder.name), cwd=elsewhere)
    assert done.returncode == 2
    assert "the module 'walks' cannot be imported" in done.stderr
    assert done.stderr.count("\n") == 1
    (tmp_path / "moved" / "own.toml").write_text('[task]\nenvironment = "walks:OwnBase-v0"\nepisodes = 1\n')
    file = str(tmp_path / "moved" / "own.toml")
    done = neat("run", file, "--generations", "1", "--population", "4", "--quiet", "--workers", "1", cwd=elsewhere)
    assert done.returncode == 0, done.stderr
