"""First weights of a layer: published distributions, by name.

======================  ==========================================================================================
``zeros``               all 0 (regression, where symmetry does no harm)
``normal``              N(0, 1), as in Nielsen (2015), chapter 1; saturates wide sigmoid layers
``scaled_normal``       N(0, 1 / inputs): Nielsen (2015), chapter 3; LeCun et al. (1998), section 4.6
``fan_in_uniform``      U(±1 / √inputs): what PyTorch's linear layers start from
``glorot_uniform``      U(±√(6 / (inputs + units))): Glorot & Bengio (2010), equation 16
``glorot_normal``       N(0, 2 / (inputs + units)): the same variance
``he_uniform``          U(±√(6 / inputs)): He et al. (2015), equation 10
``he_normal``           N(0, 2 / inputs): the same variance
``orthogonal``          orthonormal rows or columns: Saxe et al. (2014); the choice of PPO's authors
======================  ==========================================================================================

Every one is multiplied by a gain. Biases start at 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from neat.errors import ConfigError, did_you_mean

__all__ = ["INITIALISATIONS", "first_weights"]

_Weights = NDArray[np.float64]
_Draw = Callable[[int, int, np.random.Generator], _Weights]


def _orthogonal(units: int, inputs: int, rng: np.random.Generator) -> _Weights:
    tall = rng.standard_normal((max(units, inputs), min(units, inputs)))
    q, r = np.linalg.qr(tall)
    q *= np.sign(np.diag(r))  # makes the draw uniform over orthogonal matrices (Mezzadri 2007, section 5)
    return q if units >= inputs else q.T


INITIALISATIONS: dict[str, _Draw] = {
    "zeros": lambda units, inputs, rng: np.zeros((units, inputs)),
    "normal": lambda units, inputs, rng: rng.standard_normal((units, inputs)),
    "scaled_normal": lambda units, inputs, rng: rng.standard_normal((units, inputs)) / math.sqrt(inputs),
    "fan_in_uniform": lambda units, inputs, rng: rng.uniform(-1.0, 1.0, (units, inputs)) / math.sqrt(inputs),
    "glorot_uniform": lambda units, inputs, rng: (
        math.sqrt(6.0 / (inputs + units)) * rng.uniform(-1.0, 1.0, (units, inputs))
    ),
    "glorot_normal": lambda units, inputs, rng: (
        math.sqrt(2.0 / (inputs + units)) * rng.standard_normal((units, inputs))
    ),
    "he_uniform": lambda units, inputs, rng: math.sqrt(6.0 / inputs) * rng.uniform(-1.0, 1.0, (units, inputs)),
    "he_normal": lambda units, inputs, rng: math.sqrt(2.0 / inputs) * rng.standard_normal((units, inputs)),
    "orthogonal": _orthogonal,
}
"""Initialisations by name: (units, inputs, generator) → float64, shape (units, inputs)."""


def first_weights(name: str, units: int, inputs: int, rng: np.random.Generator) -> _Weights:
    """Draw the first weights of a layer.

    Args:
        name: One of `INITIALISATIONS`.
        units: Number of units in the layer.
        inputs: Number of values each of them receives.
        rng: Where the draws come from.

    Returns:
        The weights, float64, shape (units, inputs).

    Raises:
        ConfigError: Unknown name.
    """
    if name not in INITIALISATIONS:
        known = ", ".join(INITIALISATIONS)
        raise ConfigError(f"unknown initialisation {name!r}{did_you_mean(name, INITIALISATIONS)}: one of {known}")
    return INITIALISATIONS[name](units, inputs, rng)
