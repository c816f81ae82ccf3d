"""Activation functions and their derivatives: one registry for evolved networks and for backpropagation.

Compiled code selects a function by its number in the registry. Your own function is added by `register_activation`;
networks call it through its machine address, so it also runs at compiled speed. Built-in functions are safe for every
finite input: no overflow, no warning, no NaN.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Callable
from dataclasses import dataclass

import numba
import numpy as np
from llvmlite import ir
from numba.extending import intrinsic
from numpy.typing import NDArray

from neat.compiled.kernel import inlined, kernel, uncounted
from neat.errors import ConfigError, did_you_mean

__all__ = [
    "ACTIVATIONS",
    "Activation",
    "activate",
    "activation_address",
    "activation_index",
    "activation_name",
    "activation_range",
    "apply",
    "apply_derivative",
    "bounded",
    "derivative_address",
    "differentiate",
    "logistic",
    "register_activation",
]

_SELU_SCALE = 1.0507009873554805
_SELU_ALPHA = 1.6732632423543772
_INVERSE_SQRT_2PI = 0.3989422804014327
_LEAK = 0.01
_LARGE = 1e100
_LARGEST = 1.7e308  # still finite when multiplied by the scale of selu
_LIMIT = 1e30


@dataclass(frozen=True)
class Activation:
    """One entry of the registry.

    Attributes:
        name: Name in settings and files.
        formula: The function of ``x`` (and ``slope``) as a Python expression over the names of `math` and ``phi``, the
            standard normal distribution function; for a user's function its import path.
        low: Greatest lower bound of its values.
        high: Least upper bound of its values.
        origin: ``"built-in"``, or the import path ``module:function`` of a user's function.
        address: Machine address of a user's function (``float64(float64)``), 0 for a built-in one.
        derivative_address: Machine address of its derivative, 0 if there is none.
    """

    name: str
    formula: str
    low: float = -math.inf
    high: float = math.inf
    origin: str = "built-in"
    address: int = 0
    derivative_address: int = 0

    def function(self, x: float, slope: float = 1.0) -> float:
        """Return the value at ``x``; ``slope`` is the slope of the sigmoid."""
        return float(activate(activation_address(activation_index(self.name)), float(x), float(slope)))

    def derivative(self, x: float, slope: float = 1.0) -> float:
        """Return the derivative at ``x``; at a kink, the value from the right.

        Raises:
            ConfigError: A user's own function was registered without one.
        """
        return float(differentiate(derivative_address(activation_index(self.name)), float(x), float(slope)))


_INF = math.inf
ACTIVATIONS: list[Activation] = [
    Activation("sigmoid", "1 / (1 + exp(-slope * x))", 0.0, 1.0),
    Activation("tanh", "tanh(x)", -1.0, 1.0),
    Activation("relu", "max(0, x)", 0.0, _INF),
    Activation("identity", "x", -_INF, _INF),
    Activation("step", "0 if x < 0 else 1", 0.0, 1.0),
    Activation("piecewise_linear", "min(1, max(0, (x + 1) / 2))", 0.0, 1.0),
    Activation("gaussian", "exp(-x * x)", 0.0, 1.0),
    Activation("sine", "sin(x)", -1.0, 1.0),
    Activation("abs", "abs(x)", 0.0, _INF),
    Activation("softplus", "log(1 + exp(x))", 0.0, _INF),
    Activation("leaky_relu", "x if x > 0 else 0.01 * x", -_INF, _INF),
    Activation("elu", "x if x > 0 else exp(x) - 1", -1.0, _INF),
    Activation("selu", f"{_SELU_SCALE} * (x if x > 0 else {_SELU_ALPHA} * (exp(x) - 1))", -1.7580993408473766, _INF),
    Activation("gelu", "x * phi(x)", -0.16997120747990369, _INF),
    Activation("swish", "x / (1 + exp(-x))", -0.27846454276107380, _INF),
    Activation("softsign", "x / (1 + abs(x))", -1.0, 1.0),
    Activation("cosine", "cos(x)", -1.0, 1.0),
    Activation("clamped", "min(1, max(-1, x))", -1.0, 1.0),
    Activation("hat", "max(0, 1 - abs(x))", 0.0, 1.0),
    Activation("square", "x * x", 0.0, _INF),
    Activation("cube", "x * x * x", -_INF, _INF),
    Activation("arctan", "atan(x)", -math.pi / 2, math.pi / 2),
    Activation("bipolar_sigmoid", "2 / (1 + exp(-slope * x)) - 1", -1.0, 1.0),
]
"""The registry; the number of an activation is its index here."""


@inlined
def logistic(z):  # type: ignore[no-untyped-def]
    """Return 1 / (1 + e^-z), without overflow at either end."""
    e = math.exp(-abs(z))
    return (1.0 if z >= 0.0 else e) / (1.0 + e)


@inlined
def bounded(value):  # type: ignore[no-untyped-def]
    """Return a node's value, given the ``value`` of its activation function: clipped to ±1e30, and 0 for NaN.

    Without the limit, values of an unstable recurrent network would grow to infinity. The sum of opposite infinities is
    NaN, and programs disagree on the maximum of NaNs. The limit leaves room for sums, and for float32 in actions.
    """
    if abs(value) <= _LIMIT:
        return value
    return 0.0 if value != value else math.copysign(_LIMIT, value)


@kernel
def _bounded(x):  # type: ignore[no-untyped-def]
    """Clip x so that its powers stay finite."""
    return min(max(x, -_LARGE), _LARGE)


@intrinsic
def _call(typing_context, address, x):  # type: ignore[no-untyped-def]
    """Call the ``float64(float64)`` function at a machine address."""

    def emit(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        function = ir.FunctionType(ir.DoubleType(), [ir.DoubleType()])
        return builder.call(builder.inttoptr(arguments[0], function.as_pointer()), [arguments[1]])

    return numba.types.float64(numba.types.int64, numba.types.float64), emit


@uncounted
def activate(code, x, slope):  # type: ignore[no-untyped-def]
    """Return activation ``code`` (registry number, or address of a user's own function) at ``x``."""
    if code == 0:
        return logistic(slope * x)
    if code == 1:
        return math.tanh(x)
    if code == 2:
        return max(0.0, x)
    if code == 3:
        return x
    if code == 4:
        return 0.0 if x < 0.0 else 1.0
    if code == 5:
        return min(1.0, max(0.0, 0.5 * x + 0.5))
    if code == 6:
        return math.exp(-(_bounded(x) ** 2))
    if code == 7:
        return math.sin(x)
    if code == 8:
        return abs(x)
    if code == 9:
        return max(x, 0.0) + math.log1p(math.exp(-abs(x)))
    if code == 10:
        return x if x > 0.0 else _LEAK * x
    if code == 11:
        return x if x > 0.0 else math.expm1(x)
    if code == 12:
        return _SELU_SCALE * (min(x, _LARGEST) if x > 0.0 else _SELU_ALPHA * math.expm1(x))
    if code == 13:
        return 0.5 * x * math.erfc(-x * math.sqrt(0.5))
    if code == 14:
        return x * logistic(x)
    if code == 15:
        return x / (1.0 + abs(x))
    if code == 16:
        return math.cos(x)
    if code == 17:
        return min(1.0, max(-1.0, x))
    if code == 18:
        return max(0.0, 1.0 - abs(x))
    if code == 19:
        return _bounded(x) ** 2
    if code == 20:
        return _bounded(x) ** 3
    if code == 21:
        return math.atan(x)
    if code == 22:
        return 2.0 * logistic(slope * x) - 1.0
    return _call(code, x)


@kernel
def differentiate(code, x, slope):  # type: ignore[no-untyped-def]
    """Return the derivative of activation ``code`` at ``x``; at a kink, the value from the right."""
    if code == 0:
        s = logistic(slope * x)
        return slope * s * (1.0 - s)
    if code == 1:
        t = math.tanh(x)
        return 1.0 - t * t
    if code == 2:
        return 1.0 if x >= 0.0 else 0.0
    if code == 3:
        return 1.0
    if code == 4:
        return 0.0
    if code == 5:
        return 0.5 if -1.0 <= x < 1.0 else 0.0
    if code == 6:
        b = _bounded(x)
        return -2.0 * b * math.exp(-(b**2))
    if code == 7:
        return math.cos(x)
    if code == 8:
        return 1.0 if x >= 0.0 else -1.0
    if code == 9:
        return logistic(x)
    if code == 10:
        return 1.0 if x >= 0.0 else _LEAK
    if code == 11:
        return 1.0 if x >= 0.0 else math.exp(x)
    if code == 12:
        return _SELU_SCALE * (1.0 if x >= 0.0 else _SELU_ALPHA * math.exp(x))
    if code == 13:
        b = min(max(x, -1e3), 1e3)
        return 0.5 * math.erfc(-x * math.sqrt(0.5)) + b * _INVERSE_SQRT_2PI * math.exp(-0.5 * b * b)
    if code == 14:
        s = logistic(x)
        return s + x * s * (1.0 - s)
    if code == 15:
        d = 1.0 + abs(x)
        return (1.0 / d) / d
    if code == 16:
        return -math.sin(x)
    if code == 17:
        return 1.0 if -1.0 <= x < 1.0 else 0.0
    if code == 18:
        if -1.0 <= x < 0.0:
            return 1.0
        return -1.0 if 0.0 <= x < 1.0 else 0.0
    if code == 19:
        return 2.0 * _bounded(x)
    if code == 20:
        return 3.0 * _bounded(x) ** 2
    if code == 21:
        b = _bounded(x)
        return 1.0 / (1.0 + b * b)
    if code == 22:
        s = logistic(slope * x)
        return 2.0 * slope * s * (1.0 - s)
    return _call(code, x)


@kernel
def _map(code, slope, x, y, derivative):  # type: ignore[no-untyped-def]
    for i in range(x.size):
        y[i] = differentiate(code, x[i], slope) if derivative else activate(code, x[i], slope)


def apply(name: str, x: NDArray[np.float64], slope: float = 1.0) -> NDArray[np.float64]:
    """Return the named activation of every element of ``x`` (float64, any shape); ``slope`` is the sigmoid's."""
    x = np.asarray(x, np.float64, order="C")
    y = np.empty_like(x)
    _map(activation_address(activation_index(name)), float(slope), x.reshape(-1), y.reshape(-1), False)
    return y


def apply_derivative(name: str, x: NDArray[np.float64], slope: float = 1.0) -> NDArray[np.float64]:
    """Return the named activation's derivative at every element of ``x`` (float64, any shape).

    Raises:
        ConfigError: A user's own activation was registered without a derivative.
    """
    x = np.asarray(x, np.float64, order="C")
    y = np.empty_like(x)
    _map(derivative_address(activation_index(name)), float(slope), x.reshape(-1), y.reshape(-1), True)
    return y


def activation_address(index: int) -> int:
    """Return the code of activation ``index`` for compiled code: its number, or a user function's machine address."""
    return ACTIVATIONS[index].address or index


def derivative_address(index: int) -> int:
    """Return the code of the derivative of activation ``index`` for compiled code; see `activation_address`.

    Raises:
        ConfigError: A user's function was registered without a derivative.
    """
    entry = ACTIVATIONS[index]
    if entry.address and not entry.derivative_address:
        raise ConfigError(f"activation {entry.name!r} has no derivative: pass derivative=… to register_activation")
    return entry.derivative_address or index


def activation_index(name: str, *, load: bool = False) -> int:
    """Return the registry number of an activation.

    Args:
        name: Its name, or ``module:function`` for a function of your own.
        load: Whether a ``module:function`` that is not registered yet may be imported (allowed for settings, never for
            genome files).

    Raises:
        ConfigError: The activation is unknown.
    """
    for index, entry in enumerate(ACTIVATIONS):
        if entry.name == name:
            return index
    module, colon, function = name.partition(":")
    if not (load and colon):
        known = [entry.name for entry in ACTIVATIONS]
        raise ConfigError(
            f"unknown activation {name[:50]!r}{did_you_mean(name, known)}: expected one of {', '.join(known)}, or a "
            f"function of your own, registered first: neat.register_activation({name[:50]!r}, function)"
        )
    try:
        found = getattr(importlib.import_module(module), function)
    except (ImportError, AttributeError) as error:
        raise ConfigError(f"activation {name!r} cannot be imported: {error}") from error
    return register_activation(name, found, derivative=getattr(found, "derivative", None))


def activation_name(index: int) -> str:
    """Return the name of activation ``index``."""
    return ACTIVATIONS[index].name


def activation_range(name: str) -> tuple[float, float]:
    """Return the bounds of an activation's values; unbounded for a name that is not registered."""
    return next(((entry.low, entry.high) for entry in ACTIVATIONS if entry.name == name), (-math.inf, math.inf))


def register_activation(
    name: str,
    function: Callable[[float], float],
    derivative: Callable[[float], float] | None = None,
) -> int:
    """Add your own function to the registry and return its number.

    Args:
        name: A new name.
        function: A Python function of one float that Numba can compile (arithmetic, ``math.*``).
        derivative: Its derivative, needed for gradient training only.

    Raises:
        ConfigError: The name is taken, the registry is full (256), or Numba cannot compile the function.
    """
    if any(entry.name == name for entry in ACTIVATIONS):
        raise ConfigError(f"activation {name!r} is registered already: choose another name")
    if len(ACTIVATIONS) > np.iinfo(np.uint8).max:
        raise ConfigError("no more than 256 activations can be registered")
    origin = f"{function.__module__}:{function.__qualname__}"
    addresses = [_compile(name, f) if f else 0 for f in (function, derivative)]
    ACTIVATIONS.append(Activation(name, origin, origin=origin, address=addresses[0], derivative_address=addresses[1]))
    return len(ACTIVATIONS) - 1


_compiled: list[object] = []  # keeps the machine code alive while its address is registered


def _compile(name: str, function: Callable[[float], float]) -> int:
    try:
        compiled = numba.cfunc("float64(float64)")(getattr(function, "py_func", function))
    except numba.core.errors.NumbaError as error:
        reason = str(error).strip().splitlines()[0]
        raise ConfigError(f"activation {name!r} cannot be compiled: {reason}") from error
    _compiled.append(compiled)
    return int(compiled.address)
