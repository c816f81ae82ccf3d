"""Two goals at once: balance for long, with few connections."""

import experiments
import neat

if __name__ == "__main__":
    changes = ["selection.method=pareto", "run.stop_when_solved=false", "run.generations=20", "run.seed=1"]
    experiments.run(experiments.load("cartpole", changes=changes), out="runs/front")
    front = neat.load_run("runs/front").population().score.front  # what no genome of the run dominates
    for genome in sorted(front, key=lambda genome: len(genome.connections)):
        print(genome)
    # `neat front runs/front` lets them play fresh episodes, and says which is the smallest that solves the task.
