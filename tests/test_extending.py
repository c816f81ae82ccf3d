"""Every example of docs/extending.md runs, and does what the text says."""

from __future__ import annotations

import importlib
import math
import pstats
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import gymnasium
import numpy as np
import pytest

import neat
from environments import TaskConfig, make_task
from environments.evaluators.backends import BACKENDS
from environments.games import GAMES
from environments.tasks.task import TASKS
from experiments.folder.own_functions import register_functions
from experiments.loop.runner import fitted
from neat.breeding import EMITTERS
from neat.breeding.initial import make_genome
from neat.files.checkpoint import load_checkpoint, save_checkpoint
from neat.functions.activations import apply, apply_derivative
from neat.networks.decoders import DECODERS
from neat.networks.network import Network
from neat.operators.own import OWN_MUTATIONS
from neat.operators.registry import Operator
from neat.population import Population
from neat.selection import SCORES

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "extending.md"


def blocks() -> dict[str, str]:
    """Return the Python example under each heading, up to its colon."""
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.M)[1:]
    return {
        section.split("\n", 1)[0].partition(":")[0]: code
        for section in sections
        for code in re.findall(r"^```python\n(.*?)^```", section, flags=re.M | re.S)
    }


@pytest.fixture
def load(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], ModuleType]]:
    """Give a function that imports the example under a heading as a user's module; it is forgotten afterwards."""
    registries: tuple[dict[Any, Any], ...] = (
        SCORES._things,
        EMITTERS._things,
        OWN_MUTATIONS._things,
        BACKENDS._things,
        DECODERS._things,
        TASKS,
        GAMES,
        gymnasium.registry,
    )
    before = [dict(things) for things in registries]
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.chdir(tmp_path)

    def example(heading: str) -> ModuleType:
        (tmp_path / "my_ideas.py").write_text(blocks()[heading], encoding="utf-8")
        return importlib.import_module("my_ideas")

    yield example
    sys.modules.pop("my_ideas", None)
    for things, old in zip(registries, before, strict=True):
        things.clear()
        things.update(old)


@pytest.mark.parametrize("heading", blocks())
def test_an_example_is_at_most_twenty_lines(heading: str) -> None:
    lines = [line for line in blocks()[heading].splitlines() if line.strip()]
    assert len(lines) <= 20
    assert max(map(len, lines)) <= 120


def test_each_example_has_its_row_in_the_table() -> None:
    page = PAGE.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)$", page, flags=re.M)
    slugs = [re.sub(r"[^a-z -]", "", heading.lower()).replace(" ", "-") for heading in headings]
    assert re.findall(r"^\| \[[^]]*\]\(#([^)]*)\)", page, flags=re.M) == slugs
    assert len(blocks()) == len(headings)


def evolved(population: Population, generations: int) -> list[np.ndarray]:
    """Let a population breed by a fitness that is 0 for all; genome i takes i + 1 steps."""
    mothers = []
    for _ in range(generations):
        n = len(population.ask())
        population.tell(SimpleNamespace(fitness=np.zeros(n), steps=n, genome_steps=np.arange(1, n + 1)))
        mothers.append(population.lineage["mother"].copy())
    return mothers


def fitness_by(environment: str, config: neat.Config, backends: tuple[str, ...]) -> list[list[float]]:
    """Return the fitness of the first genomes of a run as each backend plays them."""
    task = make_task(TaskConfig(environment=environment, episodes=2))
    genomes, found = Population(fitted(config, task), seed=3).ask(), []
    for backend in backends:
        with task.evaluator(config.network, seed=3, backend=backend) as evaluator:
            assert evaluator.backend == backend
            found.append(evaluator.evaluate(genomes).fitness.tolist())
    return found


def test_a_score_breeds(load: Callable[[str], ModuleType]) -> None:
    config = load("A score").config
    (mothers,) = evolved(Population(config, seed=3), 1)
    assert mothers.max() < 0.2 * config.population.size, "the first genomes took the fewest steps"
    (others,) = evolved(Population(type(config).preset(genome={"inputs": 4, "outputs": 2}), seed=3), 1)
    assert others.max() >= mothers.max()


def test_an_emitter_makes_its_share(load: Callable[[str], ModuleType], tmp_path: Path) -> None:
    config = load("An emitter").config
    population = Population(config, seed=3)
    evolved(population, 4)
    mothers = population.lineage["mother"]
    share = round(0.2 * config.population.size)
    assert (mothers[-share:] == -1).all()
    assert (mothers[:-share] >= 0).all()
    save_checkpoint(tmp_path / "a.npz", population)
    again = load_checkpoint(tmp_path / "a.npz")[0]
    for one in (population, again):
        evolved(one, 3)
    assert population.genomes == again.genomes


def test_nodes_compute_an_activation(load: Callable[[str], ModuleType]) -> None:
    example = load("An activation function")
    x = np.linspace(-3.0, 3.0, 20)
    assert apply("ripple", x) == pytest.approx([math.sin(v) * math.exp(-abs(v)) for v in x])
    h = 1e-6
    assert apply_derivative("ripple", x) == pytest.approx((apply("ripple", x + h) - apply("ripple", x - h)) / (2 * h))
    config = neat.config.replace(example.config, {"genome": {"output_activation": "ripple"}})
    network = Network(make_genome(config, [(0, 5, 0.5)]), config.network)
    assert network.activate([1.0, 0.0, 0.0, 0.0])[0] == pytest.approx(example.ripple(0.5))


def test_an_operator_flips_the_sign_of_one_weight(load: Callable[[str], ModuleType]) -> None:
    config = load("A mutation operator").config
    population = Population(config, seed=3)
    evolved(population, 1)
    made = population.lineage["operators"] & Operator.OWN_MUTATION != 0
    assert 0.03 < made.mean() < 0.2
    plain = Population(neat.config.replace(config, {"mutation": {"own": {}}}), seed=3)
    evolved(plain, 1)
    for one, other, changed in zip(population.ask(), plain.ask(), made, strict=True):
        flipped = one.connections["weight"] == -other.connections["weight"]
        assert flipped.sum() == changed


COPIED = """
import neat
from neat.breeding.initial import make_genome

genome = {"inputs": 1, "outputs": 1, "output_activation": "identity"}
config = neat.Config.preset(genome=genome, network={"kind": "leaky"})
network = neat.Network(make_genome(config, [(0, 2, 1.0)]), config.network)
print(*(network.activate([8.0])[0] for _ in range(3)))
network.reset()
print(neat.__file__, network.activate([8.0])[0])
"""


def test_a_kind_is_a_file_of_the_package(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "neat", tmp_path / "neat", ignore=shutil.ignore_patterns("__pycache__"))
    branch = re.search(r"`(elif kind == leaky.NUMBER: leaky.step\(.*\))`", PAGE.read_text(encoding="utf-8"))
    row = re.search(r'`(Kind\("leaky", .*\))`', PAGE.read_text(encoding="utf-8"))
    assert branch is not None
    assert row is not None
    (tmp_path / "neat/networks/kinds/leaky.py").write_text(blocks()["A kind of network"])
    for name, old, new in (
        ("networks/kinds/__init__.py", ')\n"""All kinds', f'    {row[1]},\n)\n"""All kinds'),
        ("networks/kinds/dispatch.py", "feedforward, kind_of,", "feedforward, kind_of, leaky,"),
        ("networks/kinds/dispatch.py", "\n\ndef module_of", f"    {branch[1]}\n\n\ndef module_of"),
    ):
        file = tmp_path / "neat" / name
        text = file.read_text(encoding="utf-8")
        assert text.count(old) == 1
        file.write_text(text.replace(old, new), encoding="utf-8")
    done = subprocess.run([sys.executable, "-c", COPIED], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["4.0 6.0 7.0", f"{tmp_path / 'neat' / '__init__.py'} 4.0"]


def test_a_decoder_asks_the_genome_for_each_weight(load: Callable[[str], ModuleType]) -> None:
    load("A decoder")
    task = make_task(TaskConfig(environment="CartPole-v1", episodes=1))
    config = fitted(neat.Config.preset(population={"size": 10}, network={"encoding": "line"}), task)
    assert (config.genome.inputs, config.genome.outputs) == (2, 1)
    population = Population(config, seed=3)
    genome, x = population.ask()[3], [0.1, -0.2, 0.3, -0.4]
    weight = Network(genome).activate
    sums = [sum(v * (4.0 * weight([s, t])[0] - 2.0) for s, v in enumerate([*x, 1.0])) for t in (5, 6)]
    expected = [1.0 / (1.0 + math.exp(-4.9 * z)) for z in sums]
    assert Network(genome, config.network).activate(x) == pytest.approx(expected)
    compiled, serial = fitness_by("CartPole-v1", config, ("compiled", "serial"))
    assert compiled == serial


def test_a_task_is_learned(load: Callable[[str], ModuleType]) -> None:
    load("A task")
    task = make_task(TaskConfig(environment="my_ideas:squares", threshold=-0.01))
    config = fitted(neat.Config.preset(population={"size": 50}), task)
    population = Population(config, seed=3)
    with task.evaluator(config.network, seed=3) as evaluator:
        for _ in range(5):
            population.tell(evaluator.evaluate(population.ask()))
    champion = population.champion
    assert champion is not None
    found = task.verify(champion, config.network, seed=3)
    answers = [Network(champion, config.network).activate([x / 10])[0] - (x / 10) ** 2 for x in range(11)]
    assert found.mean == pytest.approx(-np.mean(np.square(answers)))
    assert found.solved


def test_a_run_of_a_task_imports_its_module_when_it_is_read(load: Callable[[str], ModuleType]) -> None:
    load("A task")
    del TASKS["squares"], sys.modules["my_ideas"]
    register_functions("my_ideas:squares", [])
    assert "squares" in TASKS


def test_a_game_is_played_as_machine_code_and_through_gymnasium(load: Callable[[str], ModuleType]) -> None:
    load("A compiled game")
    config = neat.Config.preset(population={"size": 10})
    compiled, serial = fitness_by("my_ideas:my-ideas/Centre-v0", config, ("compiled", "serial"))
    assert compiled == serial
    env = gymnasium.make("my-ideas/Centre-v0")
    place = float(env.reset(seed=3)[0][0])
    observation, reward, *_ = env.step(2)
    assert [observation[0], float(reward)] == pytest.approx([place + 0.1, -abs(place + 0.1)])


def test_a_backend_plays_and_leaves_its_profile(load: Callable[[str], ModuleType], tmp_path: Path) -> None:
    load("A backend")
    profiled, serial = fitness_by("CartPole-v1", neat.Config.preset(population={"size": 10}), ("profiled", "serial"))
    assert profiled == serial
    functions = [name for _, _, name in pstats.Stats(str(tmp_path / "episodes.prof")).stats]  # type: ignore[attr-defined]
    assert "score" in functions


def test_a_reporter_is_told_of_champions(load: Callable[[str], ModuleType]) -> None:
    example = load("A reporter")
    assert example.growth.sizes
    champion = example.outcome.champion
    assert (champion.generation, champion.genome.hidden) in example.growth.sizes
