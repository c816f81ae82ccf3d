"""Backpropagation against automatic differentiation, finite differences and PyTorch: error below 1e-6."""

import itertools

import numpy as np
import pytest
from test_autodiff import BUILT_IN, KINKS, error

from neat.backprop import formulas
from neat.backprop.dual import forward_gradient
from neat.backprop.expression import reverse_gradient
from neat.backprop.formulas import ACTIVATION_FORMULAS
from neat.backprop.losses import CrossEntropy, SoftmaxCrossEntropy, SquaredError
from neat.backprop.mlp import MLP
from neat.errors import ConfigError
from neat.functions.activations import ACTIVATIONS, register_activation

SIZES = (3, 4, 2)
COSTS = {
    "squared_error": SquaredError(),
    "cross_entropy": CrossEntropy(),
    "softmax_cross_entropy": SoftmaxCrossEntropy(),
}
CASES = [
    *[("squared_error", hidden, output) for hidden in BUILT_IN for output in ("sigmoid", "identity")],
    *[(cost, "tanh", output) for cost in ("squared_error", "softmax_cross_entropy") for output in BUILT_IN],
    *[("cross_entropy", hidden, "sigmoid") for hidden in BUILT_IN],
    *[("softmax_cross_entropy", hidden, "identity") for hidden in BUILT_IN],
]


def cost_of(parameters, network, cost, x, y):
    """The mean cost of a batch, number by number: shares nothing with the code under test."""
    total = 0.0
    for example, target in zip(x, y, strict=True):
        a, place = list(example), 0
        for inputs, units, name in zip(network.sizes[:-1], network.sizes[1:], network.activations, strict=True):
            weights = [parameters[place + i * inputs : place + (i + 1) * inputs] for i in range(units)]
            place += units * inputs
            biases = parameters[place : place + units]
            place += units
            z = [sum(w * v for w, v in zip(row, a, strict=True)) + b for row, b in zip(weights, biases, strict=True)]
            a = [ACTIVATION_FORMULAS[name](v, network.slope) for v in z]
        total = total + getattr(formulas, cost)(a, target)
    return total / len(x)


def finite_differences(function, at, h=1e-6):
    gradient = np.empty(len(at))
    for i in range(len(at)):
        up, down = at.copy(), at.copy()
        up[i] += h
        down[i] -= h
        gradient[i] = (function(up) - function(down)) / (2 * h)
    return gradient


def away_from_kinks(network, x):
    trace = network.forward(x)
    return all(
        np.abs(z - kink).min() > 1e-2
        for z, name in zip(trace.z, network.activations, strict=True)
        for kink in KINKS.get(name, [])
    )


def sample(hidden, output, cost, slope=1.0, sizes=SIZES):
    """A network and a batch whose weighted inputs keep clear of kinks."""
    for seed in itertools.count():
        rng = np.random.default_rng(seed)
        activations = [*[hidden] * (len(sizes) - 2), output]
        network = MLP(sizes, activations, slope=slope, initialisation="glorot_normal", seed=rng)
        network.parameters += 0.3 * rng.standard_normal(network.parameter_count)
        x = rng.uniform(-1.5, 1.5, (3, sizes[0]))
        y = rng.uniform(0.0, 1.0, (3, sizes[-1]))
        if cost == "softmax_cross_entropy":
            y /= y.sum(axis=1, keepdims=True)
        if away_from_kinks(network, x):
            return network, x, y
    raise AssertionError


@pytest.mark.parametrize(("cost", "hidden", "output"), CASES)
def test_gradients(cost, hidden, output):
    network, x, y = sample(hidden, output, cost)
    value, gradient = COSTS[cost].gradient(network, x, y)

    def function(parameters):
        return cost_of(parameters, network, cost, x.tolist(), y.tolist())

    at = network.parameters.tolist()
    by_dual_value, by_dual = forward_gradient(function, at)
    _, by_reverse = reverse_gradient(function, at)
    assert value == pytest.approx(by_dual_value, rel=1e-12, abs=1e-12)
    assert error(gradient, by_dual) < 1e-6
    assert error(gradient, by_reverse) < 1e-6
    assert error(gradient, finite_differences(lambda p: function(p.tolist()), network.parameters)) < 1e-6


@pytest.mark.parametrize("cost", COSTS)
@pytest.mark.parametrize("slope", [0.5, 4.9])
def test_gradients_at_other_slopes_and_depths(cost, slope):
    network, x, y = sample("sigmoid", "sigmoid", cost, slope, sizes=(4, 5, 4, 3, 2))
    _, gradient = COSTS[cost].gradient(network, x, y)
    _, by_reverse = reverse_gradient(lambda p: cost_of(p, network, cost, x.tolist(), y.tolist()), network.parameters)
    assert error(gradient, by_reverse) < 1e-6


def test_cross_entropy_with_a_users_own_activation_in_its_domain():
    def half_tanh(x):
        return 0.5 + 0.5 * (2.0 / (1.0 + 2.718281828459045 ** (-2.0 * x)) - 1.0)

    def half_tanh_derivative(x):
        t = 2.0 / (1.0 + 2.718281828459045 ** (-2.0 * x)) - 1.0
        return 0.5 * (1.0 - t * t)

    if not any(a.name == "half_tanh" for a in ACTIVATIONS):
        register_activation("half_tanh", half_tanh, half_tanh_derivative)
    network, x, y = MLP(SIZES, ["tanh", "half_tanh"], seed=1), np.eye(3), np.full((3, 2), 0.3)
    _, gradient = CrossEntropy().gradient(network, x, y)

    def at(parameters):
        other = MLP(SIZES, ["tanh", "half_tanh"])
        other.parameters = parameters
        return CrossEntropy()(other, x, y)

    assert error(gradient, finite_differences(at, network.parameters)) < 1e-6


@pytest.mark.parametrize("output", [name for name in BUILT_IN if name != "sigmoid"])
def test_cross_entropy_refuses_outputs_outside_its_domain(output):
    network = MLP(SIZES, ["tanh", output])
    with pytest.raises(ConfigError, match=rf"cross_entropy: output activation '{output}' leaves the range \(0, 1\)"):
        CrossEntropy().gradient(network, np.zeros((1, 3)), np.zeros((1, 2)))


@pytest.mark.parametrize("cost", COSTS.values(), ids=COSTS)
def test_costs_stay_finite_when_outputs_saturate(cost):
    network = MLP((1, 2), "sigmoid", initialisation="zeros")
    for z in (0.0, 50.0, 1e3, 1e8):
        network.weights[0][:] = [[z], [-z]]
        for target in ([1.0, 0.0], [0.0, 1.0]):
            value, gradient = cost.gradient(network, np.ones((1, 1)), np.array([target]))
            assert np.isfinite(value)
            assert np.isfinite(gradient).all()
    assert CrossEntropy().gradient(network, np.ones((1, 1)), np.array([[0.0, 1.0]]))[0] == pytest.approx(2e8)


def test_squared_error_without_the_half():
    network, x, y = sample("tanh", "sigmoid", "squared_error")
    half, gradient = SquaredError().gradient(network, x, y)
    whole, whole_gradient = SquaredError(half=False).gradient(network, x, y)
    assert whole == pytest.approx(2 * half)
    np.testing.assert_allclose(whole_gradient, 2 * gradient, rtol=1e-12)


@pytest.mark.parametrize("name", [name for name in BUILT_IN if name != "step"])  # PyTorch refuses to differentiate it
def test_gradients_agree_with_pytorch(name):
    torch = pytest.importorskip("torch")
    functions = {
        "sigmoid": torch.sigmoid, "tanh": torch.tanh, "relu": torch.relu, "identity": lambda x: x,
        "gaussian": lambda x: torch.exp(-(x**2)), "sine": torch.sin, "abs": torch.abs,
        "softplus": torch.nn.functional.softplus, "leaky_relu": torch.nn.functional.leaky_relu,
        "elu": torch.nn.functional.elu, "selu": torch.nn.functional.selu, "gelu": torch.nn.functional.gelu,
        "swish": torch.nn.functional.silu, "softsign": torch.nn.functional.softsign, "cosine": torch.cos,
        "clamped": torch.nn.functional.hardtanh, "square": torch.square, "cube": lambda x: x**3,
        "arctan": torch.atan, "bipolar_sigmoid": lambda x: 2 * torch.sigmoid(x) - 1,
        "piecewise_linear": lambda x: torch.clamp(0.5 * x + 0.5, 0, 1), "hat": lambda x: torch.relu(1 - torch.abs(x)),
    }  # fmt: skip
    network, x, y = sample(name, "identity", "softmax_cross_entropy", sizes=(5, 8, 7, 3))
    parameters = torch.tensor(network.parameters, requires_grad=True)
    a, place = torch.tensor(x), 0
    for inputs, units, activation in zip(network.sizes[:-1], network.sizes[1:], network.activations, strict=True):
        weights = parameters[place : place + inputs * units].reshape(units, inputs)
        biases = parameters[place + inputs * units : place + (inputs + 1) * units]
        place += (inputs + 1) * units
        a = functions[activation](a @ weights.T + biases)
    loss = torch.nn.functional.cross_entropy(a, torch.tensor(y))
    loss.backward()
    value, gradient = SoftmaxCrossEntropy().gradient(network, x, y)
    assert value == pytest.approx(loss.item(), rel=1e-12)
    assert error(gradient, parameters.grad.numpy()) < 1e-6
