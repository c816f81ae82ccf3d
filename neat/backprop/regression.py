"""Linear and logistic regression: the perceptron without a hidden layer.

Linear regression is one identity layer under squared error; logistic regression is one sigmoid layer under
cross-entropy, whose gradient is ∂C/∂w = -(1/m) Σ (y - ŷ) x and ∂C/∂b = -(1/m) Σ (y - ŷ). Both start at 0.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from neat.backprop.losses import CrossEntropy, SquaredError
from neat.backprop.mlp import MLP
from neat.backprop.optimizers import SGD, Optimizer
from neat.backprop.training import train

__all__ = ["linear_regression", "logistic_regression"]


def linear_regression(
    x: NDArray[Any],
    y: NDArray[Any],
    *,
    learning_rate: float = 0.01,
    steps: int = 100,
    optimizer: Optimizer | None = None,
) -> MLP:
    """Fit y ≈ W x + b by full-batch gradient descent on ½ (y - ŷ)².

    Args:
        x: Inputs, shape (m, inputs) or (m,).
        y: Targets, shape (m, outputs) or (m,).
        learning_rate: η.
        steps: Gradient steps.
        optimizer: Another optimizer than plain gradient descent; then ``learning_rate`` is not used.

    Returns:
        A network whose ``weights[0]`` and ``biases[0]`` are W and b.
    """
    return _fit(x, y, "identity", learning_rate, steps, optimizer)


def logistic_regression(
    x: NDArray[Any],
    y: NDArray[Any],
    *,
    learning_rate: float = 0.1,
    steps: int = 1000,
    optimizer: Optimizer | None = None,
) -> MLP:
    """Fit P(y = 1) ≈ S(W x + b) by full-batch gradient descent on cross-entropy, without regularisation.

    Args:
        x: Inputs, shape (m, inputs) or (m,).
        y: Targets 0 or 1, shape (m, outputs) or (m,).
        learning_rate: η.
        steps: Gradient steps.
        optimizer: Another optimizer than plain gradient descent; then ``learning_rate`` is not used.

    Returns:
        A network whose ``weights[0]`` and ``biases[0]`` are W and b.
    """
    return _fit(x, y, "sigmoid", learning_rate, steps, optimizer)


def _fit(
    x: NDArray[Any], y: NDArray[Any], activation: str, learning_rate: float, steps: int, optimizer: Optimizer | None
) -> MLP:
    x, y = (np.asarray(v, np.float64) for v in (x, y))
    x, y = (v[:, None] if v.ndim == 1 else v for v in (x, y))
    network = MLP((x.shape[1], y.shape[1]), activation, initialisation="zeros")
    cost = SquaredError() if activation == "identity" else CrossEntropy()
    train(network, x, y, cost, optimizer or SGD(learning_rate), epochs=steps)
    return network
