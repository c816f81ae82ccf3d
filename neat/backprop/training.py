"""Gradient descent on examples: full batch, or mini-batches in a fresh random order each epoch."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neat.backprop.differentiable import Differentiable
from neat.backprop.losses import Cost
from neat.backprop.optimizers import Optimizer
from neat.errors import ConfigError

__all__ = ["accuracy", "minibatches", "train"]


def minibatches(examples: int, size: int | None, rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
    """Yield the indices of each mini-batch of one epoch: every example once, the last batch may be smaller.

    Args:
        examples: Number of examples.
        size: Examples per batch; None is one batch of all, in their own order.
        rng: Where the order comes from.

    Raises:
        ConfigError: A size below 1.
    """
    if size is None:
        yield np.arange(examples)
        return
    if size < 1:
        raise ConfigError(f"batch_size: expected at least 1, got {size!r}")
    order = rng.permutation(examples)
    for start in range(0, examples, size):
        yield order[start : start + size]


def train(
    network: Differentiable,
    x: NDArray[Any],
    y: NDArray[Any],
    cost: Cost,
    optimizer: Optimizer,
    *,
    epochs: int,
    batch_size: int | None = None,
    seed: int | np.random.Generator = 0,
    after_epoch: Callable[[int, float], bool | None] | None = None,
) -> list[float]:
    """Train ``network`` in place.

    Args:
        network: Designed or evolved.
        x: Inputs, any real type, shape (examples, inputs); only the current batch is converted to float64.
        y: Targets, shape (examples, outputs).
        cost: The cost to minimise.
        optimizer: The optimizer.
        epochs: Passes over all examples.
        batch_size: Examples per step; None is full-batch gradient descent.
        seed: Seed of the order of batches, or a generator.
        after_epoch: Called with (epoch from 1, mean cost during it); returning True stops training.

    Returns:
        The mean cost of each epoch's batches, each measured before its step.

    Raises:
        ConfigError: The cost is undefined for the network's outputs, or a setting is out of range.
        ValueError: Shapes do not fit.
    """
    cost.check(network)
    if epochs < 0:
        raise ConfigError(f"epochs: expected at least 0, got {epochs!r}")
    if len(x) != len(y) or len(x) == 0:
        raise ValueError(f"expected as many targets as inputs, at least one: got {len(x)} inputs and {len(y)} targets")
    rng = np.random.default_rng(seed)
    history: list[float] = []
    for epoch in range(1, epochs + 1):
        total = 0.0
        for batch in minibatches(len(x), batch_size, rng):
            value, gradient = cost.gradient(network, x[batch], y[batch])
            optimizer.step(network.parameters, gradient)
            total += value * len(batch)
        history.append(total / len(x))
        if after_epoch is not None and after_epoch(epoch, history[-1]):
            break
    return history


def accuracy(outputs: NDArray[np.float64], labels: NDArray[Any]) -> float:
    """Return the share of examples whose largest output, shape (examples, classes), is at their label."""
    return float(np.mean(outputs.argmax(axis=1) == labels))
