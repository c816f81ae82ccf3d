"""Activation functions for exports, numerically safe at both ends, like `neat.functions.activations`."""

from __future__ import annotations

import functools
import inspect
import sys
import textwrap
from types import FunctionType
from typing import Any

from neat.errors import ConfigError
from neat.exporters.expressions import Expression, UnreadableError, read
from neat.functions.activations import ACTIVATIONS, Activation

__all__ = ["expression_of", "identifier_of", "is_built_in"]

_LOGISTIC = "e = exp(-abs(x))\nreturn {}(1.0 if x >= 0.0 else e) / (1.0 + e)"

_BODIES = {
    "sigmoid": _LOGISTIC.format(""),
    "tanh": "return tanh(x)",
    "relu": "return max(0.0, x)",
    "identity": "return x",
    "step": "return 0.0 if x < 0.0 else 1.0",
    "piecewise_linear": "return min(1.0, max(0.0, 0.5 * x + 0.5))",
    "gaussian": "return exp(-(x * x))",
    "sine": "return sin(x)",
    "abs": "return abs(x)",
    "softplus": "return max(x, 0.0) + log1p(exp(-abs(x)))",
    "leaky_relu": "return x if x > 0.0 else 0.01 * x",
    "elu": "return x if x > 0.0 else expm1(x)",
    "selu": "return 1.0507009873554805 * (x if x > 0.0 else 1.6732632423543772 * expm1(x))",
    "gelu": "return 0.5 * x * erfc(-x * 0.7071067811865476)",
    "swish": _LOGISTIC.format("x * (") + ")",
    "softsign": "return x / (1.0 + abs(x))",
    "cosine": "return cos(x)",
    "clamped": "return min(1.0, max(-1.0, x))",
    "hat": "return max(0.0, 1.0 - abs(x))",
    "square": "return x * x",
    "cube": "return x * x * x",
    "arctan": "return atan(x)",
}
"""Of the sum; of ``sigmoid`` the sum times the network's slope."""


def is_built_in(activation: int) -> bool:
    """Return whether an activation (registry number) comes with the package."""
    return ACTIVATIONS[activation].origin == "built-in"


def identifier_of(activation: int) -> str:
    """Return what an activation is called in programs: its name, without what identifiers cannot have."""
    name = ACTIVATIONS[activation].name
    return "".join(c if c.isascii() and c.isalnum() else "_" for c in name)[:64]


def expression_of(activation: int) -> Expression:
    """Return an activation function (registry number) as an expression of ``x``.

    Raises:
        ConfigError: It is one's own, and says more than expressions can.
    """
    return _expression(ACTIVATIONS[activation])


@functools.cache
def _expression(entry: Activation) -> Expression:
    if entry.name in _BODIES and entry.origin == "built-in":
        return read(_BODIES[entry.name])
    try:
        return _own(entry.origin)
    except UnreadableError as error:
        raise ConfigError(
            f"activation {entry.name!r} cannot be exported: {error} (what can be is one function of arithmetic, "
            "conditions and math.* at the top of a module)"
        ) from None


def _own(origin: str) -> Expression:
    """Read a function of one's own, whose module has registered it and so is loaded."""
    module, _, path = origin.partition(":")
    found: Any = sys.modules.get(module)
    for part in path.split("."):
        found = getattr(found, part, None)
    found = getattr(found, "py_func", found)
    if not isinstance(found, FunctionType):
        raise UnreadableError(f"there is no function {origin!r} to read")
    try:
        source = textwrap.dedent(inspect.getsource(found))
        return read(source, _numbers(found))
    except (OSError, SyntaxError, TypeError):
        raise UnreadableError(f"the source of {origin!r} cannot be read") from None


def _numbers(function: FunctionType) -> dict[str, float]:
    """Return the numbers that a function takes from around it."""
    around = inspect.getclosurevars(function)
    return {
        name: float(value)
        for name, value in {**around.globals, **around.nonlocals}.items()
        if isinstance(value, int | float)
    }
