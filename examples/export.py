"""The winner without this package: one Python file, one of NumPy, and C."""

from pathlib import Path

import experiments
import neat

if __name__ == "__main__":
    experiments.run(experiments.load("CartPole-v1", changes=["run.generations=3"]), out="runs/export")
    run = neat.load_run("runs/export")
    for exported in neat.export(run, ["python", "numpy", "c"], out="exported"):
        print(exported)
    print(Path("exported").exists())
