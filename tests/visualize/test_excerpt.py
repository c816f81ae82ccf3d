"""Networks too large to be drawn: the strongest part is, in seconds, and every kind of picture says so."""

from __future__ import annotations

import time

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.figure import Figure
from random_genomes import random_genome

from neat.genes.schema import CONNECTION, NODE
from neat.genes.table import Genome
from neat.visualize import draw_complexity, draw_cost, draw_crossover, draw_fitness, draw_genome, draw_runs
from neat.visualize.activity import ActivityPanel
from neat.visualize.excerpt import MOST_CONNECTIONS, MOST_NODES, excerpt, excerpts
from neat.visualize.frames import topology_frames
from neat.visualize.svg import genome_svg
from neat.visualize.widget import WidgetStep, topology_html

mpl.use("agg")


def dense(inputs, outputs):
    """Return a network of every input to every output, with weights in a known order of size."""
    nodes = np.zeros(inputs + outputs, NODE)
    nodes["innovation"], nodes["response"] = np.arange(len(nodes)), 1
    nodes["kind"][inputs:] = 2
    genes = np.zeros(inputs * outputs, CONNECTION)
    genes["innovation"], genes["enabled"] = np.arange(len(genes)), 1
    genes["source"] = np.repeat(np.arange(inputs), outputs)
    genes["target"] = inputs + np.tile(np.arange(outputs), inputs)
    genes["weight"] = np.random.default_rng(0).normal(size=len(genes))
    return Genome(nodes, genes)


@pytest.fixture(scope="module")
def large():
    return dense(20_000, 4)


def test_what_can_be_seen_is_drawn_whole():
    genome = random_genome(np.random.default_rng(1), 4, 2, 30, 120)
    part = excerpt(genome, ["a", "b", "c", "d"])
    assert part.nodes is genome.nodes
    assert part.connections is genome.connections
    assert part.note == ""
    assert part.input_names == ["a", "b", "c", "d"]


def test_the_strongest_connections_are_kept(large):
    large.connections["enabled"][np.argmax(large.connections["weight"])] = 0
    part = excerpt(large)
    assert len(part.nodes) <= MOST_NODES
    assert 100 < len(part.connections) <= MOST_CONNECTIONS
    used = np.where(large.connections["enabled"] != 0, np.abs(large.connections["weight"]), 0.0)
    assert np.abs(part.connections["weight"]).min() >= np.sort(used)[-len(part.connections)]
    assert np.all(part.connections["enabled"])
    assert np.array_equal(part.nodes, large.nodes[part.places])
    assert np.isin(part.connections["source"], part.nodes["innovation"]).all()
    assert part.input_names[0] == f"input {part.places[0]}", "names stay those of the whole"
    assert part.note == (
        f"drawn: the {len(part.connections)} strongest of 80,000 connections, {len(part.nodes)} of 20,004 nodes"
    )
    large.connections["enabled"] = 1


def test_a_series_shows_the_same_connections(large):
    other = Genome(large.nodes, large.connections[: len(large.connections) // 2].copy())
    first, second = excerpts([other, large])
    assert np.array_equal(first.nodes, second.nodes)
    assert np.isin(first.connections["innovation"], second.connections["innovation"]).all()


def test_every_picture_of_a_large_network_is_quick_and_says_so(large):
    start = time.process_time()
    words = "strongest of 80,000 connections"
    ax = Figure((8, 6)).add_axes((0, 0, 1, 1))
    draw_genome(large, ax=ax)
    assert any(words in text.get_text() for text in ax.texts)
    assert words in genome_svg(large)
    page = topology_html([WidgetStep(0, 1.0, large)])
    assert page.count(words) >= 1
    assert len(page) < 1_000_000
    assert len(list(topology_frames([WidgetStep(0, 1.0, large)]))) == 1
    panel = ActivityPanel(large, amounts=[False] * 4)
    assert any(words in text.get_text() for text in panel._ax.texts)
    dark = panel.draw(np.zeros(len(large.nodes)))
    lit = panel.draw(np.random.default_rng(0).normal(size=len(large.nodes)), np.eye(4)[2])
    assert np.any(dark != lit)
    assert time.process_time() - start < 60


def test_a_crossover_of_large_networks_is_drawn():
    genomes = [dense(300, 4) for _ in range(3)]
    ax = Figure((11, 6)).add_axes((0, 0, 1, 1))
    draw_crossover(*genomes, ax=ax, input_names=[f"x{i}" for i in range(300)])
    assert any("strongest of 1,200" in text.get_text() for child in ax.child_axes for text in child.texts)


def record(generation, scale=1.0):
    return {
        "generation": generation, "best": scale * generation, "mean": 0.5 * generation, "sd": 1.0, "threshold": 3.0,
        "hidden_mean": 1.0, "connections_mean": 5.0, "champion_hidden": 1, "champion_connections": 5,
        "evaluations": 10 * generation, "steps": round(100 * scale * generation), "seconds": 0.1 * generation,
        "restarted": False, "species": [],
    }  # fmt: skip


@pytest.mark.parametrize("draw", [draw_fitness, draw_complexity, draw_cost])
@pytest.mark.parametrize("order", [(30, 10), (10, 30)])
def test_two_runs_on_one_axis_are_both_seen_whole(draw, order):
    ax = Figure().add_subplot()
    for length in order:
        draw([record(i, 5.0 if length == 10 else 1.0) for i in range(length)], ax=ax)
    assert ax.get_xlim() == (0, 29)
    tallest = max(float(np.max(line.get_ydata())) for line in ax.lines)
    assert ax.get_ylim()[1] >= tallest


def test_two_sets_of_runs_on_one_axis_are_both_seen_whole():
    ax = Figure().add_subplot()
    draw_runs({"a": [record(i) for i in range(30)]}, ax=ax)
    draw_runs({"b": [record(i) for i in range(10)]}, ax=ax)
    assert ax.get_xlim()[1] >= 29
