"""A champion's ancestry: what made each ancestor, what it did to fitness, and when each gene was born."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.collections import LineCollection

from neat.ancestry import Ancestor, Births, operator_names
from neat.genes import NodeKind
from neat.mutation import Operator
from neat.visualize.chart import chart_axes, legend_above, style_axes
from neat.visualize.layout import GenomeLike
from neat.visualize.theme import Theme, find_theme

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_births", "draw_lineage"]

# What made an ancestor is told by the first of these groups that has one of its operators.
_GROUPS: tuple[tuple[str, Operator, str, int], ...] = (
    ("add node", Operator.ADD_NODE, "^", 2),
    ("add connection", Operator.ADD_CONNECTION, "s", 0),
    ("delete", Operator.DELETE_NODE | Operator.DELETE_CONNECTION, "v", 5),
    ("toggle", Operator.TOGGLE | Operator.REENABLE, "D", 3),
    ("other function", Operator.ACTIVATION | Operator.AGGREGATION, "P", 6),
    ("parameters", Operator.WEIGHTS | Operator.BIASES | Operator.RESPONSES, "o", 1),
    ("crossover", Operator.CROSSOVER | Operator.INTERSPECIES, "o", 4),
)
_STRUCTURAL = 4  # the first groups change structure: larger marks, and their gains are written out
_WRITTEN = 8
_WORTH = 0.03  # share of the range of fitness that a gain must have to be written out


def draw_lineage(ancestors: Sequence[Ancestor], *, ax: Axes | None = None, theme: Theme | str = "light") -> Axes:
    """Draw the fitness of a genome's ancestors over the generations, each marked by what made it.

    The marks of each kind of operator are one scatter with its name as gid; an ancestor that crossover made has a ring
    as well. Ancestors that were copied unchanged have no mark. The largest gains in fitness are written out.

    Args:
        ancestors: As `neat.ancestry.ancestral_line` gives them.
        ax: Where; a new pyplot figure by default.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
    """
    chosen = find_theme(theme)
    ax = ax or chart_axes(chosen)
    style_axes(ax, chosen, [{"generation": a.generation} for a in ancestors], "fitness of the ancestor")
    if not ancestors:
        return ax
    x = np.array([a.generation for a in ancestors])
    y = np.array([a.fitness for a in ancestors])
    ax.plot(x, y, color=chosen.disabled, linewidth=1.2, zorder=1, gid="line")
    groups = np.array([_group(a.operators) for a in ancestors])
    crossed = np.array([bool(a.operators & Operator.CROSSOVER) for a in ancestors])
    crowd = min(1.0, 12 / math.sqrt(len(ancestors)))  # long ancestries have smaller marks
    for place, (name, _, marker, hue) in enumerate(_GROUPS):
        own = groups == place
        if own.any():
            size = (42 if place < _STRUCTURAL else 16) * crowd
            colour = chosen.cycle[hue]
            look: dict[str, Any] = {"marker": marker, "color": colour, "zorder": 3, "clip_on": False, "gid": name}
            ax.scatter(x[own], y[own], s=size, label=name, **look)
    if crossed.any():
        rings: dict[str, Any] = {"facecolors": "none", "edgecolors": chosen.ink, "clip_on": False, "gid": "crossed"}
        ax.scatter(x[crossed], y[crossed], s=70 * crowd, linewidths=0.7, zorder=2, label="by crossover", **rings)
    _write_gains(ax, chosen, ancestors)
    ax.margins(y=0.18)
    legend_above(ax, chosen)
    return ax


def draw_births(
    genome: GenomeLike,
    births: Births,
    *,
    until: int,
    ax: Axes | None = None,
    theme: Theme | str = "light",
    innovations: bool = True,
) -> Axes:
    """Draw when each gene of a genome first appeared in its run: a bar from its birth to the genome's generation.

    Bars are one collection with the gid ``"births"``: hidden nodes first, then connections, each by innovation number.

    Args:
        genome: Whose genes.
        births: Their generations.
        until: The genome's generation.
        ax: Where; a new pyplot figure by default.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
        innovations: Whether to say which gene a bar stands for, where there is room.
    """
    chosen = find_theme(theme)
    ax = ax or chart_axes(chosen)
    style_axes(ax, chosen, [{"generation": g} for g in sorted({0, until})], "genes", grid=False)
    ax.set_yticks([])
    hidden = np.flatnonzero(genome.nodes["kind"] == NodeKind.HIDDEN)
    bars = [(int(births.nodes[i]), f"node {genome.nodes['innovation'][i]}", "disjoint", False) for i in hidden]
    for born, gene in zip(births.connections.tolist(), genome.connections, strict=True):
        role = "positive" if gene["weight"] >= 0 else "negative"
        bars.append((born, f"{gene['source']} → {gene['target']}", role, not gene["enabled"]))
    room = ax.get_window_extent().height * 72 / ax.figure.dpi / max(1, len(bars))
    ends = max(until, 1)
    collection = LineCollection(
        [[(max(0, born), row), (ends, row)] for row, (born, *_) in enumerate(bars)],
        colors=[chosen.colour("disabled" if off else role) for _, _, role, off in bars],
        linewidths=float(np.clip(0.45 * room, 0.5, 5.0)),
        linestyles=[(0, (2.0, 1.2)) if off else "solid" for *_, off in bars],
        capstyle="butt",
    )
    collection.set_gid("births")
    ax.add_collection(collection)
    ax.set(xlim=(0, 1.001 * ends), ylim=(max(1, len(bars)) - 0.4, -0.6))
    if innovations and room >= 6:
        size = min(7.0, 0.75 * room)
        for row, (_, name, *_) in enumerate(bars):
            place: dict[str, Any] = {"xytext": (4, 0), "textcoords": "offset points", "va": "center", "fontsize": size}
            ax.annotate(name, (ends, row), color=chosen.muted, annotation_clip=False, **place)
    samples = (("hidden node", "disjoint"), ("weight > 0", "positive"), ("weight < 0", "negative"))
    used = {role for _, _, role, off in bars if not off}
    for name, role in (*samples, ("disabled", "disabled")):
        if role in used or (role == "disabled" and any(off for *_, off in bars)):
            ax.plot([], [], color=chosen.colour(role), linewidth=3, label=name)
    legend_above(ax, chosen)
    return ax


def _group(operators: Operator) -> int:
    """Return which group of operators made a genome, or -1 for a copy."""
    if operators & Operator.ELITE:
        return -1
    return next((place for place, group in enumerate(_GROUPS) if operators & group[1]), -1)


def _write_gains(ax: Axes, theme: Theme, ancestors: Sequence[Ancestor]) -> None:
    """Write the largest gains and what they came with, where texts keep apart."""
    worth = _WORTH * (max(a.fitness for a in ancestors) - min(a.fitness for a in ancestors))
    steps = [a for a in ancestors if math.isfinite(a.gain) and a.gain > worth and _group(a.operators) >= 0]
    span = max(1, ancestors[-1].generation - ancestors[0].generation)
    width = ax.get_window_extent().width * 72 / ax.figure.dpi
    written: list[float] = []
    for step in sorted(steps, key=lambda a: -a.gain)[: 3 * _WRITTEN]:
        place = step.generation / span * width
        if len(written) == _WRITTEN or any(abs(place - other) < 76 for other in written):
            continue
        written.append(place)
        names = [name for name in operator_names(step.operators) if name not in ("crossover", "interspecies")]
        text = f"+{step.gain:.3g} {names[-1] if names else 'crossover'}"
        side = "left" if place < 50 else "right" if place > width - 50 else "center"
        halo = {"facecolor": theme.background, "edgecolor": "none", "pad": 0.5, "alpha": 0.8}
        look: dict[str, Any] = {"textcoords": "offset points", "ha": side, "fontsize": 7, "color": theme.ink}
        look |= {"bbox": halo, "zorder": 4}
        ax.annotate(text, (step.generation, step.fitness), xytext=(0, 7), annotation_clip=False, gid="gain", **look)
