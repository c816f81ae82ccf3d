"""Costs: how far outputs a are from targets y, and δ^L = ∂C/∂z^L, where backpropagation starts.

All are means over the batch of a sum over the outputs::

    squared error           C = ½ Σ (y - a)²                              δ = (a - y) ⊙ σ'(z)
    cross-entropy           C = -Σ [y ln a + (1 - y) ln(1 - a)]           δ = β (a - y) for a sigmoid of slope β
    softmax cross-entropy   C = -Σ y ln p,  p_k = e^(a_k) / Σ e^(a_j)     δ = (p - y) ⊙ σ'(z)      (Σ y = 1)

Nielsen (2015), equations 6, 57 and 80 - 82; Hu, equation 12 (the ½).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from neat.backprop.differentiable import Array, Differentiable, Trace, as_batch
from neat.errors import ConfigError, did_you_mean
from neat.functions.activations import apply

__all__ = ["Cost", "CrossEntropy", "SoftmaxCrossEntropy", "SquaredError", "cost_named", "one_hot", "softmax"]

_TINY = float(np.finfo(np.float64).tiny)


class Cost(ABC):
    """A cost. Targets have the outputs' shape, (batch, outputs)."""

    name: ClassVar[str]

    def check(self, network: Differentiable) -> None:  # noqa: B027 (most costs are defined everywhere)
        """Make sure that the cost is defined for what the network can put out.

        Raises:
            ConfigError: An output activation leaves the cost's domain.
        """

    @abstractmethod
    def value(self, network: Differentiable, trace: Trace, y: Array) -> float:
        """Return C, the mean over the batch."""

    @abstractmethod
    def delta(self, network: Differentiable, trace: Trace, y: Array) -> Array:
        """Return δ^L = ∂C/∂z^L, float64, shape (batch, outputs), with the batch's 1 / size included."""

    def gradient(self, network: Differentiable, x: NDArray[Any], y: NDArray[Any]) -> tuple[float, Array]:
        """Return C and ∂C/∂parameters for a batch.

        Args:
            network: The network.
            x: Inputs, shape (batch, inputs).
            y: Targets, shape (batch, outputs).

        Raises:
            ConfigError: An output activation leaves the cost's domain.
            ValueError: Shapes that do not fit.
        """
        self.check(network)
        trace = network.forward(np.asarray(x))
        y = _targets(trace, y)
        return self.value(network, trace, y), network.backward(trace, self.delta(network, trace, y))

    def __call__(self, network: Differentiable, x: NDArray[Any], y: NDArray[Any]) -> float:
        """Return C for a batch, without its gradient."""
        self.check(network)
        trace = network.forward(np.asarray(x))
        return self.value(network, trace, _targets(trace, y))


def _targets(trace: Trace, y: NDArray[Any]) -> Array:
    y = as_batch(np.asarray(y), trace.outputs.shape[1], "y")
    if len(y) != len(trace.outputs):
        raise ValueError(f"expected as many targets as inputs, {len(trace.outputs)}, but there were {len(y)}")
    return y


class SquaredError(Cost):
    """½ Σ (y - a)², or without the ½ (``half=False``: then the gradient in a is 2 (a - y))."""

    name = "squared_error"

    def __init__(self, *, half: bool = True) -> None:
        self.half = half

    def value(self, network: Differentiable, trace: Trace, y: Array) -> float:  # noqa: D102
        total = float(np.sum((y - trace.outputs) ** 2)) / len(y)
        return 0.5 * total if self.half else total

    def delta(self, network: Differentiable, trace: Trace, y: Array) -> Array:  # noqa: D102
        factor = (1.0 if self.half else 2.0) / len(y)
        return factor * (trace.outputs - y) * network.output_derivative(trace)


class CrossEntropy(Cost):
    """-Σ [y ln a + (1 - y) ln(1 - a)], for outputs in (0, 1); each output answers a yes-or-no question of its own.

    For sigmoid outputs both C and δ are computed from z, where a → 0 or 1 loses nothing:
    C = Σ ln(1 + e^(βz)) - y βz. Other activations with the range (0, 1) are computed from a, kept off 0 and 1.
    """

    name = "cross_entropy"

    def check(self, network: Differentiable) -> None:
        """Refuse output activations whose range is not (0, 1).

        Raises:
            ConfigError: Such an activation.
        """
        for name in dict.fromkeys(network.output_activations):
            if name != "sigmoid" and not _stays_inside_unit_interval(name, network.slope):
                raise ConfigError(
                    f"cross_entropy: output activation {name!r} leaves the range (0, 1) in which this cost is defined; "
                    "use 'sigmoid' outputs, softmax_cross_entropy or squared_error"
                )

    def value(self, network: Differentiable, trace: Trace, y: Array) -> float:  # noqa: D102
        if self._sigmoid(network):
            z = network.slope * trace.weighted_outputs
            return float(np.sum(np.maximum(z, 0.0) + np.log1p(np.exp(-np.abs(z))) - y * z)) / len(y)
        a = trace.outputs
        return -float(np.sum(y * np.log(np.maximum(a, _TINY)) + (1 - y) * np.log(np.maximum(1 - a, _TINY)))) / len(y)

    def delta(self, network: Differentiable, trace: Trace, y: Array) -> Array:  # noqa: D102
        difference = (trace.outputs - y) / len(y)
        if self._sigmoid(network):
            return network.slope * difference  # σ' = β a (1 - a) cancels the denominator below
        a = trace.outputs
        return difference / np.maximum(a * (1 - a), _TINY) * network.output_derivative(trace)

    @staticmethod
    def _sigmoid(network: Differentiable) -> bool:
        return all(name == "sigmoid" for name in network.output_activations)


class SoftmaxCrossEntropy(Cost):
    """-Σ y ln softmax(a): outputs are one distribution over the classes; targets of each example sum to 1.

    Outputs may be any real numbers; ``identity`` output units are the usual choice. `softmax` gives the probabilities.
    """

    name = "softmax_cross_entropy"

    def value(self, network: Differentiable, trace: Trace, y: Array) -> float:  # noqa: D102
        a = trace.outputs
        shifted = a - a.max(axis=1, keepdims=True)
        return float(np.sum(y * (np.log(np.sum(np.exp(shifted), axis=1, keepdims=True)) - shifted))) / len(y)

    def delta(self, network: Differentiable, trace: Trace, y: Array) -> Array:  # noqa: D102
        p = softmax(trace.outputs)
        in_outputs: Array = (p * y.sum(axis=1, keepdims=True) - y) / len(y)
        return in_outputs * network.output_derivative(trace)


_COSTS: dict[str, type[Cost]] = {cost.name: cost for cost in (SquaredError, CrossEntropy, SoftmaxCrossEntropy)}


def cost_named(name: str) -> Cost:
    """Return the cost called ``squared_error``, ``cross_entropy`` or ``softmax_cross_entropy``.

    Raises:
        ConfigError: Unknown name.
    """
    if name not in _COSTS:
        raise ConfigError(f"unknown cost {name!r}{did_you_mean(name, _COSTS)}: one of {', '.join(_COSTS)}")
    return _COSTS[name]()


def softmax(a: Array) -> Array:
    """Return e^(a_k) / Σ e^(a_j) along the last axis, without overflow."""
    e = np.exp(a - a.max(axis=-1, keepdims=True))
    return np.asarray(e / e.sum(axis=-1, keepdims=True), np.float64)


def one_hot(labels: NDArray[Any], classes: int) -> Array:
    """Return one row per label, 1 at the label and 0 elsewhere: float64, shape (labels, classes).

    Raises:
        ValueError: Labels are not whole numbers from 0 to ``classes - 1`` in one dimension.
    """
    labels = np.asarray(labels)
    if labels.ndim != 1 or not np.issubdtype(labels.dtype, np.integer):
        raise ValueError(f"expected labels to be integers of shape (examples,), got {labels.dtype} {labels.shape}")
    if labels.size and not 0 <= int(labels.min()) <= int(labels.max()) < classes:
        raise ValueError(f"expected labels from 0 to {classes - 1}, got {labels.min()} to {labels.max()}")
    rows: Array = np.eye(classes)[labels]
    return rows


def _stays_inside_unit_interval(name: str, slope: float) -> bool:
    """Probe a function: strictly inside (0, 1) near 0, where rounding cannot reach the ends, and in [0, 1] far away."""
    near = apply(name, np.linspace(-3.0, 3.0, 601), slope)
    far = apply(name, np.concatenate([-np.geomspace(1e9, 3.0, 200), np.geomspace(3.0, 1e9, 200)]), slope)
    return bool(np.all((near > 0.0) & (near < 1.0)) and np.all((far >= 0.0) & (far <= 1.0)))
