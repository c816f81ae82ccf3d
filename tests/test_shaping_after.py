"""Reward shaping that begins later: which scores count, and that no old score of another scale is compared."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest

from experiments.loop.notes import notes
from experiments.settings import from_mapping
from neat.config import Config
from neat.errors import ConfigError
from neat.population import Population

STEPS, AFTER = 100, 350
"""Environment steps of each generation, and the setting: the fourth generation is the first with shaped scores."""


def config(**changes):
    sections = {"genome": {"inputs": 3, "outputs": 1}, "population": {"size": 20}, "selection": {}, **changes}
    sections["selection"] = {"shaping_after": AFTER, **sections["selection"]}
    return Config.preset("default", **sections)


def step(population):
    weights = np.array([g.connections["weight"].sum() for g in population.ask()])
    fitness = 100.0 - np.abs(weights)
    return population.tell(SimpleNamespace(fitness=fitness, shaped=fitness - 1000.0 + weights, steps=STEPS))


def test_fitness_counts_first_and_then_the_shaped_fitness():
    population = Population(config(), seed=1)
    for generation in range(6):
        told = step(population)
        shaped = generation >= 3
        assert (told.score is told.fitness) == (not shaped)
        assert (told.score < -500).all() == shaped


def test_without_the_setting_shaped_fitness_counts_from_the_start_even_without_steps():
    population = Population(config(selection={"shaping_after": 0}), seed=1)
    fitness = np.arange(20.0)
    population.ask()
    told = population.tell(SimpleNamespace(fitness=fitness, shaped=-fitness, steps=0))
    np.testing.assert_array_equal(told.score, -fitness)


def test_no_species_seems_to_stagnate_because_of_higher_scores_before():
    population = Population(config(species={"stagnation": 2, "population_stagnation": 2}), seed=1)
    for _ in range(4):
        step(population)
    # Judged by the scores before, no species and no generation would ever improve again.
    assert (population.speciation.species["best"] < -500).all()
    later = Population.from_arrays(population.config, 1, population.to_arrays(), 1)  # at the new scale, as saved
    for one in (population, later):
        step(one)
    assert population.genomes.connections.tobytes() == later.genomes.connections.tobytes()


def test_a_weight_search_forgets_its_best_score_too():
    changes = {"search": {"share": 1.0, "method": "cma"}, "genome": {"inputs": 3, "outputs": 1}}
    population = Population(
        Config.preset("ars", population={"size": 20}, selection={"shaping_after": AFTER}, **changes), 1
    )
    for _ in range(3):
        step(population)
    search = population.breeding.emitters["search"]
    assert search.best > 0
    step(population)
    assert -2000 < search.smoothed == search.best < -500


def test_settings_are_checked():
    with pytest.raises(
        ConfigError, match=r"selection.shaping_after: expected environment steps, from 0 to 10\^15, got -1"
    ):
        config(selection={"shaping_after": -1})
    penalty = {"environment": "CartPole-v1", "step_reward": -0.1}
    for method, task, words in (
        ("novelty", penalty, ["selection.shaping_after = 350 has no effect without selection.method = 'fitness'"]),
        (
            "fitness",
            {**penalty, "step_reward": 0.0},
            ["selection.shaping_after = 350 has no effect without task.step_reward"],
        ),
        ("fitness", penalty, []),
    ):
        experiment = from_mapping({"task": task, "selection": {"method": method, "shaping_after": AFTER}})
        assert [line for line in notes(experiment) if "shaping_after" in line] == words
