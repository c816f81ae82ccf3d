"""Kernels that are called by other kernels, compiled in a fraction of the time.

A function that compiled code calls becomes part of its caller's machine code. Numba also compiles it on its own, with
wrappers for Python, and optimises it again at every level of callers; that took more than half of a first run's time.
Here a function called from compiled code is only translated to LLVM's intermediate language. Optimisation and code
generation happen once, for the kernel that Python calls. If Python calls the function too, it becomes a kernel of its
own.
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
"""The version of Numba this was tested with. It overrides undocumented internals of Numba, so with any other version
kernels compile the ordinary way: correct, but slower."""


class _NoMachine:
    """Stands in for Numba's library object, which does not exist yet, when Numba sets a function's environment."""

    def set_env(self, name: str, environment: Any) -> None:
        """Do nothing: the kernel that contains the function sets the environment (`neat.compiled.kernel`)."""


class _Untranslated(JITCodeLibrary):  # type: ignore[misc]
    """A function that is linked into others, and never called on its own."""

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
        dispatcher: Numba's dispatcher of the function, for calls from Python.
        function: The function.
        options: Its compiler options.

    Returns:
        The dispatcher.
    """
    if numba.version_info.short != TRIED or not all(hasattr(JITCodeLibrary, name) for name in _WITHIN):
        return dispatcher

    @functools.cache  # created on first use: most are never compiled
    def part() -> Any:
        options.update(no_cpython_wrapper=True, no_cfunc_wrapper=True, pipeline_class=_PartCompiler)
        made = numba.njit(**options)(function)
        made._compiling_counter = dispatcher._compiling_counter  # how Numba recognises recursion
        return made

    dispatcher.get_call_template = lambda arguments, words: part().get_call_template(arguments, words)
    dispatcher.get_overload = lambda signature: part().get_overload(signature)
    return dispatcher
