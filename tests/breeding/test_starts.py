"""Several starts of the weight search: their order, the one that continues, checkpoints, and that they pay."""

from __future__ import annotations

import numpy as np
import pytest

from neat.breeding.initial import initial_population
from neat.config import Config
from neat.errors import ConfigError
from neat.files.checkpoint import load_checkpoint, save_checkpoint
from neat.notes import notes
from neat.operators.registry import SEARCH
from neat.population import Population

SIZE, STARTS, EACH = 12, 3, 5


def config(**search):
    search = {"share": 1.0, "starts": STARTS, "start_generations": EACH, **search}
    genome = {"inputs": 3, "outputs": 1, "output_activation": "tanh", "weight_scale": 2.0}
    return Config.preset("ars", population={"size": SIZE}, genome=genome, search={"method": "cma", **search})


def valleys(genomes):
    """A broad low hill at weights of -2 and a higher one at 2: what is found depends on where a search starts."""
    weights = np.array([g.connections["weight"] for g in genomes])
    low, high = ((weights + 2) ** 2).sum(axis=1), ((weights - 2) ** 2).sum(axis=1)
    return 5.0 / (1.0 + low / 20.0) + 10.0 / (1.0 + high / 4.0)


def step(population):
    population.tell(valleys(population.ask()))


def state(population):
    return population.breeding.emitters["starts"]


def same(one, other):
    return one.connections.tobytes() == other.connections.tobytes() and one.nodes.tobytes() == other.nodes.tobytes()


def test_starts_follow_each_other_and_the_best_continues_where_it_stopped():
    population, ends = Population(config(), seed=3), []
    for start in range(STARTS):
        first = start * (EACH + 1)
        assert population.generation == first
        if start:
            expected = initial_population(population.config, population.register, 3, first)
            assert same(population.genomes, expected)
        for _ in range(EACH):
            step(population)
        assert state(population).start == start  # the last generation of a start is still to be learned from
        before = Population.from_arrays(population.config, 3, population.to_arrays(), 1)
        search = state(before)
        search.start = STARTS  # it continues as if there were no other start
        before.tell(valleys(before.ask()))
        ends.append((search.smoothed, search.average.copy(), search.method.mean.copy(), search.method.step))
        step(population)
    best = max(ends, key=lambda end: end[0])
    assert len({end[0] for end in ends}) == STARTS
    assert best is not ends[-1]
    search = state(population)
    assert search.start == STARTS
    assert not search.kept
    assert search.smoothed == best[0]
    assert search.method.step == best[3]
    np.testing.assert_array_equal(search.method.mean, best[2])
    born = population.genomes.lineage
    assert (born["mother"] == -1).all()
    assert (born["operators"] == SEARCH).all()
    np.testing.assert_array_equal(
        search.searched.read(population.genomes[0]), best[1].astype(population.genomes.connections["weight"].dtype)
    )
    step(population)  # and learns on
    assert search.method.updates == EACH + 1


def test_a_checkpoint_of_any_generation_continues_bit_for_bit(tmp_path):
    population, tables = Population(config(), seed=4), []
    for generation in range(STARTS * (EACH + 1) + 3):
        save_checkpoint(tmp_path / f"{generation}.npz", population)
        tables.append(population.ask())
        population.tell(valleys(tables[-1]))
    for generation in range(len(tables)):
        restored = load_checkpoint(tmp_path / f"{generation}.npz")[0]
        for table in tables[generation:]:
            own = restored.ask()
            assert same(own, table)
            restored.tell(valleys(own))


def test_more_starts_find_the_higher_hill_more_often():
    def found(starts):
        heights = []
        for seed in range(20):
            population = Population(config(starts=starts, start_generations=4, step=0.3), seed=seed)
            for _ in range(60):
                step(population)
            heights.append(valleys(population.ask()).max())
        return sum(height > 9.0 for height in heights)

    one, five = found(1), found(5)
    assert five >= one + 5, (one, five)


def test_starts_need_a_run_of_the_weight_search_alone():
    with pytest.raises(ConfigError, match=r"search.share: expected 1, as search.starts is 3, got 0.5"):
        config(share=0.5)
    with pytest.raises(ConfigError, match=r"search.starts: expected a whole number from 1"):
        config(starts=0)
    with pytest.raises(ConfigError, match=r"search.start_generations: expected at least 1, got 0"):
        config(start_generations=0)
    assert "search.starts above 1" in " ".join(notes(config(starts=1)))
