"""Genomes side by side, aligned by innovation number: two genomes, or the parents and child of a crossover."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from neat.visualize.chart import blank_axes
from neat.visualize.excerpt import excerpts
from neat.visualize.layout import GenomeLike, Layout, arrange, union
from neat.visualize.scene import default_size, make_scene
from neat.visualize.strips import Strip, draw_strips, strips_height
from neat.visualize.theme import Theme, find_theme
from neat.visualize.topology import draw_scene, new_axes, size_in_points

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw_comparison", "draw_crossover", "gene_roles"]

_ROLE_NAMES = {"matching": "matching", "disjoint": "disjoint", "excess": "excess"}
_TITLE = 20.0  # height of a title, in points


def gene_roles(genome: GenomeLike, other: GenomeLike) -> list[str]:
    """Return ``"matching"``, ``"disjoint"`` or ``"excess"`` for every connection gene of ``genome``.

    A gene that ``other`` lacks is excess beyond the last innovation number of ``other``, disjoint before it
    (2002 paper, section 3.2).
    """
    own, its = genome.connections["innovation"], other.connections["innovation"]
    last = int(its.max()) if len(its) else -1
    missing = np.where(own > last, "excess", "disjoint")
    return [str(role) for role in np.where(np.isin(own, its), "matching", missing)]


def draw_comparison(
    first: GenomeLike,
    second: GenomeLike,
    *,
    ax: Axes | None = None,
    theme: Theme | str = "light",
    names: tuple[str, str] = ("first", "second"),
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    innovations: bool = False,
) -> Axes:
    """Draw two genomes side by side, every node at the same place in both, with their genes told apart.

    Args:
        first: The genome on the left.
        second: The genome on the right.
        ax: Where; each genome gets axes of its own inside. A new pyplot figure by default.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
        names: Titles.
        input_names: Names of the inputs.
        output_names: Names of the outputs.
        innovations: Whether to write innovation numbers.

    Raises:
        ConfigError: The number of names does not fit, or the theme is unknown.
    """
    chosen = find_theme(theme)
    first, second = parts = excerpts([first, second], input_names, output_names)
    placed = arrange(union([first, second]))
    if ax is None:
        width, height = default_size(placed, innovations=innovations)
        ax = new_axes(2 * width, height + _TITLE, chosen)
    blank_axes(ax, chosen)
    roles = gene_roles(first, second), gene_roles(second, first)
    counts = {role: sum(r == role for pair in roles for r in pair) for role in _ROLE_NAMES}
    counts["matching"] //= 2
    legend = {role: f"{counts[role]} {name}" for role, name in _ROLE_NAMES.items() if counts[role]}
    for i, genome in enumerate(parts):
        _draw_beside(
            ax,
            (0.5 * i, 0.0, 0.5, 1.0),
            genome,
            placed,
            chosen,
            names[i],
            roles[i],
            input_names=genome.input_names,
            output_names=genome.output_names,
            innovations=innovations,
            weight_scale=_weight_scale([first, second]),
            role_names=legend,
        )
    return ax


def draw_crossover(
    mother: GenomeLike,
    father: GenomeLike,
    child: GenomeLike,
    *,
    ax: Axes | None = None,
    theme: Theme | str = "light",
    names: tuple[str, str, str] = ("mother", "father", "child"),
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
) -> Axes:
    """Draw a crossover as the 2002 paper's figure 4 does: genes aligned by innovation number, networks below.

    Each gene of the child says which parent its weight came from; ``average`` where it lies between the two, ``new``
    where it is neither (mutated after crossover).

    Args:
        mother: One parent, the fitter where it matters.
        father: The other parent.
        child: Their offspring.
        ax: Where; a new pyplot figure by default.
        theme: ``"light"``, ``"dark"`` or a `Theme`.
        names: Titles.
        input_names: Names of the inputs.
        output_names: Names of the outputs.

    Raises:
        ConfigError: The number of names does not fit, or the theme is unknown.
    """
    chosen = find_theme(theme)
    mother, father, child = parts = excerpts([mother, father, child], input_names, output_names)
    placed = arrange(union([mother, father, child]))
    parents = union([mother, father])
    roles = [gene_roles(mother, father), gene_roles(father, mother)]
    known = dict(zip(mother.connections["innovation"], roles[0], strict=True))
    known |= dict(zip(father.connections["innovation"], roles[1], strict=True))
    roles.append([known.get(number, "ink") for number in child.connections["innovation"]])
    strips = [
        Strip(names[0], mother, roles[0]),
        Strip(names[1], father, roles[1]),
        Strip(names[2], child, roles[2], _origins(mother, father, child, names)),
    ]
    present = {role for row in roles for role in row}
    legend = {role: name for role, name in {**_ROLE_NAMES, "ink": "new"}.items() if role in present}
    innovations = np.union1d(parents.connections["innovation"], child.connections["innovation"])
    if ax is None:
        width, height = default_size(placed)
        width = min(1300.0, max(2.2 * width, 80 + 44.0 * min(len(innovations), 24)))
        ax = new_axes(width, strips_height(strips, innovations, width) + height, chosen)
    blank_axes(ax, chosen)
    width, height = size_in_points(ax)
    scale = 1.0
    while scale > 0.25 and strips_height(strips, innovations, width, scale) > 0.62 * height:
        scale *= 0.94
    used = strips_height(strips, innovations, width, scale) / height
    if used < 0.95:
        draw_strips(ax.inset_axes((0, 1 - used, 1, used)), strips, innovations, chosen, scale)
    rest = max(0.05, 1 - used)
    for i, genome in enumerate(parts):
        _draw_beside(
            ax,
            (i / 3, 0.0, 1 / 3, rest),
            genome,
            placed,
            chosen,
            names[i],
            roles[i],
            input_names=genome.input_names,
            output_names=genome.output_names,
            innovations=False,
            weight_scale=_weight_scale([mother, father, child]),
            role_names=legend,
        )
    return ax


def _origins(mother: GenomeLike, father: GenomeLike, child: GenomeLike, names: tuple[str, str, str]) -> list[str]:
    """Return which parent each of the child's weights came from."""
    weights = [dict(zip(p.connections["innovation"], p.connections["weight"], strict=True)) for p in (mother, father)]
    origins = []
    for gene in child.connections:
        number, weight = gene["innovation"], float(gene["weight"])
        values = [float(w[number]) for w in weights if number in w]
        same = [names[i] for i, w in enumerate(weights) if number in w and w[number] == weight]
        if len(same) == 2:
            origins.append("both")
        elif same:
            origins.append(same[0])
        elif len(values) == 2 and np.isclose(weight, sum(values) / 2):
            origins.append("average")
        else:
            origins.append("new")
    return origins


def _draw_beside(
    ax: Axes,
    box: tuple[float, float, float, float],
    genome: GenomeLike,
    placed: Layout,
    theme: Theme,
    title: str,
    roles: list[str],
    *,
    input_names: Sequence[str] | None,
    output_names: Sequence[str] | None,
    innovations: bool,
    weight_scale: float,
    role_names: dict[str, str],
) -> None:
    """Draw one genome and its title into a part of ``ax`` (left, bottom, width, height as shares)."""
    width, height = size_in_points(ax)
    inside = max(20.0, box[3] * height - _TITLE) / height
    scene = make_scene(
        genome,
        box[2] * width,
        inside * height,
        placed=placed,
        input_names=input_names,
        output_names=output_names,
        innovations=innovations,
        weight_scale=weight_scale,
        roles=roles,
        role_names=role_names,
    )
    draw_scene(scene, ax.inset_axes((box[0], box[1], box[2], inside)), theme)
    middle, top = box[0] + box[2] / 2, box[1] + inside + 0.35 * _TITLE / height
    style: dict[str, Any] = {"fontsize": 10, "color": theme.ink, "ha": "center", "va": "center_baseline"}
    ax.text(middle, top, title, transform=ax.transAxes, fontweight="bold", parse_math=False, **style)


def _weight_scale(genomes: Sequence[GenomeLike]) -> float:
    return float(max((np.abs(g.connections["weight"]).max(initial=0.0) for g in genomes), default=1.0))
