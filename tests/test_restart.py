"""A population that dies out and starts again goes on counting: species and innovation numbers are never used twice."""

from __future__ import annotations

import numpy as np

import neat


def test_numbers_are_not_used_again_after_a_restart() -> None:
    config = neat.Config.preset(
        "paper",
        population={"size": 20, "extinction": "restart"},
        genome={"inputs": 2, "outputs": 1},
        species={"stagnation": 3, "protected": 0, "population_stagnation": 0},
        mutation={"add_node": 0.5},
    )
    population = neat.Population(config, seed=5)
    seen: dict[int, int] = {}
    restarts = 0
    nodes = 0
    for _ in range(30):
        genomes = population.ask()
        record = population.tell(np.ones(len(genomes))).record
        for species in record.species:
            assert seen.setdefault(species.id, record.generation - species.age) == record.generation - species.age
        restarts += record.restarted
        assert population.register.counters[1] >= nodes
        nodes = int(population.register.counters[1])
    assert restarts >= 1


def test_a_population_that_gets_no_better_begins_anew() -> None:
    config = neat.Config.preset(
        "paper",
        population={"size": 20},
        genome={"inputs": 2, "outputs": 1},
        species={"stagnation": 0, "population_stagnation": 5, "population_survivors": 0},
        mutation={"add_node": 0.5},
    )
    population = neat.Population(config, seed=5)
    restarted, hidden = [], []
    for generation in range(16):
        genomes = population.ask()
        hidden.append(max(genome.hidden for genome in genomes))
        better = generation in (2, 9)  # the best so far of the first population, and of the second
        record = population.tell(np.where(np.arange(len(genomes)) == 0, 1.0 + 4.0 * better, 1.0)).record
        restarted.append(record.restarted)
    assert [g for g, again in enumerate(restarted) if again] == [8, 15]
    assert hidden[9] == 0 < hidden[8], "new genomes are minimal"
    assert population.champion_fitness == 5.0
