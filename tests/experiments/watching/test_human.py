"""A person beside the champion, in a window; and what starts and ends the page."""

from __future__ import annotations

import http.client
import re

import numpy as np
import pytest
from arena import linear
from served import served

from environments.tasks.settings import TaskConfig
from experiments import watch
from experiments.cli import main
from experiments.folder.champion import Champion
from experiments.folder.directory import RunDirectory
from experiments.watching.address import Address
from neat.config import NetworkConfig
from neat.errors import RunDirectoryError


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "run"
    balanced = linear(np.array([[0.0, 0.0, -1.0, -1.0], [0.0, 0.0, 1.0, 1.0]]))
    champion = Champion(
        genome=balanced,
        network=NetworkConfig(),
        task=TaskConfig(environment="CartPole-v1", max_episode_steps=25),
        fitness=25.0,
        generation=4,
        seed=3,
    )
    with RunDirectory.create(path) as directory:
        directory.write_champion(champion)
    return path


@pytest.fixture
def window(monkeypatch):
    """Press and let go of keys at certain looks at them."""
    pygame = pytest.importorskip("pygame")
    monkeypatch.setenv("SDL_VIDEODRIVER", "dummy")
    plan, count, get = {}, [0], pygame.event.get

    def look():
        count[0] += 1
        kinds = {"+": pygame.KEYDOWN, "-": pygame.KEYUP}
        pressed = [pygame.event.Event(kinds[word[0]], key=getattr(pygame, word[1:])) for word in plan.get(count[0], ())]
        return [*get(), *pressed]

    monkeypatch.setattr(pygame.event, "get", look)
    return plan


def test_both_scores_of_one_episode_are_told(folder, window, capsys):
    window[3] = ["+K_RIGHT"]  # and held: the pole falls to the left in some ten steps
    assert main(["play", str(folder), "--human"]) == 0
    you, champion = capsys.readouterr().out.splitlines()
    fallen = re.fullmatch(r"CartPole-v1, you: return (\d+)\.00 in \1 steps", you)
    assert fallen
    assert 6 < int(fallen[1]) < 15
    assert champion == "CartPole-v1, champion: return 25.00 in 25 steps"


def test_keys_move_and_an_episode_that_is_closed_has_no_score(folder, window, capsys):
    window[2] = ["+K_LEFT", "-K_LEFT"]  # tapped
    window[12] = ["+K_ESCAPE"]
    assert main(["play", str(folder), "--human"]) == 0
    assert "you: closed after" in capsys.readouterr().out
    window.clear()
    window[13] = ["+K_q"]
    assert main(["play", str(folder), "--human", "--episodes", "3"]) == 0
    assert capsys.readouterr().out == "", "nobody pressed a key: the episode was not begun"
    assert main(["play", str(folder), "--human", "--network"]) == 2
    assert "--human: goes with neither" in capsys.readouterr().err


def test_a_run_opens_its_page_and_ends_with_it(tmp_path, capfd):
    out = tmp_path / "run"
    words = ["run", "CartPole-v1", "--generations", "2", "--population", "20", "--workers", "1", "--out", str(out)]
    assert main([*words, "--watch", "--quiet"]) == 0
    told = capfd.readouterr().err
    address = Address.read(out)
    assert f"Watch it in a browser: {address}" in told
    assert not address.answers(), "the page ends with the run"
    assert sorted(path.name for path in (out / "watch").glob("*.npz")) == ["000000.npz", "000001.npz"]
    assert main([*words[:-1], str(tmp_path / "none"), "--watch", "--set", "task.environment='Nothing-v0'"]) == 2
    assert not (tmp_path / "none").exists(), "where there is no run there is no page"
    with served(out, address.port, address.token):
        assert address.answers()
        assert main(["watch", str(out)]) == 0
        assert "already" in capfd.readouterr().out
        page = watch(out)  # a notebook takes the one that is there
        assert f'src="{address}"' in page._repr_html_()
        connection = http.client.HTTPConnection("127.0.0.1", address.port, timeout=10)
        connection.request("GET", f"/{address.token}/watch.css")
        answer = connection.getresponse()
        assert answer.status == 200
        assert b"--s0:" in answer.read()
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        connection.close()
    with pytest.raises(RunDirectoryError, match="found nothing"):
        watch(tmp_path / "nothing")
    assert main(["watch", str(tmp_path)]) == 2
    assert "no config.toml" in capfd.readouterr().err
