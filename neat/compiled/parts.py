"""Kernels as parts of other kernels, at a fraction of the compile time.

A function that compiled code calls ends up in the machine code of its caller. Numba gives it machine code of its own
too, with wrappers for Python around it, and optimises it anew at every level of callers: of the time that a first run
took, that was more than half. Here a function that is called from compiled code is translated to LLVM's language, and
no farther; optimisation and machine code are left to the kernel that Python calls in the end. Where Python calls the
same function too, that is a kernel of its own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numba
from numba.core.codegen import JITCodeLibrary
from numba.core.compiler import Compiler

__all__ = ["TRIED", "part_of_others"]

_WITHIN = ("_optimize_final_module", "_finalize_final_module", "_finalize_dynamic_globals")
TRIED = (0, 68)
"""The version of Numba with which this was tried. What is overridden here is Numba's own business and not told in its
documentation, so any other version compiles as it always did: slower, and right."""


class _NoMachine:
    """Stands where Numba tells the machine code of a function its environment: there is none yet."""

    def set_env(self, name: str, environment: Any) -> None:
        """Do nothing: the kernel that the function becomes a part of is told (`neat.compiled.kernel`)."""


class _Untranslated(JITCodeLibrary):  # type: ignore[misc]
    """A function that is linked into others, and never called where it is."""

    @property
    def codegen(self) -> Any:
        return _NoMachine()

    def _optimize_final_module(self) -> None:
        return

    def _finalize_final_module(self) -> None:
        self._finalize_dynamic_globals()
        self._finalized = True

    def get_pointer_to_function(self, name: str) -> int:
        self._ensure_finalized()
        return 0


class _PartCompiler(Compiler):  # type: ignore[misc]
    def compile_extra(self, func: Callable[..., Any]) -> Any:
        self.state.library = _Untranslated(self.state.targetctx.codegen(), func.__qualname__)
        return super().compile_extra(func)


def part_of_others(dispatcher: Any, function: Callable[..., Any], **options: Any) -> Any:
    """Let other kernels compile a function as their part.

    Args:
        dispatcher: What Numba made of the function, for Python to call.
        function: The function.
        options: How it was compiled.

    Returns:
        The dispatcher.
    """
    if numba.version_info.short != TRIED or not all(hasattr(JITCodeLibrary, name) for name in _WITHIN):
        return dispatcher

    @functools.cache  # made when it is first asked for: most are never compiled
    def part() -> Any:
        options.update(no_cpython_wrapper=True, no_cfunc_wrapper=True, pipeline_class=_PartCompiler)
        made = numba.njit(**options)(function)
        made._compiling_counter = dispatcher._compiling_counter  # by which Numba knows that a function calls itself
        return made

    dispatcher.get_call_template = lambda arguments, words: part().get_call_template(arguments, words)
    dispatcher.get_overload = lambda signature: part().get_overload(signature)
    return dispatcher
