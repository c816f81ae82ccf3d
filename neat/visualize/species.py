"""Species over the generations: the width of a band is the size of a species (2002 paper, figure 7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
from matplotlib.collections import PolyCollection
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from neat.visualize.chart import Record, chart_axes, column, legend_above, mark_restarts, style_axes
from neat.visualize.theme import Theme, find_theme, mix, readable_on

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_species", "species_sizes"]

_NAMED = 0.12  # bands that keep this share of the population carry their number
_MARKED = 40  # of more species than this, only the longest lived are coloured and marked


def species_sizes(records: Sequence[Record]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the species' numbers int64[s], oldest first, and their sizes float64[s, generations]."""
    ids = np.array(sorted({int(s["id"]) for record in records for s in record["species"]}), np.int64)
    sizes = np.zeros((len(ids), len(records)))
    for place, record in enumerate(records):
        for species in record["species"]:
            sizes[np.searchsorted(ids, species["id"]), place] = species["size"]
    return ids, sizes


def draw_species(
    records: Sequence[Record],
    *,
    ax: Axes | None = None,
    theme: Theme | str = "light",
    orientation: Literal["horizontal", "vertical"] = "horizontal",
) -> Axes:
    """Draw species as bands, the oldest at the bottom; a triangle marks a birth, a cross an extinction.

    The bands are one collection with the gid ``"species"``, in the order of the species' numbers. Between two
    generations sizes are joined by straight lines, so a new species opens from nothing. Where there are very many
    species, the short-lived ones are grey and have no marks.

    Args:
        records: Generations, as `neat.history.records.GenerationRecord.as_dict` gives them.
        ax: Where; a new pyplot figure by default.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
        orientation: ``"horizontal"``: generations run to the right; ``"vertical"``: downward, as in the paper.
    """
    chosen = find_theme(theme)
    ax = ax or chart_axes(chosen)
    style_axes(ax, chosen, records, "genomes by species", grid=False)
    if not records:
        return ax
    generation = column(records, "generation")
    ids, sizes = species_sizes(records)
    upper = np.cumsum(sizes, axis=0)
    lower = upper - sizes
    alive = [np.flatnonzero(row) for row in sizes]
    first, last = np.array([a[0] for a in alive]), np.array([a[-1] for a in alive])
    turn = orientation == "vertical"
    bands = [_band(generation, lower[row], upper[row], first[row], last[row]) for row in range(len(ids))]
    lives = last - first + 1
    long = int(np.sort(lives)[::-1][_MARKED]) if len(ids) > _MARKED else 0
    colours = _colours(chosen, lives > long)
    river = PolyCollection(
        [band[:, ::-1] if turn else band for band in bands],
        facecolors=colours,
        edgecolors=chosen.background,
        linewidths=min(0.5, 40 / max(1, len(bands))),
        alpha=0.9,
    )
    river.set_gid("species")
    ax.add_collection(river)

    born = [(generation[f - 1], upper[i, f - 1]) for i, f in enumerate(first) if f > 0 and lives[i] > long]
    end = len(generation) - 1
    gone = [(generation[e + 1], lower[i, e + 1]) for i, e in enumerate(last) if e < end and lives[i] > long]
    for points, marker, name in ((born, "v" if turn else ">", "birth"), (gone, "x", "extinction")):
        if points:
            xy = np.array(points)[:, ::-1] if turn else np.array(points)
            label = f"{name} (lived > {long})" if long else name
            look: dict[str, Any] = {"color": chosen.ink, "linewidths": 0.8, "zorder": 3, "clip_on": False}
            ax.scatter(xy[:, 0], xy[:, 1], s=14, marker=marker, label=label, gid=name, **look)
    _write_numbers(ax, chosen, generation, ids, lower, upper, colours, turn=turn)
    total = float(upper[-1].max()) if len(ids) else 1.0
    if turn:
        ax.set(xlim=(0, total), ylim=ax.get_xlim()[::-1], xlabel="genomes by species", ylabel="generation")
        ax.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=6))
    else:
        ax.set_ylim(0, total)
        mark_restarts(ax, records, chosen)
    legend_above(ax, chosen)
    return ax


def _colours(theme: Theme, long: NDArray[np.bool_]) -> list[str]:
    """Return a colour for each species: those that live long in turn, two greys for the others."""
    greys = theme.grid, mix(theme.grid, theme.background, 0.6)
    order = np.cumsum(long) - 1
    return [
        theme.cycle[int(order[i]) % len(theme.cycle)] if coloured else greys[i % 2] for i, coloured in enumerate(long)
    ]


def _band(
    generation: NDArray[np.float64], lower: NDArray[np.float64], upper: NDArray[np.float64], first: int, last: int
) -> NDArray[np.float64]:
    """Return a species' outline float64[k, 2], from the generation before its first to the one after its last."""
    span = np.arange(max(0, first - 1), min(len(generation), last + 2))
    x, low, high = generation[span], lower[span], upper[span]
    if len(span) == 1:  # a run of one generation: a band as wide as it
        x, low, high = np.array([x[0] - 0.5, x[0] + 0.5]), np.repeat(low, 2), np.repeat(high, 2)
    return np.column_stack([np.append(x, x[::-1]), np.append(low, high[::-1])])


def _write_numbers(
    ax: Axes,
    theme: Theme,
    generation: NDArray[np.float64],
    ids: NDArray[np.int64],
    lower: NDArray[np.float64],
    upper: NDArray[np.float64],
    colours: Sequence[str],
    *,
    turn: bool,
) -> None:
    """Write a species' number where its band is widest, if it is wide and long enough to hold it."""
    sizes = upper - lower
    room = 0.04 * len(generation)
    total = float(sizes.sum(axis=0).max(initial=1.0))
    end = len(generation) - 1
    written: list[tuple[float, float]] = []
    for row in range(len(ids)):
        widest = int(np.argmax(sizes[row]))
        wide = np.flatnonzero(sizes[row] >= _NAMED * sizes[:, widest].sum())
        if len(wide) == 0 or (len(wide) < room and len(generation) > 1) or colours[row] not in theme.cycle:
            continue
        place = int(wide[len(wide) // 2])
        xy = float(generation[place]), float((upper[row, place] + lower[row, place]) / 2)
        if any(abs(x - xy[0]) < room and abs(y - xy[1]) < 0.06 * total for x, y in written):
            continue
        written.append(xy)
        x, y = xy[::-1] if turn else xy
        side = "center" if 0 < place < end or end == 0 or turn else "left" if place == 0 else "right"
        colour = readable_on(colours[row])
        text = f"{ids[row]}" if side == "center" else f" {ids[row]} "
        ax.text(x, y, text, ha=side, va="center", gid="number", fontsize=7, fontweight="bold", color=colour)
