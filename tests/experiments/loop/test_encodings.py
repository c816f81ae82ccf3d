"""Runs with indirect encodings: from the command line to the picture, and on from where they were stopped."""

from __future__ import annotations

import importlib.util
import json
from functools import partial
from pathlib import Path

import pytest
from kill_and_resume import leavings
from matplotlib.figure import Figure

from experiments.cli import main
from experiments.display.draw import views
from experiments.folder.champion import Champion
from experiments.settings import from_toml, to_toml
from experiments.targets import load
from neat.errors import ConfigError
from neat.networks.network import Network

SMALL = ("--population", "20", "--workers", "1", "--quiet", "--set", "run.stop_when_solved=false")


def test_an_encoding_brings_its_preset_and_leaves_the_game(capsys: pytest.CaptureFixture[str]) -> None:
    plain, encoded = load("lunar-lander"), load("lunar-lander", encoding="es-hyperneat")
    assert (encoded.task, encoded.run) == (plain.task, plain.run)
    assert (encoded.preset, encoded.config.network.encoding) == ("es-hyperneat", "es-hyperneat")
    assert encoded.config.genome.output_activation == "bipolar_sigmoid"
    changed = load("CartPole-v1", encoding="hyperneat", changes=["network.substrate.threshold=0.3"])
    assert changed.config.network.substrate.threshold == 0.3
    assert changed.config.network.substrate.bias
    with pytest.raises(ConfigError, match=r"expected one of direct, hyperneat, es-hyperneat, got 'es_hyperneat' \(did"):
        load("xor", encoding="es_hyperneat")


@pytest.mark.parametrize("name", ["retina", "boxes", "sine"])
def test_substrates_are_written_and_read_back(name: str) -> None:
    experiment = load(name)
    assert from_toml(to_toml(experiment), name=name) == experiment


def test_a_run_goes_on_where_it_was_stopped_and_its_champion_is_read_back(tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    call = ["run", "es-xor", "--seed", "3", *SMALL]
    assert main([*call, "--generations", "6", "--out", str(whole)]) == 0
    assert main([*call, "--generations", "3", "--out", str(parts)]) == 0
    assert main(["resume", str(parts), "--generations", "6", "--quiet"]) == 0
    champions = [Champion.read(folder / "champion.json") for folder in (whole, parts)]
    assert champions[0].genome == champions[1].genome
    assert champions[0].network == champions[1].network
    lines = [(folder / "metrics.jsonl").read_text().splitlines() for folder in (whole, parts)]
    best = [[json.loads(line)["best"] for line in each] for each in lines]
    assert best[0] == best[1]

    champion, direct = champions[0], champions[0].expanded()
    assert direct.network.encoding == "direct"
    for x in ([0.0, 1.0], [1.0, 1.0]):
        answers = [Network(each.genome, each.network).activate(x).tolist() for each in (champion, direct)]
        assert answers[0] == answers[1]
    for view, count in (("substrate", 1), ("cppn", 1), ("quadtree", 3)):
        draws = views(champion, view)
        assert len(draws) == count
        figure = Figure()
        for draw in draws:
            partial(draw, ax=figure.add_subplot(), theme="dark")()
        picture = tmp_path / f"{view}.svg"
        assert main(["draw", str(whole), "--view", view, "--out", str(picture)]) == 0
        assert "quadtree of output 0" in picture.read_text() or view != "quadtree"


def needs(package: str) -> pytest.MarkDecorator:
    return pytest.mark.skipif(importlib.util.find_spec(package) is None, reason=f"{package} is not installed")


@pytest.mark.parametrize(
    ("encoding", "first", "then"),
    [
        ("hyperneat", "compiled", "processes"),
        ("es-hyperneat", "processes", "compiled"),
        pytest.param("es-hyperneat", "compiled", "ray", marks=needs("ray")),
        pytest.param("hyperneat", "envpool", "envpool", marks=needs("envpool")),
    ],
)
def test_a_game_goes_on_by_another_backend(encoding: str, first: str, then: str, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    call = ["run", "CartPole-v1", "--encoding", encoding, "--seed", "3", *SMALL, "--set", "run.checkpoint_seconds=0"]
    call += ["--set", "task.observation_scaling=running", "--set", "task.verify_episodes=3"]
    once = "envpool" if first == "envpool" else "serial"
    assert main([*call, "--generations", "4", "--backend", once, "--out", str(whole)]) == 0
    assert main([*call, "--generations", "2", "--backend", first, "--workers", "2", "--out", str(parts)]) == 0
    resume = ["resume", str(parts), "--generations", "4", "--backend", then, "--workers", "1", "--quiet"]
    assert main(resume) == 0
    assert json.loads((parts / "result.json").read_text())["backend"] == then
    assert leavings(parts) == leavings(whole)


def test_views_of_direct_genomes_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "xor", "--generations", "1", "--out", str(tmp_path / "x"), *SMALL]) == 0
    assert main(["draw", str(tmp_path / "x"), "--view", "substrate"]) == 2
    assert "expected a champion of an indirect encoding" in capsys.readouterr().err
