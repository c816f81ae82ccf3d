"""Watching: keys of the window, champions of several generations side by side, and the terminal below a panel."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import subprocess
import sys
import time

import numpy as np
import pytest
from PIL import Image
from random_genomes import random_genome

from environments.tasks.settings import TaskConfig
from experiments.cli import main
from experiments.display.live import LiveReporter
from experiments.display.replay import champions_at
from experiments.display.window import Pace, show_frames
from experiments.folder.champion import Champion
from experiments.folder.champions import ChampionsReporter, read_champions
from experiments.folder.directory import RunDirectory
from experiments.folder.saved import SavedRun
from neat.config import NetworkConfig
from neat.errors import ConfigError, RunDirectoryError


@pytest.fixture(scope="module")
def champions():
    rng = np.random.default_rng(5)
    return [
        Champion(
            genome=random_genome(rng, 4, 2, hidden, 8 + hidden),
            network=NetworkConfig(),
            task=TaskConfig(environment="CartPole-v1", max_episode_steps=30),
            fitness=float(generation),
            generation=generation,
            seed=3,
        )
        for generation, hidden in ((0, 0), (4, 2), (9, 5))
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, champions):
    path = tmp_path_factory.mktemp("replay") / "run"
    with RunDirectory.create(path) as directory:
        directory.write_champion(champions[-1])
    reporter = ChampionsReporter(path)
    for champion in champions:
        reporter.improved(champion)
    reporter.improved(champions[-1])  # a trial has confirmed it
    reporter.close()
    return path


def test_any_kept_champion_is_found_by_its_generation(folder, champions):
    found = champions_at(folder, ["0,3", "4", "last"])
    assert [name for name, _ in found] == [
        "generation 0",
        "generation 3",
        "generation 4",
        "generation 9 (last champion)",
    ]
    assert [champion.genome.hidden for _, champion in found] == [champions[i].genome.hidden for i in (0, 0, 1, 2)]
    assert [champion.generation for _, champion in found] == [0, 0, 4, 9]
    assert found[1][1].fitness == 0.0
    for word in ("10", "-1", "x", "1.5", "²"):
        with pytest.raises(ConfigError, match="expected numbers from 0 to 9, or 'last'"):
            champions_at(folder, [word])
    with pytest.raises(ConfigError, match="at most 12"):
        champions_at(folder, [",".join("0" * 13)])
    with pytest.raises(RunDirectoryError):
        champions_at(folder / "no", ["0"])


def test_scalings_of_champions_are_kept(tmp_path, champions):
    scaling = {"mean": np.arange(4.0), "deviation": np.ones(4)}
    reporter = ChampionsReporter(tmp_path)
    reporter.improved(dataclasses.replace(champions[0], scaling=scaling))
    reporter.improved(champions[1])
    reporter.close()
    first, second = read_champions(tmp_path).champions
    assert {name: values.tolist() for name, values in first.scaling.items()} == {
        name: values.tolist() for name, values in scaling.items()
    }
    assert second.scaling is None


def test_a_champion_that_was_confirmed_stands_once(folder):
    assert [step.generation for step in SavedRun.load(folder).steps] == [0, 4, 9]


@pytest.mark.parametrize("network", [False, True])
def test_generations_play_side_by_side(folder, tmp_path, capsys, network):
    path = tmp_path / "growth.webp"
    words = ["play", str(folder), "--generation", "0,last", "--generation", "4", "--video", str(path)]
    assert main([*words, *(["--network"] if network else [])]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines] == [
        "CartPole-v1, generation 0",
        "CartPole-v1, generation 9 (last champion)",
        "CartPole-v1, generation 4",
    ]
    with Image.open(path) as film:
        assert film.n_frames > 3
        assert film.size[0] > 800
        assert film.size[0] > film.size[1]


def test_generations_are_drawn_side_by_side(folder, tmp_path, capsys):
    alone, several = tmp_path / "one.png", tmp_path / "three.png"
    assert main(["draw", str(folder), "--generation", "4", "--out", str(alone)]) == 0
    assert main(["draw", str(folder), "--generation", "0,4,last", "--out", str(several)]) == 0
    with Image.open(alone) as one, Image.open(several) as three:
        assert three.size[0] > 2.5 * one.size[0]
    assert main(["draw", str(folder), "--generation", "99"]) == 2
    assert "from 0 to 9, or 'last'" in capsys.readouterr().err


def frames(count, taken):
    for i in range(count):
        taken.append(i)
        yield np.full((40, 60, 3), i, np.uint8)


@pytest.fixture
def keys(monkeypatch):
    """Return a function that presses keys when so many pictures (or bars) have been shown."""
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    pressed = {}
    count = [0]
    get = pygame.event.get

    def look():
        count[0] += 1
        events = get()
        for key in pressed.get(count[0], ()):
            events.append(pygame.event.Event(pygame.KEYDOWN, key=key))
        return events

    monkeypatch.setattr(pygame.event, "get", look)

    def press(**plan):
        count[0] = 0
        pressed.clear()
        pressed.update({int(at[1:]): [getattr(pygame, name) for name in names] for at, names in plan.items()})

    return press


def test_keys_pause_step_and_close_the_window(keys):
    taken = []
    keys(_1=["K_SPACE"], _5=["K_RIGHT"], _9=["K_q"])
    assert not show_frames(frames(9, taken), pace=Pace(1_000), title="x")
    assert taken == [0, 1], "one picture stands still, one step is shown, and it is closed"
    taken.clear()
    keys(_1=["K_SPACE"], _3=["K_SPACE"])
    assert show_frames(frames(9, taken), pace=Pace(1_000), title="x")
    assert taken == list(range(9)), "it goes on"


def test_keys_change_the_pace(keys):
    pace = Pace(100)
    keys(_1=["K_MINUS", "K_MINUS"], _2=["K_PLUS"])
    start = time.monotonic()
    assert show_frames(frames(6, []), pace=pace, title="x")
    assert pace.speed == 0.5
    assert time.monotonic() - start > 5 / 50, "half the speed takes twice the time"
    assert pace.words == "speed 1/2x"
    for _ in range(20):
        pace.change(2)
    assert (pace.speed, pace.words) == (16, "speed 16x")
    assert pace.pictures <= 70
    assert sum(pace.wanted(step) for step in range(270)) == 10, "what cannot be seen is left out"
    pace.paused = True
    assert pace.wanted(1), "step by step, nothing is"


def test_an_episode_that_is_closed_early_has_no_score(folder, keys, capsys):
    keys(_3=["K_ESCAPE"])
    assert main(["play", str(folder), "--episodes", "3"]) == 0
    text = capsys.readouterr().out
    assert "closed after" in text
    assert "before the end of the episode" in text
    assert ": return " not in text
    assert len(text.splitlines()) == 1, "the other episodes are not shown either"
    keys()
    assert main(["play", str(folder)]) == 0
    assert ": return " in capsys.readouterr().out


CHILD = """
import os, select, sys, termios, time
from experiments.display.keyboard import Keyboard
def echo(): return bool(termios.tcgetattr(0)[3] & termios.ECHO)
board = Keyboard()
print(echo(), flush=True)
board.hush()
print(echo(), flush=True)
time.sleep(1.0)
board.restore()
print(echo(), bool(select.select([0], [], [], 0.2)[0]), flush=True)
board.restore()
print(echo(), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="terminals of Unix")
def test_what_is_typed_while_a_panel_is_drawn_is_neither_seen_nor_kept():
    import fcntl
    import termios

    ours, theirs = os.openpty()
    try:
        child = subprocess.Popen(
            [sys.executable, "-c", CHILD],
            stdin=theirs,
            stdout=subprocess.PIPE,
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(theirs, termios.TIOCSCTTY, 0),
            text=True,
        )
        assert child.stdout is not None
        assert child.stdout.readline() == "True\n"
        assert child.stdout.readline() == "False\n"
        os.write(ours, b"rm -rf x\n")
        assert child.stdout.read().split("\n")[:2] == ["True False", "True"]
        assert child.wait() == 0
    finally:
        os.close(ours)
        os.close(theirs)


def test_the_curve_of_a_resumed_run_goes_on(tmp_path):
    record = {
        "generation": 0, "best": 1.0, "mean": 0.0, "sd": 0.0, "threshold": 3.0, "hidden_mean": 0.0,
        "connections_mean": 1.0, "champion_hidden": 0, "champion_connections": 1, "champion_index": 0,
        "evaluations": 1, "steps": 1, "seconds": 0.0, "restarted": False, "species": [],
    }  # fmt: skip
    lines = [json.dumps({**record, "generation": i, "best": float(i)}) for i in range(5)]
    (tmp_path / "metrics.jsonl").write_text("\n".join([*lines, ""]))
    assert LiveReporter(folder=tmp_path)._former(4) == [0.0, 1.0, 2.0, 3.0]
    assert LiveReporter(folder=tmp_path)._former(0) == []
    assert LiveReporter()._former(4) == []


def test_xor_speaks_of_answers(tmp_path, capsys):
    words = ["run", "xor", "--generations", "2", "--population", "20", "--out", str(tmp_path / "run")]
    assert main(words) == 0
    assert main(["report", str(tmp_path / "run")]) == 0
    text = capsys.readouterr().out
    assert "Outputs: 0 0 → " in text
    page = (tmp_path / "run" / "report.html").read_text("utf-8")
    assert "Truth table" in page
    shown = re.sub(r"<script.*?</script>|<style.*?</style>|<svg.*?</svg>|<details>.*?</details>", "", page, flags=re.S)
    assert "episode" not in text + shown
    assert "environment steps" not in page
    assert " steps" not in text


def test_results_asks_for_names(capsys):
    assert main(["results"]) == 2
    assert "--all runs these" in capsys.readouterr().err
