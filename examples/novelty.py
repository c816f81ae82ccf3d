"""Novelty search in a maze that deceives: what breeds is to end where nobody has been."""

import experiments

if __name__ == "__main__":
    changes = ["run.generations=40", "run.seed=1"]
    novelty = experiments.run(experiments.load("medium-maze", changes=changes))
    fitness = experiments.run(experiments.load("medium-maze", changes=[*changes, "selection.method=fitness"]))
    for name, outcome in (("novelty", novelty), ("fitness", fitness)):
        print(f"{name}: {outcome.status} after {outcome.generations} generations, best {outcome.champion.fitness:.0f}")
