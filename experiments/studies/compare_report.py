"""The report of a comparison: a table, and curves of verified return over steps and over time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from experiments.display.decimals import decimals
from experiments.display.tables import latex_with_lines, written
from experiments.folder.columns import Columns
from experiments.studies.compare import Comparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["curves_figure", "latex_table", "narrow_table", "table"]

_COLOURS = {"neat": "#0072B2", "neat+ppo": "#009E73", "ppo": "#D55E00", "random": "#7F7F7F"}
"""Okabe & Ito's colours, which colour-blind people can distinguish."""
_LABELS = {"neat": "NEAT", "neat+ppo": "NEAT, then PPO", "ppo": "PPO", "random": "random search"}


_HEADINGS = (
    "arm", "verified return [95% interval]", "median", "worst seed", "solved", "beyond NEAT [95% interval]",
    "budget used", "generations", "policies tried", "processor seconds (wall clock)", "parameters", "connections",
    "hidden",
)  # fmt: skip


def table(comparison: Comparison) -> str:
    """Return the arms at the end of the budget as a Markdown table, with a row for each."""
    return written(_columns(comparison), "markdown").rstrip("\n")


def latex_table(comparison: Comparison, about: Sequence[str] = ()) -> str:
    """Return the table of `table` for LaTeX, with lines of text below."""
    return latex_with_lines(_columns(comparison), about) if about else written(_columns(comparison), "latex")


def narrow_table(comparison: Comparison) -> str:
    """Return the table of `table` with a row for each figure and a column for each arm, aligned for a terminal."""
    rows = [list(row) for row in zip(_HEADINGS, *_cells(comparison), strict=True)]
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in rows]
    return "\n".join(lines)


def _columns(comparison: Comparison) -> Columns:
    columns = zip(_HEADINGS, zip(*_cells(comparison), strict=True), strict=True)
    return Columns({name: np.array(cells, dtype=object) for name, cells in columns})


def _cells(comparison: Comparison) -> list[list[str]]:
    """Return the texts of each arm, in the order of `_HEADINGS`."""
    found = []
    for arm in comparison.summaries():
        digits, beyond = decimals([(arm.high[-1] - arm.low[-1]) / 2], arm.final), "–"
        if arm.beyond is not None:
            centre, low, high = arm.beyond
            own = decimals([(high - low) / 2], [centre])
            beyond = f"{centre:+.{own}f}{_interval(low, high, own)}"
        found.append([
            _LABELS[arm.arm],
            f"{arm.mean[-1]:.{digits}f}{_interval(arm.low[-1], arm.high[-1], digits)}",
            f"{np.median(arm.final):.{digits}f}",
            f"{arm.final.min():.{digits}f}",
            "–" if arm.solved is None else f"{arm.solved:.0%}",
            beyond,
            f"{100.0 * arm.share:.1f}%",
            f"{arm.generations:,.0f}",
            f"{arm.policies:,.0f}" if arm.policies else "–",
            f"{_seconds(arm.total_processor_seconds)} ({_seconds(arm.total_seconds)})",
            f"{arm.parameters:,.0f}",
            f"{arm.connections:,.0f}",
            f"{arm.hidden:,.1f}",
        ])  # fmt: skip
    return found


def _interval(low: float, high: float, digits: int) -> str:
    """Return an interval in brackets, or nothing for a single seed."""
    return "" if np.isnan(low) else f" [{low:.{digits}f}, {high:.{digits}f}]"


def _seconds(seconds: float) -> str:
    """Return a time with two digits at least: arms differ a thousandfold."""
    return f"{seconds:.2g}" if seconds < 10.0 else f"{seconds:,.0f}"


def curves_figure(comparison: Comparison) -> Figure:
    """Return the picture: mean and 95% interval over the seeds, against steps and against seconds."""
    from experiments.display.canvas import draw_offscreen

    draw_offscreen()
    from matplotlib.figure import Figure
    from matplotlib.ticker import EngFormatter, LogLocator, NullFormatter

    figure = Figure(figsize=(11, 4.2), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for arm in comparison.summaries():
        _curve(left, arm.arm, arm.steps.tolist(), arm.mean, arm.low, arm.high)
        _curve(right, arm.arm, arm.seconds.tolist(), arm.mean, arm.low, arm.high)
    for axes in (left, right):
        if comparison.threshold is not None:
            axes.axhline(comparison.threshold, color="black", linewidth=0.8, linestyle=":", label="solved")
        axes.grid(alpha=0.25)
    left.set(xlabel="environment steps", ylabel="verified return", xlim=(0, comparison.config.steps))
    right.set(xlabel="seconds of processor time (one core)", xscale="log")
    left.xaxis.set_major_formatter(EngFormatter(sep=""))
    low, high = right.get_xlim()
    right.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0) if high < 100.0 * low else (1.0,)))
    right.xaxis.set_major_formatter("{x:g}")
    right.xaxis.set_minor_formatter(NullFormatter())
    left.legend(fontsize=9, framealpha=0.9, edgecolor="none")
    seeds = comparison.config.seeds
    figure.suptitle(f"{comparison.experiment.task.environment}: mean and 95% interval over {seeds} seeds", fontsize=11)
    return figure


def _curve(axes: Axes, arm: str, x: list[float], mean: object, low: object, high: object) -> None:
    axes.fill_between(x, low, high, color=_COLOURS[arm], alpha=0.18, linewidth=0)  # type: ignore[arg-type]
    axes.plot(x, mean, color=_COLOURS[arm], label=_LABELS[arm], marker=".", markersize=4)  # type: ignore[arg-type]
