"""How compiled code reaches a game it was not compiled with: by the machine addresses of its functions.

A kernel that takes a compiled function as an argument misses the disk cache in every new process. Addresses are plain
integers, so one episode kernel serves all games and is cached; a call through one costs about 5 ns. (Typed function
pointers, `numba.types.FunctionType`, run as fast inside the loop but cost 22 µs each time the loop is entered.)
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from typing import Any

import numba
import numpy as np
from llvmlite import ir
from numba import types
from numba.core.ccallback import CFunc
from numba.core.sigutils import normalize_signature
from numba.extending import intrinsic

from environments.making.blame import home_of, shown
from neat.compiled.kernel import keep_machine_code, kernel
from neat.errors import ConfigError

__all__ = ["OBSERVE", "STEP_BOX", "STEP_DISCRETE", "address_of", "see", "step_box", "step_discrete"]

_VECTOR = types.Array(types.float64, 1, "C")
_OUTCOME = types.Tuple((types.float64, types.boolean))

STEP_DISCRETE = _OUTCOME(_VECTOR, types.int64)
"""Signature of ``step(state, action)`` where actions are numbers: returns (reward, terminated)."""
STEP_BOX = _OUTCOME(_VECTOR, _VECTOR)
"""Signature of ``step(state, action)`` where actions are vectors: returns (reward, terminated)."""
OBSERVE = types.void(_VECTOR, _VECTOR)
"""Signature of ``observe(state, observation)``."""

_FILE = re.compile(r'File "([^"]+)", line (\d+)')
_compiled: list[object] = []  # keeps machine code alive for as long as its address may be called


@functools.cache
def address_of(function: Callable[..., Any], signature: Any, role: str) -> int:
    """Compile ``function`` for ``signature`` (or load it from the disk cache) and return its machine address.

    Args:
        function: A plain Python function, or one decorated with `neat.compiled.kernel.kernel`.
        signature: One of `STEP_DISCRETE`, `STEP_BOX` and `OBSERVE`.
        role: Name of the function, for messages.

    Raises:
        ConfigError: Numba cannot compile the function.
    """
    plain = getattr(function, "py_func", function)
    compiled: Any = CFunc(plain, normalize_signature(signature), {}, {"error_model": "numpy"})
    keep_machine_code(compiled, plain)
    try:
        compiled.compile()
    except numba.core.errors.NumbaError as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        why = next((line for line in lines if not line.startswith("Failed in")), lines[0])
        if "No conversion from" in str(error) and signature.return_type != types.void:
            why = f"it returns {_returned(str(error))}, expected (reward, terminated): a number, and True or False"
        where = next((f" in {shown(file)}, line {line}" for file, line in _FILE.findall(str(error))), "")
        raise ConfigError(f"{role} cannot be compiled: {why}{where or home_of(plain)}") from error
    _compiled.append(compiled)
    return int(compiled.address)


def _returned(message: str) -> str:
    found = re.search(r"No conversion from (.+?) to ", message)
    return found[1] if found else "something else"


def _emit_call(function_signature: Any) -> Callable[..., Any]:
    """Return code generation for a call of the function whose address is the first argument."""

    def emit(context, builder, signature, arguments):  # type: ignore[no-untyped-def]
        result = ir.VoidType() if function_signature.return_type == types.void else None
        kind = ir.FunctionType(
            result or context.get_value_type(function_signature.return_type),
            [context.get_value_type(t) for t in function_signature.args],
        )
        called = builder.call(builder.inttoptr(arguments[0], kind.as_pointer()), arguments[1:])
        return context.get_dummy_value() if result else called

    return emit


@intrinsic
def step_discrete(typing_context, address, state, action):  # type: ignore[no-untyped-def]
    """Call the `STEP_DISCRETE` function at ``address``."""
    return _OUTCOME(types.int64, _VECTOR, types.int64), _emit_call(STEP_DISCRETE)


@intrinsic
def step_box(typing_context, address, state, action):  # type: ignore[no-untyped-def]
    """Call the `STEP_BOX` function at ``address``."""
    return _OUTCOME(types.int64, _VECTOR, _VECTOR), _emit_call(STEP_BOX)


@intrinsic
def _observe(typing_context, address, state, observation):  # type: ignore[no-untyped-def]
    """Call the `OBSERVE` function at ``address``."""
    return types.void(types.int64, _VECTOR, _VECTOR), _emit_call(OBSERVE)


@kernel
def see(address, single, state, observation):  # type: ignore[no-untyped-def]
    """Fill in ``observation`` (float64, rounded to float32 if ``single``) by the `OBSERVE` function at ``address``."""
    _observe(address, state, observation)
    if single:
        for i in range(observation.size):
            observation[i] = np.float32(observation[i])
