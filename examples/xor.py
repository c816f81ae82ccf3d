"""XOR by ask and tell: the loop is yours, evolution is NEAT's."""

import neat

CASES = [((0, 0), 0), ((0, 1), 1), ((1, 0), 1), ((1, 1), 0)]

config = neat.Config.preset("default", genome={"inputs": 2, "outputs": 1})
population = neat.Population(config, seed=1)


def fitness(genome: neat.Genome) -> float:
    """Return 4 for a perfect XOR."""
    network = neat.Network(genome, config.network)
    return 4.0 - sum((network.activate(inputs)[0] - answer) ** 2 for inputs, answer in CASES)


for _ in range(100):
    generation = population.tell([fitness(genome) for genome in population.ask()])
    if generation.record.best > 3.9:
        break

champion = population.champion
network = neat.Network(champion, config.network)
print(f"generation {generation.number}: fitness {generation.record.best:.3f}, {champion}")
for inputs, answer in CASES:
    print(inputs, answer, round(float(network.activate(inputs)[0]), 3))
