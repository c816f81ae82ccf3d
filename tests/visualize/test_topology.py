"""Drawings of genomes: what is drawn, not that something is drawn."""

from __future__ import annotations

import io
import subprocess
import sys
import time

import matplotlib as mpl
import numpy as np
import pytest
from drawn import check_apart, check_inside
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from random_genomes import random_genome
from scipy.spatial import cKDTree

from neat.errors import ConfigError
from neat.genes.kinds import NodeKind
from neat.genes.schema import CONNECTION, NODE, new_genes
from neat.genes.table import Genome
from neat.visualize import DARK, LIGHT, arrange, draw_genome, union
from neat.visualize.layout import crossings
from neat.visualize.scene import default_size, line_width, make_scene
from neat.visualize.text import shorten, text_width

mpl.use("Agg")


def axes(width=6.4, height=4.8, dpi=100):
    figure = Figure(figsize=(width, height), dpi=dpi)
    FigureCanvasAgg(figure)
    return figure.add_axes((0, 0, 1, 1))


def connections_of(ax):
    (found,) = [c for c in ax.collections if c.get_gid() == "connections"]
    assert isinstance(found, LineCollection)
    return found


def many(count, seed=0, largest=60):
    rng = np.random.default_rng(seed)
    for _ in range(count):
        inputs, outputs = int(rng.integers(1, 13)), int(rng.integers(1, 7))
        hidden = int(rng.integers(0, largest - inputs - outputs))
        edges = int(rng.integers(0, 3 * (inputs + hidden) + 1))
        cyclic = bool(rng.random() < 0.5)
        yield random_genome(rng, inputs, outputs, hidden, edges, cyclic=cyclic, mixed=True, biases=True)


@pytest.mark.parametrize("theme", [LIGHT, DARK])
def test_every_gene_is_one_line_with_the_right_ends_colour_and_width(theme):
    for genome in many(10, seed=3):
        ax = draw_genome(genome, ax=axes(), theme=theme)
        lines = connections_of(ax)
        segments = lines.get_segments()
        assert len(segments) == len(genome.connections)
        scale = np.abs(genome.connections["weight"]).max(initial=0)
        placed = arrange(genome)
        centres = {n: np.array([d.x, d.y]) for n, d in zip(genome.nodes["innovation"], ax_nodes(genome), strict=True)}
        dashes = lines.get_linestyle()
        widths, colours = lines.get_linewidth(), lines.get_edgecolor()
        ratios = set()
        for i, gene in enumerate(genome.connections):
            source, target = centres[gene["source"]], centres[gene["target"]]
            if gene["source"] != gene["target"]:  # a loop leaves from the node's rim
                assert np.allclose(segments[i][0], source)
            if placed.x[placed.index(gene["source"])] < placed.x[placed.index(gene["target"])]:
                assert np.allclose(segments[i][-1], target)
            if gene["enabled"]:
                assert to_hex(colours[i]) == (theme.positive if gene["weight"] >= 0 else theme.negative)
                assert dashes[i][1] is None
                ratios.add(round(widths[i] / line_width(gene["weight"], scale), 9))
            else:
                assert to_hex(colours[i]) == theme.disabled
                assert dashes[i][1] is not None
        assert len(ratios) <= 1, "one factor for the whole picture"


def ax_nodes(genome):
    return make_scene(genome, 6.4 * 72, 4.8 * 72).nodes


def test_a_heavier_connection_is_wider_and_a_given_scale_holds():
    assert line_width(-2, 2) > line_width(1, 2) > line_width(0, 2) > 0
    assert line_width(5, 2) == line_width(2, 2)
    genome = random_genome(np.random.default_rng(0), 3, 1, 0, 4, disabled=0)
    genome.connections["weight"] = [1, 2, -2, 4]
    narrow = connections_of(draw_genome(genome, ax=axes(), weight_scale=8)).get_linewidth()
    wide = connections_of(draw_genome(genome, ax=axes())).get_linewidth()
    assert narrow[0] < narrow[1] == narrow[2] < narrow[3] < wide[3]


@pytest.mark.parametrize(("innovations", "count"), [(False, 40), (True, 10)])
def test_labels_of_random_genomes_do_not_overlap(innovations, count):
    for number, genome in enumerate(many(count, seed=7)):
        placed = arrange(genome)
        ax = axes(*(np.array(default_size(placed, innovations=innovations)) / 72))
        draw_genome(genome, ax=ax, innovations=innovations, placed=placed)
        check_apart(ax.figure, number)


def test_labels_do_not_overlap_on_small_axes():
    for number, genome in enumerate(many(20, seed=8)):
        check_apart(draw_genome(genome, ax=axes(3, 2), innovations=True).figure, number)


@pytest.mark.parametrize("dpi", [72, 100, 110, 160])
def test_no_text_is_cut_off(dpi):
    names = ["cart position", "cart velocity", "pole angle", "pole angular velocity"], ["push left", "push right"]
    genomes = [random_genome(np.random.default_rng(s), 4, 2, 2 * s, 10 + 4 * s, mixed=s > 1) for s in range(4)]
    for genome in genomes:
        width, height = default_size(arrange(genome))
        for size in ((width / 72, height / 72), (6.4, 4.8), (4.0, 3.0)):
            ax = draw_genome(genome, ax=axes(*size, dpi), input_names=names[0], output_names=names[1])
            check_inside(ax.figure)
            assert {*names[0], *names[1]} <= {text.get_text() for text in ax.texts}, "none is shortened"


def test_inputs_and_outputs_carry_the_given_names():
    genome = random_genome(np.random.default_rng(0), 2, 2, 3, 8)
    names = ["cart position", "cart velocity"], ["push left", "push right"]
    ax = draw_genome(genome, ax=axes(), input_names=names[0], output_names=names[1])
    texts = {t.get_text(): t for t in ax.texts}
    for name in [*names[0], *names[1], "bias"]:
        assert name in texts
    assert texts["cart position"].get_ha() == "right"
    assert texts["cart position"].get_position()[0] < texts["push left"].get_position()[0]
    assert texts["cart position"].get_position()[1] < texts["cart velocity"].get_position()[1]  # y grows downward
    with pytest.raises(ConfigError, match="expected 2 input names, one per input node, got 3"):
        draw_genome(genome, ax=axes(), input_names=["a", "b", "c"])
    with pytest.raises(ConfigError, match="did you mean 'dark'"):
        draw_genome(genome, ax=axes(), theme="darc")


def test_innovation_numbers_on_demand():
    genome = random_genome(np.random.default_rng(2), 2, 1, 2, 5, disabled=0)
    numbers = {str(i) for i in genome.connections["innovation"]} | {str(i) for i in genome.nodes["innovation"]}
    assert numbers <= {t.get_text() for t in draw_genome(genome, ax=axes(), innovations=True).texts}
    assert not numbers & {t.get_text() for t in draw_genome(genome, ax=axes()).texts}


def test_functions_are_named_where_nodes_differ():
    genome = random_genome(np.random.default_rng(2), 2, 1, 2, 6)
    assert "nodes: sigmoid of sum" in {t.get_text() for t in draw_genome(genome, ax=axes()).texts}
    genome.nodes["activation"][-1] = 1
    genome.nodes["aggregation"][-1] = 3
    texts = {t.get_text() for t in draw_genome(genome, ax=axes()).texts}
    assert {"sigmoid, sum", "tanh, max", "output: sigmoid of sum"} <= texts


def test_a_recurrent_connection_is_an_arc_with_an_arrow_head():
    genome = random_genome(np.random.default_rng(1), 1, 1, 1, 0, bias=False)
    genes = new_genes(4, CONNECTION)
    genes["innovation"], genes["enabled"], genes["weight"] = np.arange(4), 1, 1
    genes["source"], genes["target"] = [0, 2, 1, 2], [2, 1, 2, 2]  # in → hidden → out → hidden, hidden → itself
    ax = draw_genome(Genome(genome.nodes, genes), ax=axes())
    assert [len(s) > 2 for s in connections_of(ax).get_segments()] == [False, False, True, True]
    (heads,) = [c for c in ax.collections if c.get_gid() == "connections arrow heads"]
    assert len(heads.get_paths()) == 2


@pytest.mark.parametrize("genome", [*many(20, seed=11)])
def test_columns_follow_depth_and_nodes_of_a_column_keep_apart(genome):
    placed = arrange(genome)
    kinds = genome.nodes["kind"]
    assert np.all(placed.column[kinds <= NodeKind.BIAS] == 0)
    assert np.all(placed.column[kinds == NodeKind.OUTPUT] == placed.columns - 1)
    hidden = placed.column[kinds == NodeKind.HIDDEN]
    assert np.all((hidden > 0) & (hidden < placed.columns - 1))
    assert np.all((placed.x >= 0) & (placed.x <= 1) & (placed.y >= 0) & (placed.y <= 1))
    for column in range(placed.columns):
        members = np.flatnonzero(placed.column == column)
        gaps = np.diff(np.sort(placed.y[members]))
        assert np.all(gaps > 0.98 * placed.separation[members].min())


def test_acyclic_connections_lead_to_later_columns():
    rng = np.random.default_rng(4)
    for _ in range(20):
        genome = random_genome(rng, 4, 2, 15, 40)
        placed = arrange(genome)
        source, target = placed.index(genome.connections["source"]), placed.index(genome.connections["target"])
        assert np.all(placed.column[source] < placed.column[target])


def test_the_search_takes_crossings_out():
    rng = np.random.default_rng(4)
    searched = unsearched = 0
    for _ in range(10):
        genome = random_genome(rng, 5, 3, 12, 35)
        placed = arrange(genome)
        y = placed.y.copy()
        for column in range(1, placed.columns - 1):
            members = np.flatnonzero(placed.column == column)
            y[members] = (np.arange(len(members)) + 0.5) / len(members)  # rows in the order of the numbers
        searched += crossings(genome, placed)
        unsearched += crossings(genome, placed.__class__(**{**vars(placed), "y": y}))
    assert searched < 0.85 * unsearched


def test_same_genome_same_layout_and_a_union_places_all():
    genomes = [random_genome(np.random.default_rng(s), 4, 2, 3 + s, 20) for s in range(3)]
    first, second = arrange(genomes[2]), arrange(genomes[2])
    assert np.array_equal(first.y, second.y)
    together = arrange(union(genomes))
    assert np.array_equal(together.innovation, np.unique(np.concatenate([g.nodes["innovation"] for g in genomes])))
    draw_genome(genomes[0], ax=axes(), placed=together)


def distances(line, points):
    """How far points float64[n, 2] are from a polyline."""
    a, way = line[:-1], np.diff(line, axis=0)
    to = points[:, None] - a
    share = np.clip((to * way).sum(-1) / np.maximum((way * way).sum(-1), 1e-12), 0, 1)
    return np.hypot(*np.moveaxis(to - share[..., None] * way, -1, 0)).min(axis=1)


def hidden_behind_nodes(genome, scene):
    """Connections that pass within the radius of a node that is not their end, as pairs of places."""
    centres = np.array([[node.x, node.y] for node in scene.nodes])
    radius = np.array([node.radius for node in scene.nodes])
    numbers = genome.nodes["innovation"]
    for i, (gene, line) in enumerate(zip(genome.connections, scene.lines, strict=True)):
        if gene["source"] == gene["target"]:
            continue
        near = np.flatnonzero(distances(line.points, centres) < radius)
        yield from ((i, int(v)) for v in near if numbers[v] not in (gene["source"], gene["target"]))


def shared_way(scene):
    """The largest share of a connection that lies on another one (within half a point)."""
    dots = []
    for line in scene.lines:
        along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(line.points, axis=0).T))])
        places = np.linspace(0, along[-1], max(3, int(along[-1] / 0.7)))
        dots.append(np.column_stack([np.interp(places, along, line.points[:, k]) for k in (0, 1)]))
    order = sorted(range(len(dots)), key=lambda i: len(dots[i]))
    trees = [cKDTree(points) for points in dots]
    low, high = (np.array([f(points, axis=0) for points in dots]) for f in (np.min, np.max))
    found = 0.0
    for k, i in enumerate(order):
        for j in order[k + 1 :]:
            if np.all(low[i] < high[j] + 1) and np.all(low[j] < high[i] + 1):
                gap = trees[j].query(dots[i], distance_upper_bound=0.61)[0]
                found = max(found, float(np.isfinite(gap).mean()))
    return found


def test_every_connection_can_be_seen():
    for number, genome in enumerate(many(40, seed=21)):
        placed = arrange(genome)
        scene = make_scene(genome, *default_size(placed), placed=placed)
        assert not list(hidden_behind_nodes(genome, scene)), number
        if len(genome.connections) > 1:
            assert shared_way(scene) < 0.5, number
        for line in scene.lines:
            assert np.all((line.points >= 0) & (line.points <= [scene.width, scene.height])), number


def test_a_connection_over_a_hidden_node_goes_around_it():
    nodes = new_genes(5, NODE)
    nodes["innovation"], nodes["kind"] = [0, 1, 2, 3, 6], [0, 0, 1, 2, 3]
    ends = [(0, 3), (1, 3), (2, 3), (1, 6), (6, 3), (0, 6), (2, 6)]
    genes = np.array([(i, s, t, 1, 1.0) for i, (s, t) in enumerate(ends)], CONNECTION)
    genome = Genome(nodes, genes)
    scene = make_scene(genome, *default_size(arrange(genome)))
    assert not list(hidden_behind_nodes(genome, scene))
    around = scene.lines[1].points  # 1 → 3, the hidden node 6 halfway
    assert len(around) > 2
    assert distances(around, np.array([[scene.nodes[4].x, scene.nodes[4].y]]))[0] > 1.5 * scene.nodes[4].radius
    assert sum(len(line.points) == 2 for line in scene.lines) == 6, "what is clear stays straight"


def test_empty_genomes_draw():
    nothing = Genome(np.empty(0, NODE), np.empty(0, CONNECTION))
    assert len(connections_of(draw_genome(nothing, ax=axes())).get_segments()) == 0
    draw_genome(random_genome(np.random.default_rng(0), 3, 2, 0, 0), ax=axes())
    draw_genome(random_genome(np.random.default_rng(0), 3, 2, 4, 0), ax=axes())


def test_a_new_figure_is_made_where_none_is_given():
    import matplotlib.pyplot as plt

    ax = draw_genome(random_genome(np.random.default_rng(0), 3, 2, 0, 6))
    assert ax.figure in map(plt.figure, plt.get_fignums())
    plt.close(ax.figure)


def test_a_long_chain_is_no_trouble():
    n = 1500
    nodes = new_genes(n, NODE)
    nodes["innovation"] = np.arange(n)
    nodes["kind"] = [NodeKind.INPUT, NodeKind.OUTPUT] + [NodeKind.HIDDEN] * (n - 2)
    genes = new_genes(n - 1, CONNECTION)
    order = [0, *range(2, n), 1]
    genes["innovation"], genes["enabled"] = np.arange(n - 1), 1
    genes["source"], genes["target"] = order[:-1], order[1:]
    assert arrange(Genome(nodes, genes)).columns == n


def test_thirty_nodes_draw_quickly():
    genome = random_genome(np.random.default_rng(6), 8, 4, 18, 90, cyclic=True, mixed=True)
    seconds = []
    for _ in range(3):
        start = time.process_time()  # other programs' time does not count
        ax = draw_genome(genome, ax=axes(), innovations=True)
        ax.figure.savefig(io.BytesIO(), format="png")
        seconds.append(time.process_time() - start)
    assert min(seconds) < 2, seconds  # far from what it takes: a guard against drawing time that explodes


def test_text_is_measured_as_matplotlib_measures_it():
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    for text in ("pole angular velocity", "|weight| = 3.6", "softplus, product", "12345"):
        drawn = TextPath((0, 0), text, size=10, prop=FontProperties(family="DejaVu Sans")).get_extents().width
        assert text_width(text, 10) == pytest.approx(drawn, rel=0.03, abs=3)
    assert shorten("pole angular velocity", 10, 60).endswith("…")
    assert text_width(shorten("pole angular velocity", 10, 60), 10) <= 60


def test_neat_loads_no_drawing_library():
    code = "import sys, neat; print(sorted({'matplotlib', 'networkx', 'gymnasium'} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert out.strip() == "[]"
