"""Every example of docs/extending.md runs, and does what the text says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from neat.breeding import EMITTERS
from neat.files.checkpoint import load_checkpoint, save_checkpoint
from neat.population import Population
from neat.selection import SCORES

PAGE = Path(__file__).parents[1] / "docs" / "extending.md"


def blocks() -> dict[str, str]:
    """Return the Python example under each heading."""
    sections = re.split(r"^## ", PAGE.read_text(encoding="utf-8"), flags=re.M)[1:]
    return {
        section.split("\n", 1)[0]: code
        for section in sections
        for code in re.findall(r"^```python\n(.*?)^```", section, flags=re.M | re.S)
    }


@pytest.fixture
def run() -> Iterator[Any]:
    """Give a function that runs the example whose heading begins so; what it registers is taken out again."""
    registries = (SCORES, EMITTERS)
    before = [dict(registry._things) for registry in registries]

    def example(heading: str) -> dict[str, Any]:
        (code,) = [code for title, code in blocks().items() if title.startswith(heading)]
        assert len([line for line in code.splitlines() if line.strip()]) <= 20, "an example is at most twenty lines"
        names: dict[str, Any] = {"__name__": "example"}
        exec(compile(code, f"{PAGE.name}: {heading}", "exec"), names)
        return names

    yield example
    for registry, things in zip(registries, before, strict=True):
        registry._things.clear()
        registry._things.update(things)


def evolved(population: Population, generations: int) -> list[np.ndarray]:
    """Let a population breed by a fitness that is 0 for all; genome i takes i + 1 steps."""
    mothers = []
    for _ in range(generations):
        n = len(population.ask())
        population.tell(SimpleNamespace(fitness=np.zeros(n), steps=n, genome_steps=np.arange(1, n + 1)))
        mothers.append(population.lineage["mother"].copy())
    return mothers


def test_a_score_breeds(run: Any) -> None:
    config = run("A score")["config"]
    (mothers,) = evolved(Population(config, seed=3), 1)
    assert mothers.max() < 0.2 * config.population.size, "the first genomes took the fewest steps"
    (others,) = evolved(Population(type(config).preset(genome={"inputs": 4, "outputs": 2}), seed=3), 1)
    assert others.max() >= mothers.max()


def test_an_emitter_makes_its_share(run: Any, tmp_path: Path) -> None:
    config = run("An emitter")["config"]
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
