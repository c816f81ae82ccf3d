"""Compiled networks against plain references, to the last bit."""

from __future__ import annotations

import math
import random

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import SMOOTH, draw_genome, genomes, make

from neat.backprop.genome import GenomeNetwork
from neat.config import NetworkConfig
from neat.errors import GenomeError
from neat.functions.activations import ACTIVATIONS, activation_index, register_activation
from neat.functions.aggregations import AGGREGATIONS, aggregate
from neat.genes.table import Genomes
from neat.networks import kinds
from neat.networks.network import Network
from neat.networks.tape import decode, forward
from neat.networks.trace import Tracer

KINDS = tuple(kind.name for kind in kinds.KINDS)
LONG = 1e6  # a time step so long that no value lags behind


def observation(genome, seed=0):
    return np.random.default_rng(seed).normal(0.0, 1.5, genome.inputs)


def same(a, b):
    """Bit-equal values, zeros of either sign alike, NaN like NaN."""
    return np.array_equal(np.asarray(a), np.asarray(b), equal_nan=True)


@given(genomes(cyclic=False), st.integers(0, 9))
@settings(max_examples=400, deadline=None)
def test_feedforward_is_the_reference_to_the_last_bit(genome, seed):
    x = observation(genome, seed)
    y = Network(genome).activate(x)
    assert same(y, reference.feedforward(genome, x))


@given(genomes(cyclic=False), st.integers(0, 9))
@settings(max_examples=300, deadline=None)
def test_settling_is_feedforward_on_acyclic_genomes(genome, seed):
    x = observation(genome, seed)
    settled = Network(genome, NetworkConfig(kind="settling", max_steps=1)).activate(x)
    assert settled.tobytes() == Network(genome).activate(x).tobytes()


@given(genomes(cyclic=True), st.integers(1, 12), st.floats(0.5, 6), st.floats(-2, 2))
@settings(max_examples=400, deadline=None)
def test_settling_is_the_reference_with_cycles_and_at_the_cap(genome, max_steps, slope, bias):
    config = NetworkConfig(kind="settling", max_steps=max_steps, sigmoid_slope=slope, bias_value=bias)
    network = Network(genome, config)
    for seed in range(2):  # the second observation must not remember the first
        x = observation(genome, seed)
        expected = reference.settling(genome, x, max_steps, slope, bias)
        assert same(network.activate(x), expected)


@given(genomes(), st.integers(1, 5), st.booleans(), st.integers(1, 6))
@settings(max_examples=400, deadline=None)
def test_recurrent_is_the_reference_over_an_episode(genome, passes, settle_first, max_steps):
    config = NetworkConfig(kind="recurrent", passes=passes, settle_first=settle_first, max_steps=max_steps)
    network = Network(genome, config)
    plain = reference.Recurrent(genome, passes, settle_first, max_steps)
    for _episode in range(2):
        network.reset()
        plain.reset()
        for seed in range(4):
            x = observation(genome, seed)
            assert same(network.activate(x), plain.activate(x))


def test_random_genomes_reach_what_the_tests_are_about():
    """The property tests above would be empty without cycles, caps that bite, dead parts and disabled genes."""
    rng = random.Random(5)
    cycles = capped = dead = disabled = 0
    for _ in range(300):
        genome = draw_genome(rng, cyclic=True, functions=SMOOTH)
        plan = reference.Plan(genome)
        x = observation(genome)
        cycles += plan.depth() is None
        capped += not same(reference.settling(genome, x, 7), reference.settling(genome, x, 8))
        dead += any(n not in plan.reached for n in plan.computed)
        disabled += genome.enabled < len(genome.connections)
    assert min(cycles, capped, dead, disabled) > 20


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("aggregation", AGGREGATIONS)
@pytest.mark.parametrize("activation", ["sigmoid", "gaussian", "cosine"])
def test_without_a_path_from_input_or_bias_a_node_outputs_0(kind, aggregation, activation):
    # 0 input, 1 bias, outputs 2 and 3, hidden 4; 4 → 4 → 2 leads nowhere from, 0 → 3 is disabled.
    genome = make(1, 2, 1, [(4, 2, 5.0), (0, 3, 1.0, 0), (0, 4, 1.0, 0)])
    genome.nodes["bias"][2:] = 3.0
    genome.nodes["activation"][2:] = activation_index(activation)
    genome.nodes["aggregation"][2:] = AGGREGATIONS.index(aggregation)
    network = Network(genome, NetworkConfig(kind=kind, passes=5))
    assert network.activate([1.0]).tolist() == [0.0, 0.0]


@pytest.mark.parametrize("kind", KINDS)
def test_a_dead_source_counts_as_0_beside_a_live_one(kind):
    genome = make(1, 1, 1, [(0, 2, 1.0), (3, 2, 1.0), (0, 3, 1.0, 0)])
    genome.nodes["activation"][2:] = activation_index("identity")
    for aggregation, expected in (("sum", 4.0), ("mean", 2.0), ("product", 0.0), ("max", 4.0), ("min", 0.0)):
        genome.nodes["aggregation"][2] = AGGREGATIONS.index(aggregation)
        network = Network(genome, NetworkConfig(kind=kind, time_step=LONG))
        assert network.activate([4.0]).tolist() == [expected], aggregation


def test_bias_node_emits_the_bias_value():
    genome = make(1, 1, 0, [(1, 2, 2.0)])
    genome.nodes["activation"][2] = activation_index("identity")
    for kind in KINDS:
        for value in (1.0, -0.5, 0.0):
            network = Network(genome, NetworkConfig(kind=kind, bias_value=value, time_step=LONG))
            assert network.activate([9.0]).tolist() == [2 * value]


def test_node_formula_with_bias_and_response():
    genome = make(2, 1, 0, [(0, 3, 2.0), (1, 3, 3.0)], bias=True)
    genome.nodes["activation"][3] = activation_index("identity")
    genome.nodes["bias"][3], genome.nodes["response"][3] = 10.0, 0.5
    assert Network(genome).activate([1.0, 2.0]).tolist() == [10.0 + 0.5 * (2.0 * 1.0 + 3.0 * 2.0)]


def test_sigmoid_slope_is_the_setting():
    genome = make(1, 1, 0, [(0, 2, 1.0)])
    y = Network(genome, NetworkConfig(sigmoid_slope=2.0)).activate([0.7])[0]
    assert y == pytest.approx(1 / (1 + math.exp(-1.4)), abs=1e-15)


def test_settling_returns_the_last_values_when_the_cap_is_reached():
    """An oscillator: x → out, out → out with weight -1 and identity alternates between x and 0."""
    genome = make(1, 1, 0, [(0, 2, 1.0), (2, 2, -1.0)])
    genome.nodes["activation"][2] = activation_index("identity")
    values = [Network(genome, NetworkConfig(kind="settling", max_steps=k)).activate([3.0])[0] for k in range(1, 7)]
    assert values == [3.0, 0.0, 3.0, 0.0, 3.0, 0.0]


def test_settling_grants_an_acyclic_genome_its_depth():
    chain = [(0, 3, 1.0), (2 + 30, 2, 1.0), *((k, k + 1, 1.0) for k in range(3, 32))]
    genome = make(1, 1, 30, chain)
    genome.nodes["activation"][2:] = activation_index("identity")
    assert Network(genome, NetworkConfig(kind="settling", max_steps=2)).activate([7.0]).tolist() == [7.0]


def test_recurrent_moves_one_connection_a_pass_and_remembers():
    genome = make(1, 1, 1, [(0, 3, 1.0), (3, 2, 1.0)])
    genome.nodes["activation"][2:] = activation_index("identity")
    network = Network(genome, NetworkConfig(kind="recurrent"))
    assert [network.activate([x])[0] for x in (1.0, 2.0, 3.0)] == [0.0, 1.0, 2.0]
    network.reset()
    assert network.activate([4.0])[0] == 0.0
    assert Network(genome, NetworkConfig(kind="recurrent", passes=2)).activate([1.0])[0] == 1.0


def test_settle_first_serves_the_first_observation_only():
    chain = make(1, 1, 3, [(0, 3), (3, 4), (4, 5), (5, 2)])
    chain.nodes["activation"][2:] = activation_index("identity")
    network = Network(chain, NetworkConfig(kind="recurrent", settle_first=True))
    assert [network.activate([x])[0] for x in (5.0, 6.0, 7.0)] == [5.0, 5.0, 5.0]
    network.reset()
    assert network.activate([8.0])[0] == 8.0
    short = Network(chain, NetworkConfig(kind="recurrent", settle_first=True, max_steps=3))
    assert short.activate([5.0])[0] == 0.0


def test_feedforward_refuses_a_cycle_in_one_line():
    genome = make(1, 1, 2, [(0, 3), (3, 4), (4, 3), (4, 2)])
    with pytest.raises(GenomeError, match="cycle") as error:
        Network(genome)
    assert "\n" not in str(error.value)
    assert "settling" in str(error.value)


@pytest.mark.parametrize("shape", [(), (2,), (4,), (3, 1), (1, 3)])
def test_wrong_shape_is_refused(shape):
    network = Network(make(3, 1, 0, [(0, 4)]))
    with pytest.raises(ValueError, match=r"shape \(3,\)"):
        network.activate(np.zeros(shape))


def test_observations_of_any_number_type():
    genome = make(2, 1, 0, [(0, 3), (1, 3)])
    genome.nodes["activation"][3] = activation_index("identity")
    network = Network(genome)
    for x in ([1, 2], (1.0, 2.0), np.array([1, 2], np.float32), np.array([1, 2], np.int64), np.arange(1.0, 9.0)[:2]):
        assert network.activate(x).tolist() == [3.0]
    assert network.activate(np.array([1.0, 9.0, 2.0, 9.0])[::2]).tolist() == [3.0]  # not contiguous


def test_outputs_are_new_arrays():
    network = Network(make(1, 1, 0, [(0, 2)]))
    first = network.activate([0.0])
    network.activate([5.0])
    assert first.tolist() == [0.5]


def test_a_function_of_ones_own_joins_networks():
    name = "bump_of_the_network_test"
    if all(a.name != name for a in ACTIVATIONS):
        register_activation(name, lambda x: math.exp(-abs(x)) + 0.25)
    genome = make(1, 1, 0, [(0, 2, 2.0)])
    genome.nodes["activation"][2] = activation_index(name)
    for kind in KINDS:
        y = Network(genome, NetworkConfig(kind=kind, time_step=LONG)).activate([0.3])
        assert y[0] == math.exp(-0.6) + 0.25


@pytest.mark.parametrize("kind", ["recurrent", "settling", "ctrnn"])
def test_values_that_would_grow_without_end_are_held_and_never_cancel_to_nan(kind):
    # Nodes 3 and 4 multiply themselves by 8 for ever; the output is their difference plus half the input.
    edges = [(1, 3, 1.0), (3, 3, 8.0), (1, 4, 1.0), (4, 4, 8.0), (3, 2, 1.0), (4, 2, -1.0), (0, 2, 0.5)]
    genome = make(1, 1, 2, edges, bias=True)
    genome.nodes["activation"][2] = activation_index("identity")
    genome.nodes["activation"][3:] = activation_index("relu")
    config = NetworkConfig(kind=kind, max_steps=1000, time_step=LONG)
    network, tracer = Network(genome, config), Tracer(genome, config)
    for _ in range(2 if kind == "settling" else 400):
        y = network.activate([1.0])
        assert y.tolist() == [tracer.step([1.0])[-1][2]]
    assert y.tolist() == [0.5]


@pytest.mark.parametrize(
    ("weights", "expected"),
    [((1e308, 1e308), 1e30), ((-1e308, -1e308), -1e30), ((1e308, -1e308), 0.0), ((1e28, 0.0), 1e29)],
)
def test_outputs_are_numbers_within_the_limit_for_any_finite_genes(weights, expected):
    genome = make(2, 1, 0, [(0, 2, weights[0]), (1, 2, weights[1])], bias=False)
    genome.nodes["activation"][2] = activation_index("identity")
    x = [10.0, 10.0]
    assert reference.feedforward(genome, x) == [expected]
    assert GenomeNetwork(genome).predict(np.array(x)).tolist() == [expected]
    for kind in KINDS:
        assert Network(genome, NetworkConfig(kind=kind, time_step=LONG)).activate(x).tolist() == [expected]


def test_a_function_that_gives_no_number_counts_as_0():
    name = "no_number_of_the_network_test"
    if all(a.name != name for a in ACTIVATIONS):
        register_activation(name, lambda x: math.nan * x)
    genome = make(1, 1, 0, [(0, 1, 2.0)], bias=False)
    genome.nodes["activation"][1] = activation_index(name)
    for kind in KINDS:
        assert Network(genome, NetworkConfig(kind=kind)).activate([0.3]).tolist() == [0.0]


def test_a_value_at_the_limit_has_no_gradient():
    genome = make(1, 1, 0, [(0, 1, 1e29)], bias=False)
    genome.nodes["activation"][1] = activation_index("identity")
    network = GenomeNetwork(genome)
    trace = network.forward(np.array([[1.0], [100.0]]))
    assert network.output_derivative(trace).tolist() == [[1.0], [0.0]]


def test_a_table_packs_to_the_same_networks():
    rng = random.Random(3)
    made = [draw_genome(rng, cyclic=True, inputs=3, outputs=2, bias=True) for _ in range(40)]
    config = NetworkConfig(kind="recurrent", passes=2)
    packed = decode(Genomes.of(made), config)
    assert (packed.inputs, packed.outputs) == (3, 2)
    x, y, state = np.array([0.3, -1.0, 2.0]), np.empty(2), np.empty(packed.state_size)
    for i, genome in enumerate(made):
        state[:] = 0.0
        network = Network(genome, config)
        for _ in range(3):
            forward(packed, i, x, state, y)
            assert same(y, network.activate(x))


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=9), st.sampled_from(AGGREGATIONS))
@settings(max_examples=200, deadline=None)
def test_aggregations(values, name):
    found = aggregate(AGGREGATIONS.index(name), np.array(values))
    assert found == reference.AGGREGATION[name](values)


@pytest.mark.parametrize("name", AGGREGATIONS)
def test_aggregation_of_nothing_is_0(name):
    assert aggregate(AGGREGATIONS.index(name), np.empty(0)) == 0.0


def test_aggregations_on_a_known_case():
    values = [3.0, -7.0, 2.0, 1.0]
    expected = {"sum": -1.0, "mean": -0.25, "product": -42.0, "max": 3.0, "min": -7.0, "median": 1.5, "max_abs": -7.0}
    assert {n: aggregate(i, np.array(values)) for i, n in enumerate(AGGREGATIONS)} == expected
