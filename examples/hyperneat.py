"""ES-HyperNEAT: a small network is asked for the weights, and for the places, of the nodes of a larger one."""

import experiments
from neat.networks.decoders import expanded

if __name__ == "__main__":
    outcome = experiments.run(experiments.load("es-xor"))
    champion = outcome.champion
    network, _ = expanded(champion.genome, champion.network)
    print(outcome.status, "in", outcome.generations, "generations")
    print("genome: ", champion.genome)
    print("network:", network)
