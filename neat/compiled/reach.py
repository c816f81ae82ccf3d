"""What a kernel's machine code depends on: the sources that its module can reach by imports, without comments.

A kernel contains the code of every kernel and constant that it names. These come from its own module or from modules
that it imports. So the *fingerprint* of a kernel covers exactly these files. An edit of a drawing, which no kernel
imports, changes no fingerprint, and neither does an edit of a comment or docstring.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import json
import os
import sys
import uuid
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import NamedTuple

__all__ = ["OWN", "code_digest", "fingerprint", "forget"]

OWN = ("neat", "environments", "experiments")
"""This project's packages."""
_MEMO = "sources.json"


class _Source(NamedTuple):
    """The relevant content of one file: a digest of its code, and the modules it imports when loaded."""

    digest: str
    imports: tuple[str, ...]


def fingerprint(file: Path, root: Path) -> str:
    """Return a hexadecimal digest of all code that the kernels of ``file`` can reach.

    Args:
        file: The source file of a module.
        root: Folder in which digests are cached, by each file's modification time and size: reading costs more than
            that.
    """
    known = _remembered(root)
    digest = hashlib.sha256(sys.version.encode())
    for name, source in sorted((path.name, _source(path, known).digest) for path in _reached(file, known)):
        digest.update(f"{name} {source} ".encode())
    known.keep()
    return digest.hexdigest()


def _reached(file: Path, known: _Memo) -> set[Path]:
    """Return a file and all files that it imports, directly or indirectly."""
    reached, waiting = {file}, [file]
    while waiting:
        here = waiting.pop()
        if here not in known.imported:
            known.imported[here] = tuple(_imported(here, _source(here, known)))
        for found in known.imported[here]:
            if found not in reached:
                reached.add(found)
                waiting.append(found)
    return reached


def forget() -> None:
    """Discard what was read: a test has edited sources."""
    for kept in (_remembered, _package_in, _module_at, _file_in):
        kept.cache_clear()


class _Memo:
    """Digests of files, cached on disk across processes."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.new = False
        self.seen: dict[Path, _Source] = {}
        self.imported: dict[Path, tuple[Path, ...]] = {}  # found once, asked for by every module with kernels
        self.stored: dict[str, list[object]] = {}
        with contextlib.suppress(OSError, ValueError):
            stored = json.loads(place.read_text(encoding="utf-8"))
            self.stored = stored if isinstance(stored, dict) else {}

    def keep(self) -> None:
        """Write new digests to disk; if the folder is not writable, they are computed again next time."""
        if not self.new:
            return
        self.new = False
        unfinished = self.place.with_name(f"{self.place.name}.{uuid.uuid4().hex[:8]}")
        with contextlib.suppress(OSError):
            self.place.parent.mkdir(parents=True, exist_ok=True)
            unfinished.write_text(json.dumps(self.stored), encoding="utf-8")
            os.replace(unfinished, self.place)


@functools.cache
def _remembered(root: Path) -> _Memo:
    return _Memo(root / _MEMO)


def _source(file: Path, known: _Memo) -> _Source:
    """Return the relevant content of a file, from the cache if its time and size are unchanged."""
    if file in known.seen:
        return known.seen[file]
    status = file.stat()
    stamp = [status.st_mtime_ns, status.st_size, sys.hexversion]
    match known.stored.get(str(file)):
        case [time, size, version, str(digest), [*imports]] if [time, size, version] == stamp:
            source = _Source(digest, tuple(map(str, imports)))
        case _:
            source = _read(file)
            known.stored[str(file)] = [*stamp, source.digest, list(source.imports)]
            known.new = True
    known.seen[file] = source
    return source


def _read(file: Path) -> _Source:
    tree = ast.parse(file.read_bytes(), str(file))
    for node in ast.walk(tree):  # docstrings do not change machine code
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node, clean=False
        ):
            node.body = node.body[1:] or [ast.Pass(lineno=1, col_offset=0)]  # a module has no line of its own
    imports = tuple(dict.fromkeys(_names(tree.body, _package_in(file.parent))))
    return _Source(code_digest(compile(tree, "", "exec", dont_inherit=True)), imports)


def code_digest(code: CodeType) -> str:
    """Return a hexadecimal digest of code, independent of line numbers."""
    digest = hashlib.sha256(code.co_code)
    for names in (code.co_names, code.co_varnames, code.co_freevars, code.co_cellvars):
        digest.update(repr(names).encode())
    digest.update(repr((code.co_name, code.co_argcount, code.co_kwonlyargcount, code.co_flags)).encode())
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            digest.update(code_digest(constant).encode())
        elif isinstance(constant, frozenset):
            digest.update(repr(sorted(map(repr, constant))).encode())
        else:
            digest.update(repr(constant).encode())
    return digest.hexdigest()


def _names(body: list[ast.stmt], package: str) -> Iterator[str]:
    """Yield the imports executed when a module is loaded: ``module``, or ``module:name`` for a name from it."""
    for node in body:
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parent = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            module = ".".join(filter(None, (parent, node.module)))
            yield from (f"{module}:{alias.name}" for alias in node.names)
        elif isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            yield from _names(node.orelse, package)
        elif isinstance(node, ast.If | ast.Try | ast.With):
            for part in ("body", "orelse", "finalbody"):
                yield from _names(getattr(node, part, []), package)
            for handler in getattr(node, "handlers", []):
                yield from _names(handler.body, package)


@functools.cache
def _package_in(folder: Path) -> str:
    """Return the dotted name of the package that a folder is, empty for a plain folder."""
    if not (folder / "__init__.py").is_file():
        return ""
    return f"{_package_in(folder.parent)}.{folder.name}".lstrip(".")


@functools.cache
def _is_installed(home: Path) -> bool:
    """Return whether a folder belongs to an installer (site-packages)."""
    return any(home.glob("*.dist-info"))


def _imported(file: Path, source: _Source) -> Iterator[Path]:
    """Yield the files that a file imports: from its own package, from this project, and plain modules in its folder.

    Folders of installed packages are excluded: their neighbours would be NumPy and hundreds more.
    """
    package = _package_in(file.parent)
    home = file.parent
    for _ in filter(None, package.split(".")):
        home = home.parent
    project = Path(__file__).parents[2]
    own = {package.partition(".")[0]} - {""}
    for name in source.imports:
        module, _, attribute = name.partition(":")
        top = module.partition(".")[0]
        roots = [home] if top in own or not (_is_installed(home) or own & {*OWN}) else []
        roots += [project] if top in OWN else []
        for root in roots:
            folder, own_file = _module_at(root, module)
            if attribute and folder is not None and (submodule := _file_in(folder, f"{attribute}.py")) is not None:
                yield submodule
            elif own_file is not None:
                yield own_file
            elif folder is not None and _file_in(folder, "__init__.py") is not None:
                yield from sorted(folder.rglob("*.py"))  # it may hand on anything that the package has
            else:
                continue
            break


@functools.cache
def _module_at(root: Path, module: str) -> tuple[Path | None, Path | None]:
    """Return the folder and the file of a module's name below a root, None for what there is not."""
    path = root.joinpath(*module.split("."))
    return path if path.is_dir() else None, _file_in(path.parent, f"{path.name}.py")


@functools.cache
def _file_in(folder: Path, name: str) -> Path | None:
    path = folder / name
    return path if path.is_file() else None
