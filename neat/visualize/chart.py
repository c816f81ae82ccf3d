"""The common style of charts, and reading records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.ticker import EngFormatter, FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from neat.errors import GenomeError
from neat.visualize.text import rendered_width
from neat.visualize.theme import Theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "Record",
    "blank_axes",
    "chart_axes",
    "column",
    "drawn_range",
    "legend_above",
    "mark_restarts",
    "say",
    "short_number",
    "style_axes",
]

_LEGEND = 8.0  # size of its text, in points

Record = Mapping[str, Any]
"""A generation as data: `neat.history.records.GenerationRecord.as_dict`, a line of ``metrics.jsonl``."""


def column(records: Iterable[Record], name: str) -> NDArray[np.float64]:
    """Return one field of all records as float64[n], NaN where it is None.

    Raises:
        GenomeError: A record lacks the field.
    """
    values = []
    for place, record in enumerate(records):
        if name not in record:
            raise GenomeError(f"expected every generation's record to have {name!r}, record {place} has none")
        values.append(np.nan if record[name] is None else float(record[name]))
    return np.array(values, np.float64)


def chart_axes(theme: Theme, width: float = 6.4, height: float = 3.6) -> Axes:
    """Return axes in a new pyplot figure, sizes in inches."""
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(width, height), facecolor=theme.background, layout="constrained")
    return figure.add_subplot()


def style_axes(ax: Axes, theme: Theme, records: Sequence[Record], ylabel: str, *, grid: bool = True) -> None:
    """Give axes over generations their look and labels."""
    ax.set_facecolor(theme.background)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(theme.grid)
    ax.tick_params(colors=theme.muted, labelsize=8, length=0, pad=5)
    ax.set_xlabel("generation", color=theme.muted, fontsize=9)
    ax.set_ylabel(ylabel, color=theme.muted, fontsize=9)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8, min_n_ticks=1))
    ax.yaxis.set_major_locator(MaxNLocator(nbins=6))
    ax.yaxis.set_major_formatter(FuncFormatter(short_number))
    if grid:
        ax.grid(visible=True, axis="y", color=theme.grid, linewidth=0.7)
    ax.set_axisbelow(True)
    generations = column(records, "generation")
    if len(generations) == 0:
        ax.set(xlim=(0, 1), xticks=[], yticks=[])
        say(ax, theme, "no generations yet")
        return
    first, last = generations.min(), generations.max()  # records of several runs begin again
    low, high = drawn_range(ax)
    first, last = min(first, low), max(last, high)
    if first == last:
        ax.set(xlim=(first - 1, first + 1), xticks=[first])
    else:
        ax.set_xlim(first, last)


def drawn_range(ax: Axes) -> tuple[float, float]:
    """Return the least and the greatest place, from left to right, of what axes show already; else nothing's."""
    if any(other.has_data() for other in ax.get_shared_x_axes().get_siblings(ax)):
        low, high = ax.get_xlim()
        return float(low), float(high)
    return np.inf, -np.inf


def blank_axes(ax: Axes, theme: Theme) -> None:
    """Make axes a background for the axes inside."""
    ax.set(xticks=[], yticks=[], facecolor=theme.background)
    ax.spines[:].set_visible(False)


def say(ax: Axes, theme: Theme, text: str) -> None:
    """Write a few words in the middle of axes that have nothing to show."""
    ax.text(0.5, 0.5, text, transform=ax.transAxes, color=theme.muted, fontsize=9, ha="center", va="center")


def legend_above(ax: Axes, theme: Theme, entries: tuple[list[Any], list[str]] | None = None) -> None:
    """Put the legend (of other ``entries``, if they are given) above the axes, where it covers nothing."""
    handles, labels = entries or ax.get_legend_handles_labels()
    if labels:
        ax.legend(
            handles,
            labels,
            loc="lower left",
            bbox_to_anchor=(0.0, 1.0),
            ncols=_legend_columns(labels, ax.get_window_extent().width * 72 / ax.figure.dpi),
            frameon=False,
            fontsize=_LEGEND,
            labelcolor=theme.ink,
            borderpad=0.0,
            borderaxespad=0.5,
            handlelength=1.6,
            columnspacing=1.4,
        )


def _legend_columns(labels: Sequence[str], width: float) -> int:
    """Return the most columns with which a legend is no wider than ``width`` points."""
    for columns in range(len(labels), 1, -1):
        parts = np.array_split(np.array(labels, object), columns)
        if sum(max(rendered_width(label, _LEGEND) for label in part) + 3.8 * _LEGEND for part in parts) < width:
            return columns
    return 1


_THOUSANDS = EngFormatter(sep="")


def short_number(value: float, place: int | None = None) -> str:
    """Return an axis label: the number itself below 10,000, then ``25k``, ``3M``."""
    return f"{value:g}".replace("-", "−") if abs(value) < 10_000 else str(_THOUSANDS(value, place))


def mark_restarts(ax: Axes, records: Sequence[Record], theme: Theme) -> None:
    """Draw a line after every generation at whose end the population died out and started again."""
    places = [record["generation"] + 0.5 for record in records if record.get("restarted")]
    for i, place in enumerate(places):
        label = "restart" if i == 0 else None
        ax.axvline(place, color=theme.muted, linewidth=0.8, linestyle=(0, (2, 2)), label=label, gid="restart")
