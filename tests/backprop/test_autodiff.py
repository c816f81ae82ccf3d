"""Automatic differentiation: forward by dual numbers, forward and in reverse by expression trees."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from neat.backprop.dual import Dual, forward_gradient
from neat.backprop.elementary import ELEMENTARY, cos, exp, log, sin, tanh
from neat.backprop.expression import Expression, reverse_gradient
from neat.backprop.formulas import ACTIVATION_FORMULAS
from neat.functions.activations import ACTIVATIONS, apply, apply_derivative

KINKS = {
    "relu": [0.0], "step": [0.0], "abs": [0.0], "leaky_relu": [0.0], "elu": [0.0], "selu": [0.0], "softsign": [],
    "piecewise_linear": [-1.0, 1.0], "clamped": [-1.0, 1.0], "hat": [-1.0, 0.0, 1.0],
}  # fmt: skip
BUILT_IN = [a.name for a in ACTIVATIONS if a.origin == "built-in"]


def error(a, b):
    """Disagreement of two gradients: |a - b| / max(1, |a|, |b|)."""
    return np.max(np.abs(a - b) / np.maximum(1.0, np.maximum(np.abs(a), np.abs(b))), initial=0.0)


def example(v):
    x, y = v
    return x * (x + y) + y**2


def test_example_by_dual_numbers():
    x, y = Dual(2.0, 1.0), Dual(3.0, 0.0)
    assert example((x, y)) == Dual(19.0, 7.0)
    assert example((Dual(2.0), Dual(3.0, 1.0))) == Dual(19.0, 8.0)
    value, gradient = forward_gradient(example, [2.0, 3.0])
    assert value == 19.0
    assert gradient.tolist() == [7.0, 8.0]


def test_example_forward_by_expression_tree():
    x, y = Expression(2.0), Expression(3.0)
    z = example((x, y))
    assert z.value == 19.0
    assert (z.forward(x), z.forward(y)) == (7.0, 8.0)


def test_example_in_reverse_by_expression_tree():
    x, y = Expression(2.0), Expression(3.0)
    assert example((x, y)).reverse(x, y) == [7.0, 8.0]
    assert reverse_gradient(example, [2.0, 3.0])[1].tolist() == [7.0, 8.0]


def everything(v):
    a, b, c = v
    wave = sin(a) * cos(b) + tanh(c) / (2.0 + a * a) - 3.0 * b
    return wave**3 + exp(-c) * log(a + 4.0) + 2.0**b + (1.0 - a) / (5.0 - b) + (a * a + 1.0) ** (b + 3.0) - (-c)


@given(st.tuples(*[st.floats(-2.0, 2.0)] * 3))
def test_every_operator_agrees_with_finite_differences_and_between_modes(at):
    _, by_dual = forward_gradient(everything, at)
    variables = [Expression(v) for v in at]
    result = everything(variables)
    by_reverse = np.array(result.reverse(*variables))
    by_forward = np.array([result.forward(v) for v in variables])
    h = 1e-5
    numeric = np.array(
        [(everything(np.add(at, h * d).tolist()) - everything(np.subtract(at, h * d).tolist())) / (2 * h)
         for d in np.eye(3)]
    )  # fmt: skip
    assert error(by_dual, by_reverse) < 1e-12
    assert error(by_dual, by_forward) < 1e-12
    assert error(by_dual, numeric) < 1e-6


def test_shared_subexpressions_are_visited_once():
    x = Expression(1.0)
    y = x
    for _ in range(200):  # 2^200 paths from y to x
        y = 0.5 * (y + y)
    assert y.forward(x) == 1.0
    assert y.reverse(x) == [1.0]


def test_deep_trees_do_not_exhaust_the_stack():
    x = Expression(0.0)
    y = x
    for _ in range(20_000):
        y = y + 1.0
    assert y.value == 20_000.0
    assert y.reverse(x) == [1.0]
    assert y.forward(x) == 1.0


def test_a_variable_without_influence_has_derivative_zero():
    x, y = Expression(1.0), Expression(2.0)
    assert (2.0 * x).reverse(x, y) == [2.0, 0.0]
    assert forward_gradient(lambda v: v[0] * 2.0, [1.0, 2.0])[1].tolist() == [2.0, 0.0]
    assert forward_gradient(lambda v: 3.0, [1.0])[1].tolist() == [0.0]


@pytest.mark.parametrize("name", ELEMENTARY)
def test_elementary_derivatives(name):
    function = ELEMENTARY[name]
    for x in (0.3, 1.7, 2.9):
        numeric = (function.value(x + 1e-6) - function.value(x - 1e-6)) / 2e-6
        assert function.derivative(x) == pytest.approx(numeric, abs=1e-8)


def test_every_activation_has_a_formula():
    assert sorted(ACTIVATION_FORMULAS) == sorted(BUILT_IN)


@pytest.mark.parametrize("name", BUILT_IN)
@pytest.mark.parametrize("slope", [1.0, 4.9])
def test_activation_derivatives_agree_with_automatic_differentiation(name, slope):
    rng = np.random.default_rng(5)
    x = rng.uniform(-4.0, 4.0, 300)
    for kink in KINKS.get(name, []):
        x = x[np.abs(x - kink) > 1e-3]
    duals = [ACTIVATION_FORMULAS[name](Dual(float(v), 1.0), slope) for v in x]
    values = np.array([getattr(d, "value", d) for d in duals])
    derivatives = np.array([getattr(d, "derivative", 0.0) for d in duals])
    assert error(apply(name, x, slope), values) < 1e-12
    assert error(apply_derivative(name, x, slope), derivatives) < 1e-12
    reverse = []
    for v in x:
        variable = Expression(v)
        result = ACTIVATION_FORMULAS[name](variable, slope)
        reverse.append(result.reverse(variable)[0] if isinstance(result, Expression) else 0.0)
    assert error(derivatives, np.array(reverse)) < 1e-12
    h = 1e-5
    numeric = (apply(name, x + h, slope) - apply(name, x - h, slope)) / (2 * h)
    assert error(derivatives, numeric) < 1e-6


def test_source_text_figure_of_the_sigmoid_derivative():
    assert round(float(apply_derivative("sigmoid", np.array([0.5]))[0]), 3) == 0.235
    assert apply("sigmoid", np.array([0.5]))[0] == 1.0 / (1.0 + math.exp(-0.5))
