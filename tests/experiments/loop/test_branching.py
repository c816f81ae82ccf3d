"""A run from another run's population: settings that may change do, what genomes are made of may not."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from experiments.cli import main
from experiments.folder.directory import RunDirectory
from experiments.loop.branching import ORIGIN, branch
from experiments.loop.checkpoints import Checkpoints
from experiments.settings import Experiment
from experiments.targets import load
from neat.errors import ConfigError

FEW = ("--population", "10", "--workers", "1", "--set", "task.episodes=1", "--set", "task.verify_episodes=2")
KEPT = ("population.size=10", "run.workers=1", "task.episodes=1", "task.verify_episodes=2")


def neat(*words: object) -> int:
    return main([str(word) for word in words])


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("before") / "run"
    never = ("--set", "task.threshold=1e9", "--generations", "3", "--quiet")
    assert neat("run", "CartPole-v1", *FEW, *never, "--out", folder) == 0
    return folder


def changed(*changes: str) -> Experiment:
    return load("CartPole-v1", changes=(*KEPT, *changes))


def test_a_run_goes_on_with_another_goal(before: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "after"
    more = ("--set", "task.threshold=1e8", "--set", "mutation.add_node=0.5", "--generations", "6")
    assert neat("run", "CartPole-v1", *FEW, *more, "--from", before, "--out", folder) == 0
    assert f"starts from {before} before generation 3" in capsys.readouterr().out
    origin = json.loads((folder / ORIGIN).read_text())
    assert (origin["run"], origin["generation"]) == (str(before), 3)
    assert origin["changed"] == {"task.threshold": [1e9, 1e8], "mutation.add_node": [0.1, 0.5]}
    records = list(RunDirectory.open(folder).metrics())
    assert [(r["generation"], r["evaluations"]) for r in records] == [(3, 40), (4, 50), (5, 60)]
    # The same twice, and as if it never had been stopped, from its first generation on.
    again = tmp_path / "again"
    assert neat("run", "CartPole-v1", *FEW, *more, "--from", before, "--out", again, "--quiet") == 0
    for path in sorted((again / "checkpoints").glob("*.npz")):
        if path.stem not in ("000003", "best"):
            path.unlink()
    (again / "checkpoints" / "best.npz").unlink(missing_ok=True)
    assert neat("resume", again, "--quiet") == 0
    for name in ("best", "mean", "species", "champion_connections"):
        assert [r[name] for r in RunDirectory.open(again).metrics()] == [r[name] for r in records]
    # The run it came from is as it was.
    assert len(list(RunDirectory.open(before).metrics())) == 3


def test_the_population_is_the_one_that_was(before: Path) -> None:
    then = Checkpoints(before).newest()[0].population
    state, origin = branch(changed("run.generations=9", "task.threshold=1e9"), before)
    assert origin.changed == {}
    assert state.population.generation == 3
    assert np.array_equal(state.population.genomes.connections, then.genomes.connections)
    assert (state.population.champion, state.progress.champion, state.progress.solved) == (None, None, False)


@pytest.mark.parametrize(
    ("target", "changes", "words"),
    [
        ("CartPole-v1", ("population.size=20",), r"population\.size: .* made with 10, which cannot become 20"),
        ("CartPole-v1", ("genome.bias_node=false",), r"genome\.bias_node: .* made with true"),
        ("CartPole-v1", ("genome.weight_limit=4",), r"genome\.weight_limit: .* cannot become 4"),
        ("CartPole-v1", ("population.innovation_scope=generation",), r"population\.innovation_scope"),
        ("Acrobot-v1", (), r"genome\.inputs: the networks of .* have 4, Acrobot-v1 has 6"),
        ("CartPole-v1", ("run.generations=3",), r"has played 3 generations .*try --generations 6"),
    ],
)
def test_what_cannot_change_is_refused_by_name(target: str, changes: tuple[str, ...], words: str, before: Path) -> None:
    with pytest.raises(ConfigError, match=words):
        branch(load(target, changes=(*KEPT, "run.generations=9", *changes)), before)


def test_what_may_change_does(before: Path) -> None:
    changes = ("genome.weight_limit=9", "compatibility.threshold=2.5", "search.share=0.5", "network.kind=recurrent")
    state, origin = branch(changed("run.generations=9", "task.threshold=1e9", *changes, "run.seed=4"), before)
    follows = "mutation.recurrent"  # of the network's kind
    assert set(origin.changed) == {change.partition("=")[0] for change in (*changes, "run.seed=4")} | {follows}
    assert (state.population.seed, state.population.speciation.threshold) == (4, 2.5)
    genomes = state.population.ask()
    for _ in range(3):
        state.population.tell(genomes.generation + np.arange(len(genomes), dtype=float))
        genomes = state.population.ask()
    assert len(genomes) == 10


def test_cycles_do_not_become_feed_forward(tmp_path: Path) -> None:
    folder = tmp_path / "run"
    cyclic = ("--set", "network.kind=recurrent", "--set", "task.threshold=1e9", "--generations", "1", "--quiet")
    assert neat("run", "CartPole-v1", *FEW, *cyclic, "--out", folder) == 0
    with pytest.raises(ConfigError, match=r"network\.kind: .*'recurrent' cannot become 'feedforward'"):
        branch(changed("run.generations=9"), folder)


def test_a_folder_without_a_run_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "out"
    assert neat("run", "CartPole-v1", "--from", tmp_path, "--out", out) == 2
    assert f"--from {tmp_path}: expected the folder of a run" in capsys.readouterr().err
    assert not out.exists()
