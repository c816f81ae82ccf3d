"""The result of a benchmark: tables for people, and plain data for programs."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from experiments.bench.timing import Series

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Report", "Table", "conditions", "number", "ratio", "spread"]

_BUSY = 0.5


@dataclass
class Table:
    """One table.

    Attributes:
        title: What was measured.
        columns: Headings.
        rows: Text, one entry for each column.
        notes: Lines under the table.
    """

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass
class Report:
    """The result of one benchmark.

    Attributes:
        benchmark: Its name.
        tables: The tables.
        figures: The same figures and more, as plain data.
        versions: Versions of the other programs.
        load: Load average of the machine in the minute before (number of processes that wanted to run).
    """

    benchmark: str
    tables: list[Table] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    load: float = field(default_factory=lambda: os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0)

    def as_dict(self) -> dict[str, Any]:
        """Return all figures and their conditions, for JSON."""
        from experiments.studies.provenance import provenance
        from neat.compiled.parallel import available_cores

        where = {**provenance(), "cores": available_cores(), "load": self.load, "peers": self.versions}
        return {"benchmark": self.benchmark, "machine": where, "figures": self.figures}

    def show(self, console: Console) -> None:
        """Print the tables, and below them the machine and the versions."""
        from rich.table import Table as RichTable

        for table in self.tables:
            grid = RichTable(title=table.title, title_justify="left", title_style="bold", box=None, pad_edge=False)
            for k, column in enumerate(table.columns):
                grid.add_column(column, justify="right" if k else "left")
            for row in table.rows:
                grid.add_row(*row)
            console.print(grid)
            for note in table.notes:
                console.print(note, style="dim", highlight=False)
            console.print()
        console.print(conditions(self.versions), style="dim", highlight=False)
        load = self.load
        if load > _BUSY:
            console.print(
                f"The machine was busy with other work at the start (load {load:.1f}). So times are too long, most of "
                "all those of programs with several threads.",
                style="yellow",
                highlight=False,
            )


def conditions(peers: dict[str, str]) -> str:
    """Return a line about the conditions: processor, cores, versions."""
    from experiments.studies.provenance import provenance
    from neat.compiled.parallel import available_cores

    found = provenance()
    names = {**found["versions"], **peers}
    versions = ", ".join(f"{name} {version}" for name, version in names.items())
    return f"{found['processor']}, {available_cores()} cores, {found['system']}, Python {found['python']}; {versions}"


def number(value: float) -> str:
    """Return a number with three significant digits; a dash for NaN."""
    if not math.isfinite(value):
        return "–"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    digits = 2 if value == 0 else max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:.{min(digits, 6)}f}"


def spread(series: Series, unit: str = "") -> str:
    """Return median and range: ``1.23 ms (1.20–1.40)``."""
    if not series.values:
        return "–"
    unit = f" {unit}" if unit else ""
    if len(series.values) == 1:
        return f"{number(series.median)}{unit}"
    return f"{number(series.median)}{unit} ({number(series.low)}–{number(series.high)})"


def ratio(series: Series) -> str:
    """Return median and range of a ratio: ``2.10 × (2.00–2.30)``."""
    return spread(series, "×")
