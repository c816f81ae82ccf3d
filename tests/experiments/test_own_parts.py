"""Parts of one's own, chosen by settings from an empty folder: ``module:name``, for every registry."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import neat
from environments.evaluators.backends import module_of
from experiments.folder.origins import named_modules
from experiments.targets import load
from neat.errors import ConfigError
from neat.networks.decoders import DECODERS
from neat.registry import Registry

PARTS = """
import numpy as np

import neat
from environments import Backend, SerialEvaluator, register_backend
from neat.breeding.initial import initial_population
from neat.config import replace
from neat.networks.decoders.direct import Direct


class Fewest(neat.Score):
    STATE = {"seen": np.float64}
    seen = np.zeros(1)

    def score(self, genomes, evaluation):
        self.seen = self.seen + 1.0
        return evaluation.fitness - self.seen[0] * evaluation.genome_steps / evaluation.genome_steps.max()

    def to_arrays(self):
        return {"seen": self.seen}

    def restore(self, arrays):
        self.seen = arrays["seen"]


class Fresh(neat.Emitter):
    def offspring(self, parents, count):
        config = replace(self.config, {"population": {"size": count}})
        return initial_population(config, self.register, self.seed, parents.genomes.generation + 1)


class Mirror(Direct):
    def plan(self, genomes):
        found = super().plan(genomes)
        return found._replace(edge_weight=-found.edge_weight)


class Slow(SerialEvaluator):
    backend = "slow"

    def __init__(self, config, network, seed, workers, address):
        super().__init__(config, network, seed)


def turned(nodes, connections, rng):
    connections[0].weight = -connections[0].weight
    return True


neat.register_mutation("turned", turned)
neat.register_score("fewest", Fewest)
neat.register_emitter("fresh", Fresh)
neat.register_decoder("mirror", Mirror)
register_backend("slow", Backend(make=Slow, summary="one after the other"))
"""
SETTINGS = (
    "network.encoding=mine.parts:mirror",
    "selection.method=mine.parts:fewest",
    'breeding.emitters={"mine.parts:fresh"=0.25}',
    'mutation.own={"mine.parts:turned"=0.5}',
    "genome.initial=full",
    "task.threshold=501",
)


def folder_with_parts(place: Path) -> Path:
    """Make a folder with a package of a user's own."""
    (place / "mine").mkdir(parents=True)
    (place / "mine" / "parts.py").write_text(PARTS, encoding="utf-8")
    return place


def command(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command line in a folder, as a user does."""
    call = [sys.executable, "-m", "experiments", *words]
    return subprocess.run(call, cwd=place, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)


def run(place: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run CartPole there, with parts of one's own and few genomes."""
    changes = [word for change in SETTINGS for word in ("--set", change)]
    return command(place, "run", "CartPole-v1", "--population", "12", "--seed", "3", "--quiet", *changes, *words)


def generations(folder: Path) -> list[dict[str, Any]]:
    """Return the records of a run, without times."""
    lines = (folder / "metrics.jsonl").read_text(encoding="utf-8").splitlines()
    return [{k: v for k, v in json.loads(line).items() if k != "seconds"} for line in lines]


def test_own_parts_run_resume_in_workers_and_are_found_again(tmp_path: Path) -> None:
    place = folder_with_parts(tmp_path / "here")
    (tmp_path / "elsewhere").mkdir()
    done = run(place, "--generations", "2", "--out", "r", "--backend", "processes", "--workers", "2")
    assert done.returncode == 0, done.stderr
    assert json.loads((place / "r" / "modules.json").read_text())["folders"] == {"mine.parts": str(place)}
    resumed = command(tmp_path / "elsewhere", "resume", str(place / "r"), "--generations", "4")
    assert resumed.returncode == 0, resumed.stderr
    whole = run(place, "--generations", "4", "--out", "whole", "--backend", "mine.parts:slow")
    assert whole.returncode == 0, whole.stderr
    assert generations(place / "r") == generations(place / "whole")
    (place / "r" / "modules.json").unlink()
    for words in (("verify",), ("resume", "--generations", "5")):
        found = command(tmp_path / "elsewhere", words[0], str(place / "r"), *words[1:])
        assert found.returncode, found.stdout
        assert "the module 'mine.parts' cannot be imported" in found.stderr
        assert found.stderr.count("\n") == 1


def test_a_module_that_lacks_the_part_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine_too.py").write_text("", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    things: Registry[int] = Registry("thing", {})
    things.register("one", 1)
    with pytest.raises(
        ConfigError, match=r"'mine_too' registers no such thing \(did you mean 'one'\?\); expected 'one'"
    ):
        things.find("mine_too:on")
    with pytest.raises(ConfigError, match="the module 'nowhere_at_all' cannot be imported"):
        things.find("nowhere_at_all:one_more")
    assert things.find("mine_too:one") == 1, "it is registered: nothing is imported"


def test_looking_up_and_checking_import_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine_and_bad.py").write_text("raise SystemExit(1)", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    config = neat.Config.preset(network={"encoding": "mine_and_bad:mirror"})
    with pytest.raises(ConfigError, match="'mine_and_bad' has to be imported first"):
        DECODERS[config.network.encoding]
    with pytest.raises(ConfigError, match=r"network\.encoding: expected .*, got 'dirct' \(did you mean 'direct'"):
        neat.Config.preset(network={"encoding": "dirct"})
    assert "mine_and_bad" not in sys.modules


def test_a_backend_has_a_module_or_an_address() -> None:
    found = {name: module_of(name) for name in ("serial", "auto", "ray:10.0.0.1:6379", "mine.parts:slow", "mine:x:y")}
    assert list(found.values()) == ["", "", "", "mine.parts", "mine"]


def test_every_setting_that_names_a_part_is_looked_through() -> None:
    """Whatever registry a part of one's own is in, its module is found again by workers and when a run goes on."""
    changes = {
        "selection.method": "a:score", "search.method": "b:search", "run.backend": "c:backend",
        "breeding.emitters": {"d:emitter": 0.1}, "network.encoding": "e:encoding",
    }  # fmt: skip
    assert {"a", "b", "c", "d", "e"} <= set(named_modules(load("cartpole", changes=changes)))
