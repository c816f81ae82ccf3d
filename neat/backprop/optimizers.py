"""Gradient descent: plain, with momentum, and Adam. Each changes one vector of parameters in place."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

from neat.errors import ConfigError, did_you_mean

__all__ = ["SGD", "Adam", "Momentum", "Optimizer", "clip_norm", "optimizer_named"]

Array = NDArray[np.float64]


class Optimizer(ABC):
    """An optimizer of one parameter vector. ``learning_rate`` may be changed between steps (schedules).

    Args:
        learning_rate: η.

    Raises:
        ConfigError: η is not a positive number, or another setting is out of range.
    """

    def __init__(self, learning_rate: float) -> None:
        if not (np.isfinite(learning_rate) and learning_rate > 0.0):
            raise ConfigError(f"learning_rate: expected a positive number, got {learning_rate!r}")
        self.learning_rate = float(learning_rate)

    @abstractmethod
    def step(self, parameters: Array, gradient: Array) -> None:
        """Change ``parameters`` (float64, shape (n,)) in place, against ``gradient`` (the same shape)."""


class SGD(Optimizer):
    """W ← W - η ∂C/∂W; stochastic or full-batch, as the gradient is."""

    def step(self, parameters: Array, gradient: Array) -> None:  # noqa: D102
        parameters -= self.learning_rate * gradient


class Momentum(Optimizer):
    """v ← μ v - η ∂C/∂W;  W ← W + v (Polyak 1964; Nielsen 2015, equations 107 and 108).

    Args:
        learning_rate: η.
        momentum: μ, from 0 up to but not including 1.
        nesterov: Add μ v - η ∂C/∂W instead of v (Sutskever et al. 2013, section 2.1, in shifted form).
    """

    def __init__(self, learning_rate: float, momentum: float = 0.9, *, nesterov: bool = False) -> None:
        super().__init__(learning_rate)
        self.momentum = _share("momentum", momentum)
        self.nesterov = nesterov
        self._velocity: Array | None = None

    def step(self, parameters: Array, gradient: Array) -> None:  # noqa: D102
        if self._velocity is None:
            self._velocity = np.zeros_like(parameters)
        change = self.learning_rate * gradient
        self._velocity *= self.momentum
        self._velocity -= change
        parameters += self.momentum * self._velocity - change if self.nesterov else self._velocity


class Adam(Optimizer):
    """Adam (Kingma & Ba 2015, algorithm 1; bias correction folded into η as at the end of its section 2).

    Args:
        learning_rate: η (their α).
        beta1: Decay of the mean of gradients.
        beta2: Decay of the mean of squared gradients.
        epsilon: Added to the bias-corrected root, as in algorithm 1.
    """

    def __init__(
        self, learning_rate: float = 0.001, beta1: float = 0.9, beta2: float = 0.999, epsilon: float = 1e-8
    ) -> None:
        super().__init__(learning_rate)
        self.beta1, self.beta2 = _share("beta1", beta1), _share("beta2", beta2)
        if not (np.isfinite(epsilon) and epsilon > 0.0):
            raise ConfigError(f"epsilon: expected a positive number, got {epsilon!r}")
        self.epsilon = float(epsilon)
        self._steps = 0
        self._memory: Array | None = None

    def step(self, parameters: Array, gradient: Array) -> None:  # noqa: D102
        if self._memory is None:
            self._memory = np.zeros((4, *parameters.shape))
        mean, square, change, root = self._memory  # the last two are scratch: allocating them anew takes longer
        self._steps += 1
        np.subtract(gradient, mean, out=change)
        change *= 1.0 - self.beta1
        mean += change
        np.multiply(gradient, gradient, out=change)
        change -= square
        change *= 1.0 - self.beta2
        square += change
        correction = np.sqrt(1.0 - self.beta2**self._steps)
        rate = self.learning_rate * correction / (1.0 - self.beta1**self._steps)
        np.multiply(mean, rate, out=change)
        np.sqrt(square, out=root)
        root += self.epsilon * correction
        change /= root
        parameters -= change


_OPTIMIZERS: dict[str, type[Optimizer]] = {"sgd": SGD, "momentum": Momentum, "adam": Adam}


def optimizer_named(name: str, learning_rate: float) -> Optimizer:
    """Return the optimizer called ``sgd``, ``momentum`` or ``adam``, with its usual settings.

    Raises:
        ConfigError: Unknown name.
    """
    if name not in _OPTIMIZERS:
        known = ", ".join(_OPTIMIZERS)
        raise ConfigError(f"unknown optimizer {name!r}{did_you_mean(name, _OPTIMIZERS)}: one of {known}")
    return _OPTIMIZERS[name](learning_rate)


def clip_norm(gradient: Array, limit: float) -> float:
    """Shorten ``gradient`` in place to Euclidean length ``limit`` if it is longer; return its first length."""
    norm = float(np.sqrt(gradient @ gradient))
    if norm > limit:
        gradient *= limit / norm
    return norm


def _share(name: str, value: float) -> float:
    if not 0.0 <= value < 1.0:
        raise ConfigError(f"{name}: expected a number from 0 up to but not including 1, got {value!r}")
    return float(value)
