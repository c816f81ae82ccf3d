"""Plans against the plain reference: which nodes, in which order, reading what; and they travel."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from strategies import draw_genome, genomes, make

from neat.config import NetworkConfig
from neat.errors import GenomeError
from neat.functions.activations import register_activation
from neat.genes.table import Genomes
from neat.networks.kinds import KINDS, Kind, kind_of
from neat.networks.network import Network
from neat.networks.plan import NetworkPlan, plan
from neat.networks.tape import pack


def longest_paths(wanted, incoming):
    """Longest path to each node along the edges that count, or None where there is a cycle."""
    depth = dict.fromkeys(wanted, 0)
    for _ in range(len(wanted) + 2):
        deeper = {n: max((depth.get(s, 0) + 1 for s in incoming[n]), default=0) for n in wanted}
        if deeper == depth:
            return depth
        depth = deeper
    return None


def waves(found):
    """Distance of each node from the inputs and the bias node, by asking for ever more steps."""
    wave = dict.fromkeys([*found.inputs, *found.bias_node], 0)
    for step in range(1, len(found.node) + 1):
        for number in found.computed:
            if number not in wave and any(wave.get(s, step) < step for s, _ in found.sources[number]):
                wave[number] = step
    return wave


def check(genome, made: NetworkPlan, g: int, kind: Kind) -> None:
    """Compare network ``g`` of a plan with what the reference says about its genome."""
    numbers = genome.nodes["innovation"].tolist()
    found = reference.Plan(genome)
    active = [n for n in found.computed if n in found.reached and n in found.useful]
    incoming = {
        n: [(s, w) for s, w in found.sources[n] if s in found.reached or found.node[n]["aggregation"] != "sum"]
        for n in active
    }
    begin, end = made.node_start[g], made.node_start[g + 1]
    order = [numbers[i] for i in made.node_gene[begin:end].tolist()]
    assert sorted(order) == sorted(active)
    wave, depth = waves(found), longest_paths(active, {n: [s for s, _ in incoming[n]] for n in active})
    assert made.wave[begin:end].tolist() == [wave[n] for n in order]
    assert made.depth[begin:end].tolist() == [-1 if depth is None or kind.keeps_state else depth[n] for n in order]
    rank = depth if kind.acyclic else wave
    assert order == sorted(active, key=lambda n: (rank[n], n))
    sensors = [*found.inputs, *found.bias_node]
    assert made.sensors[g] == len(sensors)
    slot = {n: i for i, n in enumerate(sensors)} | {n: len(sensors) + 1 + i for i, n in enumerate(order)}
    assert made.output_slot[g].tolist() == [slot.get(o, len(sensors)) for o in found.outputs]
    outputs = genome.nodes[genome.nodes["kind"] == reference.OUTPUT]
    assert made.output_activation[g].tolist() == outputs["activation"].tolist()
    for j, n in enumerate(order, begin):
        assert made.nodes[j] == genome.nodes[numbers.index(n)]
        edges = slice(made.edge_start[j], made.edge_start[j + 1])
        read = list(zip(made.edge_source[edges].tolist(), made.edge_weight[edges].tolist(), strict=True))
        assert read == [(slot.get(s, len(sensors)), w) for s, w in incoming[n]]
        genes = genome.connections[made.edge_gene[edges]]
        assert genes["target"].tolist() == [n] * len(read)
        assert genes["weight"].tolist() == [w for _, w in read]


@given(genomes())
@settings(max_examples=300, deadline=None)
def test_a_plan_is_what_the_reference_says(genome):
    for kind in KINDS:
        if kind.acyclic and reference.Plan(genome).depth() is None:
            with pytest.raises(GenomeError, match="has a cycle, which network"):
                plan(Genomes.of([genome]), NetworkConfig(kind=kind.name))
        else:
            check(genome, plan(Genomes.of([genome]), NetworkConfig(kind=kind.name)), 0, kind)


def test_a_table_is_planned_genome_by_genome():
    import random

    rng = random.Random(8)
    made = [draw_genome(rng, cyclic=True, inputs=2, outputs=2) for _ in range(60)]
    found = plan(Genomes.of(made), NetworkConfig(kind="recurrent"))
    for g, genome in enumerate(made):
        check(genome, found, g, kind_of(found.kind))


def test_passes_are_those_of_the_settings_and_the_depth():
    chain = make(1, 1, 30, [(0, 3), (32, 2), *((k, k + 1) for k in range(3, 32))])

    def passes(**settings):
        found = plan(Genomes.of([chain]), NetworkConfig(**settings))
        return found.first_passes.tolist() + found.passes.tolist()

    assert passes(kind="feedforward", passes=7) == [1, 1]
    assert passes(kind="settling", max_steps=4) == [31, 31]
    assert passes(kind="settling", max_steps=40) == [40, 40]
    assert passes(kind="recurrent", passes=3) == [3, 3]
    assert passes(kind="recurrent", passes=3, settle_first=True, max_steps=50) == [31, 3]
    assert passes(kind="recurrent", passes=3, settle_first=True, max_steps=20) == [20, 3]


def test_a_plan_travels_and_holds_no_address():
    name = "own_of_the_plan_test"
    number = register_activation(name, lambda x: 0.5 * x)
    genome = make(1, 1, 0, [(0, 2, 3.0)])
    genome.nodes["activation"][2] = number
    found = plan(Genomes.of([genome]), NetworkConfig())
    assert found.nodes["activation"].tolist() == [number]
    again = NetworkPlan(*pickle.loads(pickle.dumps(tuple(found))))
    first, second = pack(found), pack(again)
    assert np.array_equal(first.code, second.code)
    assert np.array_equal(first.data, second.data)
    assert Network(genome).activate([2.0]).tolist() == [3.0]


def test_traits_of_the_kinds():
    assert [k.name for k in KINDS if k.acyclic] == ["feedforward"]
    assert [k.name for k in KINDS if k.keeps_state] == ["recurrent", "ctrnn"]
    assert [k.name for k in KINDS if k.differentiable] == ["feedforward", "settling"]
    assert {k.name: k.attributes for k in KINDS if k.attributes} == {"ctrnn": ("time_constant",)}
    assert kind_of("settling") is KINDS[1]
