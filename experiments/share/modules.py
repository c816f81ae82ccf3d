"""ES modules in one page: each becomes an object, since a page that loads nothing cannot import modules."""

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
    """Return the exports of a module: pairs of the name in the module and the exported name."""
    found = [(name, name) for name in _DECLARED.findall(text)]
    for names in _LISTED.findall(text):
        for part in filter(None, (part.strip() for part in names.split(","))):
            own, _, outside = part.partition(" as ")
            found.append((own.strip(), outside.strip() or own.strip()))
    return found


def enclosed(text: str, where: str, needed: Sequence[str] = ()) -> str:
    """Return a JavaScript expression for a module: an object with its exports.

    Args:
        text: The module. Each ``export`` must be at the beginning of a line.
        where: The file of the module, for messages.
        needed: Names that the module must export.

    Raises:
        ConfigError: The module imports something, has a default export, or lacks a needed export.
    """
    if other := _OTHER.search(text):
        line = text[: other.start()].count("\n") + 1
        raise ConfigError(
            f"{where}, line {line}: {other[0].strip()[:60]!r} does not work in a page that loads nothing: write "
            "everything in one file, with 'export function …'"
        )
    found = exports(text)
    missing = [name for name in needed if name not in {outside for _, outside in found}]
    if missing:
        raise ConfigError(
            f"{where}: expected it to export {', '.join(needed)}; it lacks {', '.join(missing)} "
            f"(export function {missing[0]}(…) at the beginning of a line)"
        )
    body = _LISTED.sub("", _WORD.sub("", text))
    # The text must not end the script element of the page.
    body = re.sub(r"<(?=/script|!--)", r"\\x3c", body, flags=re.I)
    getters = ", ".join(f"get {outside}() {{ return {own}; }}" for own, outside in found)
    return f"(() => {{\n{body}\nreturn {{ {getters} }};\n}})()"
