"""A slow fitness function of one's own on all cores: genomes travel to processes of the standard library."""

import math
from concurrent.futures import ProcessPoolExecutor

import neat

CONFIG = neat.Config.preset(
    genome={"inputs": 1, "outputs": 1, "output_activation": "identity"}, population={"size": 60}
)


def fitness(genome: neat.Genome) -> float:
    """Say how well a network follows a sine; imagine a simulation of some seconds here."""
    network = neat.Network(genome, CONFIG.network)
    points = [i / 10 for i in range(-10, 11)]
    return -sum((network.activate([x])[0] - math.sin(2 * x)) ** 2 for x in points)


if __name__ == "__main__":  # worker processes import this file again
    population = neat.Population(CONFIG, seed=1)
    with ProcessPoolExecutor(max_workers=2) as pool:
        for _ in range(10):
            generation = population.tell(list(pool.map(fitness, population.ask(), chunksize=10)))
            print(generation.number, round(generation.record.best, 3))
