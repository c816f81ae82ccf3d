"""Stochastic policies: distributions over actions, given a network's outputs, with their gradients.

Everything is batched: ``outputs`` are the actor's outputs, float64, shape (batch, outputs); log-probabilities and
entropies have shape (batch,). `ActionDistribution.gradients` returns ∂/∂outputs and ∂/∂parameters of Σ (u ·
log-probability + v · entropy), for factors u and v per example, as policy-gradient methods need.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neat.backprop.differentiable import Array

__all__ = ["ActionDistribution", "Categorical", "Gaussian", "StateDependentGaussian"]

_LOG_2PI = math.log(2.0 * math.pi)
_VARIANCE_FLOOR = 1e-6


class ActionDistribution(ABC):
    """A family of distributions over actions.

    Attributes:
        outputs: Outputs that the actor needs.
        parameters: The family's own trainable numbers, float64, shape (n,), changed in place by an optimizer.
    """

    def __init__(self, outputs: int, parameters: Array) -> None:
        self.outputs = outputs
        self.parameters = parameters

    def begin(self, environments: int, rng: np.random.Generator) -> None:  # noqa: B027 (most draw no such noise)
        """Draw what stays the same for several steps, for this many environments side by side."""

    @abstractmethod
    def sample(self, outputs: Array, features: Array, rng: np.random.Generator) -> NDArray[Any]:
        """Draw an action for each row; ``features`` are the activations of the actor's last hidden layer."""

    @abstractmethod
    def mode(self, outputs: Array) -> NDArray[Any]:
        """Return the most probable action for each row."""

    @abstractmethod
    def evaluate(self, outputs: Array, features: Array, actions: NDArray[Any]) -> tuple[Array, Array]:
        """Return the log-probability of each action, and the entropy of each row's distribution."""

    @abstractmethod
    def gradients(
        self, outputs: Array, features: Array, actions: NDArray[Any], u: Array, v: Array
    ) -> tuple[Array, Array]:
        """Return the gradient of Σ (u · log-probability + v · entropy): in the outputs, and in the parameters."""


class Categorical(ActionDistribution):
    """One of n actions, with softmax probabilities; outputs are logits, actions are int64 of shape (batch,)."""

    def __init__(self, actions: int) -> None:
        super().__init__(actions, np.empty(0))

    def sample(self, outputs: Array, features: Array, rng: np.random.Generator) -> NDArray[Any]:  # noqa: D102
        return np.asarray((outputs + rng.gumbel(size=outputs.shape)).argmax(axis=1))  # Gumbel-max trick

    def mode(self, outputs: Array) -> NDArray[Any]:  # noqa: D102
        return np.asarray(outputs.argmax(axis=1))

    def evaluate(self, outputs: Array, features: Array, actions: NDArray[Any]) -> tuple[Array, Array]:  # noqa: D102
        log_p = _log_softmax(outputs)
        return log_p[np.arange(len(actions)), actions], -(np.exp(log_p) * log_p).sum(axis=1)

    def gradients(  # noqa: D102
        self, outputs: Array, features: Array, actions: NDArray[Any], u: Array, v: Array
    ) -> tuple[Array, Array]:
        log_p = _log_softmax(outputs)
        p = np.exp(log_p)
        entropy = -(p * log_p).sum(axis=1, keepdims=True)
        gradient = -u[:, None] * p - v[:, None] * p * (log_p + entropy)
        gradient[np.arange(len(actions)), actions] += u
        return gradient, np.empty(0)


class Gaussian(ActionDistribution):
    """Independent normal components with means from the actor; actions are float64, shape (batch, outputs).

    The logarithms of the deviations are parameters that do not depend on the state.

    Args:
        components: Number of action components.
        log_std: Where the logarithms start.
    """

    def __init__(self, components: int, log_std: float = 0.0) -> None:
        super().__init__(components, np.full(components, float(log_std)))

    def sample(self, outputs: Array, features: Array, rng: np.random.Generator) -> NDArray[Any]:  # noqa: D102
        return outputs + np.exp(self.parameters) * rng.standard_normal(outputs.shape)

    def mode(self, outputs: Array) -> NDArray[Any]:  # noqa: D102
        return outputs

    def evaluate(self, outputs: Array, features: Array, actions: NDArray[Any]) -> tuple[Array, Array]:  # noqa: D102
        variance = np.broadcast_to(np.exp(2.0 * self.parameters), outputs.shape)
        return _normal(outputs, variance, actions)

    def gradients(  # noqa: D102
        self, outputs: Array, features: Array, actions: NDArray[Any], u: Array, v: Array
    ) -> tuple[Array, Array]:
        inverse = np.exp(-2.0 * self.parameters)
        difference = actions - outputs
        in_log_std = u @ (difference**2 * inverse - 1.0) + v.sum()
        return u[:, None] * difference * inverse, in_log_std


class StateDependentGaussian(ActionDistribution):
    """gSDE: noise that is a function of the state, drawn anew only every few steps (Raffin, Kober & Stulp 2021).

    The noise of component j is Σ_i ε_ij h_i with ε_ij ~ N(0, σ_ij²) held for several steps, h the features; so an
    action is normal with variance Σ_i σ_ij² h_i². The logarithms of σ are the parameters, shape (features,
    components) as one vector. As in the paper's experiments, features get no gradient from the noise.

    Args:
        components: Number of action components.
        features: Units of the actor's last hidden layer.
        log_std: Where the logarithms start.
    """

    def __init__(self, components: int, features: int, log_std: float = 0.0) -> None:
        super().__init__(components, np.full(features * components, float(log_std)))
        self._shape = features, components
        self._noise = np.zeros((1, *self._shape))

    def begin(self, environments: int, rng: np.random.Generator) -> None:  # noqa: D102
        std = np.exp(self.parameters).reshape(self._shape)
        self._noise = std * rng.standard_normal((environments, *self._shape))

    def sample(self, outputs: Array, features: Array, rng: np.random.Generator) -> NDArray[Any]:  # noqa: D102
        return np.asarray(outputs + np.matmul(features[:, None, :], self._noise)[:, 0, :])

    def mode(self, outputs: Array) -> NDArray[Any]:  # noqa: D102
        return outputs

    def evaluate(self, outputs: Array, features: Array, actions: NDArray[Any]) -> tuple[Array, Array]:  # noqa: D102
        return _normal(outputs, self._variance(features), actions)

    def gradients(  # noqa: D102
        self, outputs: Array, features: Array, actions: NDArray[Any], u: Array, v: Array
    ) -> tuple[Array, Array]:
        variance = self._variance(features)
        difference = actions - outputs
        in_outputs = u[:, None] * difference / variance
        # ln N = -½ (d² / s + ln s + ln 2π) and the entropy is ½ (ln s + …), with s the variance
        in_variance = 0.5 * (u[:, None] * (difference**2 / variance - 1.0) + v[:, None]) / variance
        in_log_std = 2.0 * ((features**2).T @ in_variance) * self._squares()
        return in_outputs, in_log_std.ravel()

    def _squares(self) -> Array:
        squares: Array = np.exp(2.0 * self.parameters).reshape(self._shape)
        return squares

    def _variance(self, features: Array) -> Array:
        variance: Array = features**2 @ self._squares() + _VARIANCE_FLOOR
        return variance


def _log_softmax(logits: Array) -> Array:
    shifted = logits - logits.max(axis=1, keepdims=True)
    result: Array = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return result


def _normal(mean: Array, variance: Array, actions: Array) -> tuple[Array, Array]:
    """Return log-density and entropy of independent normal components."""
    log_density = -0.5 * ((actions - mean) ** 2 / variance + np.log(variance) + _LOG_2PI)
    entropy = 0.5 * (1.0 + _LOG_2PI + np.log(variance))
    return log_density.sum(axis=1), entropy.sum(axis=1)
