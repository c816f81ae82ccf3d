"""Arithmetic on numbers that carry derivatives, written once for both kinds of automatic differentiation.

An operation has a value and a partial derivative with respect to each operand. `neat.backprop.dual.Dual` sums these at
once, `neat.backprop.expression.Expression` stores them.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Self

from neat.backprop.elementary import ELEMENTARY, log

__all__ = ["Arithmetic"]


class Arithmetic(ABC):
    """A number on which plain arithmetic and `neat.backprop.elementary` work, with plain numbers on either side.

    Attributes:
        value: The number.
    """

    __slots__ = ()
    value: float

    @classmethod
    @abstractmethod
    def constant(cls, value: float) -> Self:
        """Return a number that depends on nothing."""

    @classmethod
    @abstractmethod
    def result(cls, value: float, operands: Sequence[tuple[Self, float]]) -> Self:
        """Return the result of an operation.

        Args:
            value: Its value.
            operands: Pairs (operand, ∂value/∂operand).
        """

    @classmethod
    def of(cls, x: Any) -> Self:
        """Return ``x`` as a number of this kind."""
        return x if isinstance(x, cls) else cls.constant(float(x))

    def __add__(self, other: Any) -> Self:
        other = self.of(other)
        return self.result(self.value + other.value, [(self, 1.0), (other, 1.0)])

    def __sub__(self, other: Any) -> Self:
        other = self.of(other)
        return self.result(self.value - other.value, [(self, 1.0), (other, -1.0)])

    def __mul__(self, other: Any) -> Self:
        other = self.of(other)
        return self.result(self.value * other.value, [(self, other.value), (other, self.value)])

    def __truediv__(self, other: Any) -> Self:
        other = self.of(other)
        quotient = self.value / other.value
        return self.result(quotient, [(self, 1.0 / other.value), (other, -quotient / other.value)])

    def __pow__(self, exponent: Any) -> Self:
        """Raise to a constant, or to a number of this kind (then the base must be positive): x^n = e^(n ln x)."""
        if isinstance(exponent, type(self)):
            power: Self = (exponent * log(self)).apply("exp")
            return power
        if exponent == 0:
            return self.result(1.0, [(self, 0.0)])
        return self.result(self.value**exponent, [(self, exponent * self.value ** (exponent - 1))])

    def __neg__(self) -> Self:
        return self.result(-self.value, [(self, -1.0)])

    def __radd__(self, other: float) -> Self:
        return self + other

    def __rsub__(self, other: float) -> Self:
        return self.of(other) - self

    def __rmul__(self, other: float) -> Self:
        return self * other

    def __rtruediv__(self, other: float) -> Self:
        return self.of(other) / self

    def __rpow__(self, base: float) -> Self:
        return self.of(base) ** self

    def apply(self, name: str) -> Self:
        """Return an elementary function of this number (see `neat.backprop.elementary`)."""
        function = ELEMENTARY[name]
        return self.result(function.value(self.value), [(self, function.derivative(self.value))])
