"""Activation functions: values and derivatives against their formulas, safe at any finite input, open to users."""

from __future__ import annotations

import math
import sys
import warnings

import numpy as np
import pytest
import reference

from neat.errors import ConfigError
from neat.functions.activations import (
    ACTIVATIONS,
    activate,
    activation_index,
    activation_name,
    apply,
    apply_derivative,
    register_activation,
)

NAMES = [a.name for a in ACTIVATIONS if a.origin == "built-in"]
SLOPE = 4.9

# Straight from the definitions, with no care for overflow.
FORMULAS = {
    "sigmoid": lambda x: 1 / (1 + math.exp(-SLOPE * x)),
    "tanh": lambda x: (math.exp(x) - math.exp(-x)) / (math.exp(x) + math.exp(-x)),
    "relu": lambda x: max(0, x),
    "identity": lambda x: x,
    "step": lambda x: 0 if x < 0 else 1,
    "piecewise_linear": lambda x: 0 if x < -1 else 1 if x > 1 else (x + 1) / 2,
    "gaussian": lambda x: math.exp(-x * x),
    "sine": math.sin,
    "abs": abs,
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
    "elu": lambda x: x if x > 0 else math.exp(x) - 1,
    "selu": lambda x: (
        1.0507009873554804934193349852946 * (x if x > 0 else 1.6732632423543772848170429916717 * (math.exp(x) - 1))
    ),
    "gelu": lambda x: x * 0.5 * (1 + math.erf(x / math.sqrt(2))),
    "swish": lambda x: x / (1 + math.exp(-x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "cosine": math.cos,
    "clamped": lambda x: min(1, max(-1, x)),
    "hat": lambda x: max(0, 1 - abs(x)),
    "square": lambda x: x * x,
    "cube": lambda x: x * x * x,
    "arctan": math.atan,
    "bipolar_sigmoid": lambda x: 2 / (1 + math.exp(-SLOPE * x)) - 1,
}
KINKS = {"relu": [0], "step": [0], "piecewise_linear": [-1, 1], "abs": [0], "leaky_relu": [0], "clamped": [-1, 1]}
KINKS |= {"hat": [-1, 0, 1], "elu": [0], "selu": [0]}
POINTS = np.concatenate([np.linspace(-6, 6, 241), [-20.0, 20.0, 1e-9, -1e-9]])


def test_every_function_has_a_formula_here():
    assert list(FORMULAS) == NAMES
    assert list(reference.ACTIVATION) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_value(name):
    expected = [FORMULAS[name](float(x)) for x in POINTS]
    np.testing.assert_allclose(apply(name, POINTS, SLOPE), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_value_at_special_points(name):
    """Kinks and zero exactly, and one element gives what an array gives."""
    points = np.array([-1.0, -0.0, 0.0, 1.0])
    values = apply(name, points, SLOPE)
    np.testing.assert_allclose(values, [FORMULAS[name](x) for x in points.tolist()], rtol=1e-15, atol=1e-15)
    assert [activate(activation_index(name), x, SLOPE) for x in points.tolist()] == values.tolist()


@pytest.mark.parametrize("name", NAMES)
def test_derivative_is_the_slope(name):
    # Differences are useless within their step of a kink, and at 0 where softsign's second derivative jumps.
    away = [x for x in POINTS if all(abs(x - kink) > 1e-3 for kink in KINKS.get(name, [0]))]
    x, h = np.array(away), 1e-5
    found = apply_derivative(name, x, SLOPE)
    f = FORMULAS[name]
    expected = np.array([(f(v + h) - f(v - h)) / (2 * h) for v in x.tolist()])
    error = np.abs(found - expected) / np.maximum(1.0, np.maximum(np.abs(found), np.abs(expected)))
    assert error.max() < 1e-6


@pytest.mark.parametrize("name", [n for n in KINKS if n != "step"])
def test_derivative_at_a_kink_is_from_the_right(name):
    for kink in KINKS[name]:
        at, right = apply_derivative(name, np.array([float(kink), kink + 1e-9]))
        assert at == pytest.approx(right, abs=1e-7)


@pytest.mark.parametrize("name", NAMES)
def test_safe_at_any_finite_input(name):
    largest = sys.float_info.max
    x = np.array([largest, -largest, 1e308, -1e308, 1e155, -1e155, 750.0, -750.0, 40.0, -40.0, 5e-324, -5e-324])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for slope in (0.0, 1.0, SLOPE, -3.0):
            assert np.isfinite(apply(name, x, slope)).all()
            assert np.isfinite(apply_derivative(name, x, slope)).all()


@pytest.mark.parametrize(
    ("name", "low", "high"),
    [("sigmoid", 0, 1), ("tanh", -1, 1), ("gaussian", 0, 1), ("softsign", -1, 1), ("hat", 0, 1), ("clamped", -1, 1)],
)
def test_saturation(name, low, high):
    left, right = apply(name, np.array([-1e308, 1e308]), SLOPE)
    assert (left, right) == {"gaussian": (0, 0), "hat": (0, 0)}.get(name, (low, high))


@pytest.mark.parametrize("slope", [1.0, 4.9, 4.924273])
def test_sigmoid_slope(slope):
    x = np.array([-0.5, 0.25])
    np.testing.assert_allclose(apply("sigmoid", x, slope), 1 / (1 + np.exp(-slope * x)), rtol=1e-14)
    s = 1 / (1 + np.exp(-slope * x))
    np.testing.assert_allclose(apply_derivative("sigmoid", x, slope), slope * s * (1 - s), rtol=1e-13)


def test_arrays_of_any_shape_and_type_keep_their_shape():
    x = np.arange(12).reshape(3, 4)[:, ::2]
    y = apply("square", x)
    assert y.shape == (3, 2)
    assert y.dtype == np.float64
    assert y.tolist() == (x.astype(float) ** 2).tolist()
    assert apply("tanh", np.array(0.5)).shape == ()


def test_numbers_and_names_are_each_others_inverse():
    assert [activation_index(name) for name in NAMES] == list(range(len(NAMES)))
    assert [activation_name(i) for i in range(len(NAMES))] == NAMES


def test_unknown_name_is_answered_with_the_nearest():
    with pytest.raises(ConfigError, match="did you mean 'sigmoid'"):
        activation_index("sigmoyd")
    with pytest.raises(ConfigError, match=r"unknown activation .*one of sigmoid, tanh, .*register_activation\("):
        apply("nothing like it", np.zeros(1))


def register_once(name, *functions):
    return activation_index(name) if name in [a.name for a in ACTIVATIONS] else register_activation(name, *functions)


def test_a_function_of_ones_own():
    index = register_once("own_cubed", lambda x: x**3 - 1.0, lambda x: 3.0 * x * x)
    assert activation_name(index) == "own_cubed"
    x = np.array([-2.0, 0.5])
    assert apply("own_cubed", x).tolist() == [-9.0, -0.875]
    assert apply_derivative("own_cubed", x).tolist() == [12.0, 0.75]
    with pytest.raises(ConfigError, match="registered already"):
        register_activation("own_cubed", math.sin)
    with pytest.raises(ConfigError, match="registered already"):
        register_activation("sigmoid", math.sin)


def test_without_a_derivative_training_is_refused_clearly():
    register_once("own_plain", lambda x: x + 1.0)
    with pytest.raises(ConfigError, match="no derivative"):
        apply_derivative("own_plain", np.zeros(1))


def test_what_numba_cannot_compile_is_refused_in_one_line():
    before = len(ACTIVATIONS)
    with pytest.raises(ConfigError, match="cannot be compiled") as error:
        register_activation("own_impossible", lambda x: __import__("os").getpid())
    assert "\n" not in str(error.value)
    assert len(ACTIVATIONS) == before


def test_settings_may_import_a_function_by_path(tmp_path, monkeypatch):
    (tmp_path / "own_functions_for_the_test.py").write_text("def halved(x):\n    return 0.5 * x\n")
    monkeypatch.syspath_prepend(tmp_path)
    name = "own_functions_for_the_test:halved"
    if name not in [a.name for a in ACTIVATIONS]:
        with pytest.raises(ConfigError, match="unknown activation"):
            activation_index(name)
        assert "own_functions_for_the_test" not in sys.modules
    activation_index(name, load=True)
    assert apply(name, np.array([3.0])).tolist() == [1.5]
    assert activation_index(name) == activation_index(name, load=True)


@pytest.mark.parametrize("name", ["no_such_module_here:f", "math:no_such_function"])
def test_a_path_that_cannot_be_imported_is_refused_in_one_line(name):
    with pytest.raises(ConfigError, match="cannot be imported") as error:
        activation_index(name, load=True)
    assert "\n" not in str(error.value)


def phi(x):
    return 0.5 * math.erfc(-x / math.sqrt(2))


@pytest.mark.parametrize("entry", [a for a in ACTIVATIONS if a.origin == "built-in"], ids=lambda a: a.name)
def test_a_record_says_the_same_in_words_and_in_code(entry):
    names = {n: getattr(math, n) for n in ("exp", "tanh", "sin", "cos", "log", "atan")} | {"phi": phi}
    names |= {"max": max, "min": min, "abs": abs, "slope": SLOPE}
    for x in POINTS.tolist():
        by_words = eval(entry.formula, {"__builtins__": {}}, names | {"x": x})
        assert entry.function(x, SLOPE) == pytest.approx(by_words, rel=1e-12, abs=1e-12)
        assert entry.low <= entry.function(x, SLOPE) <= entry.high
        assert entry.derivative(x, SLOPE) == apply_derivative(entry.name, np.array([x]), SLOPE)[0]


def test_ranges_are_as_narrow_as_the_functions():
    x = np.concatenate([np.linspace(-50, 50, 100_001), [-1e6, 1e6]])
    for entry in ACTIVATIONS:
        y = apply(entry.name, x)
        for bound, found in ((entry.low, y.min()), (entry.high, y.max())):
            assert abs(found) > 100 if math.isinf(bound) else found == pytest.approx(bound, abs=1e-2), entry.name
