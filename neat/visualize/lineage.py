"""A champion's ancestry: the operators that made each ancestor, their effect on fitness, and the origin of genes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.ticker import FixedLocator, NullFormatter
from numpy.typing import NDArray

from neat.genes.kinds import NodeKind
from neat.history.ancestry import Ancestor, Births
from neat.operators.registry import GROUPS, Operator, operator_names
from neat.visualize.chart import blank_axes, chart_axes, legend_above, say, style_axes
from neat.visualize.layout import GenomeLike
from neat.visualize.text import rendered_width
from neat.visualize.theme import Theme, find_theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_births", "draw_lineage"]

_EFFECTS = (("better than its parent", "positive", "^"), ("worse", "negative", "v"), ("as good", "muted", "o"))
_WRITTEN = 8
_WORTH = 0.03  # share of the range of fitness that a gain must have to be written out
_ROW = 15.0  # height of a row of the lower panel, in points
_LETTERS = 7.0


def draw_lineage(ancestors: Sequence[Ancestor], *, ax: Axes | None = None, theme: Theme | str = "light") -> Axes:
    """Draw the fitness of a genome's ancestors over the generations, and below it what made each of them.

    The lower panel has a row for every kind of operator that had a part, with a mark for each step it took part in: a
    triangle up where the child did better than the parent the line follows, down where it did worse, the larger the
    more. Ancestors that were copied unchanged have no mark. The largest gains in fitness are written out above.

    Args:
        ancestors: As `neat.history.ancestry.ancestral_line` gives them.
        ax: Where; both panels are made inside. A new pyplot figure by default.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
    """
    chosen = find_theme(theme)
    ax = ax or chart_axes(chosen, 7.2, 4.4)
    blank_axes(ax, chosen)
    if len(ancestors) < 2:
        first = "a genome of the first generation:\nit has no ancestors"
        say(ax, chosen, first if ancestors else "no lineage was kept")
        return ax
    groups = _groups(ancestors)
    height = ax.get_window_extent().height * 72 / ax.figure.dpi
    lower = min(0.5, _ROW * (len(groups) + 0.6) / height)
    gap = min(0.1, 9 / height)
    rows = ax.inset_axes((0.0, 0.0, 1.0, lower))
    line = ax.inset_axes((0.0, lower + gap, 1.0, 1.0 - lower - gap), sharex=rows)
    generations = [{"generation": a.generation} for a in ancestors]
    style_axes(rows, chosen, generations, "", grid=False)
    style_axes(line, chosen, generations, "fitness of the ancestor")
    line.tick_params(axis="x", labelbottom=False)
    line.set_xlabel("")
    _draw_fitness(line, chosen, ancestors)
    _draw_steps(rows, chosen, ancestors, groups)
    handles, labels = rows.get_legend_handles_labels()
    if handles:
        legend_above(line, chosen, (handles, labels))
    return ax


def draw_births(
    genome: GenomeLike,
    births: Births,
    *,
    until: int,
    seen: Births | None = None,
    ax: Axes | None = None,
    theme: Theme | str = "light",
    innovations: bool = True,
) -> Axes:
    """Draw when each gene of a genome was born: a bar from its birth to the genome's generation.

    Bars are one collection with the gid ``"births"``: hidden nodes first, then connections, each by innovation number.

    Args:
        genome: Whose genes.
        births: Their generations, in its line of ancestors (`Births.along`) or in its run (`Births.of`).
        until: The genome's generation.
        seen: When the run had each gene first, where that can be earlier: a thin line leads from there to the bar.
        ax: Where; a new pyplot figure by default.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
        innovations: Whether to say which gene a bar stands for, where there is room.
    """
    chosen = find_theme(theme)
    ax = ax or chart_axes(chosen)
    hidden = np.flatnonzero(genome.nodes["kind"] == NodeKind.HIDDEN)
    if until < 1 or len(hidden) + len(genome.connections) == 0:
        blank_axes(ax, chosen)
        say(ax, chosen, "no gene is younger than the run" if until < 1 else "no genes")
        return ax
    style_axes(ax, chosen, [{"generation": g} for g in (0, until)], "", grid=False)
    ax.spines["left"].set_visible(False)
    ax.set_yticks([])
    born = _in_rows(births, hidden)
    roles = ["disjoint"] * len(hidden) + ["positive" if w >= 0 else "negative" for w in genome.connections["weight"]]
    off = [False] * len(hidden) + (genome.connections["enabled"] == 0).tolist()
    names = [f"node {number}" for number in genome.nodes["innovation"][hidden]]
    names += [f"{gene['source']} → {gene['target']}" for gene in genome.connections]
    room = ax.get_window_extent().height * 72 / ax.figure.dpi / len(names)
    width = float(np.clip(0.5 * room, 0.5, 5.0))
    colours = [chosen.colour("disabled" if out else role) for role, out in zip(roles, off, strict=True)]
    if seen is not None:
        _lead_in(ax, chosen, _in_rows(seen, hidden), born, min(0.8, width))
    bars = LineCollection(
        [[(start, row), (until, row)] for row, start in enumerate(born)],
        colors=colours,
        linewidths=width,
        linestyles=[(0, (2.0, 1.2)) if out else "solid" for out in off],
        capstyle="butt",
        zorder=2,
    )
    bars.set_gid("births")
    ax.add_collection(bars)
    ax.set(xlim=(0, until), ylim=(len(names) - 0.4, -0.6))
    if room >= 3:
        ax.scatter(
            born, np.arange(len(born)), s=(1.5 * width) ** 2, color=colours, zorder=3, clip_on=False, gid="birth"
        )
    if innovations and room >= 6:
        for row, name in enumerate(names):
            place: dict[str, Any] = {"xytext": (4, 0), "textcoords": "offset points", "va": "center"}
            place |= {"fontsize": min(_LETTERS, 0.75 * room), "color": chosen.muted, "annotation_clip": False}
            ax.annotate(name, (until, row), **place)
    samples = (("hidden node", "disjoint"), ("weight > 0", "positive"), ("weight < 0", "negative"))
    used = {role for role, out in zip(roles, off, strict=True) if not out}
    for name, role in (*samples, ("disabled", "disabled")):
        if role in used or (role == "disabled" and any(off)):
            ax.plot([], [], color=chosen.colour(role), linewidth=3, label=name)
    legend_above(ax, chosen)
    return ax


def _in_rows(births: Births, hidden: NDArray[np.intp]) -> NDArray[np.int64]:
    """Return the generations of hidden nodes and connections, those not known as 0."""
    rows: NDArray[np.int64] = np.maximum(0, np.concatenate([births.nodes[hidden], births.connections]))
    return rows


def _lead_in(ax: Axes, theme: Theme, seen: NDArray[np.int64], born: NDArray[np.int64], width: float) -> None:
    """Draw a thin line from where the run had a gene first to where its bar begins."""
    earlier = np.flatnonzero(seen < born)
    if len(earlier):
        ends = [[(seen[row], row), (born[row], row)] for row in earlier]
        lines = LineCollection(ends, colors=theme.disabled, linewidths=width, zorder=1)
        lines.set_gid("seen")
        ax.add_collection(lines)
        ax.plot([], [], color=theme.disabled, linewidth=0.8, label="in others before")


def _groups(ancestors: Sequence[Ancestor]) -> list[tuple[str, Operator]]:
    """Return the rows that a line of ancestors needs."""
    together = Operator(0)
    for ancestor in ancestors:
        together |= ancestor.operators
    found = []
    for name, operators in GROUPS.items():
        if operators & together:
            told = ", ".join(operator_names(operators & together)) if name == "weights" else name
            found.append((told, operators))
    return found


def _made_by(ancestor: Ancestor, operators: Operator) -> bool:
    return bool(ancestor.operators & operators) and not ancestor.operators & Operator.ELITE


def _draw_fitness(ax: Axes, theme: Theme, ancestors: Sequence[Ancestor]) -> None:
    x, y = np.array([a.generation for a in ancestors]), np.array([a.fitness for a in ancestors])
    ax.plot(x, y, color=theme.cycle[0], linewidth=1.4, gid="line", solid_joinstyle="round", clip_on=False, zorder=3)
    ax.plot(x[-1], y[-1], marker="o", color=theme.cycle[0], markersize=5, clip_on=False, zorder=4, gid="champion")
    low, high = float(np.nanmin(y)), float(np.nanmax(y))
    span = (high - low) or abs(high) or 1.0
    points = ax.get_window_extent().height * 72 / ax.figure.dpi
    ax.set_ylim(low - 0.08 * span, high + span * min(0.5, 20 / points))
    _write_gains(ax, theme, ancestors, x, y)


def _draw_steps(ax: Axes, theme: Theme, ancestors: Sequence[Ancestor], groups: Sequence[tuple[str, Operator]]) -> None:
    """Mark every step in the rows of the operators that took part, by its effect on fitness."""
    gains = np.array([a.gain for a in ancestors])
    largest = float(np.nanmax(np.abs(gains), initial=0.0)) or 1.0
    crowd = min(1.0, 60 / len(ancestors))
    sizes = np.sqrt(np.abs(np.nan_to_num(gains)) / largest)
    for (name, role, marker), (low, high) in zip(_EFFECTS, ((1e-12, np.inf), (-np.inf, -1e-12), (0, 0)), strict=True):
        with np.errstate(invalid="ignore"):
            effect = (gains >= low) & (gains <= high)
        at = [
            (ancestors[i].generation, row, sizes[i])
            for row, (_, operators) in enumerate(groups)
            for i in np.flatnonzero(effect).tolist()
            if _made_by(ancestors[i], operators)
        ]
        if at:
            x, y, size = np.array(at).T
            area = crowd * (9.0 if marker == "o" else 16 + 46 * size)
            look: dict[str, Any] = {"marker": marker, "color": theme.colour(role), "linewidths": 0, "clip_on": False}
            ax.scatter(x, y, s=area, label=name, gid=name, zorder=3, **look)
    ax.set_ylim(len(groups) - 0.4, -0.6)
    ax.yaxis.set_major_locator(FixedLocator(range(len(groups))))
    ax.yaxis.set_major_formatter(NullFormatter())
    ax.set_yticks(range(len(groups)), [name for name, _ in groups], fontsize=_LETTERS + 0.5)
    ax.hlines(range(len(groups)), 0, 1, transform=ax.get_yaxis_transform(), color=theme.grid, linewidth=0.7, zorder=1)
    ax.spines["left"].set_visible(False)


def _write_gains(
    ax: Axes, theme: Theme, ancestors: Sequence[Ancestor], x: NDArray[np.int64], y: NDArray[np.float64]
) -> None:
    """Write the largest gains and what they came with above the line, where texts keep apart."""
    worth = _WORTH * float(np.nanmax(y) - np.nanmin(y))
    groups = _groups(ancestors)
    steps = [a for a in ancestors if math.isfinite(a.gain) and a.gain > worth]
    box, points = ax.get_window_extent(), 72 / ax.figure.dpi
    per_point, per_point_up = max(1, x[-1] - x[0]) / (box.width * points), np.ptp(ax.get_ylim()) / (box.height * points)
    taken: list[tuple[float, float]] = []
    for step in sorted(steps, key=lambda a: -a.gain):
        names = [name for name, operators in groups if _made_by(step, operators)]
        if not names or len(taken) == _WRITTEN:
            continue
        text = f"+{step.gain:.3g} {names[0]}" if step.gain < 1000 else f"+{step.gain:,.0f} {names[0]}"
        half = 0.5 * rendered_width(text, _LETTERS) * per_point
        middle = min(max(step.generation, x[0] + half), x[-1] - half)
        if any(middle - half < right and middle + half > left for left, right in taken):
            continue
        pad = 4 * per_point
        taken.append((middle - half - pad, middle + half + pad))
        # The line may rise beside its point: the text stands above all of it that is below the text.
        below = np.interp([middle - half, middle + half], x, y).tolist()
        below += y[(x >= middle - half) & (x <= middle + half)].tolist()
        ax.plot(step.generation, step.fitness, "o", color=theme.cycle[0], markersize=3, clip_on=False, zorder=4)
        at = middle, max(below) + 5 * per_point_up
        leader = {"arrowstyle": "-", "color": theme.muted, "linewidth": 0.6, "shrinkA": 0, "shrinkB": 2}
        place: dict[str, Any] = {"xytext": at, "ha": "center", "va": "bottom", "arrowprops": leader}
        look: dict[str, Any] = {"fontsize": _LETTERS, "color": theme.ink, "annotation_clip": False, "gid": "gain"}
        ax.annotate(text, (step.generation, step.fitness), **place, **look)
