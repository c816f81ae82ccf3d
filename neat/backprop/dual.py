"""Forward-mode automatic differentiation by dual numbers.

A dual number is v + d ε with ε² = 0; arithmetic on it carries a value and a derivative side by side, because
f(v + d ε) = f(v) + f'(v) d ε. Seed d with 1 for the variable of interest and 0 for the others::

    >>> x, y = Dual(2.0, 1.0), Dual(3.0)
    >>> x * (x + y) + y**2
    Dual(19.0, 7.0)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neat.backprop.arithmetic import Arithmetic

__all__ = ["Dual", "forward_gradient"]


@dataclass(frozen=True, slots=True, repr=False)
class Dual(Arithmetic):
    """A value with a derivative.

    Attributes:
        value: v.
        derivative: d, one direction; or float64, shape (k,), for k directions at once.
    """

    value: float
    derivative: Any = 0.0

    @classmethod
    def constant(cls, value: float) -> Dual:  # noqa: D102
        return cls(value)

    @classmethod
    def result(cls, value: float, operands: Sequence[tuple[Dual, float]]) -> Dual:  # noqa: D102
        return cls(value, sum(partial * operand.derivative for operand, partial in operands))

    def __repr__(self) -> str:
        return f"Dual({self.value!r}, {self.derivative!r})"


def forward_gradient(
    function: Callable[[Sequence[Any]], Any], at: Sequence[float]
) -> tuple[float, NDArray[np.float64]]:
    """Return a function's value and its gradient in one forward pass with all directions at once.

    Args:
        function: From n numbers to one number, by arithmetic and `neat.backprop.elementary`.
        at: Where, n numbers.

    Returns:
        The value, and the gradient, float64, shape (n,).
    """
    directions = np.eye(len(at))
    result = Dual.of(function([Dual(float(v), d) for v, d in zip(at, directions, strict=True)]))
    return result.value, np.zeros(len(at)) + result.derivative
