"""The protocol of a network that can be trained by gradients, whether designed or evolved."""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = ["Array", "Differentiable", "Trace", "as_batch", "moved"]

Array = NDArray[np.float64]


class Trace(Protocol):
    """What a forward pass leaves for the backward pass."""

    @property
    def weighted_outputs(self) -> Array:
        """z^L, the output units' inputs: float64, shape (batch, outputs)."""

    @property
    def outputs(self) -> Array:
        """a^L = σ(z^L): float64, shape (batch, outputs)."""


class Differentiable(Protocol):
    """A network whose parameters lie in one vector, so that an optimizer needs to know nothing else about it."""

    @property
    def parameters(self) -> Array:
        """Every trainable number, float64, shape (parameters,); changes in place take effect at once."""

    @property
    def output_activations(self) -> tuple[str, ...]:
        """The registry name of each output unit's activation."""

    @property
    def slope(self) -> float:
        """β, the slope of sigmoid units."""

    def keep_parameters_in(self, vector: Array) -> None:
        """Move the parameters into ``vector``, so that networks can share one optimizer."""

    def forward(self, x: Array) -> Any:
        """Pass a batch, float64 (batch, inputs), and keep a `Trace` for `backward`."""

    def output_derivative(self, trace: Any) -> Array:
        """Return σ'(z^L) of a forward pass, float64 (batch, outputs)."""

    def backward(self, trace: Any, delta: Array) -> Array:
        """Return ∂C/∂parameters, float64 (parameters,), from δ^L = ∂C/∂z^L, float64 (batch, outputs)."""


def as_batch(x: NDArray[Any], width: int, what: str = "x") -> Array:
    """Return ``x`` as float64 of shape (batch, width).

    Raises:
        ValueError: Another shape.
    """
    batch = np.ascontiguousarray(x, np.float64)
    if batch.ndim != 2 or batch.shape[1] != width:
        raise ValueError(f"expected {what} to be an array of shape (batch, {width}), but it had shape {batch.shape}")
    return batch


def moved(parameters: Array, vector: Array) -> Array:
    """Copy ``parameters`` into ``vector`` and return it.

    Raises:
        ValueError: Another length, or not contiguous float64.
    """
    if vector.shape != parameters.shape or vector.dtype != np.float64 or not vector.flags.c_contiguous:
        expected = parameters.shape
        raise ValueError(f"expected a contiguous float64 array of shape {expected}, got {vector.dtype} {vector.shape}")
    vector[:] = parameters
    return vector
