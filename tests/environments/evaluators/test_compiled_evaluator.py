"""Whole episodes in compiled code equal the serial evaluator on Gymnasium's own environments, to the last bit."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from arena import check_decoded_networks_play_alike
from gymnasium import spaces
from random_genomes import random_genome

from environments import SerialEvaluator, TaskConfig, make_task
from environments.evaluators.compiled import CompiledEvaluator
from environments.games import Game, find_game
from neat.config import NetworkConfig
from neat.errors import EvaluationError
from neat.genes.table import Genomes

TWINS = ["CartPole-v1", "Acrobot-v1", "MountainCar-v0", "MountainCarContinuous-v0", "Pendulum-v1"]


def table(game: Game, kind: str, count: int = 10, **shape) -> Genomes:
    rng = np.random.default_rng(1)
    genomes = [
        random_genome(rng, game.inputs, game.outputs, 3, 10, cyclic=kind != "feedforward", **shape)
        for _ in range(count)
    ]
    return Genomes.of(genomes, generation=3)


def check_equal(config: TaskConfig, network: NetworkConfig, genomes: Genomes, generations: int = 1) -> None:
    game = find_game(config.environment if "/" in config.environment else f"neat-arena/{config.environment}")
    serial = SerialEvaluator(config, network, seed=5)
    compiled = [CompiledEvaluator(game, config, network, seed=5, threads=threads) for threads in (1, 2, 3)]
    for _ in range(generations):
        expected = serial.evaluate(genomes)
        for evaluator in compiled:
            found = evaluator.evaluate(genomes)
            assert found.fitness.tobytes() == expected.fitness.tobytes(), f"{evaluator.threads} threads"
            assert np.array_equal(found.genome_steps, expected.genome_steps)
            assert found.steps == expected.steps
            for name, values in serial.state().items():
                assert values.tobytes() == evaluator.state()[name].tobytes(), name
    if config.environment in ("CartPole-v1", "Pendulum-v1"):
        assert len(set(expected.fitness.tolist())) > 1, "the comparison is not a trivial one"


@pytest.mark.parametrize("kind", ["feedforward", "settling", "recurrent"])
@pytest.mark.parametrize("environment", TWINS)
def test_fitness_equals_gymnasium(environment: str, kind: str) -> None:
    config = TaskConfig(environment=environment, episodes=2)
    genomes = table(find_game(f"neat-arena/{environment}"), kind)
    check_equal(config, NetworkConfig(kind=kind, passes=2), genomes)


@pytest.mark.parametrize("encoding", ["hyperneat", "es-hyperneat"])
def test_decoded_networks_play_as_they_do_elsewhere(encoding: str) -> None:
    check_decoded_networks_play_alike("compiled", encoding)


@pytest.mark.parametrize("scaling", ["bounds", "running"])
@pytest.mark.parametrize("environment", ["CartPole-v1", "Pendulum-v1"])
def test_observation_scaling(environment: str, scaling: str) -> None:
    config = TaskConfig(environment=environment, episodes=2, observation_scaling=scaling)
    genomes = table(find_game(f"neat-arena/{environment}"), "feedforward")
    check_equal(config, NetworkConfig(), genomes, generations=3)


def test_drawn_actions() -> None:
    config = TaskConfig(environment="CartPole-v1", episodes=4, actions="sample")
    check_equal(config, NetworkConfig(), table(find_game("neat-arena/CartPole-v1"), "feedforward"))


@pytest.mark.parametrize("environment", ["MountainCarContinuous-v0", "Pendulum-v1", "CartPole-v1"])
def test_outputs_of_mixed_activations(environment: str) -> None:
    config = TaskConfig(environment=environment, episodes=2)
    genomes = table(find_game(f"neat-arena/{environment}"), "feedforward", mixed=True, biases=True)
    check_equal(config, NetworkConfig(), genomes)


def test_step_limit_and_arguments() -> None:
    config = TaskConfig(environment="CartPole-v1", max_episode_steps=17, kwargs={"sutton_barto_reward": True})
    task = make_task(config)
    genomes = table(find_game("neat-arena/CartPole-v1"), "feedforward")
    fitness = []
    for backend in ("serial", "compiled"):
        with task.evaluator(NetworkConfig(), seed=2, backend=backend) as evaluator:
            fitness.append(evaluator.evaluate(genomes).fitness)
    assert np.array_equal(*fitness)
    assert -1 in fitness[0]


def test_auto_chooses_the_twin_where_there_is_one() -> None:
    for environment, backend in (("CartPole-v1", "compiled"), ("neat-arena/DoublePole-v0", "compiled")):
        with make_task(TaskConfig(environment=environment)).evaluator(NetworkConfig(), seed=1, workers=2) as evaluator:
            assert evaluator.backend == backend
    wrapped = TaskConfig(environment="CartPole-v1", wrappers=({"name": "FlattenObservation"},))
    with make_task(wrapped).evaluator(NetworkConfig(), seed=1) as evaluator:
        assert evaluator.backend == "serial"


def test_games_of_ones_own_through_gymnasium() -> None:
    check_equal(
        TaskConfig(environment="neat-arena/DoublePoleNoVelocities-v0", episodes=1),
        NetworkConfig(kind="recurrent"),
        table(find_game("neat-arena/DoublePoleNoVelocities-v0"), "recurrent"),
    )


def _reset(rng, state):
    state[0] = rng.uniform(1.0, 2.0)


def _step(state, action):
    state[0] -= 1.0
    state[1] += 1.0
    broken = state[0] < 0.0 and action == 1
    return (np.inf if broken else 1.0), state[1] > 3.0


def _observe(state, observation):
    observation[0] = state[0]


BROKEN = Game(
    id="test/Broken-v0", state_size=2, reset=_reset, step=_step, observe=_observe,
    observation_space=spaces.Box(-9.0, 9.0, (1,), np.float32), action_space=spaces.Discrete(3, start=-1),
)  # fmt: skip


def test_returns_that_are_not_finite() -> None:
    genomes = table(BROKEN, "feedforward", count=30, disabled=0.0)
    config = TaskConfig(environment=BROKEN.id, episodes=3, fault="worst", observation_scaling="running")
    evaluator = CompiledEvaluator(BROKEN, config, NetworkConfig(), seed=1, threads=2)
    evaluation = evaluator.evaluate(genomes)
    assert 0 < len(evaluation.faults) < 30
    faulty = [fault.genome for fault in evaluation.faults]
    assert (evaluation.fitness == 4.0).all(), "the worst of the others is 4 as well"
    assert (evaluation.genome_steps[faulty] < 12).all()
    assert "add up to inf" in evaluation.faults[0].message
    seen = evaluator.state()["count"] - 12 * (30 - len(faulty))
    assert 0 < seen <= 4 * 8, "what faulty genomes saw counts only where eight of them played an episode before"
    strict = CompiledEvaluator(BROKEN, config.replace(fault="fail"), NetworkConfig(), seed=1)
    with pytest.raises(EvaluationError, match="add up to inf"):
        strict.evaluate(genomes)


PLAY = """
import sys
from collections import Counter
from numba.core import event

class Compilations(event.Listener):
    def __init__(self):
        self.names = Counter()
    def on_start(self, event):
        self.names[event.data["dispatcher"].py_func.__qualname__] += 1
    def on_end(self, event):
        pass

listener = Compilations()
event.register("numba:compile", listener)
import numpy as np
sys.path.insert(0, {tests!r})
from random_genomes import random_genome
from environments import TaskConfig, make_task
from environments.evaluators import compiled
from environments.games import machine
from neat.config import NetworkConfig
from neat.genes.table import Genomes
rng = np.random.default_rng(0)
for environment, inputs, outputs in (("CartPole-v1", 4, 2), ("Pendulum-v1", 3, 1), ("double-pole", 6, 1)):
    task = make_task(TaskConfig(environment=environment))
    genomes = Genomes.of([random_genome(rng, inputs, outputs, 2, 8) for _ in range(4)])
    with task.evaluator(NetworkConfig(), seed=1, workers=2) as evaluator:
        evaluator.evaluate(genomes)
print("compiled", sum(listener.names.values()), dict(listener.names))
print("games", sum(not c.cache_hits for c in machine._compiled))
"""


def test_a_fresh_process_with_a_warm_cache_compiles_nothing(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    code = PLAY.format(tests=str(root / "tests"))
    outputs = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        outputs.append(done.stdout.splitlines())
    assert outputs[1][0].startswith("compiled 0 "), outputs[1]
    assert outputs[1][1] == "games 0"
