"""Genomes beside each other: which genes match, and where a child's genes came from."""

from __future__ import annotations

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from neat.genes.schema import CONNECTION, NODE, new_genes
from neat.genes.table import Genome
from neat.visualize import LIGHT, draw_comparison, draw_crossover
from neat.visualize.comparison import gene_roles


def build(genes, hidden):
    """The genomes of the 2002 paper's figure 4: three inputs, one output (node 4)."""
    nodes = new_genes(4 + len(hidden), NODE)
    nodes["innovation"] = [1, 2, 3, 4, *hidden]
    nodes["kind"] = [0, 0, 0, 2] + [3] * len(hidden)
    return Genome(nodes, np.array(genes, CONNECTION))


MOTHER = build(
    [(1, 1, 4, 1, 0.7), (2, 2, 4, 0, -0.5), (3, 3, 4, 1, 0.5), (4, 2, 5, 1, 0.2), (5, 5, 4, 1, 0.4), (8, 1, 5, 1, 0.6)],
    [5],
)
FATHER = build(
    [
        *[(1, 1, 4, 1, -0.1), (2, 2, 4, 0, -0.8), (3, 3, 4, 1, 1.5), (4, 2, 5, 1, 1.2), (5, 5, 4, 0, -2.4)],
        *[(6, 5, 6, 1, 0.6), (7, 6, 4, 1, -0.9), (9, 3, 5, 1, 0.3), (10, 1, 6, 1, -0.1)],
    ],
    [5, 6],
)
CHILD = build(
    [
        *[(1, 1, 4, 1, 0.7), (2, 2, 4, 0, -0.8), (3, 3, 4, 1, 1.0), (4, 2, 5, 1, 1.3), (5, 5, 4, 0, 0.4)],
        *[(6, 5, 6, 1, 0.6), (7, 6, 4, 1, -0.9), (8, 1, 5, 1, 0.6), (9, 3, 5, 1, 0.3), (10, 1, 6, 1, -0.1)],
    ],
    [5, 6],
)


def axes(width=10, height=6):
    figure = Figure(figsize=(width, height))
    FigureCanvasAgg(figure)
    return figure.add_axes((0, 0, 1, 1))


def collection(ax, gid):
    (found,) = [c for c in ax.collections if c.get_gid() == gid]
    return found


def test_genes_are_matching_disjoint_or_excess_as_in_the_papers_figure():
    assert gene_roles(MOTHER, FATHER) == ["matching"] * 5 + ["disjoint"]
    assert gene_roles(FATHER, MOTHER) == ["matching"] * 5 + ["disjoint"] * 2 + ["excess"] * 2
    assert gene_roles(MOTHER, build([], [])) == ["excess"] * 6


def test_two_genomes_side_by_side_are_coloured_by_role_and_share_places():
    ax = draw_comparison(MOTHER, FATHER, ax=axes(), names=("fitter", "other"))
    left, right = ax.child_axes
    for part, genome, other in ((left, MOTHER, FATHER), (right, FATHER, MOTHER)):
        lines = collection(part, "connections")
        assert [to_hex(c) for c in lines.get_edgecolor()] == [LIGHT.colour(r) for r in gene_roles(genome, other)]
        disabled = [style[1] is not None for style in lines.get_linestyle()]
        assert disabled == [not enabled for enabled in genome.connections["enabled"]]
    first, second = (collection(part, "connections").get_segments() for part in (left, right))
    for a, b in zip(first[:5], second[:5], strict=True):
        assert np.allclose(a, b)
    assert {"fitter", "other"} <= {t.get_text() for t in ax.texts}
    assert {"5 matching", "3 disjoint", "2 excess"} <= {t.get_text() for t in right.texts}


def test_a_crossover_aligns_genes_and_names_their_origin():
    ax = draw_crossover(MOTHER, FATHER, CHILD, ax=axes())
    strips, *networks = ax.child_axes
    boxes = collection(strips, "genes").get_paths()
    assert len(boxes) == 6 + 9 + 10
    assert len(networks) == 3
    corners = np.array([box.vertices.min(axis=0) for box in boxes])
    numbers = np.concatenate([g.connections["innovation"] for g in (MOTHER, FATHER, CHILD)])
    for number in np.unique(numbers):
        assert np.ptp(corners[numbers == number, 0]) < 1e-9, "a gene stands in one column in all rows"
    remarks = [t.get_text() for t in strips.texts]
    origins = [r for r in remarks if r in {"mother", "father", "average", "new"} and remarks.count(r)]
    assert origins == [
        *["mother", "father", "child"][:2],
        *["mother", "father", "average", "new", "mother", "father", "father", "mother", "father", "father"],
    ]


def test_long_genomes_go_on_in_further_blocks():
    genes = [(i, 1, 4, 1, 0.1 * i) for i in range(60)]
    long = build(genes, [])
    ax = draw_crossover(long, long, long, ax=axes(12, 14))
    boxes = collection(ax.child_axes[0], "genes").get_paths()
    corners = np.array([box.vertices.min(axis=0) for box in boxes])
    assert len(np.unique(np.round(corners, 6), axis=0)) == 180
    low, high = ax.child_axes[0].get_xlim()
    assert np.all((corners[:, 0] >= low) & (corners[:, 0] + 40 <= high))


def test_empty_genomes_can_be_compared():
    nothing = Genome(np.empty(0, NODE), np.empty(0, CONNECTION))
    draw_comparison(nothing, nothing, ax=axes())
    draw_crossover(nothing, nothing, nothing, ax=axes())
