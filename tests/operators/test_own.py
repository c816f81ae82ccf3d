"""Mutations of your own change finished children in place, and nothing else of a run."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import neat
from neat.compiled.random import below
from neat.files.checkpoint import load_checkpoint, save_checkpoint
from neat.operators.own import OWN_MUTATIONS
from neat.operators.registry import GROUPS, Operator
from neat.population import Population


@pytest.fixture(autouse=True)
def _forgotten() -> Iterator[None]:
    before = dict(OWN_MUTATIONS._things)
    yield
    OWN_MUTATIONS._things.clear()
    OWN_MUTATIONS._things.update(before)


def negate(nodes: Any, connections: Any, rng: Any) -> bool:
    """Flip the sign of one weight."""
    if len(connections) == 0:
        return False
    chosen = below(rng, len(connections))
    connections[chosen].weight = -connections[chosen].weight
    return True


def made(function: Callable[..., Any], chance: float = 0.3, size: int = 400, threads: int = 1) -> Population:
    """Return a population whose second generation was bred with a mutation of one's own."""
    if "mine" not in OWN_MUTATIONS:
        neat.register_mutation("mine", function)
    config = neat.Config.preset(
        genome={"inputs": 4, "outputs": 2}, population={"size": size}, mutation={"own": {"mine": chance}}
    )
    population = Population(config, seed=5, threads=threads)
    population.ask()
    population.tell(np.arange(size, dtype=float))
    return population


def test_it_changes_flagged_children_and_nothing_else() -> None:
    with_it, without = made(negate), made(negate, 0.0)
    flagged = (with_it.lineage["operators"] & Operator.OWN_MUTATION) != 0
    assert 0.2 < flagged.mean() < 0.4
    assert not (flagged & ((with_it.lineage["operators"] & Operator.ELITE) != 0)).any()
    assert not (without.lineage["operators"] & Operator.OWN_MUTATION).any()
    for one, other, changed in zip(with_it.ask(), without.ask(), flagged, strict=True):
        weights, before = one.connections["weight"], other.connections["weight"]
        differ = weights != before
        assert differ.sum() == changed
        assert (weights[differ] == -before[differ]).all()
        assert (one.nodes == other.nodes).all()


def test_the_number_of_threads_does_not_matter() -> None:
    one, two = made(negate, size=3000), made(negate, size=3000, threads=2)
    assert one.genomes == two.genomes
    assert (one.lineage == two.lineage).all()


def test_it_continues_from_a_checkpoint(tmp_path: Path) -> None:
    population = made(negate)
    save_checkpoint(tmp_path / "a.npz", population)
    again = load_checkpoint(tmp_path / "a.npz")[0]
    for one in (population, again):
        one.ask()
        one.tell(np.arange(400, dtype=float))
    assert population.genomes == again.genomes
    assert (population.lineage["operators"] & Operator.OWN_MUTATION).any()


def test_lineage_plots_have_a_row_for_it() -> None:
    assert GROUPS["own mutation"] == Operator.OWN_MUTATION


def test_weights_stay_within_their_limit() -> None:
    def huge(nodes: Any, connections: Any, rng: Any) -> bool:
        connections[0].weight = 1e9
        return True

    population = made(huge)
    limit = population.config.genome.weight_limit
    assert population.genomes.connections["weight"].max() == limit < 1e9


def lost(nodes: Any, connections: Any, rng: Any) -> bool:
    connections[0].target = 0
    return True


def unbounded(nodes: Any, connections: Any, rng: Any) -> bool:
    connections[len(connections)].weight = 0.0
    return True


def nan(nodes: Any, connections: Any, rng: Any) -> bool:
    connections[0].weight = np.nan
    return True


def silent(nodes: Any, connections: Any, rng: Any) -> None:
    connections[0].weight = 0.0


def unknown(nodes: Any, connections: Any, rng: Any) -> bool:
    return connections[0].strength > 0.0  # type: ignore[no-any-return]


def undefined(nodes: Any, connections: Any, rng: Any) -> bool:
    connections[0].weight = nowhere_defined  # type: ignore[name-defined]  # noqa: F821
    return True


def short(nodes: Any, connections: Any) -> bool:
    return True


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (lost, r"'mine' changed innovation or source or target of connections"),
        (unbounded, r"'mine' failed: IndexError"),
        (nan, r"'mine' made an invalid genome: genome \d+: .* has a weight that is not"),
        (silent, r"'mine' has to return whether it changed the genome, True or False; it returns None"),
        (
            unknown,
            r"'mine' cannot be compiled: there is no field 'strength': nodes have innovation, .*test_own\.py, line \d+",
        ),
        (
            undefined,
            r"'mine' cannot be compiled: NameError: name 'nowhere_defined' is not defined \(.*test_own\.py, line",
        ),
        (short, r"'mine': expected a function of \(nodes, connections, rng\), got short\("),
    ],
)
def test_a_mistake_is_told(function: Callable[..., Any], message: str) -> None:
    with pytest.raises(neat.ConfigError, match=message):
        made(function)


def test_an_unregistered_name_is_told() -> None:
    with pytest.raises(
        neat.ConfigError, match=r"unknown mutation 'negat': expected 'my_module:negat', as none is registered"
    ):
        Population(neat.Config.preset(genome={"inputs": 4, "outputs": 2}, mutation={"own": {"negat": 0.1}}), seed=1)
    with pytest.raises(neat.ConfigError, match=r"mutation\.own\.x: expected a probability from 0 to 1, got 2\.0"):
        neat.Config.preset(mutation={"own": {"x": 2.0}})
