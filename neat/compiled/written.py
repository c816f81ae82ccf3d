"""Functions generated from a list, like ``__init__`` by `dataclasses`, for compiled code.

Compiled code refers to record fields and functions by name in its source. A loop over a list of them would need a
branch at every step of every gene. So the source is generated instead, one line per entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

__all__ = ["written"]


def written(
    signature: str, lines: Iterable[str], names: Mapping[str, Any], *, module: str, file: str
) -> Callable[..., Any]:
    """Return a function with the given source.

    Args:
        signature: Name and arguments, ``"name(a, b)"``.
        lines: Its body, built only from names in this project's code.
        names: The objects that the body refers to besides its arguments.
        module: ``__name__`` of the module that it belongs to.
        file: ``__file__`` of that module; the cache key of the machine code covers what the module can reach.
    """
    source = "\n".join([f"def {signature}:", *(f"    {line}" for line in lines)])
    space: dict[str, Any] = {**names, "__name__": module}
    exec(compile(source, file, "exec"), space)
    return space[signature.partition("(")[0]]  # type: ignore[no-any-return]
