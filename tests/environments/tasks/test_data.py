"""A table of examples as a task: what is read, which rows breed, choose and judge, and what answers are worth."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neat
from environments import make_task
from environments.playing.genome_policy import GenomePolicy
from environments.tasks.data import DataTask
from environments.tasks.data_file import read_data
from environments.tasks.data_settings import settled
from environments.tasks.settings import TaskConfig
from environments.watching.exporting import plan_of
from neat.breeding.initial import make_genome
from neat.errors import ConfigError, DataError, EvaluationError
from neat.exporters.checking import Reference

HEAD = "size,colour,kind\n"
ROWS = [f"{i}.5,{'red' if i % 3 else 'blue'},{'big' if i > 9 else 'small'}\n" for i in range(20)]


def written(folder: Path, content: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def task_of(path: Path, target: str = "kind", **kwargs: Any) -> DataTask:
    config = TaskConfig(environment="data", episodes=1, kwargs={"file": str(path), "target": target, **kwargs})
    return make_task(config)  # type: ignore[return-value]


def genome_with(weights: list[tuple[int, int, float]], inputs: int, outputs: int) -> tuple[neat.Genome, Any]:
    config = neat.Config.preset(genome={"inputs": inputs, "outputs": outputs, "output_activation": "identity"})
    return make_genome(config, weights), config.network


def test_columns_become_inputs_and_classes(tmp_path: Path) -> None:
    task = task_of(written(tmp_path, HEAD + "".join(ROWS)))
    assert task.input_names == ("size", "colour=red")
    assert task.classes == ("big", "small")
    assert task.output_names == ("kind=big", "kind=small")
    assert task.measure == "accuracy"
    assert "its cells are text" in task.about[0]
    x, targets = task.examples
    assert x.shape == (len(task.breeding), 2)
    assert np.allclose(x.mean(axis=0), 0.0)
    assert np.allclose(x.std(axis=0), 1.0)
    assert set(map(tuple, targets.tolist())) == {(1.0, 0.0), (0.0, 1.0)}
    assert task.observations[0].tolist() == [task.breeding[0] + 0.5, float(task.breeding[0] % 3 > 0)]


def test_every_row_has_one_part_and_each_class_its_share(tmp_path: Path) -> None:
    lines = "".join(f"{i},{'a' if i < 80 else 'b'}\n" for i in range(100))
    path = written(tmp_path, f"x,y\n{lines}")
    task = task_of(path, "y")
    parts = [task.breeding, task.choosing, task.held_out]
    assert sorted(np.concatenate(parts).tolist()) == list(range(100))
    assert [len(part) for part in parts] == [60, 20, 20]
    assert [int((part >= 80).sum()) for part in parts] == [12, 4, 4]
    assert (task_of(path, "y").held_out == task.held_out).all()
    assert (task_of(path, "y", split=1).held_out != task.held_out).any()


def test_a_series_is_judged_by_what_comes_later(tmp_path: Path) -> None:
    path = written(tmp_path, "t,v\n" + "".join(f"{i},{math.sin(i)}\n" for i in range(100)))
    task = task_of(path, "v", series=True, lags=2)
    assert task.input_names == ("t", "v[-1]", "v[-2]")
    assert task.observations[0] == pytest.approx([2.0, math.sin(1), math.sin(0)])
    assert task.breeding[-1] < task.choosing[0] <= task.choosing[-1] < task.held_out[0]
    assert len(task.held_out) == 20
    ends = []
    for fold in range(3):
        early = task_of(path, "v", series=True, folds=3, fold=fold)
        assert early.breeding[0] == 0
        assert early.held_out[0] == early.choosing[-1] + 1
        ends.append((int(early.held_out[0]), int(early.held_out[-1])))
    assert ends == [(25, 49), (50, 74), (75, 99)]


def test_networks_with_memory_walk_through_a_series(tmp_path: Path) -> None:
    path = written(tmp_path, "a,v\n" + "".join(f"{(i * 7) % 5},{i % 4 + 0.5}\n" for i in range(40)))
    task = task_of(path, "v", series=True)
    config = neat.Config.preset("recurrent", genome={"inputs": 1, "outputs": 1, "output_activation": "tanh"})
    genome = make_genome(config, [(0, 2, 0.7), (2, 2, 0.5)])
    network = neat.Network(genome, config.network)
    wanted = [network.activate(x)[0] for x in task._x]
    (found,) = task.answers(neat.Genomes.of([genome]), config.network, task.held_out)
    assert found[0, :, 0].tolist() == [wanted[i] for i in task.held_out]


def test_scores_are_accuracy_and_loss_by_their_definitions(tmp_path: Path) -> None:
    task = task_of(written(tmp_path, HEAD + "".join(ROWS)))
    rng = np.random.default_rng(0)
    answers = rng.normal(size=(5, len(task.breeding), 2))
    fitness, shaped = task.score(answers, task.breeding)
    for g in range(5):
        labels = [0 if row > 9 else 1 for row in task.breeding]
        right = np.mean([int(np.argmax(y)) == label for y, label in zip(answers[g], labels, strict=True)])
        losses = [-math.log(math.exp(y[k]) / sum(map(math.exp, y))) for y, k in zip(answers[g], labels, strict=True)]
        assert shaped[g] == pytest.approx(-np.mean(losses))
        assert fitness[g] == pytest.approx(right, abs=1e-8)
        assert fitness[g] > right  # of equals, the surer one leads
    broken = np.full((1, len(task.breeding), 2), np.nan)
    assert np.isfinite(task.score(broken, task.breeding)).all()


def test_r_squared_is_that_of_its_definition(tmp_path: Path) -> None:
    path = written(tmp_path, "x,y\n" + "".join(f"{i},{3.0 * i + 0.25 * (i % 2)}\n" for i in range(50)))
    task = task_of(path, "y")
    assert task.measure == "R²"
    genome, network = genome_with([(0, 2, 1.0)], 1, 1)
    score = task.verify(genome, network)
    policy = GenomePolicy(genome, network, task.config)
    wanted = np.array([3.0 * i + 0.25 * (i % 2) for i in task.held_out])
    told = np.array([policy([float(i)]) for i in task.held_out])
    r2 = 1.0 - np.square(wanted - told).sum() / np.square(wanted - wanted.mean()).sum()
    assert score.mean == pytest.approx(r2)
    assert score.episodes == len(task.held_out)
    assert score.mean != task.verify(genome, network, attempt=1).mean  # those are the rows that choose
    assert score.measure == "R²"
    assert r2 > 0.99
    broken, _ = task.score(np.full((1, len(task.breeding), 1), np.inf), task.breeding)
    assert np.isfinite(broken).all()


def test_a_threshold_is_judged_by_rows_that_are_held_out(tmp_path: Path) -> None:
    path = written(tmp_path, HEAD + "".join(ROWS))
    settings = TaskConfig(environment="data", episodes=1, threshold=0.9, kwargs={"file": str(path), "target": "kind"})
    task = make_task(settings)
    good, network = genome_with([(0, 3, 5.0)], 2, 2)
    bad, _ = genome_with([(0, 3, -5.0)], 2, 2)
    assert task.verify(good, network, seed=0).solved
    score = task.verify(bad, network, seed=0)
    assert (score.solved, score.mean) == (False, 0.0)
    assert 0.0 == score.low < score.high < 0.7
    choosing = task.verify(good, network, seed=0, attempt=1)
    assert choosing.episodes == len(task.choosing)  # type: ignore[attr-defined]
    assert 0.0 < choosing.mean - 1.0 < 1e-8


def test_a_policy_answers_rows_and_exports_alike(tmp_path: Path) -> None:
    task = task_of(written(tmp_path, HEAD + "".join(ROWS)))
    genome, network = genome_with([(0, 3, 5.0), (1, 4, 0.1)], 2, 2)
    policy = GenomePolicy(genome, network, task.config)
    assert policy([18.0, 1.0]) == policy({"size": "18", "colour": "red"}) == "big"
    assert policy([1.0, 0.0]) == policy({"size": 1, "colour": "blue"}) == "small"
    plan = plan_of(genome, network, task.config)
    assert plan.output_names == ("kind=big", "kind=small")
    _, actions = Reference(plan).play(np.array([[18.0, 1.0], [1.0, 0.0]]), np.ones(2, bool))
    assert actions[:, 0].tolist() == [0.0, 1.0]
    for wrong in ([1.0], {"size": 1}, {"size": "much", "colour": "red"}):
        with pytest.raises(EvaluationError, match=r"not an observation of 'table.csv': "):
            policy(wrong)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        ("1,2,3\n4,5,6\n", "line 1: expected the names of the columns, got numbers (1, 2, 3)"),
        ("x,x,kind\n1,2,a\n", "line 1: two columns have the name 'x'"),
        (HEAD + ROWS[0] * 3, "expected at least 10 rows below the header, got 3"),
        (HEAD + "".join(ROWS) + "1,red\n", "line 22: expected 3 cells, like the header, got 2"),
        (HEAD + "".join(ROWS) + "1,red,\n", "line 22, column 'kind': expected a value, got an empty cell"),
        (HEAD + ",red,big\n" + "".join(ROWS), "line 2, column 'size': expected a value, got an empty cell; fill it in"),
        (HEAD + "".join(ROWS) + "much,red,big\n", "line 22, column 'size': expected a number, as in most lines"),
        (HEAD + "".join(ROWS) + "inf,red,big\n", "got 'inf'; correct it, remove the line, or leave the column out"),
        (HEAD + "\n" + "".join(ROWS) + '1,"red,big\n', "line 23: unexpected end of data: is a double quote missing"),
        (HEAD + "".join(ROWS).replace("big", "small"), "expected several classes in column 'kind', got 'small' alone"),
        (
            HEAD + "".join(f"{i},c{i},big\n" for i in range(60)),
            "column 'colour' has 60 different texts, expected at most 50",
        ),
        (HEAD + "".join(f"{i},red,c{i}\n" for i in range(60)), "60 classes in 60 rows, too few"),
        ("kind\n" + "a\nb\n" * 9, "expected columns besides the target 'kind', got none"),
        (HEAD.encode() + b"\xff,red,big\n", "line 2: expected text in UTF-8"),
    ],
)
def test_what_is_wrong_with_a_file_is_told_with_its_line(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(DataError) as error:
        task_of(written(tmp_path, content))
    assert message in str(error.value)
    assert "table.csv" in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_or_column_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"cannot read the data file .*none.csv: No such file"):
        task_of(tmp_path / "none.csv")
    path = written(tmp_path, HEAD + "".join(ROWS))
    with pytest.raises(DataError, match=r"target: there is no column 'kin' \(did you mean 'kind'\?\); there are size"):
        task_of(path, "kin")
    with pytest.raises(DataError, match="leave_out: there is no column 'colors'"):
        task_of(path, leave_out=["colors"])
    with pytest.raises(ConfigError, match=r"expected --target COLUMN .*: size, colour, kind"):
        make_task(TaskConfig(environment="data", episodes=1, kwargs={"file": str(path)}))


@pytest.mark.parametrize(
    ("kwargs", "message"),
    [
        ({"held_out": 0.0}, "task.kwargs.held_out: expected a share above 0"),
        ({"validation": 0.8}, "task.kwargs.validation: expected a share that leaves rows to train on"),
        ({"lags": 2}, "task.kwargs.lags: expected 0 without series = true"),
        ({"series": True, "fold": 4}, "task.kwargs.fold: expected from 0 to 3"),
        ({"kind": "clustering"}, "task.kwargs.kind: expected one of auto, classification, regression"),
        ({"splits": 2}, r"unknown setting 'task.kwargs.splits' \(did you mean 'split'\?\)"),
        ({"kind": "regression"}, "expects numbers in column 'kind', got text such as 'small'"),
        ({"series": True, "lags": 2}, "lags expects numbers in column 'kind', got text"),
        ({"digest": "0123456789abcdef"}, "table.csv has changed since the run began"),
    ],
)
def test_settings_that_do_not_fit_are_refused(tmp_path: Path, kwargs: dict[str, Any], message: str) -> None:
    path = written(tmp_path, HEAD + "".join(ROWS))
    with pytest.raises((ConfigError, DataError), match=message):
        task_of(path, **kwargs)
    config = TaskConfig(environment="data", episodes=3, kwargs={"file": str(path), "target": "kind"})
    with pytest.raises(ConfigError, match=r"task.episodes: .*has no such setting.*shown all rows once"):
        make_task(config)


def test_other_ways_to_write_a_table(tmp_path: Path) -> None:
    """A byte order mark, semicolons, quotes with line ends in them, blank lines, an index without a name."""
    rows = "".join(f'{i};{i}.5;"red; or\nso";{"big" if i > 9 else "small"}\r\n' for i in range(20))
    path = written(tmp_path, b"\xef\xbb\xbf" + f'\n;size;"the ""colour""";kind\r\n\r\n{rows}\r\n'.encode())
    file = read_data(path)
    assert file.names == ("size", 'the "colour"', "kind")
    assert (file.rows, file.unnamed) == (20, 1)
    assert file.column('the "colour"').texts[0] == "red; or\nso"
    task = task_of(path)
    assert task.input_names[0] == "size"
    assert any("1 column without a name" in line for line in task.about)
    with pytest.raises(DataError, match="line 45, column 'size'"):
        task_of(written(tmp_path, path.read_bytes() + b"20;;x;big\r\n", "other.csv"))


def test_the_kind_follows_from_the_target_and_can_be_chosen(tmp_path: Path) -> None:
    numbers = "".join(f"{i * 0.1},{i % 3}\n" for i in range(40))
    path = written(tmp_path, f"x,y\n{numbers}")
    assert task_of(path, "y").classes == (0, 1, 2)
    assert task_of(path, "y", kind="regression").classes == ()
    assert task_of(path, "x").measure == "R²"
    config = settled(TaskConfig(environment="data", kwargs={"file": "table.csv", "target": "y"}), tmp_path)
    assert config.kwargs["kind"] == "classification"
    assert config.kwargs["file"] == str(path)
    assert config.kwargs["digest"] == read_data(path).digest


def test_a_file_that_has_moved_is_found_by_what_it_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, HEAD + "".join(ROWS))
    digest = read_data(path).digest
    (tmp_path / "later").mkdir()
    moved = path.rename(tmp_path / "later" / "table.csv")
    monkeypatch.chdir(moved.parent)
    assert task_of(path, digest=digest).classes == ("big", "small")
    moved.write_text(HEAD + "".join(reversed(ROWS)))
    with pytest.raises(DataError, match="cannot read the data file"):
        task_of(path, digest=digest)
