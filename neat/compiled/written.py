"""Functions that are written from a list, as `dataclasses` writes ``__init__``, for compiled code.

Compiled code knows the fields of records and the functions that it calls by their names in the source. A loop over
fields or functions would be a jump for every step of every gene, so what a list says is written out, a line an entry.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

__all__ = ["written"]


def written(
    signature: str, lines: Iterable[str], names: Mapping[str, Any], *, module: str, file: str
) -> Callable[..., Any]:
    """Return a function of the given source.

    Args:
        signature: Name and arguments, ``"name(a, b)"``.
        lines: Its body, from names in the code of this project alone.
        names: What the body refers to beside its arguments.
        module: ``__name__`` of the module that it belongs to.
        file: ``__file__`` of it: machine code is kept by what that module can reach.
    """
    source = "\n".join([f"def {signature}:", *(f"    {line}" for line in lines)])
    space: dict[str, Any] = {**names, "__name__": module}
    exec(compile(source, file, "exec"), space)
    return space[signature.partition("(")[0]]  # type: ignore[no-any-return]
