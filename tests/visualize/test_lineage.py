"""Lineage: the line of ancestors is the one that evolution took, births are first appearances, figures show both."""

from __future__ import annotations

import math

import numpy as np
import pytest
from drawn import check_inside
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.text import Text

import neat
from experiments.cli import main
from experiments.display.report import report_html
from experiments.folder.directory import RunDirectory
from experiments.folder.lineage_file import LineageReporter, read_lineage
from experiments.folder.saved import SavedRun
from neat.errors import RunDirectoryError
from neat.history.ancestry import Ancestor, Births, Relatives, ancestral_line, gained_genes, kept_relatives
from neat.operators.registry import Operator, operator_names
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
        gained = gained_genes(genomes, population.genomes, fitness)
        history.append(kept_relatives(genomes.generation, highest, lineage, fitness, population.lineage, [7], gained))
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


def numbers_of(genome, table):
    return set(getattr(genome, table)["innovation"].tolist())


def test_children_gain_what_the_fitter_parent_lacks(evolved):
    everything, history = evolved
    several = 0
    for relatives, before, after in zip(history, everything, everything[1:], strict=False):
        parents, _, scores = before
        for index, (child, row) in enumerate(zip(after[0], after[1], strict=True)):
            mother, father = int(row["mother"]), int(row["father"])
            parent = parents[father if father >= 0 and scores[father] > scores[mother] else mother]
            expected = [sorted(numbers_of(child, t) - numbers_of(parent, t)) for t in ("nodes", "connections")]
            assert [list(found) for found in relatives.gained.get(index, ((), ()))] == expected
            several += len(expected[1]) > 1
    assert several > 20
    assert gained_genes(neat.Genomes.of([]), neat.Genomes.of([]), []) == {}


def test_births_along_the_line_agree_with_its_steps(evolved):
    everything, history = evolved
    last = GENERATIONS - 1
    index = int(np.argmax(everything[last][2]))
    genome = everything[last][0][index]
    line = ancestral_line(history, last, float(everything[last][2][index]))
    # The genomes of the line, found again without what the file says about genes.
    genomes = []
    for generation in range(last, -1, -1):
        copies, lineage, _ = everything[generation]
        genomes.append(copies[index])
        mother, father = int(lineage[index]["mother"]), int(lineage[index]["father"])
        if mother >= 0:
            before = everything[generation - 1][2]
            index = father if father >= 0 and before[father] > before[mother] else mother
    genomes.reverse()
    births = Births.along(genome, line)
    run = Births.of(genome, history)
    for table, born, seen in (
        ("nodes", births.nodes, run.nodes),
        ("connections", births.connections, run.connections),
    ):
        for number, generation, first in zip(getattr(genome, table)["innovation"], born, seen, strict=True):
            has = [number in numbers_of(ancestor, table) for ancestor in genomes]
            assert all(has[generation:])
            assert generation == 0 or not has[generation - 1]
            assert first <= generation
            if generation > 0:  # a step that makes genes, or mixes those of equally fit parents
                makes = Operator.ADD_NODE | Operator.ADD_CONNECTION | Operator.CROSSOVER
                assert line[generation].operators & makes
    assert len(set(births.connections.tolist())) > 3


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


def marks_of(ax):
    """Of the figure's lower panel: row, effect and generation of every mark."""
    rows, _ = ax.child_axes
    names = [label.get_text() for label in rows.get_yticklabels()]
    for marks in rows.collections:
        if marks.get_gid() is not None:
            for x, y in marks.get_offsets().tolist():
                yield names[round(y)], marks.get_gid(), round(x)


def test_the_figure_tells_every_step_and_its_effect(evolved):
    everything, history = evolved
    line = ancestral_line(history, GENERATIONS - 1, float(everything[-1][2].max()))
    ax = draw_lineage(line, ax=Figure().add_subplot())
    _, fitness = ax.child_axes
    (path,) = [drawn for drawn in fitness.lines if drawn.get_gid() == "line"]
    assert path.get_xdata().tolist() == [a.generation for a in line]
    assert path.get_ydata().tolist() == [a.fitness for a in line]
    expected = set()
    groups = {
        "add node": Operator.ADD_NODE,
        "add connection": Operator.ADD_CONNECTION,
        "weights": Operator.WEIGHTS,
        "crossover": Operator.CROSSOVER,
    }
    for a in line[1:]:
        effect = "better than its parent" if a.gain > 0 else "worse" if a.gain < 0 else "as good"
        for name, operator in groups.items():
            if a.operators & operator and not a.operators & Operator.ELITE:
                expected.add((name, effect, a.generation))
    found = [mark for mark in marks_of(ax) if mark[0] in groups]
    assert set(found) == expected
    assert len(found) == len(expected) > 20
    gains = [text.get_text() for text in fitness.texts if text.get_gid() == "gain"]
    assert 0 < len(gains) <= 8
    said = {f"+{a.gain:.3g}" for a in line[1:]}
    rows = {name for name, *_ in marks_of(ax)}
    assert all(text.split(" ", 1)[0] in said and text.split(" ", 1)[1] in rows for text in gains)


def test_gains_stand_clear_of_the_line_and_inside(evolved):
    everything, history = evolved
    line = ancestral_line(history, GENERATIONS - 1, float(everything[-1][2].max()))
    figure = Figure(figsize=(6.4, 4.0), layout="constrained")
    FigureCanvasAgg(figure)
    ax = draw_lineage(line, ax=figure.add_subplot())
    figure.canvas.draw()
    check_inside(figure)
    (path,) = [drawn for drawn in ax.child_axes[1].lines if drawn.get_gid() == "line"]
    points = ax.child_axes[1].transData.transform(path.get_xydata())
    along = np.linspace(points[0, 0], points[-1, 0], 4000)
    height = np.interp(along, points[:, 0], points[:, 1])
    # The text alone, without the line that leads to its point.
    texts = [Text.get_window_extent(text) for text in ax.child_axes[1].texts if text.get_gid() == "gain"]
    assert texts
    for box in texts:
        under = height[(along > box.x0) & (along < box.x1)]
        assert not np.any((under > box.y0) & (under < box.y1))


def test_without_ancestors_the_figure_says_so():
    for ancestors, words in (([], "no lineage"), ([Ancestor(0, 1.0, Operator(0))], "first generation")):
        ax = draw_lineage(ancestors, ax=Figure().add_subplot())
        assert words in ax.texts[0].get_text()
        assert not ax.child_axes


def test_the_figure_has_a_bar_for_every_gene(evolved):
    everything, history = evolved
    genome = everything[-1][0][int(np.argmax(everything[-1][2]))]
    seen = Births.of(genome, history)
    line = ancestral_line(history, GENERATIONS - 1, float(everything[-1][2].max()))
    births = Births.along(genome, line)
    ax = draw_births(genome, births, seen=seen, until=GENERATIONS - 1, ax=Figure().add_subplot())
    drawn = {c.get_gid(): c for c in ax.collections}
    bars = drawn["births"].get_segments()
    hidden = genome.nodes["kind"] == neat.NodeKind.HIDDEN
    born = [*births.nodes[hidden], *births.connections]
    first = [*seen.nodes[hidden], *seen.connections]
    assert [bar[0][0] for bar in bars] == born
    assert {bar[1][0] for bar in bars} == {GENERATIONS - 1}
    earlier = [(a, b) for a, b in zip(first, born, strict=True) if a < b]
    leads = [(lead[0][0], lead[1][0]) for lead in drawn["seen"].get_segments()] if "seen" in drawn else []
    assert leads == earlier
    for colour, gene in zip(drawn["births"].get_colors()[hidden.sum() :], genome.connections, strict=True):
        role = LIGHT.disabled if not gene["enabled"] else LIGHT.positive if gene["weight"] >= 0 else LIGHT.negative
        assert to_hex(colour) == role
    assert draw_births(genome, births, until=0, ax=Figure().add_subplot()).texts


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
