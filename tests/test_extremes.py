"""Extremes: the smallest and largest populations, inputs, genomes, fitness values and thresholds."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neat.config import Config
from neat.files.checkpoint import load_checkpoint, save_checkpoint
from neat.functions.activations import ACTIVATIONS, apply
from neat.genes.validation import validate_all
from neat.networks.network import Network
from neat.population import Population


def population(seed: int = 1, **sections: Any) -> Population:
    genome = {"inputs": 2, "outputs": 1, **sections.pop("genome", {})}
    return Population(Config.preset("default", genome=genome, **sections), seed=seed)


def play(evolving: Population, generations: int, fitness: Any = None) -> None:
    rng = np.random.default_rng(0)
    for _ in range(generations):
        if evolving.done:
            return
        genomes = evolving.ask()
        record = evolving.tell(rng.normal(size=len(genomes)) if fitness is None else fitness(len(genomes))).record
        assert np.isfinite([record.best, record.mean, record.sd]).all()
        assert sum(species.size for species in record.species) == len(genomes)
    if not evolving.done:
        validate_all(evolving.ask(), acyclic=evolving.config.acyclic)
        evolving.withdraw()


@pytest.mark.parametrize("size", [2, 3])
@pytest.mark.parametrize("scope", ["run", "generation"])
def test_the_smallest_populations(size: int, scope: str) -> None:
    play(population(population={"size": size, "innovation_scope": scope}), 60)


def test_a_hundred_thousand_genomes(tmp_path: Path) -> None:
    evolving = population(population={"size": 100_000})
    play(evolving, 2)
    save_checkpoint(tmp_path / "a.npz", evolving)
    again = load_checkpoint(tmp_path / "a.npz")[0]
    assert again.ask() == evolving.ask()


@pytest.mark.parametrize("initial", ["full", "partial", "empty"])
def test_a_thousand_inputs(initial: str) -> None:
    evolving = population(genome={"inputs": 1000, "initial": initial}, population={"size": 20})
    play(evolving, 5)
    assert evolving.champion is not None
    assert np.isfinite(Network(evolving.champion, evolving.config.network).activate(np.ones(1000))).all()


def test_one_input_and_no_bias() -> None:
    play(population(genome={"inputs": 1, "bias_node": False}, population={"size": 20}), 30)


@pytest.mark.parametrize("kind", ["feedforward", "settling", "recurrent"])
def test_zero_connections(kind: str) -> None:
    still = {"add_node": 0.0, "add_connection": 0.0}
    evolving = population(genome={"initial": "empty"}, mutation=still, network={"kind": kind}, population={"size": 20})
    play(evolving, 10)
    genome = evolving.ask()[0]
    assert len(genome.connections) == 0
    assert Network(genome, evolving.config.network).activate([1.0, 1.0]).tolist() == [0.0]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("value", [0.0, 7.5, -7.5, -1e308, 1e308, 5e-324])
def test_all_equal_fitness(value: float) -> None:
    play(population(population={"size": 20}), 40, lambda n: np.full(n, value))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("scale", [-1.0, -1e-300, -1e308, 1e308])
def test_negative_and_huge_fitness(scale: float) -> None:
    rng = np.random.default_rng(3)
    play(population(population={"size": 30}), 40, lambda n: scale * rng.random(n))


@pytest.mark.parametrize(("threshold", "species"), [(1e12, 1), (0.0, 20)])
def test_one_species_and_one_per_genome(threshold: float, species: int) -> None:
    fixed = {"threshold": threshold, "target_species": 0, "threshold_min": 0.0}
    evolving = population(population={"size": 20}, compatibility=fixed)
    record = evolving.tell(np.arange(len(evolving.ask()), dtype=float)).record
    assert len(record.species) == species
    play(evolving, 30)


def test_genomes_of_ten_thousand_connections_breed(tmp_path: Path) -> None:
    sections: dict[str, Any] = {"genome": {"inputs": 99, "outputs": 100}, "population": {"size": 10}}
    sections["mutation"] = {"add_node": 1.0, "add_connection": 1.0}
    evolving = population(**sections)
    assert len(evolving.ask()[0].connections) == 10_000
    evolving.withdraw()
    play(evolving, 4, lambda n: np.zeros(n))  # equal fitness: genes of both parents, the most work for crossover
    save_checkpoint(tmp_path / "a.npz", evolving)
    assert load_checkpoint(tmp_path / "a.npz")[0].ask() == evolving.ask()
    evolving.withdraw()
    assert np.isfinite(Network(evolving.ask()[0], evolving.config.network).activate(np.ones(99))).all()


@pytest.mark.parametrize("name", [entry.name for entry in ACTIVATIONS if entry.origin == "built-in"])
def test_activations_neither_warn_nor_give_nonsense(name: str) -> None:
    x = np.array([0.0, 1.0, -1.0, 700.0, -700.0, 1e8, -1e8, 1e150, -1e150])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not np.isnan(apply(name, x, 4.9)).any()
