"""The histogram of a study as a picture, with the mean that the paper reports."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from experiments.folder.files import AnyPath, explained
from experiments.replication.play import ReplicationRun
from experiments.replication.summary import bins
from neat.visualize.theme import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_histogram"]


def draw_histogram(
    rows: Sequence[ReplicationRun],
    path: AnyPath,
    *,
    title: str,
    published: float | None = None,
    source: str = "2002 paper",
) -> None:
    """Draw a histogram of the evaluations of the runs that solved the task.

    Args:
        rows: The runs.
        path: File to write; its extension selects the format (.svg, .png, .pdf).
        title: Title of the picture.
        published: The mean in the paper, drawn as a line; None: no line.
        source: Name of the paper.

    Raises:
        RunDirectoryError: The file cannot be written.
    """
    from experiments.display.canvas import draw_offscreen

    draw_offscreen()
    from matplotlib.figure import Figure
    from matplotlib.ticker import FuncFormatter, MaxNLocator

    theme = LIGHT
    values = [float(row.evaluations) for row in rows if row.solved]
    figure = Figure(figsize=(6.4, 3.2), facecolor=theme.background, layout="constrained")
    ax = figure.add_subplot()
    ax.set_facecolor(theme.background)
    if values:
        ax.hist(values, bins(values, 24).tolist(), color=theme.positive, edgecolor=theme.background, linewidth=0.6)
        _mark(ax, float(np.mean(values)), "mean", theme.ink, "-")
    if published is not None:
        _mark(ax, published, source, theme.negative, "--")
    failed = len(rows) - len(values)
    ax.set_title(f"{title}: {len(values)} of {len(rows)} runs solved it", color=theme.ink, fontsize=10, loc="left")
    ax.set_xlabel("evaluations to solve" + (f" ({failed} runs did not)" if failed else ""), color=theme.muted)
    ax.set_ylabel("runs", color=theme.muted)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(theme.grid)
    ax.tick_params(colors=theme.muted, labelsize=8, length=0)
    ax.set_xlim(left=0)
    ax.xaxis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:,.0f}"))
    ax.yaxis.set_major_locator(MaxNLocator(integer=True))
    if values or published is not None:
        ax.legend(frameon=False, fontsize=8, labelcolor=theme.ink)
    with explained(path, "write to"):
        figure.savefig(path)


def _mark(ax: Axes, value: float, label: str, colour: str, style: str) -> None:
    ax.axvline(value, color=colour, linestyle=style, linewidth=1.4, label=f"{label}: {value:,.0f}")
