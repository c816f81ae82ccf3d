"""Evolution finds the wiring, gradients its weights: with and without learning, on the same seed."""

import experiments

if __name__ == "__main__":
    for inheritance in ("none", "lamarckian"):
        changes = [f"learning.inheritance={inheritance}", "learning.who=all", "run.generations=60", "run.seed=1"]
        outcome = experiments.run(experiments.load("xor", changes=changes))
        print(f"{inheritance}: {outcome.status} after {outcome.generations} generations, {outcome.champion.genome}")
