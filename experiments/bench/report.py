"""What a benchmark found: tables for people, figures for machines."""

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
    """What one benchmark found.

    Attributes:
        benchmark: Its name.
        tables: For people.
        figures: The same and more, for machines: plain data.
        versions: Versions of the other programs that took part.
        load: Processes that wanted to run on this machine in the minute before (its load average).
    """

    benchmark: str
    tables: list[Table] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)
    versions: dict[str, str] = field(default_factory=dict)
    load: float = field(default_factory=lambda: os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0)

    def as_dict(self) -> dict[str, Any]:
        """Return everything that a machine may want to read, the conditions included."""
        from experiments.studies.provenance import provenance
        from neat.compiled.parallel import available_cores

        where = {**provenance(), "cores": available_cores(), "load": self.load, "peers": self.versions}
        return {"benchmark": self.benchmark, "machine": where, "figures": self.figures}

    def show(self, console: Console) -> None:
        """Write the tables, and under them the machine and the versions."""
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
                f"When this began the machine was busy with other work (load {load:.1f}): times are too long, and "
                "those of programs with more threads most of all.",
                style="yellow",
                highlight=False,
            )


def conditions(peers: dict[str, str]) -> str:
    """Return the line that says where the figures come from: processor, cores, versions."""
    from experiments.studies.provenance import provenance
    from neat.compiled.parallel import available_cores

    found = provenance()
    names = {**found["versions"], **peers}
    versions = ", ".join(f"{name} {version}" for name, version in names.items())
    return f"{found['processor']}, {available_cores()} cores, {found['system']}, Python {found['python']}; {versions}"


def number(value: float) -> str:
    """Return a number with three digits that count; a dash for none."""
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
