"""How a function becomes machine code, and where that code is kept between processes.

Numba's own on-disk cache looks only at the file a function stands in: edit a helper in another file and a cached
caller keeps the old helper. Here the cache folder is named by a hash of **all** sources a kernel can reach, so an
edited kernel is never served from a stale cache, and folders no longer used are removed.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import logging
import os
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numba
import platformdirs

__all__ = ["announce_compilation", "cache_folder", "inlined", "is_cached", "kernel"]

_log = logging.getLogger(__name__)
_KEPT_FOLDERS = 8


def kernel(function: Callable[..., Any], *, inline: bool = False) -> Callable[..., Any]:
    """Compile ``function`` without the interpreter lock and without fast-math, and keep its machine code on disk.

    Functions of other packages may use it too; edits anywhere in their package (or, for a plain module, in its file)
    or in neat-arena itself lead to a fresh compilation.

    Args:
        function: What to compile.
        inline: Whether its code is copied into every caller, for small functions on hot paths (`inlined`).
    """
    dispatcher = numba.njit(nogil=True, error_model="numpy", forceinline=inline)(function)
    previous = numba.config.CACHE_DIR
    numba.config.CACHE_DIR = str(cache_folder(function.__module__))
    try:
        dispatcher.enable_caching()
    except RuntimeError:
        pass  # defined at a prompt: there is no file whose edits could be noticed, so nothing is kept
    else:
        _forgive(dispatcher._cache)
    finally:
        numba.config.CACHE_DIR = previous
    return dispatcher  # type: ignore[no-any-return]


def _forgive(cache: Any) -> None:
    """Go on without machine code on disk where it cannot be kept (a full disk) or read (a power cut halved it)."""
    load, save = cache.load_overload, cache.save_overload

    def load_or_compile(*args: Any) -> Any:
        try:
            return load(*args)
        except Exception:  # whatever reading half a file raises
            with contextlib.suppress(OSError):
                cache.flush()
            return None

    def save_if_possible(*args: Any) -> None:
        with contextlib.suppress(OSError):
            save(*args)

    cache.load_overload, cache.save_overload = load_or_compile, save_if_possible


def inlined(function: Callable[..., Any]) -> Callable[..., Any]:
    """Compile like `kernel`, and copy the code into every caller."""
    return kernel(function, inline=True)


def is_cached(module: str = "neat") -> bool:
    """Tell whether machine code for the present sources is already on disk (a first run compiles for some seconds)."""
    return any(cache_folder(module).rglob("*.nbc"))


@functools.cache
def announce_compilation() -> None:
    """Tell the log, once, that machine code has yet to be made: Python shows warnings where no log is set up."""
    if not is_cached():
        _log.warning("compiling: machine code for this version is made once and kept, which takes up to a minute")


@functools.cache
def cache_folder(module: str) -> Path:
    """Return the folder for kernels of ``module``, named by everything its kernels' machine code depends on.

    ``NEAT_ARENA_CACHE`` overrides the place (by default the user's cache folder).
    """
    root = Path(os.environ.get("NEAT_ARENA_CACHE") or platformdirs.user_cache_path("neat-arena"))
    # Numba keeps code apart by the place of its source too: two copies of the package share nothing.
    digest = hashlib.sha256(f"{numba.__version__} {sys.version} {Path(__file__).parent}".encode())
    for file in sorted({*_sources("neat"), *_sources(module.partition(".")[0])}):
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    folder = root / digest.hexdigest()[:16]
    if not folder.exists():
        _remove_old(root)
    return folder


def _sources(package: str) -> list[Path]:
    """Return the Python files of a top-level package, or the one file of a plain module."""
    file = getattr(sys.modules.get(package), "__file__", None)
    if file is None:
        return []
    path = Path(file)
    return list(path.parent.rglob("*.py")) if path.name == "__init__.py" else [path]


def _remove_old(root: Path) -> None:
    """Keep the most recent cache folders only: every edit of a kernel starts a new one."""
    try:
        folders = sorted((f for f in root.iterdir() if f.is_dir()), key=lambda f: f.stat().st_mtime)
    except OSError:
        return
    for folder in folders[: max(0, len(folders) - _KEPT_FOLDERS + 1)]:
        shutil.rmtree(folder, ignore_errors=True)
