"""Automatic differentiation by expression trees, forward and in reverse.

Arithmetic on expressions records, beside each value, the operands and the partial derivative with respect to each.
The chain rule can then be summed in either direction. Forward, ∂node/∂x is known for every node, for one variable x;
in reverse, ∂result/∂node is known for every node, for all variables at once, which is what backpropagation does::

    >>> x, y = Expression(2.0), Expression(3.0)
    >>> z = x * (x + y) + y**2
    >>> z.forward(x), z.reverse(x, y)
    (7.0, [7.0, 8.0])

A subexpression used twice is one node with two users; both directions visit it once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from neat.backprop.arithmetic import Arithmetic

__all__ = ["Expression", "reverse_gradient"]


class Expression(Arithmetic):
    """A node: a variable or constant if it has no operands, else the result of an operation.

    Args:
        value: The number.
        operands: Pairs (expression, ∂value/∂expression).
    """

    __slots__ = ("operands", "value")

    def __init__(self, value: float, operands: Sequence[tuple[Expression, float]] = ()) -> None:
        self.value = float(value)
        self.operands = tuple(operands)

    @classmethod
    def constant(cls, value: float) -> Expression:  # noqa: D102
        return cls(value)

    @classmethod
    def result(cls, value: float, operands: Sequence[tuple[Expression, float]]) -> Expression:  # noqa: D102
        return cls(value, operands)

    def forward(self, variable: Expression) -> float:
        """Return ∂self/∂variable, summed from the leaves upward."""
        derivative: dict[Expression, float] = {}
        for node in self._operands_first():
            along_operands = sum(partial * derivative[operand] for operand, partial in node.operands)
            derivative[node] = 1.0 if node is variable else along_operands
        return derivative[self]

    def reverse(self, *variables: Expression) -> list[float]:
        """Return ∂self/∂variable for each variable, summed from the result downward in one pass."""
        derivative = {self: 1.0}
        for node in reversed(self._operands_first()):
            for operand, partial in node.operands:
                derivative[operand] = derivative.get(operand, 0.0) + derivative[node] * partial
        return [derivative.get(variable, 0.0) for variable in variables]

    def _operands_first(self) -> list[Expression]:
        """Return every node below this one once, operands before users (without recursion: trees may be deep)."""
        order: list[Expression] = []
        seen: set[Expression] = set()
        stack = [(self, False)]
        while stack:
            node, expanded = stack.pop()
            if expanded:
                order.append(node)
            elif node not in seen:
                seen.add(node)
                stack.append((node, True))
                stack.extend((operand, False) for operand, _ in node.operands)
        return order

    def __repr__(self) -> str:
        return f"Expression({self.value!r})"


def reverse_gradient(
    function: Callable[[Sequence[Any]], Any], at: Sequence[float]
) -> tuple[float, NDArray[np.float64]]:
    """Return a function's value and its gradient by one reverse pass.

    Args:
        function: From n numbers to one number, by arithmetic and `neat.backprop.elementary`.
        at: Where, n numbers.

    Returns:
        The value, and the gradient, float64, shape (n,).
    """
    variables = [Expression(v) for v in at]
    result = Expression.of(function(variables))
    return result.value, np.array(result.reverse(*variables))
