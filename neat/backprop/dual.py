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

from neat.backprop.elementary import ELEMENTARY, log

__all__ = ["Dual", "forward_gradient"]


@dataclass(frozen=True, slots=True, repr=False)
class Dual:
    """A value with a derivative.

    Attributes:
        value: v.
        derivative: d, one direction; or float64, shape (k,), for k directions at once.
    """

    value: float
    derivative: Any = 0.0

    def __add__(self, other: Any) -> Dual:
        other = _dual(other)
        return Dual(self.value + other.value, self.derivative + other.derivative)

    def __mul__(self, other: Any) -> Dual:
        other = _dual(other)
        return Dual(self.value * other.value, self.derivative * other.value + self.value * other.derivative)

    def __truediv__(self, other: Any) -> Dual:
        other = _dual(other)
        quotient = self.value / other.value
        return Dual(quotient, (self.derivative - quotient * other.derivative) / other.value)

    def __pow__(self, exponent: Any) -> Dual:
        """Raise to a constant, or to a dual number (then the base must be positive): x^n = e^(n ln x)."""
        if isinstance(exponent, Dual):
            power: Dual = (exponent * log(self)).apply("exp")
            return power
        if exponent == 0:
            return Dual(1.0, 0.0 * self.derivative)
        return Dual(self.value**exponent, exponent * self.value ** (exponent - 1) * self.derivative)

    def __neg__(self) -> Dual:
        return Dual(-self.value, -self.derivative)

    def __sub__(self, other: Any) -> Dual:
        return self + (-_dual(other))

    def __radd__(self, other: float) -> Dual:
        return self + other

    def __rsub__(self, other: float) -> Dual:
        return _dual(other) - self

    def __rmul__(self, other: float) -> Dual:
        return self * other

    def __rtruediv__(self, other: float) -> Dual:
        return _dual(other) / self

    def __rpow__(self, base: float) -> Dual:
        return _dual(base) ** self

    def apply(self, name: str) -> Dual:
        """Return an elementary function of this number (see `neat.backprop.elementary`)."""
        function = ELEMENTARY[name]
        return Dual(function.value(self.value), function.derivative(self.value) * self.derivative)

    def __repr__(self) -> str:
        return f"Dual({self.value!r}, {self.derivative!r})"


def _dual(x: Any) -> Dual:
    return x if isinstance(x, Dual) else Dual(float(x))


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
    result = _dual(function([Dual(float(v), d) for v, d in zip(at, directions, strict=True)]))
    return result.value, np.zeros(len(at)) + result.derivative
