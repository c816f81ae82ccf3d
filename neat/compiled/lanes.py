"""Eight float64 numbers side by side in one vector register, for compiled code.

A single sum over genes cannot be vectorised without changing the order of additions, and so the last digits. But eight
sums can be computed side by side, each in its own order. In plain Python, eight lanes are a list of eight numbers::

    zeros()                          →  [0.0] * 8
    add(sums, array, place)          →  [s + a for s, a in zip(sums, array[place : place + 8])]
    add_apart(sums, v, array, place) →  [s + abs(v - a) * f for s, a, f in
                                         zip(sums, array[place : place + 8], array[place + 8 : place + 16])]
    store(sums, array, place)        →  array[place : place + 8] = sums

Numba would leave this to a pass of LLVM that it switches off because of miscompilations (numba pull request 8852). So
these few operations are written here as vector instructions that every processor has (two registers of AVX2, four of
SSE2 or NEON).
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.extending import intrinsic, models, register_model

__all__ = ["LANES", "add", "add_apart", "store", "zeros"]

LANES = 8
"""Numbers per register."""

_VECTOR = ir.VectorType(ir.DoubleType(), LANES)


class _LanesType(types.Type):  # type: ignore[misc]
    def __init__(self) -> None:
        super().__init__(name="Lanes")


_lanes = _LanesType()


@register_model(_LanesType)
class _LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _VECTOR)


def _pointer(context: Any, builder: Any, kind: Any, array: Any, place: Any) -> Any:
    """Return a pointer to eight numbers of a contiguous float64 array, aligned to eight bytes only."""
    data = context.make_array(kind)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [place]), _VECTOR.as_pointer())


@intrinsic  # type: ignore[untyped-decorator]
def zeros(typing: Any) -> Any:
    """Return eight zeros."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return ir.Constant(_VECTOR, [0.0] * LANES)

    return _lanes(), build


@intrinsic  # type: ignore[untyped-decorator]
def add(typing: Any, sums: Any, array: Any, place: Any) -> Any:
    """Return ``sums + array[place : place + 8]``."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        sums, array, place = arguments
        return builder.fadd(sums, builder.load(_pointer(context, builder, signature.args[1], array, place), align=8))

    return _lanes(_lanes, array, types.intp), build


@intrinsic  # type: ignore[untyped-decorator]
def add_apart(typing: Any, sums: Any, value: Any, array: Any, place: Any) -> Any:
    """Return ``sums + abs(value - array[place : place + 8]) * array[place + 8 : place + 16]``."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        sums, value, array, place = arguments
        pointer = _pointer(context, builder, signature.args[2], array, place)
        others = builder.load(pointer, align=8)
        factors = builder.load(builder.gep(pointer, [ir.Constant(ir.IntType(32), 1)]), align=8)
        first = builder.insert_element(ir.Constant(_VECTOR, ir.Undefined), value, ir.Constant(ir.IntType(32), 0))
        same = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        values = builder.shuffle_vector(first, ir.Constant(_VECTOR, ir.Undefined), same)
        apart = builder.fsub(values, others)
        negative = builder.fcmp_ordered("<", apart, ir.Constant(_VECTOR, [0.0] * LANES))
        return builder.fadd(sums, builder.fmul(builder.select(negative, builder.fneg(apart), apart), factors))

    return _lanes(_lanes, types.float64, array, types.intp), build


@intrinsic  # type: ignore[untyped-decorator]
def store(typing: Any, values: Any, array: Any, place: Any) -> Any:
    """Write eight numbers to ``array[place : place + 8]``."""

    def build(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        values, array, place = arguments
        builder.store(values, _pointer(context, builder, signature.args[1], array, place), align=8)
        return context.get_dummy_value()

    return types.void(_lanes, array, types.intp), build
