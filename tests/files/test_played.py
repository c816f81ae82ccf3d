"""Generations in files: as they were, or refused in one line."""

from __future__ import annotations

import numpy as np
import pytest
from arena import genomes_for

from environments import TaskConfig, make_task
from neat.errors import DataError
from neat.files.played import load_played, save_played


@pytest.fixture
def played(tmp_path):
    task = make_task(TaskConfig(environment="CartPole-v1"))
    _, genomes = genomes_for(task, generations=2)
    genomes.species = np.arange(len(genomes)) // 3
    fitness = np.arange(len(genomes), dtype=float)
    save_played(tmp_path / "g.npz", genomes, fitness, {"shift": np.arange(4.0), "factor": np.ones(4)})
    return tmp_path / "g.npz", genomes, fitness


def test_a_generation_comes_back_as_it_was(played):
    path, genomes, fitness = played
    found, worth, scaling = load_played(path)
    assert found.generation == genomes.generation == 2
    assert all(a == b for a, b in zip(found, genomes, strict=True))
    assert np.array_equal(found.lineage, genomes.lineage)
    assert np.array_equal(found.species, genomes.species)
    assert np.array_equal(worth, fitness)
    assert scaling["shift"].tolist() == [0, 1, 2, 3]
    save_played(path, genomes, fitness)
    assert load_played(path)[2] is None


def test_damage_is_told_in_one_line(played):
    path, *_ = played
    content = path.read_bytes()
    for damaged in (content[:200], content[:-400] + b"x" * 400, b""):
        path.write_bytes(damaged)
        with pytest.raises(DataError, match=r"g\.npz"):
            load_played(path)
