"""A multilayer perceptron: forward and backward pass over mini-batches.

The equations are those of Nielsen (2015), chapter 2, BP1 - BP4. For layer l = 1 … L, with a^0 the input::

    z^l = W^l a^(l-1) + b^l        a^l = σ(z^l)
    δ^L = ∂C/∂z^L = ∇_a C ⊙ σ'(z^L)                                  (BP1; the costs supply it)
    δ^l = ((W^(l+1))ᵀ δ^(l+1)) ⊙ σ'(z^l)                             (BP2)
    ∂C/∂b^l = δ^l        ∂C/∂W^l = δ^l (a^(l-1))ᵀ                    (BP3, BP4)

A batch has one example per row, so a row of the code's ``a @ W.T + b`` is the column equation above, and the matrix
product that forms ∂C/∂W sums over the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from neat.backprop.differentiable import Array, as_batch, moved
from neat.backprop.initialisation import first_weights
from neat.backprop.vectorised import activate_layer, differentiate_layer
from neat.errors import ConfigError
from neat.functions.activations import activation_index

__all__ = ["MLP", "MLPTrace"]

_MAX_PARAMETERS = 500_000_000


class MLPTrace(NamedTuple):
    """The values of a forward pass: ``z[l]`` and ``a[l + 1]`` belong to layer l + 1, ``a[0]`` is the input."""

    z: tuple[Array, ...]
    a: tuple[Array, ...]

    @property
    def weighted_outputs(self) -> Array:
        """z^L, float64, shape (batch, outputs)."""
        return self.z[-1]

    @property
    def outputs(self) -> Array:
        """a^L, float64, shape (batch, outputs)."""
        return self.a[-1]

    @property
    def features(self) -> Array:
        """a^(L-1), what the output layer reads: float64, shape (batch, units)."""
        return self.a[-2]


class MLP:
    """A fully connected feed-forward network of any depth.

    Args:
        sizes: Number of inputs, of units in each hidden layer, and of outputs: ``(784, 32, 16, 10)``.
        activations: Registry name for all layers, or one for each of the ``len(sizes) - 1`` layers.
        slope: β of sigmoid units: 1 / (1 + e^(-βx)). The texts use 1, NEAT's networks 4.9.
        initialisation: Name for all layers, or one for each (see `neat.backprop.initialisation`).
        gains: What first weights are multiplied by; one number, or one for each layer.
        seed: Seed of the first weights, or a NumPy generator to draw them from.

    Attributes:
        weights: W^l of each layer, float64, shape (units, inputs): views of `parameters`.
        biases: b^l of each layer, float64, shape (units,): views of `parameters`.

    Raises:
        ConfigError: A size, an activation or an initialisation that makes no sense.
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activations: str | Sequence[str] = "sigmoid",
        *,
        slope: float = 1.0,
        initialisation: str | Sequence[str] = "glorot_uniform",
        gains: float | Sequence[float] = 1.0,
        seed: int | np.random.Generator = 0,
    ) -> None:
        self._sizes = tuple(int(size) for size in sizes)
        if len(self._sizes) < 2 or min(self._sizes) < 1:
            raise ConfigError(f"sizes: expected at least two positive numbers (inputs, …, outputs), got {sizes!r}")
        if self.parameter_count > _MAX_PARAMETERS:
            raise ConfigError(f"sizes: {self.parameter_count:,} parameters, more than {_MAX_PARAMETERS:,}")
        self._activations = tuple(self._per_layer("activations", activations, str))
        for name in self._activations:
            activation_index(name)
        self._slope = float(slope)
        if not np.isfinite(self._slope):
            raise ConfigError(f"slope: expected a finite number, got {slope!r}")
        self._parameters = np.zeros(self.parameter_count)
        self.weights, self.biases = self._views(self._parameters)
        rng = np.random.default_rng(seed)
        names = self._per_layer("initialisation", initialisation, str)
        for weights, name, gain in zip(self.weights, names, self._per_layer("gains", gains, float), strict=True):
            weights[:] = gain * first_weights(name, weights.shape[0], weights.shape[1], rng)

    def _per_layer(self, what: str, value: Any, kind: type) -> list[Any]:
        layers = len(self._sizes) - 1
        values = [value] * layers if isinstance(value, (str, int, float)) else list(value)
        if len(values) != layers:
            raise ConfigError(f"{what}: expected one, or {layers} (one for each layer), got {len(values)}")
        return [kind(v) for v in values]

    def _views(self, vector: Array) -> tuple[list[Array], list[Array]]:
        """Cut a vector of the parameters' length into W¹, b¹, W², b², …, without copying."""
        weights, biases, start = [], [], 0
        for inputs, units in zip(self._sizes[:-1], self._sizes[1:], strict=True):
            middle, end = start + units * inputs, start + units * inputs + units
            weights.append(vector[start:middle].reshape(units, inputs))
            biases.append(vector[middle:end])
            start = end
        return weights, biases

    @property
    def sizes(self) -> tuple[int, ...]:
        """Number of inputs, of units in each hidden layer, and of outputs."""
        return self._sizes

    @property
    def activations(self) -> tuple[str, ...]:
        """Registry name of each layer's activation."""
        return self._activations

    @property
    def slope(self) -> float:
        """β of sigmoid units."""
        return self._slope

    @property
    def output_activations(self) -> tuple[str, ...]:
        """The output layer's activation, once for each output unit."""
        return (self._activations[-1],) * self._sizes[-1]

    @property
    def parameter_count(self) -> int:
        """Number of weights and biases."""
        return sum(units * (inputs + 1) for inputs, units in zip(self._sizes[:-1], self._sizes[1:], strict=True))

    @property
    def parameters(self) -> Array:
        """W¹, b¹, W², b², … as one vector, float64, shape (parameter_count,). Change it in place, or assign a copy."""
        return self._parameters

    @parameters.setter
    def parameters(self, values: NDArray[Any]) -> None:
        if np.shape(values) != self._parameters.shape:
            expected = self._parameters.shape
            raise ValueError(f"expected parameters to have shape {expected}, but they had {np.shape(values)}")
        self._parameters[:] = values

    def keep_parameters_in(self, vector: Array) -> None:
        """Move the parameters into ``vector`` (float64, contiguous), so that networks can share one optimizer.

        Raises:
            ValueError: Another length or type.
        """
        self._parameters = moved(self._parameters, vector)
        self.weights, self.biases = self._views(vector)

    def predict(self, x: NDArray[Any]) -> Array:
        """Return the outputs for a batch (batch, inputs) → (batch, outputs), or for one example (inputs,) → (outputs,).

        Raises:
            ValueError: Another shape.
        """
        x = np.asarray(x)
        if x.ndim == 1:
            single: Array = self.predict(x[None])[0]
            return single
        a = as_batch(x, self._sizes[0])
        for weights, biases, name in zip(self.weights, self.biases, self._activations, strict=True):
            z = a @ weights.T
            z += biases
            a = activate_layer(name, z, self._slope)
        return a

    def forward(self, x: NDArray[Any]) -> MLPTrace:
        """Pass a batch, shape (batch, inputs), and keep every layer's z and a for `backward`.

        Raises:
            ValueError: Another shape.
        """
        a = [as_batch(x, self._sizes[0])]
        z = []
        for weights, biases, name in zip(self.weights, self.biases, self._activations, strict=True):
            z.append(a[-1] @ weights.T)
            z[-1] += biases
            a.append(activate_layer(name, z[-1], self._slope))
        return MLPTrace(tuple(z), tuple(a))

    def output_derivative(self, trace: MLPTrace) -> Array:
        """Return σ'(z^L) of a forward pass, float64, shape (batch, outputs)."""
        return differentiate_layer(self._activations[-1], trace.z[-1], trace.a[-1], self._slope)

    def backward(self, trace: MLPTrace, delta: Array) -> Array:
        """Return the gradient of the cost with respect to `parameters` (BP2 - BP4), summed over the batch.

        Args:
            trace: The forward pass.
            delta: δ^L = ∂C/∂z^L, float64, shape (batch, outputs); costs divide it by the batch's size.

        Raises:
            ValueError: ``delta`` has another shape than the forward pass's outputs.
        """
        if delta.shape != trace.z[-1].shape:
            raise ValueError(f"expected delta to have shape {trace.z[-1].shape}, but it had shape {delta.shape}")
        gradient = np.empty_like(self._parameters)
        weight_gradients, bias_gradients = self._views(gradient)
        for layer in reversed(range(len(self.weights))):
            np.matmul(delta.T, trace.a[layer], out=weight_gradients[layer])
            delta.sum(axis=0, out=bias_gradients[layer])
            if layer > 0:
                name, z, a = self._activations[layer - 1], trace.z[layer - 1], trace.a[layer]
                delta = delta @ self.weights[layer]
                delta *= differentiate_layer(name, z, a, self._slope)
        return gradient

    def __repr__(self) -> str:
        sizes = "-".join(str(size) for size in self._sizes)
        return f"MLP({sizes}, {', '.join(self._activations)}, {self.parameter_count:,} parameters)"
