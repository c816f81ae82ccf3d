"""Whole repertoires: filled, saved, gone on with, corrected, and their elites as champions."""

import dataclasses
import json

import numpy as np
import pytest

from environments import make_task
from experiments.cli import main
from experiments.display.report import report_html
from experiments.folder.saved import SavedRun, load_champion
from experiments.loop.runner import fitted
from experiments.repertoire.by_pyribs import BATCH, EMITTERS, METHODS, by_pyribs, method_of
from experiments.repertoire.corrected import corrected
from experiments.repertoire.folder import champion_of, empty_repertoire, read_repertoire
from experiments.settings import from_mapping
from neat.errors import ConfigError, DataError, EvaluationError, RunDirectoryError
from neat.files.checkpoint import load_checkpoint, save_checkpoint
from neat.population import Population

SMALL = ("repertoire.cells=[8,8]", "population.size=30", "task.max_episode_steps=60", "run.workers=1")


def experiment(*changes, environment="neat-arena/HardMaze-v0"):
    data = {
        "name": "x",
        "task": {"environment": environment, "episodes": 1, "max_episode_steps": 60},
        "population": {"size": 30},
        "breeding": {"emitters": {"map-elites": 1.0}},
        "repertoire": {"cells": [9, 9], "low": [0.0, 120.0], "high": [110.0, 205.0], "reevaluate": 0.0},
    }
    return from_mapping(data, changes=changes)


def filled(settings, generations, *, backend="compiled", population=None, save=None):
    task = make_task(settings.task)
    config = fitted(settings.config, task)
    population = population or Population(config, seed=3)
    with task.evaluator(config.network, seed=3, workers=2, backend=backend) as evaluator:
        while population.generation < generations:
            if save is not None and population.generation == save[0]:
                save_checkpoint(save[1], population)
            population.tell(evaluator.evaluate(population.ask()))
    return population


def states(population):
    return {name: array.tobytes() for name, array in population.to_arrays().items() if name != "values"}


def test_it_fills_and_a_saved_one_goes_on_bit_for_bit(tmp_path):
    blind = experiment()
    blind = dataclasses.replace(blind, task=blind.task.replace(behaviour="none"))
    with pytest.raises(EvaluationError, match="needs behaviours"):
        filled(blind, 1)
    settings = experiment("repertoire.reevaluate=0.3")
    whole = filled(settings, 12, save=(5, tmp_path / "a.npz"))
    population = load_checkpoint(tmp_path / "a.npz")[0]
    again = filled(settings, 12, population=population)
    assert states(whole) == states(again)
    repertoire = whole.breeding.emitters["map-elites"].repertoire
    assert len(repertoire.genomes) > 12
    assert repertoire.evaluations.max() > 2  # elites were evaluated again
    assert repertoire.genomes.keys() > filled(settings, 3).breeding.emitters["map-elites"].repertoire.genomes.keys()


def test_every_backend_fills_the_same():
    assert states(filled(experiment(), 3)) == states(filled(experiment(), 3, backend="serial"))


def test_beside_reproduction_elites_come_from_all_genomes():
    settings = experiment("breeding.emitters={map-elites=0.5}", "selection.method=novelty")
    population = filled(settings, 6)
    repertoire = population.breeding.emitters["map-elites"].repertoire
    assert repertoire.found.max() == 5
    assert len({row["mother"] for row in population.lineage}) > 3  # species breed their half


def test_bounds_are_asked_for_each_number_of_a_behaviour():
    settings = experiment(
        "task.environment=neat-arena/CartPole-v1", "repertoire.low=[-3.0,-0.5]", "repertoire.high=[3.0,0.5]",
        "repertoire.reevaluate=0.5", "repertoire.cells=[3,3]",
    )  # fmt: skip
    with pytest.raises(EvaluationError, match=r"behaviours have 4 numbers, repertoire.low and repertoire.high 2"):
        filled(settings, 1)


def test_descriptors_beyond_the_bounds_belong_to_the_outermost_cells():
    population = filled(experiment("repertoire.low=[40.0,180.0]", "repertoire.high=[50.0,190.0]"), 3)
    assert population.breeding.emitters["map-elites"].repertoire.filled.max() == 80


@pytest.mark.parametrize("method", METHODS)
def test_a_method_of_pyribs_goes_on_and_scores_as_its_archive(tmp_path, method):
    archives = pytest.importorskip("ribs.archives")
    settings = experiment("run.generations=4", "run.workers=1", "genome.output_activation=tanh")
    settings = dataclasses.replace(settings, config=fitted(settings.config, make_task(settings.task)))
    (tmp_path / "whole").mkdir()
    (tmp_path / "half").mkdir()
    seen = []
    filled = by_pyribs(settings, method, tmp_path / "whole", lambda *told: seen.append(told[0]))
    whole = filled.repertoire
    assert seen == [1, 2, 3, 4]
    assert filled.evaluations == 4 * EMITTERS * BATCH
    assert filled.steps == 60 * filled.evaluations
    half = dataclasses.replace(settings, run=dataclasses.replace(settings.run, generations=2))
    by_pyribs(half, method, tmp_path / "half")
    again = by_pyribs(settings, method, tmp_path / "half").repertoire
    with pytest.raises(ConfigError, match=r"this run has played 4 generations; --generations 8 continues it"):
        by_pyribs(half, method, tmp_path / "half")
    assert method_of(tmp_path / "half") == method
    for name, array in whole.to_arrays().items():
        assert again.to_arrays()[name].tobytes() == array.tobytes()
    assert np.load(tmp_path / "whole" / "evaluations.npz")["objectives"].shape == (4 * EMITTERS * BATCH,)
    log = np.load(tmp_path / "whole" / "evaluations.npz")
    theirs = archives.GridArchive(solution_dim=1, dims=(9, 9), ranges=[(0, 110), (120, 205)], qd_score_offset=0.0)
    theirs.add(np.zeros((len(log["objectives"]), 1)), log["objectives"], log["measures"])
    assert theirs.stats.num_elites == len(whole.genomes)
    assert theirs.stats.qd_score == pytest.approx(whole.score(0.0))


def test_a_search_by_pyribs_that_stops_at_once_is_not_continued_by_another_method(tmp_path):
    pytest.importorskip("ribs.archives")
    blind = experiment("run.generations=1", "run.workers=1")
    blind = dataclasses.replace(blind, task=blind.task.replace(behaviour="none"))
    blind = dataclasses.replace(blind, config=fitted(blind.config, make_task(blind.task)))
    with pytest.raises(ConfigError, match="task with behaviours"):  # it ends before it stores a generation
        by_pyribs(blind, "cma-me", tmp_path)
    assert method_of(tmp_path) == "cma-me"
    with pytest.raises(DataError, match="expected the evaluations of cma-mae, got those of cma-me"):
        by_pyribs(blind, "cma-mae", tmp_path)


def test_the_command_from_nothing_to_an_elite_at_play(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    sets = [word for change in SMALL for word in ("--set", change)]
    assert main(["illuminate", "hard-maze-qd", "--generations", "4", "--out", "a", "--quiet", *sets]) == 0
    told = capsys.readouterr().out
    assert "of 64 cells" in told
    assert told.startswith("Finished in 4 generations")  # a repertoire does not fail to solve its task
    assert (tmp_path / "a" / "repertoire" / "heatmap.png").stat().st_size > 5_000
    figures = tmp_path / "a" / "repertoire" / "repertoire.json"
    data = json.loads(figures.read_text())
    repertoire, settings = read_repertoire("a")
    assert data["filled"] == len(repertoire.genomes) > 3
    cell = repertoire.cells.name(int(repertoire.filled[-1]))
    champion = load_champion("a", cell=cell)
    assert champion.fitness == repertoire.fitness[-1]
    assert main(["verify", "a", "--cell", cell]) == 1
    assert f"{champion.fitness:.2f}"[:5] in capsys.readouterr().out  # a maze has no chance: what it scored comes out
    assert main(["draw", "a", "--cell", cell]) == 0
    assert (tmp_path / "a" / f"cell-{cell.replace(',', '-')}.png").is_file()
    empty = repertoire.cells.name(int(np.flatnonzero(repertoire.evaluations == 0)[0]))
    assert main(["play", "a", "--cell", empty, "--video", "x.gif"]) == 2
    assert "this cell is empty" in capsys.readouterr().err
    fresh = corrected(repertoire, settings, 2)
    assert fresh["filled"] == data["filled"]
    assert fresh["qd_score"] == pytest.approx(data["qd_score"])
    # More generations give what a run of as many gives.
    capsys.readouterr()
    assert main(["illuminate", "a", "--generations", "6", "--corrected", "2"]) == 0
    told = capsys.readouterr().out
    assert told.count("Next: ") == 1
    assert f"Next: neat play a --cell {json.loads(figures.read_text())['best_cell']}" in told
    assert main(["illuminate", "hard-maze-qd", "--generations", "6", "--out", "b", "--quiet", *sets]) == 0
    one, other = read_repertoire("a")[0].to_arrays(), read_repertoire("b")[0].to_arrays()
    assert {name: array.tobytes() for name, array in one.items()} == {n: a.tobytes() for n, a in other.items()}
    assert "corrected" in json.loads(figures.read_text())


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["illuminate", "hard-maze"], r"repertoire.low, repertoire.high: expected the bounds"),
        (["illuminate", "hard-maze-qd", "--corrected", "0"], "--corrected: expected from 1"),
        (["illuminate", "hard-maze-qd", "--set", "task.observation_scaling=running"], "elites of all times"),
        (["play", "nothing", "--cell", "1,1"], "expected a run with a repertoire"),
    ],
)
def test_mistakes_say_what_to_do(words, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(words) == 2
    assert message in capsys.readouterr().err
    assert not (tmp_path / "runs").exists()


def test_a_strangers_repertoire_cannot_do_harm(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    sets = [word for change in SMALL for word in ("--set", change)]
    assert main(["illuminate", "hard-maze-qd", "--generations", "2", "--out", "a", "--quiet", *sets]) == 0
    file = tmp_path / "a" / "repertoire" / "elites.npz"
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 255
    file.write_bytes(content)
    with pytest.raises(RunDirectoryError, match="not a usable repertoire"):
        read_repertoire("a")
    assert empty_repertoire(read_experiment(tmp_path / "a")).genomes == {}


def read_experiment(folder):
    from experiments.targets import load

    return load(str(folder / "config.toml"))


def test_elites_out_of_bounds_are_reported(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    sets = [word for change in (*SMALL, "repertoire.low=[400.0,400.0]", "repertoire.high=[500.0,500.0]")
            for word in ("--set", change)]  # fmt: skip
    assert main(["illuminate", "hard-maze-qd", "--generations", "2", "--out", "a", "--quiet", *sets]) == 0
    expected = "1 of 1 elites are out of bounds, in cells at the border: their behaviours range from "
    assert f"note: {expected}" in capsys.readouterr().out
    assert expected in report_html([SavedRun.load("a")])


def test_pyribs_runs_have_a_result_and_their_mistakes_are_named(tmp_path, monkeypatch, capsys):
    pytest.importorskip("ribs.archives")
    monkeypatch.chdir(tmp_path)
    sets = [word for change in SMALL for word in ("--set", change)]
    words = ["illuminate", "hard-maze-qd", "--method", "cma-me", "--generations", "1"]
    assert main([*words, "--out", "a", "--set", "task.behaviour=none", *sets]) == 0  # a repertoire needs behaviours
    result = json.loads((tmp_path / "a" / "result.json").read_text())
    assert result["method"] == "cma-me"
    assert (result["generations"], result["evaluations"]) == (1, EMITTERS * BATCH)
    assert (result["threshold"], result["status"]) == (295.0, "finished")
    capsys.readouterr()
    bounds = [
        "--set",
        "repertoire.low=[0,0,0]",
        "--set",
        "repertoire.high=[1,1,1]",
        "--set",
        "repertoire.cells=[2,2,2]",
    ]
    for name, method in (("b", "cma-me"), ("c", "map-elites")):
        words[3] = method
        assert main([*words, "--out", name, *sets, *bounds, "--set", "repertoire.names=[]"]) == 2
        assert "behaviours have 2 numbers, repertoire.low and repertoire.high 3: give" in capsys.readouterr().err
    assert main(["illuminate", "no_such_module:Game-v0", "--out", "d"]) == 2
    assert "no_such_module" in capsys.readouterr().err


def test_elites_of_an_empty_repertoire_are_named(tmp_path):
    settings = experiment()
    with pytest.raises(RunDirectoryError, match="no cell of this repertoire is filled yet"):
        champion_of(empty_repertoire(settings), settings, 0)


def test_an_interrupted_repertoire_has_the_exit_code_of_the_signal(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("experiments.commands.run.play", lambda *settings, **options: 130)
    assert main(["illuminate", "hard-maze-qd", "--out", "a"]) == 130
    assert "Repertoire" not in capsys.readouterr().out


def test_corrected_figures_are_about_the_same_behaviours(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    seen = []
    monkeypatch.setattr(
        "experiments.repertoire.corrected.make_task", lambda config: seen.append(config.behaviour) or make_task(config)
    )
    sizes = ["--set", "repertoire.cells=[3]", "--set", "repertoire.low=[0]", "--set", "repertoire.high=[1]"]
    words = ["illuminate", "CartPole-v1", "--generations", "1", "--population", "10", "--workers", "1"]
    corners = ["--set", "repertoire.cells=[2,2,2,2]", "--set", "repertoire.low=[-1,-1,-1,-1]",
               "--set", "repertoire.high=[1,1,1,1]", "--set", "task.behaviour=observation"]  # fmt: skip
    assert main([*words, "--out", "a", *corners, "--corrected", "2"]) == 0
    assert seen == ["observation"]
    capsys.readouterr()
    pairs = ["--set", "task.behaviour_episodes=concatenate", "--set", "task.episodes=2"]
    assert main([*words, "--out", "b", *sizes, *pairs, "--corrected", "2"]) == 2
    assert "--corrected: expected task.behaviour_episodes = 'mean'" in capsys.readouterr().err
    assert not (tmp_path / "b").exists()


@pytest.mark.parametrize("damage", ['"corrected": "x"', '"corrected": {}', '"corrected": [1]', '"filled": "many"'])
def test_damaged_figures_are_named(tmp_path, monkeypatch, capsys, damage):
    monkeypatch.chdir(tmp_path)
    sets = [word for change in SMALL for word in ("--set", change)]
    assert main(["illuminate", "hard-maze-qd", "--generations", "1", "--out", "a", "--quiet", *sets]) == 0
    file = tmp_path / "a" / "repertoire" / "repertoire.json"
    file.write_text(file.read_text().rstrip().removesuffix("}") + f", {damage}}}")
    capsys.readouterr()
    for command in (["illuminate", "a"], ["report", "a"]):
        assert main(command) == 2
        assert "repertoire.json: not the figures of a repertoire" in capsys.readouterr().err


def test_pyribs_keeps_everything_at_an_interruption_and_refuses_other_settings(tmp_path, monkeypatch, capsys):
    pytest.importorskip("ribs.archives")
    settings = experiment("run.generations=3", "run.workers=1")
    settings = dataclasses.replace(settings, config=fitted(settings.config, make_task(settings.task)))

    def stop(generation, *rest):
        if generation == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        by_pyribs(settings, "cma-me", tmp_path, stop)
    assert len(np.load(tmp_path / "evaluations.npz")["objectives"]) == 2 * EMITTERS * BATCH
    other = dataclasses.replace(settings, run=dataclasses.replace(settings.run, seed=5))
    with pytest.raises(DataError, match="not the evaluations of a run with these settings"):
        by_pyribs(other, "cma-me", tmp_path)
    assert by_pyribs(settings, "cma-me", tmp_path).evaluations == 3 * EMITTERS * BATCH


def test_a_refused_number_of_generations_and_a_second_look_change_nothing(tmp_path, monkeypatch, capsys):
    pytest.importorskip("ribs.archives")
    monkeypatch.chdir(tmp_path)
    sets = [word for change in SMALL for word in ("--set", change)]
    words = ["illuminate", "hard-maze-qd", "--method", "cma-me", "--generations", "2", "--out", "a", "--corrected", "1"]
    assert main([*words, *sets]) == 0
    files = {file: file.read_bytes() for file in tmp_path.rglob("*.*") if file.suffix in (".json", ".toml", ".npz")}
    assert main(["illuminate", "a", "--generations", "1"]) == 2
    assert main(["illuminate", "a"]) == 0
    assert "On 1 fresh episodes" in capsys.readouterr().out
    assert {file: file.read_bytes() for file in files} == files


def test_an_interrupted_replication_of_repertoires_ends(tmp_path, monkeypatch, capsys):
    filled = []
    monkeypatch.setattr("experiments.commands.illuminate.fill", lambda *given, **options: filled.append(given) or 130)
    assert main(["replicate", "lunar-lander-qd", "--runs", "2", "--out", str(tmp_path / "a")]) == 130
    assert len(filled) == 1
    assert "coverage" not in capsys.readouterr().out
