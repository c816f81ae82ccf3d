"""Charts over generations show the numbers of the records, no others."""

from __future__ import annotations

import warnings
from functools import partial

import numpy as np
import pytest
from drawn import check_apart, check_inside
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from neat.errors import GenomeError
from neat.visualize import (
    LIGHT,
    draw_complexity,
    draw_cost,
    draw_evolution,
    draw_fitness,
    draw_returns,
    draw_runs,
    draw_species,
    draw_threshold,
)
from neat.visualize.species import species_sizes

SIZES = [{1: 10}, {1: 6, 2: 4}, {1: 2, 2: 5, 3: 3}, {2: 9, 3: 1}, {2: 10}]


def records(sizes=SIZES, steps=100):
    made = []
    for g, species in enumerate(sizes):
        made.append(
            {
                "generation": g,
                "best": 10.0 * g + 5,
                "mean": 4.0 * g,
                "sd": 1.0 + g,
                "threshold": 3.0 - 0.1 * g,
                "hidden_mean": 0.5 * g,
                "connections_mean": 10.0 + g,
                "champion_hidden": g,
                "champion_connections": 10 + 2 * g,
                "champion_index": 0,
                "evaluations": 10 * (g + 1),
                "steps": steps * (g + 1),
                "seconds": 0.5 * g,
                "restarted": g == 1,
                "species": [{"id": i, "size": n, "age": 0, "best": 1.0, "stagnation": 0} for i, n in species.items()],
            }
        )
    return made


def axes():
    figure = Figure(layout="constrained")
    FigureCanvasAgg(figure)
    return figure.add_subplot()


def lines(ax):
    return [line.get_ydata() for line in ax.lines]


def has(ax, values):
    return any(np.shape(y) == np.shape(values) and np.allclose(y, values) for y in lines(ax))


def labels(ax):
    return ax.get_legend_handles_labels()[1]


def test_fitness_shows_best_mean_and_spread():
    ax = draw_fitness(records(), ax=axes(), threshold=42.0)
    assert has(ax, [5, 15, 25, 35, 45])
    assert has(ax, [0, 4, 8, 12, 16])
    assert has(ax, [42, 42])
    band = ax.collections[0].get_paths()[0].vertices
    for g in range(5):
        at = band[np.isclose(band[:, 0], g), 1]
        assert {4.0 * g - (1 + g), 4.0 * g + (1 + g)} <= {round(float(y), 9) for y in at}
    assert {"mean ± sd", "best", "threshold", "restart"} <= set(labels(ax))
    (restart,) = [line for line in ax.lines if line.get_gid() == "restart"]
    assert list(restart.get_xdata()) == [1.5, 1.5]


def test_verified_champions_stand_with_their_interval():
    attempts = [
        {"generation": 2, "accepted": False, "verification": {"mean": 20.0, "low": 17.0, "high": 24.0}},
        {"generation": 4, "accepted": True, "verification": {"mean": 44.0, "low": 43.0, "high": 45.0}},
    ]
    ax = draw_fitness(records(), ax=axes(), attempts=attempts)
    assert {"not confirmed", "verified, 95%"} <= set(labels(ax))
    points = {(float(c.lines[0].get_xdata()[0]), float(c.lines[0].get_ydata()[0])) for c in ax.containers}
    assert points == {(2.0, 20.0), (4.0, 44.0)}
    bars = ax.containers[0].lines[2][0].get_segments()[0]
    assert np.allclose(bars, [[2, 17], [2, 24]])


def test_an_interval_that_rounding_puts_beside_its_mean_is_drawn():
    attempts = [{"generation": 2, "accepted": True, "verification": {"mean": 1.0, "low": 0.7, "high": 1.0 - 1e-16}}]
    ax = draw_fitness(records(), ax=axes(), attempts=attempts)
    bars = ax.containers[0].lines[2][0].get_segments()[0]
    assert np.allclose(bars, [[2, 0.7], [2, 1.0]])


def test_trials_below_the_threshold_are_told_apart():
    fresh = {"mean": 20.0, "low": 17.0, "high": 24.0}
    attempts = [
        {"generation": 1, "accepted": False, "below": True, "verification": fresh},
        {"generation": 2, "accepted": False, "below": False, "verification": fresh},
    ]
    ax = draw_fitness(records(), ax=axes(), attempts=attempts)
    assert {"tried, 95%", "not confirmed"} <= set(labels(ax))
    assert "verified, 95%" not in labels(ax)
    sizes = {float(c.lines[0].get_xdata()[0]): c.lines[0].get_markersize() for c in ax.containers}
    assert sizes[1.0] < sizes[2.0]


def test_complexity_threshold_and_cost():
    ax = draw_complexity(records(), ax=axes())
    for values in ([10, 11, 12, 13, 14], [0, 0.5, 1, 1.5, 2], [10, 12, 14, 16, 18], [0, 1, 2, 3, 4]):
        assert has(ax, values)
    ax = draw_threshold(records(), ax=axes())
    assert has(ax, 3 - 0.1 * np.arange(5))
    (other,) = [a for a in ax.figure.axes if a is not ax]
    assert has(other, [1, 2, 3, 2, 1])
    ax = draw_cost(records(), ax=axes())
    assert has(ax, 100 * np.arange(1, 6))
    assert ax.get_ylabel().startswith("environment steps")
    ax = draw_cost(records(steps=0), ax=axes())
    assert has(ax, 10 * np.arange(1, 6))
    assert ax.get_ylabel().startswith("evaluations")


def test_bands_of_the_river_are_as_wide_as_the_species():
    ids, sizes = species_sizes(records())
    assert ids.tolist() == [1, 2, 3]
    assert sizes.tolist() == [[10, 6, 2, 0, 0], [0, 4, 5, 9, 10], [0, 0, 3, 1, 0]]
    ax = draw_species(records(), ax=axes())
    (river,) = [c for c in ax.collections if c.get_gid() == "species"]
    outlines = [path.vertices for path in river.get_paths()]
    assert len(outlines) == 3
    for row, outline in enumerate(outlines):
        for g in range(5):
            at = outline[np.isclose(outline[:, 0], g), 1]
            assert (np.ptp(at) if len(at) else 0.0) == pytest.approx(sizes[row, g])
    assert len({to_hex(c) for c in river.get_facecolor()}) == 3
    assert to_hex(river.get_facecolor()[0]) == LIGHT.cycle[0]


@pytest.mark.parametrize(("orientation", "axis"), [("horizontal", 0), ("vertical", 1)])
def test_births_and_extinctions_are_marked_where_they_happen(orientation, axis):
    ax = draw_species(records(), ax=axes(), orientation=orientation)
    marks = {c.get_gid(): c.get_offsets()[:, axis].tolist() for c in ax.collections if c.get_gid() != "species"}
    assert marks == {"birth": [0, 1], "extinction": [3, 4]}  # a band opens at the generation before its first
    river = next(c for c in ax.collections if c.get_gid() == "species")
    assert river.get_paths()[0].vertices[:, 1 - axis].max() == 10
    if orientation == "vertical":
        assert ax.get_ylim() == (4, 0)


def test_of_very_many_species_only_long_lived_ones_are_marked():
    sizes = [{1: 5, 2 + g: 5, **({1000: 5} if 50 <= g <= 60 else {})} for g in range(100)]
    ax = draw_species(records(sizes), ax=axes())
    marks = {c.get_gid(): len(c.get_offsets()) for c in ax.collections if c.get_gid() != "species"}
    assert marks == {"birth": 1, "extinction": 1}
    assert "birth (lived > 1)" in labels(ax)


@pytest.mark.parametrize("count", [0, 1, 2])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_short_runs_draw(count, theme, tmp_path):
    figure = draw_evolution(records()[:count], figure=Figure((8, 7)), theme=theme)
    figure.savefig(tmp_path / "short.png")
    texts = [t.get_text() for ax in figure.axes for t in ax.texts]
    assert texts.count("no generations yet") == (5 if count == 0 else 0)


@pytest.mark.parametrize("count", [1, 2, 40])
@pytest.mark.parametrize("size", [(4.1, 2.6), (6.2, 2.9), (9.0, 4.0)])
def test_texts_of_charts_stay_inside_and_apart(count, size, tmp_path):
    rng = np.random.default_rng(0)
    sizes = [dict(enumerate((1 + rng.multinomial(144, np.full(6, 1 / 6))).tolist(), start=1)) for _ in range(count)]
    made = records(sizes)
    attempts = [{"generation": count - 1, "accepted": True, "verification": {"mean": 9.0, "low": 8.0, "high": 10.0}}]
    charts = {
        "fitness": partial(draw_fitness, made, attempts=attempts, threshold=300.0),
        "species": partial(draw_species, made),
        "complexity": partial(draw_complexity, made),
        "threshold": partial(draw_threshold, made),
        "cost": partial(draw_cost, made),
        "runs": partial(draw_runs, {"a run of a long name": made, "another": made[:1]}, threshold=475.0),
        "returns": partial(draw_returns, rng.normal(400, 90, 100).tolist(), threshold=475.0),
    }
    for name, draw in charts.items():
        figure = Figure(figsize=size, layout="constrained")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            draw(ax=figure.add_subplot())
            check_inside(figure)
            check_apart(figure, name)


def test_short_lived_species_are_grey_where_there_are_very_many():
    sizes = [{1: 5, 2 + g: 5} for g in range(100)]
    ax = draw_species(records(sizes), ax=axes())
    (river,) = [c for c in ax.collections if c.get_gid() == "species"]
    colours = [to_hex(colour) for colour in river.get_facecolor()]
    assert colours[0] == LIGHT.cycle[0]
    assert not set(colours[1:]) & set(LIGHT.cycle)


def test_missing_numbers_leave_gaps_and_missing_fields_are_named():
    broken = records()
    broken[2]["best"] = None
    ax = draw_fitness(broken, ax=axes())
    assert any(np.isnan(y[2]) and y[3] == 35 for y in lines(ax) if len(y) == 5)
    del broken[3]["mean"]
    with pytest.raises(GenomeError, match="to have 'mean', record 3 has none"):
        draw_fitness(broken, ax=axes())
