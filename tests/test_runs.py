"""`neat.load_run`: what is read above `neat`, with types that hold."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import experiments
import neat
from environments.playing.genome_policy import GenomePolicy
from experiments.folder.champion import Champion
from experiments.folder.columns import Columns
from experiments.folder.loading import LoadedRun
from neat import runs


@pytest.mark.parametrize(
    ("promised", "kept"),
    [
        (runs.RunData, LoadedRun),
        (runs.RunTable, Columns),
        (runs.RunChampion, Champion),
        (runs.RunPolicy, GenomePolicy),
    ],
)
def test_the_types_promise_what_is_there(promised: type, kept: type) -> None:
    fields = {*dir(kept), *getattr(kept, "__dataclass_fields__", {}), *(kept.__doc__ or "").split()}
    for name, member in vars(promised).items():
        if name.startswith("_") and name not in ("__call__", "__getitem__", "__iter__", "__len__"):
            continue
        assert name in fields, name
        own = getattr(kept, name, None)
        if inspect.isfunction(member) and inspect.isfunction(own):
            wanted, there = inspect.signature(member).parameters, inspect.signature(own).parameters
            assert list(wanted) == list(there), name
            assert [p.default for p in wanted.values()] == [p.default for p in there.values()], name


def typed(run: LoadedRun, table: Columns) -> tuple[neat.runs.RunData, neat.runs.RunTable]:
    """Is checked by mypy, not called: what is loaded is what is promised."""
    return run, table


def test_a_run_is_loaded_whole(tmp_path: Path) -> None:
    changes = ["run.generations=2", "run.workers=1", "run.stop_when_solved=false", "task.verify_episodes=5"]
    experiments.run(experiments.load("CartPole-v1", changes=changes), out=tmp_path / "run")
    run = neat.load_run(tmp_path / "run")
    assert isinstance(run, experiments.LoadedRun)
    assert run.metrics["best"].shape == (run.metrics.rows,) == (2,)
    assert run.metrics.to_pandas().shape == (2, len(run.metrics))
    assert set(run.species) >= {"id", "size"}
    assert run.lineage.rows > 0
    assert run.config.population.size == 40
    assert run.result["generations"] == 2
    assert run.policy()(np.zeros(4)) in (0, 1)
    assert run.plot("fitness").figure is not None
    assert run.population(1).generation == 2
    assert neat.load_runs(tmp_path)["seed"].tolist() == [0]
    with pytest.raises(neat.RunDirectoryError, match="found nothing there"):
        neat.load_run(tmp_path / "none")


def test_asking_for_it_loads_nothing_above() -> None:
    code = "import sys, neat; neat.load_run; print('experiments' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=300)
    assert out.stdout.strip() == "False"
