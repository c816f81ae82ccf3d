"""Double pole balancing against its equations, written out plainly here, and against independent test vectors."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass

import gymnasium
import numpy as np
import pytest
from random_genomes import random_genome

from environments import Task, TaskConfig, make_task
from environments.evaluators.compiled import CompiledEvaluator
from environments.games import find_game
from environments.games.double_pole import _sine_cosine, generalisation_starts
from environments.tasks.double_pole import DoublePoleTask, generalisation, steps_balanced
from neat.config import NetworkConfig
from neat.errors import ConfigError, DataError
from neat.genes.kinds import NodeKind
from neat.genes.table import Genome, Genomes
from neat.networks.network import Network

DAMPING = "neat-arena/DoublePoleDamping-v0"
RECURRENT = NetworkConfig(kind="recurrent", bias_value=0.5)


@dataclass
class PlainDoublePole:
    """The equations of the benchmark, term by term, with the C library's sines."""

    cart_friction: float = 0.0
    masses = (0.1, 0.01)
    halves = (0.5, 0.05)
    gravity = -9.8
    hinge = 2e-6

    def slopes(self, s: np.ndarray, force: float) -> np.ndarray:
        forces, masses = 0.0, 0.0
        for i, (m, length) in enumerate(zip(self.masses, self.halves, strict=True)):
            angle, speed = s[2 + 2 * i], s[3 + 2 * i]
            sine, cosine = math.sin(angle), math.cos(angle)
            forces += m * length * speed**2 * sine
            forces += 0.75 * m * cosine * (self.hinge * speed / (m * length) + self.gravity * sine)
            masses += m * (1 - 0.75 * cosine**2)
        a = (force - self.cart_friction * np.sign(s[1]) + forces) / (1.0 + masses)
        slopes = [s[1], a]
        for i, (m, length) in enumerate(zip(self.masses, self.halves, strict=True)):
            angle, speed = s[2 + 2 * i], s[3 + 2 * i]
            pull = self.gravity * math.sin(angle) + self.hinge * speed / (m * length)
            slopes += [speed, -0.75 * (a * math.cos(angle) + pull) / length]
        return np.array(slopes)

    def play(self, s: np.ndarray, action: float) -> np.ndarray:
        force = 20 * (action - 0.5)
        h = 0.01
        for _ in range(2):
            k1 = self.slopes(s, force)
            k2 = self.slopes(s + h / 2 * k1, force)
            k3 = self.slopes(s + h / 2 * k2, force)
            k4 = self.slopes(s + h * k3, force)
            s = s + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
        return s


def fallen(s: np.ndarray) -> bool:
    return bool(abs(s[0]) > 2.4 or abs(s[2]) > 0.628329 or abs(s[4]) > 0.628329)


def make(id: str = "neat-arena/DoublePole-v0", **settings: float) -> gymnasium.Env:
    env = gymnasium.make(id, **settings)
    env.reset(seed=0)
    return env


def push(force: float) -> np.ndarray:
    return np.array([0.5 + force / 20])


@pytest.mark.parametrize(
    ("force", "expected"),
    [
        (10.0, (0.0019359405, 0.193608237, 0.067307428, -0.2694189635, -0.0291690971, -2.9306483263)),
        (0.0, (-9.9838e-06, -0.0009989315, 0.0702206787, 0.0220794723, 0.0001504318, 0.0151220335)),
    ],
)
def test_vectors_of_one_action(force: float, expected: tuple[float, ...]) -> None:
    env = make()
    env.step(push(force))
    assert np.allclose(env.unwrapped.state[:6], expected, rtol=0, atol=6e-11)


@pytest.mark.parametrize(("start", "failure"), [(0.07, 23), (math.radians(1), 29)])
def test_without_a_push_the_poles_fall(start: float, failure: int) -> None:
    env = make(theta1=start)
    rewards = []
    terminated = False
    while not terminated:
        _, reward, terminated, _, _ = env.step(push(0.0))
        rewards.append(reward)
    assert len(rewards) == failure
    assert rewards == [1.0] * (failure - 1) + [0.0]


@pytest.mark.parametrize("friction", [0.0, 5e-4])
def test_trajectories_follow_the_equations(friction: float) -> None:
    plain = PlainDoublePole(friction)
    rng = np.random.default_rng(1)
    steps = 0
    for _ in range(60):
        start = {"x": rng.uniform(-1, 1), "theta1": rng.uniform(-0.1, 0.1), "x_velocity": rng.uniform(-1, 1)}
        env = make(cart_friction=friction, **start)
        s = env.unwrapped.state[:6].copy()
        terminated = False
        while not terminated:
            action = rng.uniform(0, 1)
            s = plain.play(s, action)
            observation, _, terminated, _, _ = env.step(np.array([action]))
            assert np.allclose(env.unwrapped.state[:6], s, rtol=1e-11, atol=1e-12)
            assert np.allclose(observation, s / [4.8, 2, 0.52, 2, 0.52, 2], rtol=1e-11, atol=1e-12)
            assert terminated == fallen(s)
            steps += 1
    assert steps > 400


def test_sines_and_cosines_are_within_a_unit_in_the_last_place() -> None:
    for angle in np.random.default_rng(0).uniform(-1.2, 1.2, 20_000).tolist():
        sine, cosine = _sine_cosine(angle)
        assert abs(sine - math.sin(angle)) <= math.ulp(math.sin(angle))
        assert abs(cosine - math.cos(angle)) <= math.ulp(math.cos(angle))


def test_actions_beyond_the_bounds_push_no_harder() -> None:
    strong, stronger = make(), make()
    strong.step(np.array([1.0]))
    stronger.unwrapped.step(np.array([7.0]))
    assert np.array_equal(strong.unwrapped.state, stronger.unwrapped.state)


def test_without_velocities_three_numbers_are_seen() -> None:
    env = make("neat-arena/DoublePoleNoVelocities-v0")
    observation, _, _, _, _ = env.step(push(3.0))
    x, _, p, _, q, _ = env.unwrapped.state[:6]
    assert np.array_equal(observation, np.array([x / 4.8, p / 0.52, q / 0.52]))


def plain_damping(states: list[np.ndarray]) -> float:
    """Gruau's fitness from the states 0 … t."""
    t = len(states) - 1
    f1 = t / 1000
    if t < 100:
        return 0.1 * f1
    return 0.1 * f1 + 0.9 * 0.75 / sum(sum(abs(v) for v in s[:4]) for s in states[t - 100 :])


@pytest.mark.parametrize("steps", [3, 98, 99, 100, 101, 102, 250, 1000])
def test_damping_fitness(steps: int) -> None:
    """A regulator balances for a while, then full force ends the episode, at the latest after 1,000 steps."""
    env = make(DAMPING)
    network = Network(find_balancer(), NetworkConfig())
    scale = np.array([4.8, 2, 0.52, 2, 0.52, 2])
    states = [env.unwrapped.state[:6].copy()]
    total, terminated = 0.0, False
    while not terminated:
        action = network.activate(states[-1] / scale)[0] if len(states) <= steps else 1.0
        _, reward, terminated, _, _ = env.step(np.array([action]))
        total += reward
        if not fallen(env.unwrapped.state):
            states.append(env.unwrapped.state[:6].copy())
    assert (len(states) - 1 == 1000) is (steps == 1000)
    assert total == pytest.approx(plain_damping(states), rel=1e-12)


def test_generalisation_starts() -> None:
    starts = generalisation_starts()
    assert len({tuple(s.values()) for s in starts}) == len(starts) == 625
    speeds = [math.radians(8.6) * f for f in (-0.9, -0.5, 0.0, 0.5, 0.9)]
    assert sorted({s["theta1_velocity"] for s in starts}) == pytest.approx(speeds)
    assert max(s["x"] for s in starts) == pytest.approx(1.944)


def controller(gains: tuple[float, ...]) -> Genome:
    """A genome whose one output is 0.5 + gains · observation, within [0, 1]."""
    genome = random_genome(np.random.default_rng(0), 6, 1, 0, 6, bias=False, disabled=0.0)
    nodes, connections = genome.nodes.copy(), genome.connections.copy()
    nodes["activation"][nodes["kind"] == NodeKind.OUTPUT] = 5  # piecewise linear: x / 2 + 1 / 2 within [0, 1]
    connections["weight"] = [gains[source] for source in connections["source"]]
    return Genome(nodes, connections)


def plain_steps(genome: Genome, network: NetworkConfig, inputs: list[int], start: dict[str, float], limit: int) -> int:
    plain = PlainDoublePole()
    activate = Network(genome, network)
    s = np.array([start.get("x", 0.0), start.get("x_velocity", 0.0), start.get("theta1", 0.07),
                  start.get("theta1_velocity", 0.0), 0.0, 0.0])  # fmt: skip
    scale = np.array([4.8, 2, 0.52, 2, 0.52, 2])
    for step in range(limit):
        s = plain.play(s, float(activate.activate((s / scale)[inputs])[0]))
        if fallen(s):
            return step
    return limit


@pytest.mark.parametrize("velocities", [True, False])
def test_steps_balanced(velocities: bool) -> None:
    """Random networks balance as long as in the plain program."""
    rng = np.random.default_rng(4)
    inputs = [0, 1, 2, 3, 4, 5] if velocities else [0, 2, 4]
    game = find_game("neat-arena/DoublePole-v0" if velocities else "neat-arena/DoublePoleNoVelocities-v0")
    starts = [{}, {"theta1": -0.03, "x": 0.5}, {"x_velocity": 0.7}]
    for _ in range(10):
        genome = random_genome(rng, len(inputs), 1, 2, 8, cyclic=True)
        balanced = steps_balanced(game, genome, RECURRENT, starts, limit=300)
        assert balanced.tolist() == [plain_steps(genome, RECURRENT, inputs, s, 300) for s in starts]


@functools.cache
def find_balancer() -> Genome:
    """Gains of the linear-quadratic regulator of the linearised equations (by iterating Riccati's equation)."""
    plain = PlainDoublePole()
    step = 1e-6
    columns = []
    for i in range(6):
        up, down = np.zeros(6), np.zeros(6)
        up[i], down[i] = step, -step
        columns.append((plain.play(up, 0.5) - plain.play(down, 0.5)) / (2 * step))
    a = np.array(columns).T
    b = ((plain.play(np.zeros(6), 0.5 + step) - plain.play(np.zeros(6), 0.5 - step)) / (2 * step))[:, None]
    p = np.eye(6)
    for _ in range(20_000):
        gain = np.linalg.solve(np.eye(1) + b.T @ p @ b, b.T @ p @ a)
        p = np.eye(6) + a.T @ p @ (a - b @ gain)
    scale = np.array([4.8, 2, 0.52, 2, 0.52, 2])
    return controller(tuple(-2.0 * gain[0] * scale))


def test_a_regulator_solves_the_task_with_velocities() -> None:
    task = make_task(TaskConfig(environment="double-pole"))
    assert isinstance(task, Task)
    network = NetworkConfig()
    genomes = Genomes.of([controller((0.0,) * 6), find_balancer(), find_balancer()])
    with task.evaluator(network, seed=1, workers=2) as evaluator:
        evaluation = evaluator.evaluate(genomes)
    assert evaluation.fitness.tolist() == [22.0, 100_000.0, 100_000.0]
    assert evaluation.solver == 1
    assert evaluation.steps == 23 + 200_000
    verification = task.verify(genomes[1], network, seed=1)
    assert verification.solved
    assert verification.returns.tolist() == [100_000.0]
    assert not task.verify(genomes[0], network, seed=1).solved
    assert task.threshold == 100_000


def test_generalisation_counts_starts() -> None:
    """With velocities, for want of a known solution without: the count is of the same 625 starts."""
    balanced = generalisation(find_game("neat-arena/DoublePole-v0"), find_balancer(), NetworkConfig())
    assert balanced.shape == (625,)
    assert balanced.max() == 1000
    assert 200 < (balanced >= 1000).sum() < 625


def test_without_velocities_the_best_is_examined() -> None:
    task = make_task(TaskConfig(environment="double-pole-no-velocities"))
    assert isinstance(task, DoublePoleTask)
    rng = np.random.default_rng(0)
    genomes = Genomes.of([random_genome(rng, 3, 1, 2, 8, cyclic=True) for _ in range(40)])
    with task.evaluator(RECURRENT, seed=1) as evaluator:
        evaluation = evaluator.evaluate(genomes)
    assert evaluation.solver is None
    best = genomes[int(evaluation.fitness.argmax())]
    balanced = steps_balanced(task.game, best, RECURRENT)[0]
    assert evaluation.steps == evaluation.genome_steps.sum() + balanced
    config = TaskConfig(environment=DAMPING, episodes=1)
    with CompiledEvaluator(find_game(DAMPING), config, RECURRENT, seed=1) as plain:
        assert np.array_equal(plain.evaluate(genomes).fitness, evaluation.fitness)
    verification = task.verify(best, RECURRENT, seed=1)
    assert not verification.solved
    assert verification.returns.shape == (625,)


def test_the_best_is_examined_once(monkeypatch: pytest.MonkeyPatch) -> None:
    task = make_task(TaskConfig(environment="double-pole-no-velocities"))
    examined = []

    def examine(genome: Genome, network: NetworkConfig) -> tuple[bool, int]:
        examined.append(genome)
        return len(examined) == 3, 7

    monkeypatch.setattr(task, "examine", examine)
    rng = np.random.default_rng(0)
    genomes = Genomes.of([random_genome(rng, 3, 1, 2, 8, cyclic=True) for _ in range(30)])
    best = 0
    with task.evaluator(RECURRENT, seed=1) as evaluator:
        first = evaluator.evaluate(genomes)
        best = int(first.fitness.argmax())
        again = evaluator.evaluate(genomes)
        state = evaluator.state()
    assert len(examined) == 1
    assert first.steps == again.steps + 7
    with task.evaluator(RECURRENT, seed=1) as resumed:
        resumed.restore(state)
        assert resumed.evaluate(genomes).steps == again.steps
        assert len(examined) == 1
    worse = Genomes.of([genome for i, genome in enumerate(genomes) if i != best])
    with task.evaluator(RECURRENT, seed=1) as evaluator:
        evaluator.evaluate(worse)
        solved = evaluator.evaluate(genomes)
    assert len(examined) == 3
    assert solved.solver == best
    assert solved.counted == 30  # who is best is known only after all


class Inspector:
    """Whom Stanley's program examines, generation by generation, said as directly as it goes."""

    def __init__(self) -> None:
        self.best: dict[int, float] = {}
        self.checked: dict[int, bool] = {}

    def choose(self, fitness: list[float], species: list[int]) -> int:
        champion: dict[int, int] = {}
        for g, number in enumerate(species):
            if number not in champion or fitness[g] > fitness[champion[number]]:
                champion[number] = g
        ranking = sorted(champion, key=lambda number: (-fitness[champion[number]], champion[number]))
        for number in ranking:
            if fitness[champion[number]] > self.best.get(number, -math.inf):
                self.checked[number] = False
        unchecked = [number for number in ranking if not self.checked[number]]
        chosen = unchecked[0] if unchecked else ranking[0]
        self.checked[chosen] = True
        for number in ranking:
            self.best[number] = max(self.best.get(number, -math.inf), fitness[champion[number]])
        return champion[chosen]


@pytest.mark.parametrize("resume", [False, True])
def test_champions_of_species_are_examined_in_turn(monkeypatch: pytest.MonkeyPatch, resume: bool) -> None:
    task = make_task(TaskConfig(environment="double-pole-no-velocities", examination="species"))
    examined: list[Genome] = []

    def examine(genome: Genome, network: NetworkConfig) -> tuple[bool, int]:
        examined.append(genome.copy())
        return False, 7

    monkeypatch.setattr(task, "examine", examine)
    rng = np.random.default_rng(0)
    stock = [random_genome(rng, 3, 1, 2, 8, cyclic=True) for _ in range(300)]
    inspector, evaluator = Inspector(), task.evaluator(RECURRENT, seed=1)
    others = 0
    for generation in range(40):
        genomes = Genomes.of([stock[int(i)] for i in rng.integers(len(stock), size=12)], generation)
        genomes.species = rng.integers(4, size=12) + generation // 4  # some end, some begin
        before = len(examined)
        fitness = evaluator.evaluate(genomes).fitness
        chosen = genomes[inspector.choose(fitness.tolist(), genomes.species.tolist())]
        assert len(examined) == before + 1 or chosen == examined[-1]  # the same again is not played again
        assert examined[-1] == chosen
        others += chosen != genomes[int(fitness.argmax())]
        for number in set(inspector.best) - set(genomes.species.tolist()):
            del inspector.best[number], inspector.checked[number]
        if resume:
            state = evaluator.state()
            evaluator = task.evaluator(RECURRENT, seed=1)
            evaluator.restore(state)
    assert 5 < others < 40


def test_the_best_is_examined_where_species_are_not_known() -> None:
    task = make_task(TaskConfig(environment="double-pole-no-velocities", examination="species"))
    rng = np.random.default_rng(0)
    genomes = Genomes.of([random_genome(rng, 3, 1, 2, 8, cyclic=True) for _ in range(10)])
    with task.evaluator(RECURRENT, seed=1) as evaluator:
        evaluation = evaluator.evaluate(genomes)
    balanced = steps_balanced(task.game, genomes[int(evaluation.fitness.argmax())], RECURRENT)[0]
    assert evaluation.steps == evaluation.genome_steps.sum() + balanced


def test_with_velocities_evaluations_count_up_to_the_solver() -> None:
    task = make_task(TaskConfig(environment="double-pole"))
    genomes = Genomes.of([controller((0.0,) * 6), find_balancer(), controller((0.0,) * 6)])
    with task.evaluator(NetworkConfig(), seed=1) as evaluator:
        assert evaluator.evaluate(genomes).counted == 2
        assert evaluator.evaluate(genomes[:1]).counted == 1


def test_solved_without_velocities_needs_both(monkeypatch: pytest.MonkeyPatch) -> None:
    task = make_task(TaskConfig(environment="double-pole-no-velocities"))
    assert isinstance(task, DoublePoleTask)
    genome = random_genome(np.random.default_rng(0), 3, 1, 2, 8)
    cases = [(100_000, 200, True), (100_000, 199, False), (99_999, 625, False)]
    for long, others, solved in cases:
        steps = np.array([1000.0] * others + [999.0] * (625 - others))
        monkeypatch.setattr("environments.tasks.double_pole.steps_balanced", lambda *_, n=long: np.array([float(n)]))
        monkeypatch.setattr("environments.tasks.double_pole.generalisation", lambda *_, s=steps: s)
        assert task.examine(genome, RECURRENT)[0] is solved


def test_settings_of_the_tasks() -> None:
    task = make_task(TaskConfig(environment="double-pole", kwargs={"theta1": math.radians(1), "cart_friction": 5e-4}))
    with task.evaluator(NetworkConfig(), seed=0) as evaluator:
        assert evaluator.evaluate(Genomes.of([controller((0.0,) * 6)])).fitness[0] == 28
    with pytest.raises(ConfigError, match="unknown setting 'theta'"):
        make_task(TaskConfig(environment="double-pole", kwargs={"theta": 1.0}))
    with pytest.raises(ConfigError, match="has no such setting"):
        make_task(TaskConfig(environment="double-pole", observation_scaling="running"))
    with pytest.raises(ConfigError, match="unknown backend 'processes'"):
        task.evaluator(NetworkConfig(), seed=0, backend="processes")


def test_the_picture_shows_cart_and_poles() -> None:
    env = gymnasium.make("neat-arena/DoublePole-v0", render_mode="rgb_array")
    env.reset(seed=0)
    before = env.render()
    assert before.shape == (360, 800, 3)
    assert before.dtype == np.uint8
    for _ in range(10):
        env.step(np.array([1.0]))
    assert (env.render() != before).any(axis=2).sum() > 1000


@pytest.mark.parametrize("name", ["species", "examined"])
@pytest.mark.parametrize("array", [np.zeros(4), np.array([1.0, np.nan, 0.0])], ids=["four numbers", "not finite"])
def test_a_saved_state_that_is_none_is_refused(name, array):
    config = NetworkConfig(kind="recurrent")
    evaluator = make_task(TaskConfig(environment="double-pole-no-velocities", examination="species")).evaluator(config)
    with pytest.raises(DataError, match="rows of three finite numbers"):
        evaluator.restore({name: array})


def test_with_velocities_nobody_is_examined():
    with pytest.raises(ConfigError, match=r"task.examination: the task 'double-pole' has no such setting"):
        make_task(TaskConfig(environment="double-pole", examination="species"))
