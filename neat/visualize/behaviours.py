"""The behaviours of a population: where genomes ended, their novelty, and the Pareto front of two objectives."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.ticker import MaxNLocator
from numpy.typing import ArrayLike, NDArray

from neat.visualize.chart import chart_axes, legend_above, say, style_axes
from neat.visualize.theme import Theme, find_theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_behaviours", "draw_front", "draw_novelty"]


def draw_behaviours(
    behaviours: Sequence[ArrayLike],
    *,
    ax: Axes | None = None,
    theme: Theme | str = "light",
    walls: NDArray[np.float64] | None = None,
    goal: tuple[float, float] | None = None,
    names: Sequence[str] = ("first number", "second number"),
    generations: Sequence[int] | None = None,
) -> Axes:
    """Draw what every genome of a run did as a dot, coloured by generation; of longer behaviours the first two numbers.

    Args:
        behaviours: For each generation float64, shape (genomes, d).
        ax: Where; a new pyplot figure by default.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
        walls: Lines to draw them over, float64, shape (walls, 4): x and y of both ends. The y axis then points down.
        goal: A place to mark.
        names: What the two numbers are.
        generations: Number of each generation; by default they are counted from 0.
    """
    chosen = find_theme(theme)
    ax = ax or chart_axes(chosen, 5.0, 5.0)
    ax.set_facecolor(chosen.background)
    ax.spines[:].set_visible(False)
    ax.tick_params(colors=chosen.muted, labelsize=7, length=0)
    rows = [np.asarray(block, np.float64).reshape(-1, np.shape(block)[-1]) for block in behaviours if np.size(block)]
    if not rows or rows[0].shape[1] < 1:
        say(ax, chosen, "no behaviours")
        return ax
    numbers = range(len(behaviours)) if generations is None else generations
    when = np.concatenate([np.full(len(np.asarray(b)), n) for n, b in zip(numbers, behaviours, strict=True)])
    points = np.concatenate(rows)
    if points.shape[1] == 1:
        points = np.stack([when, points[:, 0]], axis=1)
        names = ("generation", names[0])
    shown = ax.scatter(
        points[:, 0], points[:, 1], c=when, s=5, linewidths=0, alpha=0.75, cmap="viridis", rasterized=True, gid="points"
    )
    bar = ax.figure.colorbar(shown, ax=ax, pad=0.02, shrink=0.8)
    bar.set_label("generation", color=chosen.muted, fontsize=8)
    bar.ax.tick_params(colors=chosen.muted, labelsize=7, length=0)
    bar.outline.set_visible(False)
    if walls is not None:
        for x1, y1, x2, y2 in walls:
            ax.plot([x1, x2], [y1, y2], color=chosen.ink, linewidth=1.5, solid_capstyle="round")
        ax.set_aspect("equal")
        ax.invert_yaxis()
        ax.set(xticks=[], yticks=[])
    else:
        ax.set_xlabel(names[0], color=chosen.muted, fontsize=8)
        ax.set_ylabel(names[1], color=chosen.muted, fontsize=8)
    if goal is not None:
        ax.scatter([goal[0]], [goal[1]], s=120, facecolors="none", edgecolors=chosen.negative, linewidths=2.0)
    return ax


def draw_novelty(
    generations: Sequence[int],
    best: Sequence[float],
    mean: Sequence[float],
    *,
    ax: Axes | None = None,
    theme: Theme | str = "light",
) -> Axes:
    """Draw the best and the mean score by which the generations of a run bred.

    Args:
        generations: Their numbers.
        best: The highest score of each.
        mean: The mean of each.
        ax: Where; a new pyplot figure by default.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
    """
    chosen = find_theme(theme)
    ax = ax or chart_axes(chosen)
    style_axes(ax, chosen, [{"generation": number} for number in generations], "score")
    if len(generations):
        ax.plot(generations, best, color=chosen.cycle[0], linewidth=1.4, label="best", gid="best")
        ax.plot(generations, mean, color=chosen.cycle[1], linewidth=1.4, label="mean", gid="mean")
        ax.set_ylim(bottom=0.0)
        legend_above(ax, chosen)
    return ax


def draw_front(
    sizes: Sequence[float],
    returns: Sequence[float],
    *,
    fresh: Sequence[float] | None = None,
    threshold: float | None = None,
    chosen_size: float | None = None,
    xlabel: str = "enabled connections",
    ax: Axes | None = None,
    theme: Theme | str = "light",
) -> Axes:
    """Draw a front of two goals: what networks of each size return.

    Args:
        sizes: Of each network of the front.
        returns: What it returned in training.
        fresh: What it returns on fresh episodes.
        threshold: The goal, drawn as a line.
        chosen_size: The size to mark: the smallest that reaches the goal.
        xlabel: What sizes are.
        ax: Where; a new pyplot figure by default.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
    """
    look = find_theme(theme)
    ax = ax or chart_axes(look)
    ax.set_facecolor(look.background)
    ax.spines[["top", "right"]].set_visible(False)
    ax.spines[["left", "bottom"]].set_color(look.grid)
    ax.tick_params(colors=look.muted, labelsize=8, length=0)
    ax.grid(visible=True, axis="y", color=look.grid, linewidth=0.7)
    ax.set_axisbelow(True)
    order = np.argsort(sizes, kind="stable")
    x, y = np.asarray(sizes, np.float64)[order], np.asarray(returns, np.float64)[order]
    ax.step(x, y, where="post", color=look.cycle[0], linewidth=1.2)
    ax.plot(x, y, "o", color=look.cycle[0], markersize=5, label="in training", gid="training")
    if fresh is not None:
        ax.plot(
            x, np.asarray(fresh)[order], "s", color=look.cycle[1], markersize=5, label="fresh episodes", gid="fresh"
        )
    if threshold is not None:
        ax.axhline(threshold, color=look.muted, linewidth=0.9, linestyle=(0, (4, 3)), label="goal")
    if chosen_size is not None:
        ax.axvline(chosen_size, color=look.disjoint, linewidth=1.2, label="smallest that reaches it", gid="smallest")
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.margins(x=0.05)
    ax.set_xlabel(xlabel, color=look.muted, fontsize=9)
    ax.set_ylabel("return", color=look.muted, fontsize=9)
    legend_above(ax, look)
    return ax
