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
