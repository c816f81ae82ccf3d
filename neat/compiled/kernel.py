"""Kernels: functions compiled by Numba, whose machine code is cached on disk across processes.

Numba's own disk cache looks only at the file of the function: after an edit of a helper in another file, a cached
caller would still contain the old helper. Here the cache key is a fingerprint of all code that a kernel can reach
(`neat.compiled.reach`). So an edited kernel is never loaded from a stale cache, an edit elsewhere causes no
recompilation, and copies of the package share their common kernels. Unused folders are removed.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import llvmlite.binding
import numba
import platformdirs
from numba.core.caching import CompileResultCacheImpl, FunctionCache, IndexDataCacheFile
from numba.core.environment import Environment
from numba.core.runtime import rtsys

from neat.compiled.parts import TRIED, part_of_others
from neat.compiled.reach import OWN, code_digest, fingerprint
from neat.compiled.turns import alone

__all__ = [
    "announce_compilation",
    "cache_folder",
    "cache_root",
    "inlined",
    "inlined_uncounted",
    "is_cached",
    "is_ready",
    "keep_machine_code",
    "kernel",
    "uncounted",
]

_log = logging.getLogger(__name__)
_KEPT_FOLDERS = 8
_LAST = "neat.breeding.reproduction"  # its kernels are compiled last in a run


def kernel(function: Callable[..., Any], *, inline: bool = False, counted: bool = True) -> Callable[..., Any]:
    """Compile ``function`` without the interpreter lock and without fast-math, and cache its machine code on disk.

    Other packages may use it too; an edit of what their module imports leads to recompilation.

    Args:
        function: The function to compile.
        inline: Whether its code is copied into every caller, for small functions on hot paths (`inlined`).
        counted: Whether references to arrays are counted, which functions that create arrays need (`uncounted`).
    """
    options: dict[str, Any] = {"nogil": True, "error_model": "numpy", "forceinline": inline, "_nrt": counted}
    dispatcher = numba.njit(**options, no_cfunc_wrapper=True)(function)
    if dispatcher is function:  # NUMBA_DISABLE_JIT
        return dispatcher
    keep_machine_code(dispatcher, function)
    _take_turns(dispatcher)
    return part_of_others(dispatcher, function, **options)  # type: ignore[no-any-return]


def _take_turns(dispatcher: Any) -> None:
    """Let only one process at a time compile a kernel, if its machine code is cached."""
    cache, compile_now = dispatcher._cache, dispatcher.compile
    if isinstance(cache, _MachineCode):

        def compile_alone(signature: Any) -> Any:
            with alone(cache.lock):
                return compile_now(signature)

        dispatcher.compile = compile_alone


def keep_machine_code(compiled: Any, function: Callable[..., Any]) -> None:
    """Let Numba cache the machine code of ``compiled`` (a dispatcher or a callback, made from ``function``) on disk.

    Functions defined at a prompt have no file that could be checked for edits, so they are not cached.
    """
    with contextlib.suppress(RuntimeError):
        compiled._cache = _MachineCode(function)


class _Place:
    """The cache folder of one function, in the form that Numba asks for (its "locator")."""

    def __init__(self, function: Callable[..., Any], file: Path) -> None:
        self._py_file = str(file)  # appears in Numba's warnings
        self._folder = cache_folder(file)
        self._name = code_digest(function.__code__)[:12]

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> _Place | None:
        path = Path(file)
        if not path.is_file():
            return None
        place = cls(function, path)
        try:
            place.ensure_cache_path()
        except OSError:
            return None
        return place

    def ensure_cache_path(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        tempfile.TemporaryFile(dir=self._folder).close()

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> str:
        return self._folder.name  # the fingerprint: never stale

    def get_disambiguator(self) -> str:
        return self._name


class _Parts(CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = (_Place,)
    never_linked = numba.version_info.short == TRIED
    """Whether kernels are parts of others as `neat.compiled.parts` makes them. Then nobody asks what is kept here for
    code to be linked into others, which takes longer to read than the machine code."""

    def reduce(self, data: Any) -> Any:
        library, *rest, _ = data._reduce()
        if self.never_linked:
            name, kind, (machine_code, _) = library
            library = name, kind, (machine_code, _names_only(data))
        return (library, *rest, tuple(map(_without_module, _environments(data))))

    def rebuild(self, target_context: Any, payload: Any) -> Any:
        data = super().rebuild(target_context, payload)
        if self.never_linked:
            data.library._shared_module = None  # Numba refuses to link such a library
        return data


def _names_only(data: Any) -> bytes:
    """Return a module, as bitcode, from which Numba learns which functions the machine code has."""
    described, engine = data.fndesc, data.library.codegen._engine
    names = (described.llvm_func_name, described.llvm_cpython_wrapper_name, described.llvm_cfunc_wrapper_name)
    text = "".join(f'define void @"{name}"() {{ ret void }}\n' for name in names if engine.is_symbol_defined(name))
    return llvmlite.binding.parse_assembly(text).as_bitcode()  # type: ignore[no-any-return]


def _environments(data: Any) -> tuple[Any, ...]:
    """Return the environments of a kernel and its parts (`neat.compiled.parts`) that its machine code refers to.

    Numba writes their addresses into the machine code without checking whether the optimiser has kept the reference.
    """
    engine = data.library.codegen._engine
    return tuple(e for e in data._find_referenced_environments() if engine.get_global_value_address(e.env_name))


def _without_module(environment: Any) -> Any:
    """Return an environment that is found again without the module of Numba's that its function stands in.

    Compiled code takes nothing from there, and importing some of them imports SciPy.
    """
    if not str(environment.globals.get("__name__")).startswith("numba."):
        return environment
    found = Environment({"__name__": "numba"})
    found.consts[:], found.env_name = environment.consts, environment.env_name
    return found


class _Files(IndexDataCacheFile):  # type: ignore[misc]
    """Numba's cache files, named by their content: numbered files get mixed up if two processes compile at once."""

    def save(self, key: Any, data: Any) -> None:
        overloads = self._load_index()
        overloads[key] = self._data_name(int.from_bytes(hashlib.sha256(repr(key).encode()).digest()[:8], "big"))
        self._save_index(overloads)
        self._save_data(overloads[key], data)


class _MachineCode(FunctionCache):  # type: ignore[misc]
    """Numba's cache in our folder; continues without caching if a file cannot be written or read."""

    _impl_class = _Parts

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        self._cache_file = _Files(self._cache_path, self._impl.filename_base, self._impl.locator.get_source_stamp())
        self.lock = Path(self._cache_path) / f"{self._impl.filename_base}.lock"
        # Kernels of other packages may need what Numba imports for them.
        own = function.__module__.partition(".")[0] in OWN
        self._knows_numba = own and numba.version_info.short == TRIED

    def load_overload(self, signature: Any, context: Any) -> Any:
        try:
            if not self._knows_numba:
                return super().load_overload(signature, context)
            # Numba gets ready to compile here, and imports SciPy for it, which takes longer than the loading. A kernel
            # that has to be compiled after all waits for that later.
            rtsys.initialize(context)
            with self._guard_against_spurious_io_errors():
                return self._load_overload(signature, context)
        except Exception:  # whatever reading half a file raises
            with contextlib.suppress(OSError):
                self.flush()
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        for environment in _environments(data):
            data.library.codegen.set_env(environment.env_name, environment)
        with contextlib.suppress(OSError):
            super().save_overload(sig, data)


def uncounted(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile like `kernel` a function that neither creates nor stores arrays, but only uses views of its arguments.

    Counting references takes atomic operations, which for a small network cost as much as its arithmetic.
    """
    return kernel(function, counted=False)


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile like `kernel`, and copy the code into every caller."""
    return kernel(function, inline=True)


def inlined_uncounted(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile like `uncounted`, and copy the code into every caller."""
    return kernel(function, inline=True, counted=False)


def is_cached(module: str = _LAST) -> bool:
    """Return whether the current kernels of a module are in the disk cache (a first run compiles for some seconds).

    Args:
        module: Dotted name of a module of this project.
    """
    file = Path(__file__).parents[2].joinpath(*module.split(".")).with_suffix(".py")
    return any(cache_folder(file).glob("*.nbc"))


def is_ready(kernel: Any) -> bool:
    """Tell whether a kernel has machine code, here or on disk."""
    if not isinstance(getattr(kernel, "_cache", None), _MachineCode):
        return True  # nothing is kept of it, or nothing is compiled at all
    return bool(kernel.overloads) or Path(kernel._cache._cache_file._index_path).exists()


@functools.cache
def announce_compilation() -> None:
    """Log once that kernels must be compiled first; without a logging setup, Python prints such warnings."""
    if not is_cached():
        _log.warning("compiling: needed once for this version, takes up to a minute; later runs load the cached code")


def cache_root() -> Path:
    """Return the folder for machine code: ``NEAT_ARENA_CACHE``, or by default the user's cache folder."""
    return Path(os.environ.get("NEAT_ARENA_CACHE") or platformdirs.user_cache_path("neat-arena"))


@functools.cache
def cache_folder(file: Path) -> Path:
    """Return the cache folder for the kernels of a module, named after everything their machine code depends on."""
    root = cache_root()
    name = f"{file.parent.name}.{file.stem}"
    digest = hashlib.sha256(f"{numba.__version__} {fingerprint(file, root)}".encode()).hexdigest()[:16]
    folder = root / f"{name}-{digest}"
    if not folder.exists():
        _remove_old(root, name)
    return folder


def _remove_old(root: Path, name: str) -> None:
    """Keep only the most recent cache folders of a module: every edit of its kernels creates a new one."""
    try:
        folders = sorted(root.glob(f"{name}-*"), key=lambda folder: folder.stat().st_mtime)
    except OSError:
        return
    for folder in folders[: max(0, len(folders) - _KEPT_FOLDERS + 1)]:
        shutil.rmtree(folder, ignore_errors=True)
