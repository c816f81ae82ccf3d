"""Networks in continuous time at play: every backend alike, runs that go on, and a game that they are for."""

from __future__ import annotations

from pathlib import Path

import gymnasium
import numpy as np
import pytest
from kill_and_resume import leavings
from random_genomes import random_genome

import environments  # noqa: F401 (makes its games known)
from environments import TaskConfig, make_task
from experiments import cli
from experiments.targets import load
from neat.config import NetworkConfig
from neat.genes.table import Genomes

NETWORK = NetworkConfig(kind="ctrnn", time_step=0.5, passes=2)
BLIND = "neat-arena/CartPoleNoVelocities-v0"


def table(inputs: int, count: int = 60) -> Genomes:
    rng = np.random.default_rng(1)
    genomes = [random_genome(rng, inputs, 2, 3, 12, cyclic=True, biases=True) for _ in range(count)]
    for genome in genomes:
        genome.nodes["time_constant"] = rng.uniform(0.01, 10.0, len(genome.nodes))
    return Genomes.of(genomes, generation=3)


@pytest.mark.parametrize(("environment", "inputs"), [("CartPole-v1", 4), (BLIND, 2)])
def test_every_backend_plays_the_same(environment: str, inputs: int) -> None:
    task, genomes = make_task(TaskConfig(environment=environment, episodes=3)), table(inputs)
    found = {}
    for backend, workers in (("serial", 1), ("compiled", 1), ("compiled", 2), ("processes", 2)):
        with task.evaluator(NETWORK, seed=4, workers=workers, backend=backend) as evaluator:
            assert evaluator.backend == backend
            found[backend, workers] = evaluator.evaluate(genomes).fitness.tobytes()
    assert len(set(found.values())) == 1
    assert len(set(np.frombuffer(found["serial", 1]).tolist())) > 3
    with task.evaluator(NetworkConfig(kind="recurrent", passes=2), seed=4, backend="serial") as evaluator:
        assert evaluator.evaluate(genomes).fitness.tobytes() != found["serial", 1]


def test_a_run_goes_on_as_if_never_stopped(tmp_path: Path) -> None:
    words = ["run", "cartpole-no-velocities", "--population", "20", "--quiet", "--set", "run.stop_when_solved=false"]
    words += ["--set", "run.checkpoint_seconds=0", "--set", "task.episodes=2", "--set", "task.verify_episodes=2"]
    words += ["--set", "genome.time_constant_scale=0.5"]
    for name, generations in (("whole", 6), ("parts", 3)):
        assert cli.main([*words, "--generations", str(generations), "--out", str(tmp_path / name)]) == 0
    more = ["--generations", "6", "--backend", "serial", "--quiet"]
    assert cli.main(["resume", str(tmp_path / "parts"), *more]) == 0
    assert leavings(tmp_path / "parts") == leavings(tmp_path / "whole")


def test_the_game_hides_velocities_and_nothing_else() -> None:
    blind, seeing = gymnasium.make(BLIND), gymnasium.make("CartPole-v1")
    rng = np.random.default_rng(0)
    for seed in range(3):
        a, b, ended = blind.reset(seed=seed)[0], seeing.reset(seed=seed)[0], False
        while not ended:
            assert a.tolist() == b[::2].tolist()
            action = int(rng.integers(2))
            a, *after = blind.step(action)
            b, *expected = seeing.step(action)
            assert after[:3] == expected[:3]
            ended = after[1] or after[2]


def test_the_bundled_experiment_evolves_time_constants() -> None:
    config = load("cartpole-no-velocities").config
    assert config.network.kind == "ctrnn"
    assert config.mutation.time_constants > 0.0
