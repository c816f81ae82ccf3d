"""Charts over the generations: fitness, complexity, compatibility threshold, steps and time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.ticker import FuncFormatter, MaxNLocator
from numpy.typing import NDArray

from neat.visualize.chart import (
    Record,
    chart_axes,
    column,
    drawn_range,
    legend_above,
    mark_restarts,
    short_number,
    style_axes,
)
from neat.visualize.species import draw_species
from neat.visualize.theme import Theme, find_theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = [
    "draw_complexity",
    "draw_cost",
    "draw_evolution",
    "draw_fitness",
    "draw_returns",
    "draw_runs",
    "draw_threshold",
]

_STYLES = ("solid", (0, (5, 1.5)), (0, (1, 1)))  # told apart where colours begin again


def draw_fitness(
    records: Sequence[Record],
    *,
    ax: Axes | None = None,
    theme: Theme | str = "light",
    attempts: Sequence[Record] = (),
    threshold: float | None = None,
) -> Axes:
    """Draw the best and the mean fitness of every generation, with the spread, and what fresh episodes said.

    Args:
        records: Generations, as `neat.history.records.GenerationRecord.as_dict` gives them.
        ax: Where; a new pyplot figure by default.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
        attempts: Genomes tried on fresh episodes: ``generation``, ``accepted``, ``below`` (whether it was tried below
            the threshold, drawn smaller; False where it is missing) and ``verification`` with ``mean``, ``low`` and
            ``high`` (95% interval of the mean).
        threshold: Fitness that counts as solved.
    """
    chosen = find_theme(theme)
    ax = ax or chart_axes(chosen)
    style_axes(ax, chosen, records, "fitness")
    if not records:
        return ax
    generation, best, mean, sd = (column(records, name) for name in ("generation", "best", "mean", "sd"))
    blue, orange = chosen.cycle[0], chosen.cycle[1]
    ax.fill_between(generation, mean - sd, mean + sd, color=orange, alpha=0.25, linewidth=0, label="mean ± sd")
    marker = "o" if len(records) == 1 else None
    ax.plot(generation, mean, color=orange, linewidth=1.4, marker=marker, markersize=4, gid="mean")
    ax.plot(generation, best, color=blue, linewidth=1.6, marker=marker, markersize=4, label="best", gid="best")
    if threshold is not None:
        ax.axhline(threshold, color=chosen.muted, linewidth=1, linestyle=(0, (4, 3)), label="threshold")
    for accepted, below, name in (
        (False, True, "tried, 95%"), (False, False, "not confirmed"), (True, False, "verified, 95%"),
    ):  # fmt: skip
        tried = [a for a in attempts if (bool(a["accepted"]), bool(a.get("below", False))) == (accepted, below)]
        if tried:
            ax.errorbar(
                [a["generation"] for a in tried],
                [a["verification"]["mean"] for a in tried],
                yerr=np.transpose([_interval(a["verification"]) for a in tried]),
                fmt="D",
                markersize=3 if below else 5,
                color=chosen.ink,
                markerfacecolor=chosen.disjoint if accepted else chosen.background,
                elinewidth=0.6 if below else 1,
                capsize=0 if below else 2.5,
                label=name,
                zorder=5,
                clip_on=False,
            )
    mark_restarts(ax, records, chosen)
    legend_above(ax, chosen)
    return ax


def draw_runs(
    runs: Mapping[str, Sequence[Record]],
    *,
    ax: Axes | None = None,
    theme: Theme | str = "light",
    threshold: float | None = None,
    over: Literal["generation", "evaluations", "steps", "seconds"] = "generation",
) -> Axes:
    """Draw the best fitness so far of several runs over what they spent.

    Args:
        runs: Each run's name and its generations, as `neat.history.records.GenerationRecord.as_dict` gives them.
        ax: Where; a new pyplot figure by default.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
        threshold: Fitness that counts as solved.
        over: The horizontal axis.
    """
    chosen = find_theme(theme)
    ax = ax or chart_axes(chosen)
    furthest = max(1.0, drawn_range(ax)[1])
    style_axes(ax, chosen, [record for records in runs.values() for record in records], "best fitness so far")
    for place, (name, records) in enumerate(runs.items()):
        if records:
            x, best = column(records, over), np.fmax.accumulate(column(records, "best"))
            look: dict[str, Any] = {
                "color": chosen.cycle[place % len(chosen.cycle)],
                "linestyle": _STYLES[place // 8 % len(_STYLES)],
            }
            ax.plot(x, best, linewidth=1.6, drawstyle="steps-post", label=name, **look)
            ax.plot(x[-1], best[-1], marker="o", markersize=4, color=look["color"], clip_on=False)
            furthest = max(furthest, 1.02 * float(x[-1]))
    if any(runs.values()):
        if threshold is not None:
            ax.axhline(threshold, color=chosen.muted, linewidth=1, linestyle=(0, (4, 3)), label="threshold")
        ax.set(xlim=(0, furthest), xlabel="generation" if over == "generation" else f"{over} so far")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8, min_n_ticks=1))
        ax.xaxis.set_major_formatter(FuncFormatter(short_number))
    legend_above(ax, chosen)
    return ax


def draw_returns(
    returns: Sequence[float],
    *,
    ax: Axes | None = None,
    theme: Theme | str = "light",
    threshold: float | None = None,
) -> Axes:
    """Draw the returns of a verification's episodes: each as a dot, in rising order, and their mean.

    Args:
        returns: One return per episode.
        ax: Where; a new pyplot figure by default.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
        threshold: Mean return that counts as solved.
    """
    chosen = find_theme(theme)
    ax = ax or chart_axes(chosen)
    furthest = max(float(len(returns) + 1), drawn_range(ax)[1])
    style_axes(ax, chosen, [{"generation": i} for i in range(len(returns))], "return")
    ax.set_xlabel("episode, from the worst to the best")
    if len(returns):
        values = np.sort(np.asarray(returns, np.float64))
        ax.plot(np.arange(1, len(values) + 1), values, "o", markersize=3, color=chosen.cycle[0], label="episode")
        ax.axhline(values.mean(), color=chosen.cycle[5], linewidth=1.4, label="mean")
        if threshold is not None:
            ax.axhline(threshold, color=chosen.muted, linewidth=1, linestyle=(0, (4, 3)), label="threshold")
        ax.set(xlim=(0, furthest))
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=8, min_n_ticks=1))
    else:
        ax.texts[-1].set_text("no episodes")
    legend_above(ax, chosen)
    return ax


def draw_complexity(records: Sequence[Record], *, ax: Axes | None = None, theme: Theme | str = "light") -> Axes:
    """Draw how large genomes are: the population's means, and the fittest genome of each generation dotted."""
    chosen = find_theme(theme)
    ax = ax or chart_axes(chosen)
    style_axes(ax, chosen, records, "genes")
    series = (("enabled connections", "connections", chosen.cycle[0]), ("hidden nodes", "hidden", chosen.cycle[1]))
    for label, name, colour in series:
        if records:
            generation = column(records, "generation")
            marker = "o" if len(records) == 1 else None
            ax.plot(generation, column(records, f"{name}_mean"), color=colour, lw=1.6, label=label, marker=marker)
            ax.plot(
                generation,
                column(records, f"champion_{name}"),
                color=colour,
                lw=1,
                linestyle=(0, (1, 1.5)),
                drawstyle="steps-post",
                label="in the fittest" if name == "hidden" else None,
            )
    if records:
        ax.set_ylim(bottom=0)
        mark_restarts(ax, records, chosen)
    legend_above(ax, chosen)
    return ax


def draw_threshold(records: Sequence[Record], *, ax: Axes | None = None, theme: Theme | str = "light") -> Axes:
    """Draw the compatibility threshold and the number of species it made, on two scales."""
    chosen = find_theme(theme)
    ax = ax or chart_axes(chosen)
    style_axes(ax, chosen, records, "compatibility threshold δt")
    if not records:
        return ax
    generation = column(records, "generation")
    counts = np.array([len(record["species"]) for record in records], np.float64)
    _two_scales(
        ax, chosen, records, generation, column(records, "threshold"), counts, "number of species", whole_right=True
    )
    return ax


def draw_cost(records: Sequence[Record], *, ax: Axes | None = None, theme: Theme | str = "light") -> Axes:
    """Draw environment steps (without any: evaluations) and seconds spent so far, on two scales."""
    chosen = find_theme(theme)
    ax = ax or chart_axes(chosen)
    played = any(record["steps"] for record in records)  # a fitness function of one's own plays no steps
    style_axes(ax, chosen, records, "environment steps so far" if played or not records else "evaluations so far")
    if not records:
        return ax
    spent = column(records, "steps" if played else "evaluations")
    generation, seconds = column(records, "generation"), column(records, "seconds")
    _two_scales(ax, chosen, records, generation, spent, seconds, "seconds so far")
    return ax


def draw_evolution(
    records: Sequence[Record],
    *,
    figure: Figure | None = None,
    theme: Theme | str = "light",
    attempts: Sequence[Record] = (),
    threshold: float | None = None,
) -> Figure:
    """Draw everything about a run's generations into one figure: fitness, species, complexity, threshold, cost.

    Args:
        records: Generations, as `neat.history.records.GenerationRecord.as_dict` gives them.
        figure: Where; a new pyplot figure by default.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
        attempts: See `draw_fitness`.
        threshold: Fitness that counts as solved.
    """
    chosen = find_theme(theme)
    if figure is None:
        import matplotlib.pyplot as plt

        figure = plt.figure(figsize=(11, 9))
    figure.set_facecolor(chosen.background)
    figure.set_layout_engine("constrained")
    panels = figure.subplot_mosaic([["fitness"] * 2, ["species", "complexity"], ["threshold", "cost"]])
    draw_fitness(records, ax=panels["fitness"], theme=chosen, attempts=attempts, threshold=threshold)
    for name, draw in (
        ("species", draw_species),
        ("complexity", draw_complexity),
        ("threshold", draw_threshold),
        ("cost", draw_cost),
    ):
        draw(records, ax=panels[name], theme=chosen)
    return figure


def _interval(verification: Record) -> tuple[float, float]:
    mean = float(verification["mean"])
    low, high = verification.get("low"), verification.get("high")
    below = 0.0 if low is None else mean - low
    above = 0.0 if high is None else high - mean
    return max(0.0, below), max(0.0, above)  # a rounding error may put the mean outside its interval


def _two_scales(
    ax: Axes,
    theme: Theme,
    records: Sequence[Record],
    generation: NDArray[np.float64],
    left: NDArray[np.float64],
    right: NDArray[np.float64],
    right_label: str,
    *,
    whole_right: bool = False,
) -> None:
    """Draw one line on each of two scales from 0, each scale in its line's colour."""
    other = ax.twinx()
    style_axes(other, theme, records, right_label, grid=False)
    other.spines[["left", "right"]].set_visible(False)
    other.xaxis.label.set_visible(False)
    if whole_right:
        other.yaxis.set_major_locator(MaxNLocator(integer=True, nbins=6, min_n_ticks=1))
    marker = "o" if len(generation) == 1 else None
    dashes = (0, (4, 1.5))  # where the lines lie on each other, both show
    for axes, values, colour, style in ((ax, left, theme.cycle[0], "solid"), (other, right, theme.cycle[5], dashes)):
        before = axes.get_ylim()[1] if axes.has_data() else 0.0  # of a run that was drawn here before
        axes.plot(generation, values, color=colour, linewidth=1.6, linestyle=style, marker=marker)
        axes.yaxis.label.set_color(colour)
        axes.tick_params(axis="y", colors=colour)
        top = np.nanmax(values) if np.any(np.isfinite(values)) else 1.0
        axes.set_ylim(0, max(before, 1.08 * top if top > 0 else 1.0))
    mark_restarts(ax, records, theme)
