"""Tables as text: CSV, Markdown and LaTeX."""

from __future__ import annotations

import csv
import io
import math
import re
import textwrap
from collections.abc import Callable, Sequence
from typing import Any

from experiments.folder.columns import Columns
from neat.errors import ConfigError, did_you_mean

__all__ = ["FORMATS", "chosen", "latex_with_lines", "written"]

_LINE = 90
"""Characters of a line below a table for LaTeX, about the width of a page."""


def chosen(table: Columns, names: Sequence[str]) -> Columns:
    """Return the named columns of a table, in this order.

    Raises:
        ConfigError: The table has no such column.
    """
    for name in names:
        if name not in table:
            raise ConfigError(f"no column {name!r}{did_you_mean(name, table)}: expected some of {', '.join(table)}")
    return Columns({name: table[name] for name in names})


def written(table: Columns, form: str) -> str:
    """Return a table in one of `FORMATS`, ending with a line break."""
    return FORMATS[form](list(table), [list(row) for row in zip(*(c.tolist() for c in table.values()), strict=True)])


def _csv(names: list[str], rows: list[list[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([["" if _missing(v) else v for v in row] for row in rows])
    return text.getvalue()


def _markdown(names: list[str], rows: list[list[Any]]) -> str:
    lines = [f"| {' | '.join(names)} |", f"|{'---|' * len(names)}"]
    lines += [f"| {' | '.join(_short(v).replace('|', '/') for v in row)} |" for row in rows]
    return "\n".join([*lines, ""])


def _latex(names: list[str], rows: list[list[Any]]) -> str:
    kinds = [all(_is_number(row[i]) for row in rows) for i in range(len(names))]
    lines = [f"\\begin{{tabular}}{{{''.join('r' if number else 'l' for number in kinds)}}}", "\\hline"]
    lines += [" & ".join(_escaped(name) for name in names) + " \\\\", "\\hline"]
    lines += [" & ".join(_escaped(_short(v)) for v in row) + " \\\\" for row in rows]
    return "\n".join([*lines, "\\hline", "\\end{tabular}", ""])


def latex_with_lines(table: Columns, lines: Sequence[str]) -> str:
    """Return a table for LaTeX, with lines of text below the rows that span all columns; long ones are broken."""
    short = [part for line in lines for part in textwrap.wrap(line, _LINE, break_on_hyphens=False)]
    below = [f"\\multicolumn{{{len(table)}}}{{l}}{{{_escaped(line)}}} \\\\" for line in short]
    end = "\\hline\n\\end{tabular}\n"
    return "\n".join([f"{written(table, 'latex').removesuffix(end)}\\hline", *below, end])


def _is_number(value: Any) -> bool:
    """Return whether a value is a number, or the text of one, or of a missing one."""
    if isinstance(value, str):
        return value == "" or re.fullmatch(r"-?[\d,]+(\.\d+)?", value) is not None
    return isinstance(value, int | float) and not isinstance(value, bool)


def _missing(value: Any) -> bool:
    return (isinstance(value, float) and math.isnan(value)) or (value == -1 and type(value) is int)


def _short(value: Any) -> str:
    """Return a value as short text: counts with commas, other numbers with four digits, a dash for a missing value."""
    if _missing(value) or value == "":
        return "–"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, float):
        return f"{value:,.0f}" if value == int(value) and abs(value) < 1e15 else f"{value:,.4g}"
    return " ".join(str(value).split())


def _escaped(text: str) -> str:
    for character in "\\&%$#_{}":
        text = text.replace(character, {"\\": "/"}.get(character, f"\\{character}"))
    text = text.replace("–", "--").replace("~", "-").replace("^", "")
    return text.replace("±", "$\\pm$").replace("∞", "$\\infty$").replace("−", "$-$")


FORMATS: dict[str, Callable[[list[str], list[list[Any]]], str]] = {
    "csv": _csv,
    "markdown": _markdown,
    "latex": _latex,
}
"""The formats of tables: functions of the column names and the rows."""
