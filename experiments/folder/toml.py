"""TOML from any source: read in bounded memory and time, or rejected with a one-line error."""

from __future__ import annotations

import re
import tomllib
from typing import Any

from neat.errors import ConfigError, NeatError
from neat.files.text import decode_text

__all__ = ["LARGEST_FILE", "line_of", "parse_toml"]

LARGEST_FILE = 1 << 20
"""Maximum size of a file in bytes; larger files are rejected."""
DEEPEST = 8
"""Maximum depth of nested tables and arrays."""


def parse_toml(text: str | bytes, name: str) -> dict[str, Any]:
    """Parse the text of an experiment file.

    Args:
        text: The content of the file; bytes are UTF-8, or UTF-16 with a byte order mark.
        name: Name of the text in messages.

    Raises:
        ConfigError: The text is not TOML, is too large, or is nested too deeply.
    """
    if len(text) > LARGEST_FILE:
        raise ConfigError(f"{name}: an experiment file has at most {LARGEST_FILE:,} bytes, this one has {len(text):,}")
    try:
        text = decode_text(text)
        _check_dots(text, name)
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:  # ValueError: also numbers of thousands of digits, dates like 99:99
        if isinstance(error, NeatError):
            raise
        reason = "nested too deeply" if isinstance(error, RecursionError) else " ".join(str(error).split())
        raise ConfigError(f"{name}: not a TOML file: {reason}") from None
    _check_depth(data, name)
    return data


def line_of(text: str | bytes, path: str) -> int | None:
    """Return the line, from 1, on which a text of TOML gives a setting; None if it does not, or not plainly.

    Args:
        text: The content of a file that `parse_toml` accepts.
        path: ``section``, ``section.key``, or a key before the first section.
    """
    section = ""
    for number, line in enumerate(decode_text(text).splitlines(), start=1):
        if header := _HEADER.match(line):
            section = f"{header[1]}."
            if header[1] == path:
                return number
        elif (key := _KEY.match(line)) and path in (section + key[1], (section + key[1]).rpartition(".")[0]):
            return number
    return None


_HEADER = re.compile(r"\s*\[([\w-]+)\]\s*(?:#|$)")
_KEY = re.compile(r"\s*([\w.-]+)\s*=")


def _check_depth(value: object, name: str, depth: int = 0) -> None:
    if depth > DEEPEST:
        raise ConfigError(f"{name}: tables and arrays may be nested {DEEPEST} deep, these are deeper")
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for item in inner:
        _check_depth(item, name, depth + 1)


_DOTTED = re.compile(r"""(?<![\w-])(?:(?:[\w-]++|"[^"\n]*+"|'[^'\n]*+')[ \t]*+\.[ \t]*+){17}""")


def _check_dots(text: str, name: str) -> None:
    """Reject keys with very many parts, for which the time of the parser is quadratic in their number."""
    found = _DOTTED.search(text)
    if found:
        raise ConfigError(f"{name}: nested too deeply: more than 16 names joined by dots, {found[0][:40]!r}…")
