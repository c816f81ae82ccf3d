"""Elementary functions with their derivatives, for both kinds of automatic differentiation.

Each works on plain numbers, dual numbers (`neat.backprop.dual`) and expression trees (`neat.backprop.expression`), so a
formula written once can be evaluated and differentiated, forward and in reverse.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

__all__ = [
    "ELEMENTARY",
    "Elementary",
    "absolute",
    "arctan",
    "cos",
    "erf",
    "exp",
    "log",
    "maximum",
    "minimum",
    "sin",
    "tanh",
]


class Elementary(NamedTuple):
    """A function of one float and its derivative."""

    value: Callable[[float], float]
    derivative: Callable[[float], float]


ELEMENTARY: dict[str, Elementary] = {
    "exp": Elementary(math.exp, math.exp),
    "log": Elementary(math.log, lambda x: 1.0 / x),
    "sin": Elementary(math.sin, math.cos),
    "cos": Elementary(math.cos, lambda x: -math.sin(x)),
    "tanh": Elementary(math.tanh, lambda x: 1.0 - math.tanh(x) ** 2),
    "arctan": Elementary(math.atan, lambda x: 1.0 / (1.0 + x * x)),
    "erf": Elementary(math.erf, lambda x: 2.0 / math.sqrt(math.pi) * math.exp(-x * x)),
    "absolute": Elementary(abs, lambda x: 1.0 if x >= 0.0 else -1.0),
}
"""Elementary functions by name; at the kink of |x|, the derivative from the right."""


def _apply(name: str, x: Any) -> Any:
    return ELEMENTARY[name].value(x) if isinstance(x, (int, float)) else x.apply(name)


def exp(x: Any) -> Any:
    """Return e^x."""
    return _apply("exp", x)


def log(x: Any) -> Any:
    """Return ln x."""
    return _apply("log", x)


def sin(x: Any) -> Any:
    """Return sin x."""
    return _apply("sin", x)


def cos(x: Any) -> Any:
    """Return cos x."""
    return _apply("cos", x)


def tanh(x: Any) -> Any:
    """Return tanh x."""
    return _apply("tanh", x)


def arctan(x: Any) -> Any:
    """Return arctan x."""
    return _apply("arctan", x)


def erf(x: Any) -> Any:
    """Return the error function of x."""
    return _apply("erf", x)


def absolute(x: Any) -> Any:
    """Return |x|."""
    return _apply("absolute", x)


def maximum(x: Any, y: Any) -> Any:
    """Return the larger of two numbers, x at a tie."""
    return x if _value(x) >= _value(y) else y


def minimum(x: Any, y: Any) -> Any:
    """Return the smaller of two numbers, x at a tie."""
    return x if _value(x) <= _value(y) else y


def _value(x: Any) -> float:
    return float(getattr(x, "value", x))
