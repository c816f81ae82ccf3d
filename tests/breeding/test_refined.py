"""Refinement: the second method takes over from the mean of the first, also across checkpoints."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from neat.breeding.ars import RandomSearch
from neat.breeding.cma import Distribution
from neat.breeding.refined import Refined
from neat.breeding.settings import SearchConfig
from neat.config import Config
from neat.errors import ConfigError, DataError
from neat.files.checkpoint import load_checkpoint, save_checkpoint
from neat.notes import notes
from neat.population import Population

SIZE, STEPS, AFTER = 13, 100, 4
"""Genomes, environment steps of each generation, and generations of the first method."""


def config(**search):
    search = {"share": 1.0, "method": "cma", "step": 0.5, "refine": "ars", "refine_after": AFTER * STEPS, **search}
    genome = {"inputs": 3, "outputs": 1, "output_activation": "tanh", "weight_scale": 2.0}
    return Config.preset("ars", population={"size": SIZE}, genome=genome, search=search)


def step(population):
    genomes = population.ask()
    weights = np.array([g.connections["weight"] for g in genomes])
    fitness = -((weights - 1.0) ** 2).sum(axis=1)
    population.tell(SimpleNamespace(fitness=fitness, steps=STEPS))


def search(population):
    return population.breeding.emitters["search"]


def test_the_second_method_takes_over_from_the_mean_of_the_first():
    refined, alone = Population(config(), seed=3), Population(config(refine=""), seed=3)
    for generation in range(AFTER):
        assert refined.genomes.connections.tobytes() == alone.genomes.connections.tobytes()
        step(refined), step(alone)
        assert search(refined).method.refining == (generation + 1 >= AFTER)
    method, first = search(refined).method, search(alone).method
    np.testing.assert_array_equal(method.mean, first.mean)
    assert isinstance(first, Distribution)
    assert isinstance(method.method, RandomSearch)
    assert method.step == 0.03
    drawn = search(refined).searched.read_all(refined.genomes.nodes, refined.genomes.connections, SIZE)
    np.testing.assert_allclose(drawn[0], first.mean)
    np.testing.assert_allclose((drawn[1::2] + drawn[2::2]) / 2, np.tile(first.mean, (SIZE // 2, 1)))
    assert 0.01 < np.std(drawn[1:] - first.mean) < 0.06
    before = method.mean.copy()
    step(refined)
    assert method.updates == 1
    assert method.refining
    assert ((method.mean - 1.0) ** 2).sum() < ((before - 1.0) ** 2).sum()


@pytest.mark.parametrize("at", [0, 1, AFTER - 1, AFTER, AFTER + 2])
def test_a_checkpoint_of_any_generation_continues_bit_for_bit(at, tmp_path):
    population = Population(config(), seed=5)
    for _ in range(at):
        step(population)
    save_checkpoint(tmp_path / "c.npz", population)
    again = load_checkpoint(tmp_path / "c.npz")[0]
    for _ in range(AFTER + 3):
        step(population), step(again)
        assert population.genomes.connections.tobytes() == again.genomes.connections.tobytes()
    assert search(again).method.refining


def test_a_restart_begins_with_the_first_method_and_refines_again_at_once():
    population = Population(config(), seed=3)
    for _ in range(AFTER + 2):
        step(population)
    search(population).clear()
    step(population)
    assert not search(population).method.refining
    step(population)
    assert search(population).method.refining


def test_the_second_method_moves_to_another_topology_and_passes_vectors_on():
    own = SearchConfig(share=1.0, refine="ars", refine_after=1, refine_step=0.1)
    method = Refined.begin(np.zeros(2), own)
    assert method.learns_from_others
    assert abs(method.pulled(np.full(2, 100.0))).max() < 10.0
    method.pace(1)
    method.learn(*sampled(method))
    assert method.refining
    assert not method.learns_from_others
    moved = method.moved(np.ones(3), np.array([0, 1, -1]))
    assert moved.refining
    np.testing.assert_array_equal(moved.mean, np.ones(3))
    assert moved.step == 0.1
    assert not method.refining or method.mean.size == 2


def sampled(method):
    x = method.sample(SIZE - 1, 1, 0)
    return x, -(x**2).sum(axis=1)


@pytest.mark.parametrize("memory", [np.zeros(0), np.array([0.5]), np.array([1.0, 1.0]), np.array([0.0])])
def test_a_memory_of_neither_method_is_refused(memory):
    with pytest.raises(DataError, match="the weight search"):
        Refined.restored(np.zeros(2), 0.1, 1, memory, SearchConfig(share=1.0, refine="ars", refine_after=1))


def test_settings_are_checked():
    with pytest.raises(ConfigError, match=r"search.refine: expected a search.refine_after above 0 with it, got 'ars'"):
        config(refine_after=0)
    with pytest.raises(ConfigError, match=r"search.refine: expected a search.refine_after above 0 with it, got 'ars'"):
        config(refine_after=0)
    with pytest.raises(ConfigError, match=r"search.refine_step: expected a finite number above 0, got 0"):
        config(refine_step=0.0)
    with pytest.raises(ConfigError, match=r"search\.refine: unknown search method 'arz' \(did you mean 'ars'"):
        Population(config(refine="arz"), seed=1)
    assert notes(config(refine="", refine_after=5)) == ["search.refine_after = 5 has no effect without search.refine"]
    assert not [note for note in notes(config(learning_rate=0.05)) if "search" in note]
