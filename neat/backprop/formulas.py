"""Activations, aggregations and costs as plain formulas on numbers that carry derivatives.

Automatic differentiation of these formulas checks the hand-written derivatives. They follow the definitions and share
no code with the compiled versions. They are slow, and not protected against overflow.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

from neat.backprop.elementary import absolute, arctan, cos, erf, exp, log, maximum, minimum, sin, tanh

__all__ = ["ACTIVATION_FORMULAS", "cross_entropy", "softmax_cross_entropy", "squared_error"]

_SELU_SCALE, _SELU_ALPHA = 1.0507009873554805, 1.6732632423543772  # Klambauer et al. (2017), section 2

ACTIVATION_FORMULAS: dict[str, Callable[[Any, float], Any]] = {
    "sigmoid": lambda x, slope: 1.0 / (1.0 + exp(-slope * x)),
    "tanh": lambda x, slope: tanh(x),
    "relu": lambda x, slope: maximum(x, 0.0),
    "identity": lambda x, slope: x,
    "step": lambda x, slope: 0.0 if getattr(x, "value", x) < 0.0 else 1.0,
    "piecewise_linear": lambda x, slope: minimum(maximum((x + 1.0) / 2.0, 0.0), 1.0),
    "gaussian": lambda x, slope: exp(-(x * x)),
    "sine": lambda x, slope: sin(x),
    "abs": lambda x, slope: absolute(x),
    "softplus": lambda x, slope: log(1.0 + exp(x)),
    "leaky_relu": lambda x, slope: maximum(x, 0.01 * x),
    "elu": lambda x, slope: x if getattr(x, "value", x) > 0.0 else exp(x) - 1.0,
    "selu": lambda x, slope: _SELU_SCALE * (x if getattr(x, "value", x) > 0.0 else _SELU_ALPHA * (exp(x) - 1.0)),
    "gelu": lambda x, slope: x * 0.5 * (1.0 + erf(x / math.sqrt(2.0))),
    "swish": lambda x, slope: x / (1.0 + exp(-x)),
    "softsign": lambda x, slope: x / (1.0 + absolute(x)),
    "cosine": lambda x, slope: cos(x),
    "clamped": lambda x, slope: minimum(maximum(x, -1.0), 1.0),
    "hat": lambda x, slope: maximum(1.0 - absolute(x), 0.0),
    "square": lambda x, slope: x * x,
    "cube": lambda x, slope: x * x * x,
    "arctan": lambda x, slope: arctan(x),
    "bipolar_sigmoid": lambda x, slope: 2.0 / (1.0 + exp(-slope * x)) - 1.0,
}
"""Every built-in activation of the registry: (x, slope) → number."""


def squared_error(a: Sequence[Any], y: Sequence[float]) -> Any:
    """Return ½ Σ (y - a)² of one example."""
    return 0.5 * sum((t - o) * (t - o) for o, t in zip(a, y, strict=True))


def cross_entropy(a: Sequence[Any], y: Sequence[float]) -> Any:
    """Return -Σ [y ln a + (1 - y) ln(1 - a)] of one example."""
    return -sum(t * log(o) + (1.0 - t) * log(1.0 - o) for o, t in zip(a, y, strict=True))


def softmax_cross_entropy(a: Sequence[Any], y: Sequence[float]) -> Any:
    """Return -Σ y ln softmax(a) of one example."""
    total = sum(exp(o) for o in a)
    return -sum(t * log(exp(o) / total) for o, t in zip(a, y, strict=True))
