"""Kernels as the Python functions they are written as, for the few calls that take less time than compiling.

Whoever looks at a champion needs the plan of one network: a millisecond of Python, or seconds of compiling first. The
code is the same, so there is nothing to keep in step. It is for kernels that count, compare and copy only: where
compiled code divides by zero or overflows, Python raises errors.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from types import FunctionType
from typing import Any

import numpy as np

from neat.compiled.kernel import is_ready

__all__ = ["interpreted", "sparing"]

_CALLS = 8
"""Calls after which a kernel is worth compiling, since more are likely to come."""


def sparing(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function that does what a kernel does, and compiles it only if it is called more than a few times.

    Once there is machine code, that is called.
    """
    calls = 0

    @functools.wraps(kernel)
    def call(*arguments: Any) -> Any:
        nonlocal calls
        if calls < _CALLS and not is_ready(kernel):
            calls += 1
            return interpreted(kernel)(*map(_records, arguments))
        calls = _CALLS
        return kernel(*arguments)

    return call


@functools.cache
def interpreted(kernel: Any) -> Callable[..., Any]:
    """Return the Python function of a kernel, which calls those of other kernels instead of these.

    Args:
        kernel: What `neat.compiled.kernel.kernel` has made. Arrays of records go to the function as `np.recarray`.
    """
    plain = getattr(kernel, "py_func", kernel)
    known = plain.__globals__
    names = {name: known[name] for name in plain.__code__.co_names if name in known}
    names = {name: interpreted(value) if hasattr(value, "py_func") else value for name, value in names.items()}
    return FunctionType(plain.__code__, {"__builtins__": __builtins__, **names}, plain.__name__, plain.__defaults__)


def _records(value: Any) -> Any:
    """Return an array of records as one whose fields are attributes, as in compiled code; anything else as it is."""
    return value.view(np.recarray) if isinstance(value, np.ndarray) and value.dtype.names else value
