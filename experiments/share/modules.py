"""ES modules put into one page: each as an object of its own, since a page that loads nothing cannot import."""

from __future__ import annotations

import re
from collections.abc import Sequence

from neat.errors import ConfigError

__all__ = ["enclosed", "exports"]

_DECLARED = re.compile(r"^export\s+(?:const|let|var|class|async\s+function\*?|function\*?)\s*([A-Za-z_$][\w$]*)", re.M)
_LISTED = re.compile(r"^export\s*\{([^}]*)\}\s*;?", re.M)
_OTHER = re.compile(r"^(?:import\b|export\s+default\b|export\s*\*|export\s*\{[^}]*\}\s*from\b).*", re.M)
_WORD = re.compile(r"^export\s+(?=(?:const|let|var|class|async|function))", re.M)


def exports(text: str) -> list[tuple[str, str]]:
    """Return what a module exports: names in it, each with the name outside."""
    found = [(name, name) for name in _DECLARED.findall(text)]
    for names in _LISTED.findall(text):
        for part in filter(None, (part.strip() for part in names.split(","))):
            own, _, outside = part.partition(" as ")
            found.append((own.strip(), outside.strip() or own.strip()))
    return found


def enclosed(text: str, where: str, needed: Sequence[str] = ()) -> str:
    """Return an expression that stands for a module: an object with what it exports.

    Args:
        text: The module. Exports stand at the beginning of a line.
        where: Its file, for messages.
        needed: What it has to export.

    Raises:
        ConfigError: It imports something, has a default export, or lacks what is needed.
    """
    if other := _OTHER.search(text):
        line = text[: other.start()].count("\n") + 1
        raise ConfigError(
            f"{where}, line {line}: {other[0].strip()[:60]!r} cannot stand in a page that loads nothing: write all in "
            "one file, with 'export function …'"
        )
    found = exports(text)
    missing = [name for name in needed if name not in {outside for _, outside in found}]
    if missing:
        raise ConfigError(
            f"{where}: expected it to export {', '.join(needed)}; it lacks {', '.join(missing)} "
            f"(export function {missing[0]}(…) at the beginning of a line)"
        )
    body = _LISTED.sub("", _WORD.sub("", text))
    # Whatever ends a script in HTML must not stand in one.
    body = re.sub(r"<(?=/script|!--)", r"\\x3c", body, flags=re.I)
    getters = ", ".join(f"get {outside}() {{ return {own}; }}" for own, outside in found)
    return f"(() => {{\n{body}\nreturn {{ {getters} }};\n}})()"
