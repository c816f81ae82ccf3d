"""Squares as NumPy computes them for scalars: by the C library's pow, which may differ from x * x in the last bit.

About one square in 1,000 differs. A constant exponent 2 would be compiled to x * x. But ``2 + 0 x`` is 2 for every
finite x, which a compiler may not assume.
"""

from __future__ import annotations

import math

import numpy as np

from neat.compiled.kernel import kernel

__all__ = ["squared", "squared_single"]


@kernel
def squared(x):  # type: ignore[no-untyped-def]
    """Return ``np.float64(x) ** 2``."""
    return math.pow(x, 2.0 + 0.0 * x)


@kernel
def squared_single(x):  # type: ignore[no-untyped-def]
    """Return ``np.float32(x) ** 2`` for a float32 ``x``."""
    return math.pow(x, np.float32(2.0) + np.float32(0.0) * x)
