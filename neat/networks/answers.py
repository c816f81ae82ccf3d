"""What networks answer to a table of examples: each row is an observation of its own, shown to a reset network."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from neat.compiled.kernel import kernel
from neat.networks.tape import Phenotypes, forward

__all__ = ["answers"]

Array = NDArray[np.float64]


@kernel
def _answer(phenotypes, g, x, y):  # type: ignore[no-untyped-def]
    """Show every row of ``x`` to network ``g``."""
    state = np.empty(phenotypes.state_size)
    for i in range(x.shape[0]):
        state[:] = 0.0
        forward(phenotypes, g, x[i], state, y[i])


def answers(phenotypes: Phenotypes, g: int, x: Array) -> Array:
    """Return the outputs of network ``g`` for every row of ``x`` (float64, shape (rows, inputs)), (rows, outputs)."""
    y = np.empty((len(x), phenotypes.outputs))
    _answer(phenotypes, g, x, y)
    return y
