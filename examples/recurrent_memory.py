"""A task of memory: say at the end which of two signals came first."""

import neat

config = neat.Config.preset("recurrent", genome={"inputs": 2, "outputs": 1})
population = neat.Population(config, seed=3)

EPISODES = [([(1, 0), (0, 0), (0, 0), (0, 1)], 1.0), ([(0, 1), (0, 0), (0, 0), (1, 0)], 0.0)]


def fitness(genome: neat.Genome) -> float:
    """Return 1 for a network that always knows."""
    network = neat.Network(genome, config.network)
    error = 0.0
    for signals, first in EPISODES:
        network.reset()  # the state of the episode before is forgotten
        for signal in signals:
            answer = network.activate(signal)[0]
        error += (answer - first) ** 2
    return 1.0 - error / len(EPISODES)


for _ in range(50):
    generation = population.tell([fitness(genome) for genome in population.ask()])
print(f"fitness {generation.record.best:.3f} after {population.generation} generations")
print(population.champion)
