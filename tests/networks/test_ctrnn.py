"""Networks in continuous time: the rule to the last bit, the equation it stands for, rhythm, and memory of episodes."""

from __future__ import annotations

import json
import math
import random

import numpy as np
import pytest
import reference
from hypothesis import given, settings
from hypothesis import strategies as st
from strategies import draw_genome, genomes, make

from neat.config import Config, NetworkConfig
from neat.errors import ConfigError
from neat.functions.activations import activation_index
from neat.genes.table import Genome
from neat.networks.network import Network
from neat.population import Population


def observation(genome, seed=0):
    return np.random.default_rng(seed).normal(0.0, 1.5, genome.inputs)


def network(genome, **changes):
    return Network(genome, NetworkConfig(kind="ctrnn", **changes))


@given(genomes(), st.integers(1, 4), st.booleans(), st.floats(1e-3, 50.0), st.floats(0.5, 6.0), st.floats(-2.0, 2.0))
@settings(max_examples=300, deadline=None)
def test_it_is_the_reference_over_episodes_to_the_last_bit(genome, passes, settle_first, time_step, slope, bias):
    own = {"passes": passes, "settle_first": settle_first, "time_step": time_step}
    found = network(genome, **own, max_steps=5, sigmoid_slope=slope, bias_value=bias)
    plain = reference.Continuous(genome, **own, max_steps=5, slope=slope, bias_value=bias)
    for _episode in range(2):
        found.reset()
        plain.reset()
        for seed in range(4):
            x = observation(genome, seed)
            assert np.array_equal(found.activate(x), plain.activate(x))


def test_time_constants_tell_random_networks_apart():
    """The property test would be empty if what it compares did not depend on the time constants."""
    rng, different = random.Random(3), 0
    for _ in range(50):
        genome = draw_genome(rng, cyclic=True)
        other = genome.copy()
        other.nodes["time_constant"] = 3.0
        x = observation(genome)
        different += not np.array_equal(network(genome).activate(x), network(other).activate(x))
    assert different > 25


@given(genomes(), st.integers(1, 3))
@settings(max_examples=100, deadline=None)
def test_without_inertia_it_is_the_recurrent_network_to_the_last_bit(genome, passes):
    found = network(genome, passes=passes, time_step=1e3)
    plain = Network(genome, NetworkConfig(kind="recurrent", passes=passes))
    for seed in range(4):
        x = observation(genome, seed)
        assert np.array_equal(found.activate(x), plain.activate(x))


@given(genomes(), st.floats(1e-6, 1e6))
@settings(max_examples=100, deadline=None)
def test_no_step_is_too_long(genome, time_step):
    """A value stays between where it was and what it follows, here within the range of the function."""
    genome.nodes["activation"][genome.nodes["kind"] >= 2] = activation_index("tanh")
    found = network(genome, time_step=time_step, passes=5)
    for seed in range(5):
        assert np.abs(found.activate(100.0 * observation(genome, seed))).max() <= 1.0


def test_one_node_follows_its_input_exactly():
    """Inputs that are held are no approximation: y = x (1 − exp(−t / τ)), in steps of any length."""
    genome = make(1, 1, 0, [(0, 1)], bias=False)
    genome.nodes["activation"][1] = activation_index("identity")
    genome.nodes["time_constant"][1] = 2.5
    for time_step in (0.01, 0.5, 4.0):
        found = network(genome, time_step=time_step)
        for pass_ in range(1, 30):
            y = found.activate([3.0])[0]
            assert y == pytest.approx(3.0 * (1.0 - math.exp(-pass_ * time_step / 2.5)), rel=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_small_steps_lead_to_the_solution_of_the_equation(seed):
    """Halving the step about halves the error: the rule is of first order, and converges to what it should."""
    rng, genome = random.Random(seed), None
    while genome is None or reference.Plan(genome).depth() is not None:  # without cycles steps are exact, or nearly
        genome = draw_genome(rng, cyclic=True, functions=["sigmoid", "tanh"], aggregations=["sum"])
    genome.nodes["time_constant"] += 0.3
    inputs = [observation(genome, k) for k in range(3)]
    exact = np.array(reference.integrated(genome, inputs, 1.0, 1600))
    errors = []
    for passes in (50, 100, 200, 400):
        found = network(genome, passes=passes, time_step=1.0 / passes)
        errors.append(np.abs(np.array([found.activate(x) for x in inputs]) - exact).max())
    assert 1e-4 < errors[0] < 0.1
    assert np.allclose(np.array(errors[:-1]) / errors[1:], 2.0, rtol=0.15), errors


def oscillator(turn, function, gain=1.0):
    """Input 0 → node 1, and nodes 1 and 2 that turn each other round; τ = 2."""
    edges = [(0, 1, 1.0), (1, 1, gain), (2, 1, -turn), (1, 2, turn), (2, 2, gain)]
    genome = make(1, 2, 0, edges, bias=False)
    genome.nodes["activation"][1:] = activation_index(function)
    genome.nodes["time_constant"][1:] = 2.0
    return genome


def period(values, time_step):
    """Mean time between upward crossings of 0, with the crossings found by straight lines."""
    at = [k - values[k] / (values[k] - values[k - 1]) for k in range(1, len(values)) if values[k - 1] < 0 <= values[k]]
    assert len(at) > 3
    return (at[-1] - at[0]) / (len(at) - 1) * time_step


@pytest.mark.parametrize("time_step", [0.002, 0.05, 0.5])
def test_two_linear_nodes_swing_with_the_period_of_the_harmonic_oscillator(time_step):
    """τ dy/dt = ω (−y₂, y₁) has the period 2π τ / ω; in steps a turn is atan(ω a), with a = 1 − exp(−Δt / τ)."""
    turn = 3.0
    found = network(oscillator(turn, "identity"), time_step=time_step)
    found.activate([1.0])
    values = [found.activate([0.0])[0] for _ in range(int(30 / time_step))]
    exact = 2 * math.pi * time_step / math.atan(turn * -math.expm1(-time_step / 2.0))
    assert period(values, time_step) == pytest.approx(exact, rel=2e-2 if time_step == 0.5 else 2e-3)
    if time_step == 0.002:
        assert exact == pytest.approx(2 * math.pi * 2.0 / turn, rel=1e-3)


def test_two_saturating_nodes_keep_up_a_rhythm_of_their_own():
    """Their limit cycle is where saturation takes away what the gain g adds, and turns 1 / g as fast: 2π τ g."""
    gain = 1.05
    found = network(oscillator(1.0, "tanh", gain=gain), time_step=0.02)
    found.activate([1.0])
    values = [found.activate([0.0])[0] for _ in range(25_000)][10_000:]
    assert 0.05 < max(values) < 0.5
    assert max(values[:5000]) == pytest.approx(max(values[-5000:]), rel=0.02)
    assert period(values, 0.02) == pytest.approx(2 * math.pi * 2.0 * gain, rel=0.02)


def test_reset_forgets_and_nothing_else_does():
    genome = make(1, 1, 1, [(0, 3), (3, 2), (2, 3, 0.7)])
    genome.nodes["time_constant"][2:] = 4.0
    found = network(genome)
    first = [found.activate([1.0])[0] for _ in range(3)]
    assert first[0] != first[1]
    assert found.activate([1.0])[0] != first[0]
    found.reset()
    assert [found.activate([1.0])[0] for _ in range(3)] == first


def test_files_keep_time_constants_and_older_ones_read_as_the_first():
    genome = draw_genome(random.Random(1), cyclic=True)
    assert len(set(genome.nodes["time_constant"].tolist())) > 2
    text = genome.to_json()
    assert Genome.from_json(text) == genome
    data = json.loads(text)
    for node in data["nodes"]:
        node.pop("time_constant", None)
    old = Genome.from_dict(data)
    assert old.nodes["time_constant"].tolist() == [1.0] * len(old.nodes)


@pytest.mark.parametrize("time_step", [0.0, -1.0, math.inf, math.nan])
def test_a_step_that_is_no_time_is_refused(time_step):
    with pytest.raises(ConfigError, match=r"network\.time_step: expected a finite number above 0, got"):
        NetworkConfig(time_step=time_step)


@pytest.mark.parametrize("value", [0.0, -1.0, 10.5, math.nan])
def test_a_first_time_constant_out_of_range_is_refused(value):
    with pytest.raises(ConfigError, match=r"genome\.time_constant: expected a number from 0\.01 to 10, got"):
        Config.preset(genome={"time_constant": value})


def evolved(**changes):
    config = Config.preset(
        genome={"inputs": 2, "outputs": 1, "time_constant": 0.5, **changes.pop("genome", {})}, **changes
    )
    population = Population(config, seed=2)
    for _ in range(10):
        genomes = population.ask()
        population.tell(np.random.default_rng(len(genomes.nodes)).random(len(genomes)))
    nodes = population.ask().nodes
    return nodes["time_constant"][nodes["kind"] >= 2]


def test_asking_for_the_kind_lets_time_constants_evolve():
    found = evolved(network={"kind": "ctrnn"})
    assert len(np.unique(found)) > 5
    assert found.min() >= 0.01
    assert found.max() <= 10.0
    assert Config.preset(network={"kind": "ctrnn"}).mutation.recurrent == 0.5
    fixed = evolved(network={"kind": "ctrnn"}, mutation={"time_constants": 0.0})
    assert set(fixed.tolist()) == {0.5}
    assert set(evolved(network={"kind": "recurrent"}).tolist()) == {0.5}


def test_first_time_constants_can_be_drawn():
    config = Config.preset(genome={"inputs": 2, "outputs": 3, "time_constant": 2.0, "time_constant_scale": 1.0})
    nodes = Population(config, seed=1).ask().nodes
    found = nodes["time_constant"][nodes["kind"] == 2]
    assert found.mean() == pytest.approx(2.0, abs=0.2)
    assert found.std() == pytest.approx(1.0, abs=0.25)
    assert found.min() >= 0.01
