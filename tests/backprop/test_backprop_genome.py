"""Gradients of evolved networks: 1,000 random genomes against automatic differentiation and finite differences."""

import itertools
import math

import numpy as np
import pytest
from random_genomes import random_genome
from test_autodiff import KINKS, error

from neat.backprop.elementary import absolute, maximum, minimum
from neat.backprop.expression import Expression, reverse_gradient
from neat.backprop.formulas import ACTIVATION_FORMULAS
from neat.backprop.genome import GenomeNetwork
from neat.backprop.losses import CrossEntropy, SoftmaxCrossEntropy, SquaredError
from neat.config import GenomeConfig, NetworkConfig
from neat.errors import ConfigError, GenomeError
from neat.functions.activations import ACTIVATIONS, activation_index, register_activation
from neat.functions.aggregations import AGGREGATIONS
from neat.genes.kinds import NodeKind
from neat.genes.schema import CONNECTION, NODE, new_genes
from neat.genes.table import Genome

SMOOTH = [a.name for a in ACTIVATIONS if a.origin == "built-in"]
SLOPE = 1.3


def value_of(number):
    return getattr(number, "value", number)


def gather(name, values, margins):
    """An aggregation of numbers of any kind; notes how far from a tie it was."""
    if not values:
        return 0.0
    plain = sorted(value_of(v) for v in values)
    gaps = [b - a for a, b in itertools.pairwise(plain)]
    if name == "sum":
        return sum(values)
    if name == "mean":
        return sum(values) / len(values)
    if name == "product":
        return math.prod(values[1:], start=values[0])
    if name == "median":
        margins += gaps
        ordered = sorted(values, key=value_of)
        n = len(values)
        return ordered[n // 2] if n % 2 else (ordered[n // 2 - 1] + ordered[n // 2]) / 2.0
    if name == "max_abs":
        sizes = sorted(abs(v) for v in plain)
        margins += [b - a for a, b in itertools.pairwise(sizes)]
        return max(values, key=lambda v: value_of(absolute(v)))
    margins += gaps
    result = values[0]
    for v in values[1:]:
        result = maximum(result, v) if name == "max" else minimum(result, v)
    return result


def outputs_of(genome, parameters, x, margins, largest):
    """The network from its definition, recursively; notes distances from kinks and ties and the values' sizes."""
    connections, nodes = len(genome.connections), len(genome.nodes)
    place = {int(node["innovation"]): i for i, node in enumerate(genome.nodes)}
    incoming = {number: [] for number in place}
    for i, gene in enumerate(genome.connections):
        if gene["enabled"]:
            incoming[int(gene["target"])].append((i, int(gene["source"])))
    known = {}

    def reached(number):
        kind = genome.nodes[place[number]]["kind"]
        return kind <= NodeKind.BIAS or any(reached(source) for _, source in incoming[number])

    def value(number):
        node = genome.nodes[place[number]]
        if number not in known:
            if node["kind"] == NodeKind.INPUT:
                known[number] = float(x[place[number]])
            elif node["kind"] == NodeKind.BIAS:
                known[number] = 1.0
            elif not reached(number):
                known[number] = 0.0
            else:
                values = [parameters[i] * value(source) for i, source in incoming[number]]
                total = gather(AGGREGATIONS[node["aggregation"]], values, margins)
                z = parameters[connections + place[number]] + parameters[connections + nodes + place[number]] * total
                name = ACTIVATIONS[node["activation"]].name
                margins.extend(abs(value_of(z) - kink) for kink in KINKS.get(name, []))
                known[number] = ACTIVATION_FORMULAS[name](z, SLOPE)
                largest.extend(abs(value_of(v)) for v in (z, known[number], *values))
        return known[number]

    return [value(int(n["innovation"])) for n in genome.nodes if n["kind"] == NodeKind.OUTPUT]


def sample(rng):
    """A random genome with an input that keeps clear of kinks, ties and large values, and a target."""
    while True:
        inputs, outputs, hidden = rng.integers(1, 5), rng.integers(1, 4), rng.integers(0, 8)
        connections = rng.integers(1, 3 * (inputs + hidden + outputs))
        genome = random_genome(rng, inputs, outputs, hidden, connections, bias=rng.random() < 0.5, mixed=True)
        evolved = genome.nodes["kind"] >= NodeKind.OUTPUT
        genome.nodes["aggregation"][evolved] = rng.integers(0, len(AGGREGATIONS), evolved.sum())
        genome.nodes["bias"][evolved] = rng.normal(0, 0.5, evolved.sum())
        genome.nodes["response"][evolved] = rng.normal(1, 0.3, evolved.sum())
        x, target = rng.normal(0, 1, (2, inputs)), rng.random((2, outputs))
        margins, largest = [1.0], [0.0]
        parameters = GenomeNetwork(genome).parameters.tolist()
        for example in x:
            outputs_of(genome, parameters, example, margins, largest)
        if min(margins) > 1e-3 and max(largest) < 20.0:
            return genome, x, target


def test_a_thousand_random_genomes():
    rng = np.random.default_rng(2024)
    config = NetworkConfig(sigmoid_slope=SLOPE)
    activations, aggregations = set(), set()
    for number in range(1000):
        genome, x, target = sample(rng)
        network = GenomeNetwork(genome, config)
        value, gradient = SquaredError().gradient(network, x, target)

        def cost(parameters, genome=genome, x=x, target=target):
            total = 0.0
            for example, goal in zip(x, target, strict=True):
                outputs = outputs_of(genome, parameters, example, [], [])
                total = total + 0.5 * sum((t - o) * (t - o) for o, t in zip(outputs, goal, strict=True))
            return total / len(x)

        at = network.parameters.tolist()
        expected, by_reverse = reverse_gradient(cost, at)
        assert value == pytest.approx(expected, rel=1e-12, abs=1e-12), number
        assert error(gradient, by_reverse) < 1e-6, number
        numeric = np.zeros(len(at))
        for i in np.flatnonzero(by_reverse):
            h = 1e-4 / max(1.0, abs(by_reverse[i])) ** 0.5
            at_steps = []
            for step in (2, 1, -1, -2):
                network.parameters[i] = at[i] + step * h
                at_steps.append(SquaredError()(network, x, target))
            network.parameters[i] = at[i]
            a, b, c, d = at_steps
            numeric[i] = (8 * (b - c) - (a - d)) / (12 * h)
        assert error(gradient, numeric) < 1e-6, number
        used = np.flatnonzero(gradient[len(genome.connections) : len(genome.connections) + len(genome.nodes)])
        activations |= {int(genome.nodes["activation"][i]) for i in used}
        aggregations |= {int(genome.nodes["aggregation"][i]) for i in used}
    assert aggregations == set(range(len(AGGREGATIONS)))
    assert activations == {activation_index(name) for name in SMOOTH if name != "step"}


def test_outputs_are_the_phenotypes():
    rng = np.random.default_rng(7)
    for _ in range(200):
        genome = random_genome(rng, 3, 2, 6, 25, mixed=True, biases=True)
        x = rng.normal(size=(5, 3))
        phenotype = genome.network(NetworkConfig())
        expected = np.array([phenotype.activate(example) for example in x])
        assert np.array_equal(GenomeNetwork(genome).predict(x), expected, equal_nan=True)
        assert np.array_equal(GenomeNetwork(genome).predict(x[0]), expected[0], equal_nan=True)


def small_genome(weights=(1.0, 1.0), outputs=1):
    """Inputs 0 and 1 to output 2, and nothing to further outputs."""
    nodes = new_genes(2 + outputs, NODE)
    nodes["innovation"] = np.arange(2 + outputs)
    nodes["kind"][2:] = NodeKind.OUTPUT
    connections = new_genes(2, CONNECTION)
    connections["innovation"] = connections["source"] = [0, 1]
    connections["target"], connections["enabled"], connections["weight"] = 2, 1, weights
    return Genome(nodes, connections)


@pytest.mark.parametrize("aggregation", AGGREGATIONS)
def test_ties_give_the_whole_derivative_to_the_tied_edges(aggregation):
    genome = small_genome()
    genome.nodes["activation"][2] = activation_index("identity")
    genome.nodes["aggregation"][2] = AGGREGATIONS.index(aggregation)
    network = GenomeNetwork(genome)
    gradient = network.backward(network.forward(np.ones((1, 2))), np.ones((1, 1)))
    assert gradient[:2].sum() == {"sum": 2.0, "product": 2.0}.get(aggregation, 1.0)


def test_a_product_with_a_zero_has_a_gradient():
    genome = small_genome((0.0, 3.0))
    genome.nodes["activation"][2] = activation_index("identity")
    genome.nodes["aggregation"][2] = AGGREGATIONS.index("product")
    network = GenomeNetwork(genome)
    gradient = network.backward(network.forward(np.array([[2.0, 5.0]])), np.ones((1, 1)))
    assert gradient[:2].tolist() == [30.0, 0.0]


@pytest.mark.parametrize("cost", [SquaredError(), CrossEntropy(), SoftmaxCrossEntropy()], ids=lambda c: c.name)
def test_an_output_without_a_path_stays_zero_and_costs_a_finite_amount(cost):
    network = GenomeNetwork(small_genome(outputs=2))
    x = np.ones((1, 2))
    assert network.predict(x)[0, 1] == 0.0
    for target in ([[0.0, 1.0]], [[1.0, 0.0]]):
        value, gradient = cost.gradient(network, x, np.array(target))
        assert math.isfinite(value)
        assert np.isfinite(gradient).all()
        assert gradient[2 + 3] == 0.0  # bias of the output that nothing reaches


def test_unused_genes_have_no_gradient_and_frozen_ones_stay():
    rng = np.random.default_rng(1)
    genome = random_genome(rng, 3, 1, 5, 20, biases=True)
    x, y = rng.normal(size=(8, 3)), rng.random((8, 1))
    connections, nodes = len(genome.connections), len(genome.nodes)
    for kinds, frozen in ((("weights",), slice(connections, None)), (("biases", "responses"), slice(0, connections))):
        _, gradient = SquaredError().gradient(GenomeNetwork(genome, trainable=kinds), x, y)
        assert not gradient[frozen].any()
        assert gradient.any()
    _, gradient = SquaredError().gradient(GenomeNetwork(genome), x, y)
    assert not gradient[:connections][genome.connections["enabled"] == 0].any()
    assert not gradient[connections : connections + 4].any()  # inputs and bias node have no bias of their own
    assert np.count_nonzero(gradient) <= GenomeNetwork(genome).parameter_count < connections + 2 * nodes


def test_tuned_genome_is_a_new_genome():
    genome = small_genome()
    network = GenomeNetwork(genome)
    network.parameters[:] += 0.5
    tuned = network.tuned_genome()
    assert genome == small_genome()
    assert tuned.connections["weight"].tolist() == [1.5, 1.5]
    assert tuned.nodes["response"].tolist() == [1.5] * 3
    assert np.array_equal(tuned.network().activate(np.ones(2)), network.predict(np.ones(2)))
    network.parameters[:] = 100.0
    network.clip(GenomeConfig(weight_limit=8.0, bias_limit=2.0, response_limit=3.0))
    assert network.parameters.tolist() == [8.0, 8.0, *[2.0] * 3, *[3.0] * 3]


def test_what_cannot_be_differentiated_is_refused():
    genome = small_genome()
    with pytest.raises(ConfigError, match=r"gradients need feed-forward networks, but network\.kind is 'recurrent'"):
        GenomeNetwork(genome, NetworkConfig(kind="recurrent"))
    with pytest.raises(ConfigError, match="trainable: expected some of weights, biases, responses"):
        GenomeNetwork(genome, trainable=("weight",))
    rng = np.random.default_rng(0)
    cyclic = random_genome(rng, 1, 1, 4, 40, cyclic=True, disabled=0.0)
    with pytest.raises(GenomeError, match="this one has a cycle"):
        GenomeNetwork(cyclic)
    network = GenomeNetwork(genome)
    with pytest.raises(ValueError, match=r"x to be an array of shape \(batch, 2\)"):
        network.predict(np.ones((1, 3)))
    with pytest.raises(ValueError, match=r"delta to have shape \(1, 1\)"):
        network.backward(network.forward(np.ones((1, 2))), np.ones((1, 2)))


def test_users_own_activations():
    if not any(a.name == "cubed_without_derivative" for a in ACTIVATIONS):
        register_activation("cubed_without_derivative", lambda x: x * x * x)
        register_activation("cubed", lambda x: x * x * x, lambda x: 3.0 * x * x)
    genome = small_genome()
    genome.nodes["activation"][2] = activation_index("cubed_without_derivative")
    with pytest.raises(ConfigError, match="'cubed_without_derivative' has no derivative"):
        GenomeNetwork(genome)
    genome.nodes["activation"][2] = activation_index("cubed")
    network = GenomeNetwork(genome)
    trace = network.forward(np.array([[1.0, 2.0]]))
    assert trace.outputs.item() == 27.0
    assert network.output_derivative(trace).item() == 27.0


def test_the_reference_takes_expressions():
    genome = small_genome()
    result = outputs_of(genome, [Expression(v) for v in GenomeNetwork(genome).parameters], np.ones(2), [], [])
    assert isinstance(result[0], Expression)
