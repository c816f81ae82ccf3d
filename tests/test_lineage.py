"""Lineage: the line of ancestors is the one that evolution took, births are first appearances, figures show both."""

from __future__ import annotations

import math

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

import neat
from experiments.cli import main
from experiments.directory import RunDirectory
from experiments.lineage import LineageReporter, read_lineage
from experiments.report import report_html
from experiments.saved import SavedRun
from neat.ancestry import Ancestor, Births, Relatives, ancestral_line, kept_relatives, operator_names
from neat.errors import RunDirectoryError
from neat.mutation import Operator
from neat.visualize import LIGHT, draw_births, draw_lineage

GENERATIONS = 25


@pytest.fixture(scope="module")
def evolved():
    """Every genome, lineage and fitness of a short run, beside what is kept of it."""
    config = neat.Config.preset(genome={"inputs": 2, "outputs": 1}, population={"size": 60})
    population = neat.Population(config, seed=5)
    rng = np.random.default_rng(5)
    everything, history = [], []
    for _ in range(GENERATIONS):
        genomes, lineage = population.ask(), population.lineage.copy()
        fitness = np.array([g.enabled + 3 * g.hidden for g in genomes]) + rng.random(len(genomes)).round(1)
        copies = [g.copy() for g in genomes]
        highest = (int(genomes.nodes["innovation"].max()), int(genomes.connections["innovation"].max()))
        everything.append((copies, lineage, fitness))
        population.tell(fitness)
        history.append(kept_relatives(genomes.generation, highest, lineage, fitness, population.lineage, [7]))
    return everything, history


def test_the_line_is_the_one_that_evolution_took(evolved):
    everything, history = evolved
    for last in (GENERATIONS - 1, 9, 0):
        fitness = everything[last][2]
        index = int(np.argmax(fitness))
        expected = []
        for generation in range(last, -1, -1):
            _, lineage, scores = everything[generation]
            mother, father = int(lineage[index]["mother"]), int(lineage[index]["father"])
            gain = partner = math.nan
            if mother >= 0:
                before = everything[generation - 1][2]
                parent, other = mother, father
                if father >= 0 and before[father] > before[mother]:
                    parent, other = father, mother
                gain = scores[index] - before[parent]
                partner = before[other] if other >= 0 else math.nan
                expected.append((generation, scores[index], int(lineage[index]["operators"]), gain, partner))
                index = parent
            else:
                expected.append((generation, scores[index], 0, gain, partner))
        found = ancestral_line(history, last, float(fitness.max()))
        rows = [(a.generation, a.fitness, int(a.operators), a.gain, a.partner) for a in found]
        assert np.array_equal(np.array(rows), np.array(expected[::-1]), equal_nan=True)
    assert any(7 in relatives.genomes for relatives in history)


def test_births_are_first_appearances(evolved):
    everything, history = evolved
    genome = everything[-1][0][int(np.argmax(everything[-1][2]))]
    births = Births.of(genome, history)
    assert genome.hidden > 2, "a genome with a history"
    for table, born in (("nodes", births.nodes), ("connections", births.connections)):
        for number, generation in zip(getattr(genome, table)["innovation"], born, strict=True):
            has = [any(number in getattr(other, table)["innovation"] for other in all_) for all_, *_ in everything]
            assert has.index(True) == generation
    assert Births.of(genome, []).nodes.tolist() == [-1] * len(genome.nodes)


def test_a_line_ends_where_nothing_is_known():
    history = [Relatives(3, 5, 5, {0: (4, -1, 2, 1.0)}), Relatives(4, 5, 5, {2: (0, 9, 1, 2.0)})]
    assert [(a.generation, a.gain) for a in ancestral_line(history, 4, 2.0)][1] == (4, 1.0)
    assert ancestral_line(history, 7, 2.0) == []
    assert ancestral_line([], 0, 0.0) == []
    assert operator_names(Operator.ADD_NODE | Operator.CROSSOVER) == ["crossover", "add node"]


def test_the_file_reads_back_and_damage_is_named(evolved, tmp_path):
    _, history = evolved
    reporter = LineageReporter(tmp_path)
    for relatives in history:
        reporter.bred(relatives)
    reporter.close()
    assert read_lineage(tmp_path) == history
    path = tmp_path / "lineage.jsonl"
    text = path.read_text("utf-8")
    path.write_text(text[:-30], "utf-8")
    assert read_lineage(tmp_path) == history[:-1]
    for bad in ("[1]", "{}", '{"generation": 1, "nodes": 1, "connections": 1, "genomes": [[1, 2]]}', "[" * 5000):
        path.write_text(bad + "\n", "utf-8")
        with pytest.raises(RunDirectoryError, match="line 1: expected a generation's relatives"):
            read_lineage(tmp_path)
    assert read_lineage(tmp_path / "none") == []


def test_lines_of_dropped_generations_are_cut(evolved, tmp_path):
    reporter = LineageReporter(tmp_path)
    for relatives in evolved[1]:
        reporter.bred(relatives)
    reporter.close()
    RunDirectory(tmp_path).cut_back(10)
    assert read_lineage(tmp_path) == evolved[1][:10]


def test_the_figure_marks_every_ancestor(evolved):
    everything, history = evolved
    line = ancestral_line(history, GENERATIONS - 1, float(everything[-1][2].max()))
    ax = draw_lineage(line, ax=Figure().add_subplot())
    (path,) = [drawn for drawn in ax.lines if drawn.get_gid() == "line"]
    assert path.get_ydata().tolist() == [a.fitness for a in line]
    marks = {c.get_gid(): c.get_offsets() for c in ax.collections}
    grown = [a.generation for a in line if a.operators & Operator.ADD_NODE and not a.operators & Operator.ELITE]
    assert marks["add node"][:, 0].tolist() == grown
    crossed = [a.generation for a in line if a.operators & Operator.CROSSOVER]
    assert marks.get("crossed", np.empty((0, 2)))[:, 0].tolist() == crossed
    gains = [text.get_text() for text in ax.texts if text.get_gid() == "gain"]
    assert 0 < len(gains) <= 8
    assert all(text.startswith("+") for text in gains)
    draw_lineage([], ax=Figure().add_subplot())
    draw_lineage([Ancestor(0, 1.0, Operator(0))], ax=Figure().add_subplot())


def test_the_figure_has_a_bar_for_every_gene(evolved):
    everything, history = evolved
    genome = everything[-1][0][0]
    births = Births.of(genome, history)
    ax = draw_births(genome, births, until=GENERATIONS - 1, ax=Figure().add_subplot())
    (bars,) = ax.collections
    starts = [segment[0][0] for segment in bars.get_segments()]
    hidden = births.nodes[genome.nodes["kind"] == neat.NodeKind.HIDDEN]
    assert starts == [*hidden, *births.connections]
    first = genome.connections[0]
    colour = LIGHT.disabled if not first["enabled"] else LIGHT.positive if first["weight"] >= 0 else LIGHT.negative
    assert to_hex(bars.get_colors()[len(hidden)]) == colour


def test_a_run_keeps_its_lineage_and_shows_it(tmp_path, capsys):
    folder = tmp_path / "xor"
    assert main(["run", "xor", "--seed", "3", "--generations", "4", "--quiet", "--out", str(folder)]) == 0
    history = read_lineage(folder)
    assert [relatives.generation for relatives in history] == [0, 1, 2, 3]
    run = SavedRun.load(folder)
    assert run.ancestors[-1].fitness == run.champion.fitness
    assert run.ancestors[-1].generation == run.champion.generation
    assert len(run.ancestors) == run.champion.generation + 1
    capsys.readouterr()
    assert main(["draw", str(folder), "--lineage"]) == 0
    assert (folder / "lineage.png").stat().st_size > 5000
    assert "Ancestry" in report_html([run])
    (folder / "lineage.jsonl").unlink()
    assert "Ancestry" not in report_html([SavedRun.load(folder)])
    assert main(["draw", str(folder), "--lineage"]) == 2
    assert "found none" in capsys.readouterr().err
