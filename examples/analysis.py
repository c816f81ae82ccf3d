"""Many runs as one table, and what a run's columns hold; with pandas, if it is installed."""

import experiments
import neat

if __name__ == "__main__":
    for seed in range(3):
        experiments.run(experiments.load("xor", changes=[f"run.seed={seed}"]), out=f"runs/xor-{seed}")
    table = neat.load_runs("runs/xor-*")
    print(table.to_pandas()[["seed", "solved", "evaluations"]])

    run = neat.load_run("runs/xor-0")
    metrics = run.metrics.to_pandas().set_index("generation")
    print(metrics[["best", "mean"]].tail(3))
