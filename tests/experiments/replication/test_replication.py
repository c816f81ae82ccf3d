"""Replication: what the studies play, that runs are kept and added to, the figures, and a check that can fail."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
import shlex
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import stats

from environments import make_task
from experiments.cli import main
from experiments.loop.runner import fitted
from experiments.replication.check import Distribution, compare_samples, rank_sum, stored
from experiments.replication.folder import StudyFolder
from experiments.replication.play import ReplicationRun, play, play_one
from experiments.replication.studies import GROUPS, STUDIES, studies_called
from experiments.replication.summary import Summary, bins, histogram
from experiments.settings import essence
from experiments.studies.success import independent_seeds
from experiments.targets import load
from neat.errors import ConfigError, RunDirectoryError
from neat.population import Population
from neat.presets import PRESETS

XOR = STUDIES["xor"].experiment("default")
"""Short runs."""


def row(evaluations: int, solved: bool = True, **others: int) -> ReplicationRun:
    data = {"seed": evaluations, "generations": 2, "hidden": 1, "connections": 5, "steps": 9, **others}
    return ReplicationRun(
        solved=solved, status="solved" if solved else "finished", evaluations=evaluations, seconds=0.5, **data
    )


def generations_of(name: str, count: int, **changes: str) -> list[Population]:
    """Return a population of a study, stepped through some generations, as they were."""
    experiment = STUDIES[name].experiment("paper", [f"{key}={value}" for key, value in changes.items()])
    task = make_task(experiment.task)
    population = Population(fitted(experiment.config, task), 3)
    seen = []
    with task.evaluator(population.config.network, seed=3) as evaluator:
        for _ in range(count):
            genomes = population.ask()
            seen.append((genomes, population.lineage, population.speciation.species.size))
            population.tell(evaluator.evaluate(genomes))
    return seen


class TestStudies:
    @pytest.mark.parametrize("name", STUDIES)
    @pytest.mark.parametrize("preset", PRESETS)
    def test_every_study_has_every_preset(self, name: str, preset: str) -> None:
        experiment = STUDIES[name].experiment(preset)
        assert (experiment.name, experiment.preset) == (name, preset)
        fitted(experiment.config, make_task(experiment.task))

    def test_the_four_ablations(self) -> None:
        assert GROUPS["ablations"] == ("dpv-no-growth", "dpv-no-speciation", "dpv-random-topology", "dpv-no-mating")
        assert [study.name for study in studies_called("ablations")] == list(GROUPS["ablations"])
        with pytest.raises(ConfigError, match=r"no study 'dpnvx' \(did you mean 'dpnv'\?\): expected one of xor, dpv"):
            studies_called("dpnvx")

    def test_published_settings_of_the_task_without_velocities(self) -> None:
        config = STUDIES["dpnv"].experiment("paper").config
        assert (config.population.size, config.compatibility.c3, config.compatibility.threshold) == (1000, 3.0, 4.0)
        assert (config.mutation.add_connection, config.network.kind) == (0.3, "recurrent")
        config = STUDIES["dpnv"].experiment("stanley-1.2.1").config
        assert (config.mutation.weight_step, config.reproduction.survival) == (1.8, 0.4)

    def test_changes_stand_over_everything(self) -> None:
        changes = ["reproduction.mutate_only=0.5", "task.kwargs.theta1=0.0174"]
        for preset in PRESETS:
            experiment = STUDIES["dpv-no-mating"].experiment(preset, changes)
            assert experiment.config.reproduction.mutate_only == 0.5
            assert experiment.task.kwargs == {"theta1": 0.0174}

    def test_the_default_plays_the_bundled_experiment_and_its_ablations(self) -> None:
        bundled = load("xor")
        assert (XOR.config, XOR.task, XOR.run, XOR.changed()) == (
            bundled.config,
            bundled.task,
            bundled.run,
            bundled.changed(),
        )
        whole, ablated = (STUDIES[name].experiment("default") for name in ("dpv", "dpv-no-growth"))
        assert whole.config.genome.initial == "full"
        assert ablated.config.genome.initial == "hidden"
        assert ablated.config.mutation.weight_step == whole.config.mutation.weight_step

    @pytest.mark.parametrize("name", ["xor", "dpv", "dpnv"])
    def test_run_and_replicate_play_the_same(self, name: str) -> None:
        bundle, study = load(STUDIES[name].target), STUDIES[name].experiment("default")
        assert essence(study) == essence(bundle)
        assert study.run == bundle.run

    def test_a_row_is_what_neat_run_comes_to(self, tmp_path: Path) -> None:
        row = play_one(STUDIES["dpnv"].experiment("default"), 6)
        words = ["run", "double-pole-no-velocities", "--seed", "6", "--out", str(tmp_path / "run"), "--quiet"]
        assert main(words) == 0
        result = json.loads((tmp_path / "run" / "result.json").read_text())
        for figure in ("solved", "evaluations", "generations", "hidden", "connections", "steps"):
            assert result[figure] == getattr(row, figure), figure
        assert row.solved

    def test_without_growth_every_network_keeps_ten_hidden_nodes(self) -> None:
        for genomes, _, _ in generations_of("dpv-no-growth", 4):
            for genome in genomes:
                assert (genome.hidden, len(genome.connections)) == (10, 7 * 10 + 10)

    def test_without_speciation_there_is_one_species_of_random_topologies(self) -> None:
        seen = generations_of("dpv-no-speciation", 4)
        assert [species for _, _, species in seen] == [1] * 4
        assert len({len(genome.connections) for genome in seen[0][0]}) > 10

    def test_random_topologies_have_one_to_ten_hidden_nodes(self) -> None:
        first = generations_of("dpv-random-topology", 1)[0][0]
        assert {genome.hidden for genome in first} == set(range(1, 11))

    def test_without_mating_nobody_has_a_father(self) -> None:
        for _, lineage, _ in generations_of("dpv-no-mating", 4):
            assert (lineage["father"] == -1).all()


class TestRuns:
    def test_a_run_says_what_it_took(self) -> None:
        found = play_one(XOR, 5)
        assert found.solved
        assert found.seed == 5
        size = XOR.config.population.size
        assert (found.generations - 1) * size < found.evaluations <= found.generations * size
        assert found.steps == 4 * size * found.generations

    def test_a_failed_run_is_a_row_too(self) -> None:
        hopeless = STUDIES["xor"].experiment("default", ["run.generations=2", "mutation.add_node=0.0"])
        found = play_one(hopeless, 5)
        assert (found.solved, found.status, found.evaluations) == (False, "finished", 2 * XOR.config.population.size)

    def test_side_by_side_gives_the_same_runs(self) -> None:
        seeds = independent_seeds(3)
        alone = {row.seed: row for row in play(XOR, seeds)}
        another = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(600,))
        another.start()
        try:
            beside = {row.seed: row for row in play(XOR, seeds, workers=2)}
            assert another.is_alive()  # a process of the caller, which is none of the workers
        finally:
            another.terminate()
            another.join()
        assert beside.keys() == alone.keys()
        for seed in seeds:
            expected = {
                name: getattr(alone[seed], name) for name in ReplicationRun.__struct_fields__ if name != "seconds"
            }
            assert {name: getattr(beside[seed], name) for name in expected} == expected


class TestFolder:
    def test_what_is_there_is_not_played_again(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        call = ["replicate", "xor", "--preset", "default", "--workers", "1", "--out", str(tmp_path / "x"), "--json"]
        assert main([*call, "--runs", "2"]) == 0
        first = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [line["event"] for line in first] == ["run", "run", "figures"]
        # A crash cut the next line short.
        runs = tmp_path / "x" / "runs.jsonl"
        kept = runs.read_bytes()
        runs.write_bytes(kept + b'{"seed": 77, "solv')
        assert main([*call, "--runs", "4"]) == 0
        second = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert [line["event"] for line in second] == ["run", "run", "figures"]
        assert runs.read_bytes().startswith(kept)
        assert [json.loads(line)["seed"] for line in runs.read_bytes().splitlines()] == independent_seeds(4)
        assert second[-1]["runs"] == 4
        left = {entry.name for entry in (tmp_path / "x").iterdir()}
        assert left == {"settings.toml", "runs.jsonl", "summary.json", "distribution.json", "histogram.svg"}
        assert json.loads((tmp_path / "x" / "summary.json").read_text())["seeds"] == independent_seeds(4)

    def test_an_interruption_says_how_to_go_on(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        call = ["replicate", "xor", "--preset", "default", "--runs", "2", "--out", str(tmp_path / "x")]

        def interrupted(experiment: Any, seeds: list[int], workers: int) -> Iterator[ReplicationRun]:
            yield from play(experiment, seeds[:1], 1)
            raise KeyboardInterrupt

        monkeypatch.setattr("experiments.replication.play.play", interrupted)
        assert main(call) == 130
        continuing = shlex.join(["neat", *call])
        expected = f"finished runs are stored in {tmp_path / 'x'}. To continue: {continuing}\ninterrupted\n"
        assert capsys.readouterr().err == expected
        monkeypatch.undo()
        assert main(call) == 0
        assert "2 independent runs, 1 of them there already" in capsys.readouterr().out

    def test_runs_of_other_settings_are_refused(self, tmp_path: Path) -> None:
        with StudyFolder(tmp_path / "a", XOR) as folder:
            folder.add(row(900))
        other = STUDIES["xor"].experiment("default", ["mutation.add_node=0.07"])
        with pytest.raises(
            RunDirectoryError, match=r"runs with other settings \('add_node = 0.05' there, 'add_node = 0.07"
        ):
            StudyFolder(tmp_path / "a", other)
        seeded = dataclasses.replace(XOR, run=dataclasses.replace(XOR.run, seed=9, workers=3))
        with StudyFolder(tmp_path / "a", seeded) as folder:  # seeds and workers are no settings of a study
            assert list(folder.rows) == [900]

    def test_settings_that_came_later_and_other_descriptions_are_no_other_settings(self, tmp_path: Path) -> None:
        with StudyFolder(tmp_path / "a", XOR) as folder:
            folder.add(row(900))
        file = tmp_path / "a" / "settings.toml"
        kept = [line for line in file.read_text().splitlines() if not line.startswith(("starts", "start_generations"))]
        assert len(kept) == len(file.read_text().splitlines()) - 2
        file.write_text("\n".join(kept))
        with StudyFolder(tmp_path / "a", dataclasses.replace(XOR, description="other words")) as folder:
            assert list(folder.rows) == [900]
        file.write_text("\n".join(kept).replace("add_node = 0.05", "add_node = 0.04"))
        with pytest.raises(RunDirectoryError, match=r"'add_node = 0\.04' there"):
            StudyFolder(tmp_path / "a", XOR)

    def test_a_folder_that_holds_something_else_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "letters.txt").touch()
        with pytest.raises(RunDirectoryError, match=r"contains other files \(letters.txt\): choose another --out"):
            StudyFolder(tmp_path, XOR)
        assert [entry.name for entry in tmp_path.iterdir()] == ["letters.txt"]

    def test_two_cannot_write_at_once(self, tmp_path: Path) -> None:
        with StudyFolder(tmp_path / "a", XOR), pytest.raises(RunDirectoryError, match="another run"):
            StudyFolder(tmp_path / "a", XOR)

    def test_damaged_runs_are_refused(self, tmp_path: Path) -> None:
        with StudyFolder(tmp_path / "a", XOR) as folder:
            folder.add(row(900))
        (tmp_path / "a" / "runs.jsonl").write_text('{"seed": "nine"}\n')
        with pytest.raises(RunDirectoryError, match=r"runs.jsonl, line 1: expected a run of a study"):
            StudyFolder(tmp_path / "a", XOR)


class TestSummary:
    def test_failures_count_and_costs_are_those_of_the_others(self) -> None:
        rows = [row(100, generalisation=210), row(300, hidden=3, generalisation=290), row(9000, solved=False)]
        summary = Summary.of(rows)
        assert (summary.runs, summary.solved) == (3, 2)
        assert (summary.mean, summary.median, summary.worst) == (200, 200, 300)
        assert summary.sd == pytest.approx(np.std([100, 300], ddof=1))
        assert summary.spent == pytest.approx(9400 / 3)
        assert (summary.hidden, summary.generalisation, summary.generalisation_least) == (2, 250, 210)
        low, high = stats.t.interval(0.95, 1, 200, summary.sd / np.sqrt(2))
        assert (summary.mean_low, summary.mean_high) == pytest.approx((low, high))
        expected = stats.binomtest(2, 3).proportion_ci(method="wilson")
        assert (summary.share_low, summary.share_high) == pytest.approx((expected.low, expected.high))

    def test_where_no_run_solved_it(self) -> None:
        summary = Summary.of([row(150, solved=False)])
        assert summary.solved == 0
        assert np.isnan([summary.mean, summary.sd, summary.median, summary.worst, summary.hidden]).all()
        assert histogram([row(150, solved=False)]) == ["not solved: 1"]

    @pytest.mark.parametrize("largest", [1, 7, 14.0, 15.0, 149, 150, 999, 1000, 4013, 123_456])
    def test_bins_hold_everything(self, largest: float) -> None:
        edges = bins([largest])
        assert edges[0] == 0
        assert edges[-1] > largest
        assert np.diff(edges) == pytest.approx(np.full(len(edges) - 1, edges[1]))
        assert edges[-2] <= largest
        assert len(edges) <= 17
        assert np.histogram([largest, 0.0], edges)[0].sum() == 2

    def test_a_histogram_of_text(self) -> None:
        lines = histogram([row(n) for n in (5, 100, 110, 140)] + [row(999, solved=False)], width=3)
        assert lines[0] == "  0 -  10  ███ 1"
        assert lines[-1] == "not solved: 1"
        assert sum(int(line.split()[-1]) for line in lines[:-1]) == 4


class TestCheck:
    def test_ranks_agree_with_scipy(self) -> None:
        rng = np.random.default_rng(2)
        for shift in (0.0, 0.3, 0.6):
            a, b = rng.normal(shift, 1, 40).round(1), rng.normal(0, 1, 60).round(1)
            expected = stats.mannwhitneyu(a, b)
            p, share = rank_sum(a, b)
            assert p == pytest.approx(expected.pvalue, abs=0.01)
            assert share == pytest.approx(expected.statistic / (40 * 60))

    def test_failed_runs_rank_last(self) -> None:
        p, share = rank_sum(np.full(20, np.inf), np.arange(20.0))
        assert p < 0.001
        assert share == 1.0

    @pytest.mark.parametrize(
        ("name", "preset"),
        [
            *((name, "paper") for name in (*GROUPS["all"], "hard-maze", "medium-maze", "medium-maze-fitness")),
            *((name, "default") for name in ("xor", "dpv", "dpnv", "hard-maze", "medium-maze")),
            *((name, "es-hyperneat") for name in ("es-xor", "es-xor-5", "parity-3")),
        ],
    )
    def test_stored_distributions_are_of_these_studies(self, name: str, preset: str) -> None:
        found = stored(name, preset)
        assert (found.study, found.preset, found.entropy) == (name, preset, 0)
        assert found.runs >= 10

    def test_a_file_that_is_no_distribution_is_refused(self, tmp_path: Path) -> None:
        (tmp_path / "d.json").write_text('{"study": "xor"}')
        with pytest.raises(RunDirectoryError, match="expected a neat-arena distribution"):
            Distribution.read(tmp_path / "d.json")
        with pytest.raises(ConfigError, match="no stored distribution of maze with preset paper"):
            stored("maze", "paper")

    @pytest.mark.parametrize(("name", "preset", "runs"), [("xor", "default", 40), ("xor", "paper", 25)])
    def test_the_program_needs_as_many_evaluations_as_it_did(self, name: str, preset: str, runs: int) -> None:
        experiment = STUDIES[name].experiment(preset)
        rows = list(play(experiment, independent_seeds(runs, entropy=1)))
        comparison = compare_samples(stored(name, preset), Distribution.of(experiment, rows, 1))
        assert not comparison.changed, comparison

    @pytest.mark.parametrize(
        "broken",
        ["mutation.weights=0.0", "mutation.add_node=0.0", "mutation.add_connection=0.0"],
    )
    def test_broken_operators_are_noticed(self, broken: str, capsys: pytest.CaptureFixture[str]) -> None:
        call = ["replicate", "xor", "--preset", "default", "--runs", "40", "--workers", "1", "--check"]
        assert main([*call, "--set", broken, "--generations", "100"]) == 1
        assert "check: CHANGED" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["xorr"], "no study 'xorr' (did you mean 'xor'?)"),
        (["xor", "--runs", "0"], "--runs: expected at least 1, got 0"),
        (["xor", "--workers", "0"], "--workers: expected at least 1, got 0"),
        (["xor", "--preset", "papr"], "unknown preset 'papr' (did you mean 'paper'?): expected one of default, paper"),
        (["xor", "--preset", "stanly"], "unknown preset 'stanly'"),
        (["xor", "--check", "--runs", "1"], "--runs: expected at least 2 with --check, got 1"),
        (["xor", "--check", "--entropy", "0"], "--check: entropy 0 gives the seeds of the stored runs"),
        (["all", "--check", "--preset", "default"], "--check: no stored distribution of dpv-no-growth with preset"),
        (["ablations", "--out", "x"], "--out: ablations writes 4 folders"),
        (["xor", "--set", "mutation.add_node=0.1"], "--out: name a folder for runs of other settings"),
    ],
)
def test_mistakes_are_one_line(words: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["replicate", *words]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith(f"error: {message}")
    assert said.err.count("\n") == 1
