"""Activations of whole layers: NumPy's vector instructions where a layer is wide, the registry for everything else.

The functions are those of `neat.functions.activations`, equal up to the last bits; NumPy's tanh takes a tenth of the
time of calling ``math.tanh`` for each element. Derivatives that are simple in the output a = σ(z) are taken from it.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from neat.backprop.differentiable import Array
from neat.functions.activations import apply, apply_derivative

__all__ = ["VECTORISED", "activate_layer", "differentiate_layer"]


def _sigmoid(z: Array, slope: float) -> Array:
    e = np.exp(-np.abs(slope * z))
    result: Array = np.where(slope * z >= 0.0, 1.0, e) / (1.0 + e)
    return result


VECTORISED: dict[str, tuple[Callable[[Array, float], Array], Callable[[Array, Array, float], Array]]] = {
    "sigmoid": (_sigmoid, lambda z, a, slope: slope * a * (1.0 - a)),
    "tanh": (lambda z, slope: np.tanh(z), lambda z, a, slope: 1.0 - a * a),
    "relu": (lambda z, slope: np.maximum(z, 0.0), lambda z, a, slope: (z >= 0.0).astype(np.float64)),
    "identity": (lambda z, slope: z, lambda z, a, slope: np.ones_like(z)),
}
"""By name: σ(z) from (z, slope), and σ'(z) from (z, a, slope)."""


def activate_layer(name: str, z: Array, slope: float) -> Array:
    """Return σ(z) of a layer: float64, shape (batch, units)."""
    return VECTORISED[name][0](z, slope) if name in VECTORISED else apply(name, z, slope)


def differentiate_layer(name: str, z: Array, a: Array, slope: float) -> Array:
    """Return σ'(z) of a layer whose outputs are a = σ(z): float64, shape (batch, units)."""
    return VECTORISED[name][1](z, a, slope) if name in VECTORISED else apply_derivative(name, z, slope)
