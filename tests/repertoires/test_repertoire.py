"""Cells and elites beside plain versions, and pyribs' grid."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import neat
from neat.config import RepertoireConfig
from neat.errors import ConfigError, DataError
from neat.repertoires.cells import Centroids, Grid, cells_of
from neat.repertoires.repertoire import Repertoire

GENOMES = neat.Population(neat.Config.preset(genome={"inputs": 2, "outputs": 1}, population={"size": 60}), 1).genomes
GRID = RepertoireConfig(low=(-1.0, 0.0), high=(1.0, 5.0), cells=(4, 3))


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32), st.integers(1, 9), st.integers(1, 9))
def test_boxes_are_those_of_pyribs(seed, rows, columns):
    archives = pytest.importorskip("ribs.archives")
    theirs = archives.GridArchive(solution_dim=1, dims=(rows, columns), ranges=[(-1, 1), (-3, 0)])
    ours = cells_of(RepertoireConfig(low=(-1.0, -3.0), high=(1.0, 0.0), cells=(rows, columns)))
    points = np.random.default_rng(seed).uniform([-1.5, -4.0], [1.5, 1.0], (50, 2))
    assert ours.place(points).tolist() == theirs.index_of(points).tolist()


def test_boxes_in_words():
    grid = Grid(np.array([0.0, 0.0]), np.array([4.0, 2.0]), (4, 2))
    assert grid.place(np.array([[0.0, 0.0], [3.99, 1.99], [9.0, -9.0], [1.5, 1.0]])).tolist() == [0, 7, 6, 3]
    assert [grid.named(grid.name(cell)) for cell in range(8)] == list(range(8))
    for wrong in ("4,0", "1", "1,2,3", "a,b", "-1,0", "9" * 5000 + ",1"):
        with pytest.raises(ConfigError, match=r"--cell: expected a place along each axis \(0 to 3, 0 to 1\)"):
            grid.named(wrong)


def test_centroids_are_spread_and_own_what_is_nearest():
    low, high = np.array([0.0, -2.0]), np.array([1.0, 2.0])
    cells = Centroids(low, high, 50)
    points = np.random.default_rng(0).uniform(low, high, (300, 2))
    distances = np.linalg.norm(((points - low) / (high - low))[:, None] - cells.units[None], axis=2)
    assert cells.place(points).tolist() == distances.argmin(axis=1).tolist()
    assert np.array_equal(cells.units, Centroids(low, high, 50).units)
    sizes = np.bincount(Centroids(low, high, 50).place(np.random.default_rng(1).uniform(low, high, (5000, 2))))
    assert sizes.min() > 30  # of a hundred each
    with pytest.raises(ConfigError, match="--cell: expected a number from 0 to 49"):
        cells.named("50")


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 2**32))
def test_elites_are_those_of_the_plain_version(seed):
    rng = np.random.default_rng(seed)
    found = Repertoire(cells_of(GRID), 2)
    plain = {}  # cell: [fitness of each evaluation], [descriptors], genome number
    fitness = rng.integers(0, 10, 60).astype(float)
    descriptors = rng.uniform([-1, 0], [1, 5], (60, 2))
    grid = cells_of(GRID)
    found.add(GENOMES, fitness, descriptors)
    for i in range(60):
        cell = int(grid.place(descriptors[i : i + 1])[0])
        if cell not in plain or fitness[i] > np.mean(plain[cell][0]):
            plain[cell] = ([fitness[i]], [descriptors[i]], i)
    for _ in range(40):
        cell = int(rng.choice(sorted(plain)))
        value, seen = float(rng.integers(0, 10)), rng.uniform([-1, 0], [1, 5])
        found.again(cell, value, seen)
        values, places, genome = plain.pop(cell)
        entry = ([*values, value], [*places, seen], genome)
        target = int(grid.place(np.mean(entry[1], axis=0)[None])[0])
        if target not in plain or np.mean(entry[0]) > np.mean(plain[target][0]):
            plain[target] = entry
    assert found.filled.tolist() == sorted(plain)
    assert np.allclose(found.fitness, [np.mean(plain[cell][0]) for cell in sorted(plain)])
    assert np.allclose(found.descriptors, [np.mean(plain[cell][1], axis=0) for cell in sorted(plain)])
    assert all(found.genomes[cell] == GENOMES[plain[cell][2]] for cell in plain)
    assert found.coverage == len(plain) / 12
    assert found.score(-2.0) == pytest.approx(sum(np.mean(entry[0]) + 2.0 for entry in plain.values()))

    other = Repertoire(cells_of(GRID), 2)
    other.restore(found.to_arrays(), GENOMES[0], acyclic=True)
    for name, array in found.to_arrays().items():
        assert other.to_arrays()[name].tobytes() == array.tobytes()


def test_a_damaged_repertoire_is_refused():
    found = Repertoire(cells_of(GRID), 2)
    found.add(GENOMES, np.arange(60.0), np.random.default_rng(0).uniform([-1, 0], [1, 5], (60, 2)))
    arrays = found.to_arrays()
    for name, wrong in (
        ("cells", arrays["cells"] + 1), ("cells", arrays["cells"][::-1]), ("sums", arrays["sums"][:-1]),
        ("sums", arrays["sums"] * np.nan), ("numbers", arrays["numbers"] * 0), ("numbers", arrays["numbers"][:, :1]),
        ("node_offsets", arrays["node_offsets"][:-1]), ("cells", arrays["cells"] + 100),
    ):  # fmt: skip
        with pytest.raises(DataError):
            Repertoire(cells_of(GRID), 2).restore({**arrays, name: wrong}, GENOMES[0], acyclic=True)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"low": (0.0,), "high": ()}, "1 bounds, as low has"),
        ({"low": (0.0, 1.0), "high": (1.0, 1.0)}, "finite bounds below"),
        ({"low": (0.0,), "high": (1.0,)}, "one number for each of 1 descriptors"),
        ({"low": (0.0, 0.0), "high": (1.0, 1.0), "cells": (5000, 5000)}, "at most 1,000,000"),
        ({"low": (0.0, 0.0), "high": (1.0, 1.0), "cells": (0, 5)}, "at least 1 each"),
    ],
)
def test_settings_that_make_no_space(settings, message):
    with pytest.raises(ConfigError, match=message):
        RepertoireConfig(**settings)
    with pytest.raises(ConfigError, match=r"repertoire\.low, repertoire\.high: expected the bounds"):
        cells_of(RepertoireConfig())
