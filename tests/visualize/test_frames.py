"""Networks at work: every node's value is the network's own, and frames show it."""

from __future__ import annotations

import re
import time
import xml.etree.ElementTree as ElementTree
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from drawn import check_apart, check_inside
from matplotlib.colors import to_hex
from PIL import Image
from random_genomes import random_genome

from environments.watching.films import write_frames
from neat.config import NetworkConfig
from neat.genes.kinds import NodeKind
from neat.networks.network import Network
from neat.networks.trace import Tracer
from neat.visualize import DARK, LIGHT, arrange, union
from neat.visualize.activity import ActivityPanel
from neat.visualize.frames import BothLayouts, PlayPanel, activity_frames, topology_frames
from neat.visualize.notebook import picture
from neat.visualize.svg import figure_svg, genome_svg
from neat.visualize.widget import WidgetStep, topology_html

SVG = "{http://www.w3.org/2000/svg}"


@pytest.mark.parametrize("kind", ["feedforward", "settling", "recurrent"])
@pytest.mark.parametrize("cyclic", [False, True])
def test_traced_values_are_the_networks_own_to_the_last_bit(kind, cyclic):
    if kind == "feedforward" and cyclic:
        pytest.skip("a feed-forward network has no cycle")
    rng = np.random.default_rng(5)
    for number in range(40):
        genome = random_genome(
            rng, int(rng.integers(1, 5)), int(rng.integers(1, 4)), int(rng.integers(0, 9)), int(rng.integers(0, 30)),
            bias=bool(number % 2), cyclic=cyclic, mixed=number % 3 == 0, biases=number % 4 == 0,
        )  # fmt: skip
        config = NetworkConfig(kind=kind, passes=1 + number % 3, settle_first=bool(number % 2), max_steps=6)
        network, tracer = Network(genome, config), Tracer(genome, config)
        outputs = np.flatnonzero(genome.nodes["kind"] == NodeKind.OUTPUT)
        for episode in range(2):
            network.reset()
            tracer.reset()
            for _ in range(4):
                x = rng.normal(size=genome.inputs)
                assert np.array_equal(tracer.step(x)[-1][outputs], network.activate(x)), (number, episode)


def test_a_settling_network_shows_its_wave():
    genome = random_genome(np.random.default_rng(0), 1, 1, 0, 0, bias=False)
    from neat.genes.schema import CONNECTION, NODE, new_genes
    from neat.genes.table import Genome

    nodes = new_genes(4, NODE)
    nodes[:2] = genome.nodes
    nodes["innovation"], nodes["kind"] = np.arange(4), [0, 2, 3, 3]
    nodes["activation"] = 3  # identity
    genes = np.array([(0, 0, 2, 1, 2.0), (1, 2, 3, 1, 2.0), (2, 3, 1, 1, 2.0)], CONNECTION)
    passes = Tracer(Genome(nodes, genes), NetworkConfig(kind="settling")).step([1.0])
    assert [values.tolist() for values in passes] == [
        [1, 0, 2, 0],
        [1, 0, 2, 4],
        [1, 8, 2, 4],
        [1, 8, 2, 4],  # nothing changes: settled
    ]


def near(frame, colour, tolerance=24):
    """How many pixels have about a colour."""
    wanted = np.array([int(colour[i : i + 2], 16) for i in (1, 3, 5)])
    return int(np.sum(np.abs(frame.astype(int) - wanted).max(axis=2) < tolerance))


def test_nodes_and_connections_glow_with_sign_and_strength():
    genome = random_genome(np.random.default_rng(1), 2, 1, 0, 2, bias=False, disabled=0)
    genome.connections["weight"] = [3.0, 3.0]
    quiet, positive, negative = activity_frames(
        genome, [np.zeros(3), np.array([5.0, 5.0, 5.0]), np.array([-5.0, -5.0, -5.0])], size=(480, 300)
    )
    assert quiet.shape == positive.shape == (300, 480, 3)
    assert quiet.dtype == np.uint8
    assert near(quiet, DARK.positive) == near(quiet, DARK.negative) == 0
    assert near(positive, DARK.positive) > 800
    assert near(positive, DARK.negative) == 0
    assert near(negative, DARK.negative) > 800
    genome.connections["enabled"] = 0
    (frame,) = activity_frames(genome, [np.array([5.0, 5.0, 0.0])], size=(480, 300))
    assert 200 < near(frame, DARK.positive) < near(positive, DARK.positive), "nothing flows through disabled genes"


@pytest.mark.parametrize(("brightness", "theme"), [(250, LIGHT), (10, DARK)])
def test_the_game_stands_beside_its_network_on_a_background_like_its_own(brightness, theme):
    genome = random_genome(np.random.default_rng(1), 3, 2, 4, 20, cyclic=True)
    game = np.full((100, 150, 3), brightness, np.uint8)
    game[40:60, 60:90] = [200, 0, 0]
    activity = np.random.default_rng(0).normal(size=(4, len(genome.nodes)))
    panel = PlayPanel(genome, game, height=300)
    frames = [panel.show(game, values) for values in activity]
    (shape,) = {frame.shape for frame in frames}
    assert shape[0] == 300
    assert shape[1] % 2 == 0
    assert shape[1] > 450 + 400
    background = np.array([int(theme.background[i : i + 2], 16) for i in (1, 3, 5)])
    assert np.all(frames[0][[0, -1]] == background), "around the game and the network"
    left = frames[0][:, : shape[1] - 450]
    assert near(left, "#c80000") > 0.8 * (20 * 30) * 2.79**2
    assert all(np.array_equal(a[:, : left.shape[1]], left) for a in frames)
    assert all(np.any(a[:, left.shape[1] :] != b[:, left.shape[1] :]) for a, b in pairwise(frames))
    dark = PlayPanel(genome, game, theme="dark").show(game, activity[0])
    assert near(dark[:1], DARK.background) == dark.shape[1]


def panel_of(genome, **options):
    return ActivityPanel(genome, size=(480, 300), output_names=["left", "right"], **options)


def test_the_chosen_output_is_marked():
    genome = random_genome(np.random.default_rng(1), 2, 2, 0, 4, bias=False)
    panel = panel_of(genome)
    rings = next(c for c in panel._ax.collections if c.get_gid() == "chosen")
    names = {text.get_text(): text for text in panel._ax.texts}
    values = np.zeros(4)
    plain = panel.draw(values)
    for place, name in enumerate(("left", "right")):
        other = {"left": "right", "right": "left"}[name]
        frame = panel.draw(values, np.eye(2)[place])
        assert [bool(width) for width in rings.get_linewidth()] == [place == 0, place == 1]
        assert names[name].get_bbox_patch().get_alpha() == 1.0
        assert names[name].get_color() == DARK.background
        assert names[other].get_bbox_patch().get_alpha() == 0.0
        assert names[other].get_color() == DARK.ink
        node = panel.scene.nodes[2 + place]
        scale = 100 / 72
        rows = slice(int((node.y - 16) * scale), int((node.y + 16) * scale))
        assert near(frame[rows], DARK.ink) > near(plain[rows], DARK.ink) + 200


def test_an_amount_is_shown_by_a_bar():
    genome = random_genome(np.random.default_rng(1), 2, 2, 0, 4, bias=False)
    panel = panel_of(genome, amounts=[True, False])
    bars = next(c for c in panel._ax.collections if c.get_gid() == "amounts")
    for share, colour in ((0.5, DARK.positive), (-1.0, DARK.negative)):
        panel.draw(np.zeros(4), np.array([share, 1.0]))
        track, bar = bars.get_segments()
        middle = track[:, 0].mean()
        assert bar[0, 0] == pytest.approx(middle)
        assert bar[1, 0] - middle == pytest.approx(share * np.ptp(track[:, 0]) / 2)
        assert to_hex(bars.get_colors()[1]) == colour
    rings = next(c for c in panel._ax.collections if c.get_gid() == "chosen")
    assert [bool(width) for width in rings.get_linewidth()] == [False, True]


def test_texts_of_a_panel_stay_inside_and_apart():
    names = ["cart position", "cart velocity", "pole angle", "pole angular velocity"]
    for hidden, edges, size in ((0, 8, (420, 280)), (12, 60, (600, 400)), (60, 220, (880, 400))):
        genome = random_genome(np.random.default_rng(hidden), 4, 2, hidden, edges)
        panel = ActivityPanel(genome, size=size, input_names=names, output_names=["push left", "push right"])
        panel.draw(np.ones(len(genome.nodes)), np.array([0.0, 1.0]))
        for text in panel._moving:
            text.set_animated(False)
        check_inside(panel._ax.figure)
        check_apart(panel._ax.figure)


def test_films_are_small_and_keep_their_colours(tmp_path):
    genome = random_genome(np.random.default_rng(1), 4, 2, 10, 40)
    rng = np.random.default_rng(0)
    game = np.full((200, 300, 3), 255, np.uint8)
    panel = PlayPanel(genome, game, height=280)
    frames = []
    values = rng.normal(size=len(genome.nodes))
    for step in range(100):
        picture = game.copy()
        picture[80:120, 2 * step : 2 * step + 40] = [200, 0, 0]
        values = 0.95 * values + 0.3 * rng.normal(size=len(values))
        frames.append(panel.show(picture, values, np.eye(2)[step % 2]))
    path = tmp_path / "play.gif"
    start = time.process_time()
    write_frames(path, iter(frames), fps=50)
    assert time.process_time() - start < 8
    plain = tmp_path / "plain.gif"
    first, *others = [Image.fromarray(frame) for frame in frames]
    first.save(plain, save_all=True, append_images=others)
    assert path.stat().st_size < 0.25 * plain.stat().st_size
    with Image.open(path) as film:
        assert film.n_frames == 50, "every second picture, twice as long"
        assert film.info["duration"] == 40
        for number in (0, 49):
            film.seek(number)
            shown = np.asarray(film.convert("RGB")).astype(int)
            assert np.abs(shown - frames[2 * number]).mean() < 3


def test_a_movie_keeps_nodes_in_their_places():
    rng = np.random.default_rng(2)
    genome = random_genome(rng, 3, 2, 6, 24)
    steps = [WidgetStep(i, float(i), type(genome)(genome.nodes, genome.connections[: 6 * i])) for i in range(5)]
    frames = list(topology_frames(steps, size=(640, 400)))
    assert [frame.shape for frame in frames] == [(400, 640, 3)] * 5
    placed = arrange(union([step.genome for step in steps]))
    assert np.array_equal(placed.y, arrange(genome).y)
    # Node outlines (ink) are the same pixels in every frame, but for titles above and the legend below.
    ink = [np.abs(frame[40:350].astype(int) - 0x20).max(axis=2) < 16 for frame in frames]
    assert np.mean(ink[0] & ink[-1]) > 0.8 * np.mean(ink[0])


def test_svg_holds_every_gene_with_its_colour_and_width():
    genome = random_genome(np.random.default_rng(4), 3, 2, 5, 20, cyclic=True)
    root = ElementTree.fromstring(genome_svg(genome, theme=DARK, input_names=["<a>", "b & c", "d"]))
    groups = root.findall(f"{SVG}g")
    assert len(groups) == len(genome.connections)
    ratios = set()
    for group, gene in zip(groups, genome.connections, strict=True):
        assert group.find(f"{SVG}title").text.startswith(f"gene {gene['innovation']}: {gene['source']} →")
        line = group.find(f"{SVG}path")
        sign = DARK.positive if gene["weight"] >= 0 else DARK.negative
        assert line.get("stroke") == (sign if gene["enabled"] else DARK.disabled)
        assert (line.get("stroke-dasharray") is None) == bool(gene["enabled"])
        if gene["enabled"]:
            share = abs(gene["weight"]) / np.abs(genome.connections["weight"]).max()
            ratios.add(round(float(line.get("stroke-width")) / (0.7 + 3.3 * share), 1))
    assert len(ratios) == 1
    texts = [text.text for text in root.iter(f"{SVG}text")]
    assert {"<a>", "b & c", "d", "bias"} <= set(texts)
    shapes = sum(len(root.findall(f"{SVG}{name}")) for name in ("rect", "circle"))
    assert shapes == 1 + 3 + 2 + 5  # background, inputs, outputs, hidden nodes; the bias node is a path


def test_colours_follow_the_page_where_no_theme_is_given():
    genome = random_genome(np.random.default_rng(4), 3, 2, 5, 20)
    assert f"var(--positive, {LIGHT.positive})" in genome_svg(genome)


def test_a_chart_keeps_no_fixed_colour():
    from matplotlib.figure import Figure

    from neat.visualize import draw_runs

    figure = Figure(figsize=(3, 2))
    draw_runs({"a": [{"generation": g, "best": g} for g in range(5)]}, ax=figure.add_subplot())
    text = figure_svg(figure, 'best of "a"')
    root = ElementTree.fromstring(text)
    assert root.get("aria-label") == 'best of "a"'
    assert f"var(--c{LIGHT.cycle[0][1:]},{LIGHT.cycle[0]})" in text
    assert not root.findall(f".//{SVG}g[@id]")


def test_a_page_element_needs_a_genome():
    with pytest.raises(ValueError, match="at least one genome"):
        topology_html([])


def test_notebooks_get_a_picture_unless_it_would_be_huge():
    rng = np.random.default_rng(0)
    genome = random_genome(rng, 3, 2, 2, 9)
    assert picture(genome).startswith("<svg")
    assert genome._repr_svg_() == picture(genome) == Network(genome)._repr_svg_()
    assert picture(random_genome(rng, 300, 120, 0, 0)) is None


@pytest.mark.parametrize("name", ["minimal", "acyclic", "recurrent"])
def test_pictures_stay_as_they_were_looked_at(name):
    """Compared with pictures in the folder beside; a missing one is made, to be looked at and kept."""
    rng = np.random.default_rng(12)
    genome = {
        "minimal": lambda: random_genome(rng, 4, 2, 0, 10, disabled=0),
        "acyclic": lambda: random_genome(rng, 4, 2, 4, 18, biases=True),
        "recurrent": lambda: random_genome(rng, 3, 1, 4, 26, cyclic=True, mixed=True),
    }[name]()
    path = Path(__file__).parents[1] / "pictures" / f"{name}.svg"
    drawn = genome_svg(genome, theme=LIGHT)
    if not path.exists():
        path.parent.mkdir(exist_ok=True)
        path.write_text(drawn, "utf-8")
        pytest.fail(f"{path} was missing and has been made: look at it, and keep it if it is right")
    numbers = r"-?\d+\.?\d*"
    kept = path.read_text("utf-8")
    assert re.sub(numbers, "0", drawn) == re.sub(numbers, "0", kept)
    a, b = ([float(n) for n in re.findall(numbers, text)] for text in (drawn, kept))
    assert np.allclose(a, b, atol=0.2)


def frames_of(genome, game, values):
    """Frames beside and below, each by a panel of its own, and both at once."""
    wide, narrow = (PlayPanel(genome, game, stacked=stacked).show(game, values) for stacked in (False, True))
    return wide, narrow, *BothLayouts(genome, game).show(game, values)


def test_both_layouts_of_a_small_network_are_drawn_once():
    genome = random_genome(np.random.default_rng(1), 4, 2, 3, 20)
    game = np.random.default_rng(2).integers(0, 256, (400, 600, 3), np.uint8)
    panels = BothLayouts(genome, game)
    assert panels._narrow is None
    wide, narrow, beside, below = frames_of(genome, game, np.ones(len(genome.nodes)))
    assert np.array_equal(beside, wide)
    assert all(side % 2 == 0 for side in below.shape[:2])
    assert below.shape[1] < 1.1 * narrow.shape[1]
    network = wide[:, -600:]
    assert np.array_equal(below[-400:], network)
    assert np.array_equal(below[:400, 7:-7], wide[:, :-600])


def test_both_layouts_of_a_large_network_or_a_wide_game_are_drawn_apart():
    large = random_genome(np.random.default_rng(1), 4, 2, 28, 40)
    small = random_genome(np.random.default_rng(1), 4, 2, 3, 20)
    for genome, game in ((large, np.zeros((400, 600, 3), np.uint8)), (small, np.zeros((200, 900, 3), np.uint8))):
        wide, narrow, beside, below = frames_of(genome, game, np.ones(len(genome.nodes)))
        assert np.array_equal(beside, wide)
        assert np.array_equal(below, narrow)


def test_names_are_the_same_as_if_letters_were_set_for_every_picture():
    genome = random_genome(np.random.default_rng(1), 2, 2, 0, 4, bias=False)
    panel, rng = panel_of(genome), np.random.default_rng(3)
    for chosen in (0, 1, 1, 0):
        frame = panel.draw(rng.normal(size=4), np.eye(2)[chosen])
        for text in panel._names:
            panel._ax.draw_artist(text)
        drawn = np.asarray(panel._canvas.buffer_rgba())[:, :, :3].astype(int)
        assert np.abs(drawn - frame).max() <= 3, "rounding only"
