"""Drawings of champions as picture files."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.folder.champion import Champion
from experiments.folder.files import AnyPath
from experiments.folder.names import names_for
from experiments.folder.saved import SavedRun
from neat.errors import ConfigError, RunDirectoryError, did_you_mean
from neat.files.arrays import replace_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["views", "write_behaviours", "write_drawing", "write_growth", "write_lineage", "write_view"]

_PANEL = 4.2
"""Side of a panel, in inches."""
_COLUMNS, _MOST_PANELS = 3, 12
_FORMATS = ("png", "svg", "pdf", "jpg")
_TITLE = 26.0  # height of a title above a drawing, in points


def write_drawing(champion: Champion, path: AnyPath, *, theme: str = "light", innovations: bool = False) -> None:
    """Draw a champion's network into a file; the size of the picture fits the network.

    Args:
        champion: The champion.
        path: The file; its extension selects the format (.png, .svg, .pdf, .jpg).
        theme: ``"light"`` or ``"dark"``.
        innovations: Whether to show innovation numbers.

    Raises:
        ConfigError: The file extension or the theme is unknown.
        RunDirectoryError: The file cannot be written.
    """
    path = Path(path)
    _check_format(path)
    from matplotlib.figure import Figure

    from neat.visualize import arrange, default_size, draw_genome, find_theme
    from neat.visualize.excerpt import excerpt

    names = names_for(champion.task, champion.genome, champion.names, champion.network)
    part = excerpt(champion.genome, names["input_names"], names["output_names"])
    placed = arrange(part)
    width, height = default_size(placed, innovations=innovations)
    figure = Figure(figsize=(width / 72, height / 72), facecolor=find_theme(theme).background)
    draw_genome(
        part,
        ax=figure.add_axes((0.0, 0.0, 1.0, 1.0)),
        theme=theme,
        innovations=innovations,
        placed=placed,
        input_names=part.input_names,
        output_names=part.output_names,
    )
    _save(figure, path)


def write_view(champion: Champion, path: AnyPath, view: str, *, theme: str = "light") -> None:
    """Draw a champion of an indirect encoding into a file.

    Args:
        champion: The champion.
        path: The file; its extension selects the format (.png, .svg, .pdf, .jpg).
        view: ``substrate``, ``cppn`` (a panel for each pair of layers) or ``quadtree`` (one for each input and output).
        theme: ``"light"`` or ``"dark"``.

    Raises:
        ConfigError: The file extension or the theme is unknown, or the encoding has no such view.
        RunDirectoryError: The file cannot be written.
    """
    path = Path(path)
    _check_format(path)
    from matplotlib.figure import Figure

    from neat.visualize import find_theme

    draws = views(champion, view)
    columns = min(_COLUMNS, len(draws))
    rows = -(-len(draws) // columns)
    size = _PANEL if len(draws) > 1 else 1.4 * _PANEL
    figure = Figure(figsize=(columns * size, rows * size), facecolor=find_theme(theme).background, layout="constrained")
    for place, draw in enumerate(draws, 1):
        draw(ax=figure.add_subplot(rows, columns, place), theme=theme)
    _save(figure, path)


def views(champion: Champion, view: str) -> list[Callable[..., object]]:
    """Return the drawings of a view: functions of ``ax`` and ``theme``.

    Raises:
        ConfigError: The encoding has no such view.
    """
    from neat.networks.decoders.substrate import layers_of, pairs_of
    from neat.visualize import draw_cppn, draw_quadtree, draw_substrate

    genome, network = champion.genome, champion.network
    if network.encoding not in ("hyperneat", "es-hyperneat"):
        raise ConfigError(
            f"--view {view}: expected a champion of an indirect encoding (HyperNEAT), this one has network.encoding = "
            f"{network.encoding!r}"
        )
    if view == "substrate":
        return [partial(draw_substrate, genome, network)]
    layers = layers_of(network.substrate)
    if view == "cppn":
        pairs = len(pairs_of(network.substrate, [name for name, _ in layers]))
        return [partial(draw_cppn, genome, network, pair=k) for k in range(min(pairs, _MOST_PANELS))]
    nodes = len(layers[0][1]) + len(layers[-1][1])
    return [partial(draw_quadtree, genome, network, node=k) for k in range(min(nodes, _MOST_PANELS))]


def write_growth(champions: Sequence[tuple[str, Champion]], path: AnyPath, *, theme: str = "light") -> None:
    """Draw the networks of several champions side by side into a file. A node has the same place in all of them.

    Args:
        champions: Pairs of a title and a champion.
        path: The file; its extension selects the format (.png, .svg, .pdf, .jpg).
        theme: ``"light"`` or ``"dark"``.

    Raises:
        ConfigError: The file extension or the theme is unknown.
        RunDirectoryError: The file cannot be written.
    """
    path = Path(path)
    _check_format(path)
    from matplotlib.figure import Figure

    from neat.visualize import arrange, default_size, draw_genome, find_theme, union
    from neat.visualize.excerpt import excerpts

    chosen, last = find_theme(theme), champions[-1][1]
    names = names_for(last.task, last.genome, last.names, last.network)
    parts = excerpts([champion.genome for _, champion in champions], names["input_names"], names["output_names"])
    placed = arrange(union(parts[::-1]))
    width, height = default_size(placed)
    figure = Figure(figsize=(len(parts) * width / 72, (height + _TITLE) / 72), facecolor=chosen.background)
    share, inside = 1 / len(parts), height / (height + _TITLE)
    scale = max(float(np.abs(part.connections["weight"]).max(initial=0.0)) for part in parts) or 1.0
    for i, (part, (title, _)) in enumerate(zip(parts, champions, strict=True)):
        draw_genome(
            part,
            ax=figure.add_axes((i * share, 0.0, share, inside)),
            theme=chosen,
            placed=placed,
            weight_scale=scale,
            input_names=part.input_names,
            output_names=part.output_names,
        )
        look: dict[str, Any] = {"fontsize": 11, "color": chosen.ink, "ha": "center", "va": "center"}
        figure.text((i + 0.5) * share, (1 + inside) / 2, title, fontweight="bold", **look)
    _save(figure, path)


def write_lineage(run: SavedRun, path: AnyPath, *, theme: str = "light") -> int:
    """Draw a champion's ancestors and the generations of its genes into a file; return the number of ancestors.

    Raises:
        ConfigError: The file extension or the theme is unknown.
        RunDirectoryError: The run stored no lineage, or the file cannot be written.
    """
    path = Path(path)
    _check_format(path)
    ancestors = run.ancestors
    if not ancestors:
        raise RunDirectoryError(f"{run.path}: expected a lineage.jsonl that reaches the champion, found none")
    from matplotlib.figure import Figure

    from neat.visualize import draw_births, draw_lineage, find_theme

    genome, births = run.champion.genome, run.births
    genes = genome.hidden + len(genome.connections)
    lower = float(np.clip(0.14 * genes, 1.5, 8.0)) if births is not None else 0.0
    upper = 4.0 if len(ancestors) > 1 else 1.5
    figure = Figure(figsize=(9, upper + lower), facecolor=find_theme(theme).background, layout="constrained")
    if births is None:
        draw_lineage(ancestors, ax=figure.add_subplot(), theme=theme)
    else:
        top, bottom = figure.subplots(2, 1, height_ratios=[upper, lower])
        draw_lineage(ancestors, ax=top, theme=theme)
        along, seen = births
        draw_births(genome, along, seen=seen, until=run.champion.generation, ax=bottom, theme=theme)
    _save(figure, path)
    return len(ancestors) - 1


def write_behaviours(run: SavedRun, path: AnyPath, *, theme: str = "light") -> int:
    """Draw the behaviours of all genomes of a run into a file; return their number.

    Raises:
        ConfigError: The file extension or the theme is unknown.
        RunDirectoryError: The run stored no behaviours, or the file cannot be written.
    """
    path = Path(path)
    _check_format(path)
    if not run.behaved:
        raise RunDirectoryError(f"{run.path}: this run stored no behaviours: run it with --set task.behaviour=auto")
    from matplotlib.figure import Figure

    from experiments.display.diversity import behaviours_picture
    from neat.visualize import find_theme

    figure = Figure(figsize=(6.4, 5.6), facecolor=find_theme(theme).background, layout="constrained")
    behaviours_picture(run, figure.add_subplot(), theme=theme)
    _save(figure, path)
    return sum(len(behaved.behaviours) for behaved in run.behaved)


def _check_format(path: Path) -> None:
    kind = path.suffix.removeprefix(".").lower()
    if kind not in _FORMATS:
        raise ConfigError(
            f"{path}: expected a name ending in {', '.join('.' + name for name in _FORMATS)}, got {path.suffix!r}"
            f"{did_you_mean(kind, _FORMATS)}"
        )


def _save(figure: Figure, path: Path) -> None:
    content = io.BytesIO()  # in memory first, so that an error leaves no partial file
    figure.savefig(content, format=path.suffix.removeprefix(".").lower(), dpi=160)
    try:
        replace_file(path, content.getbuffer())
    except OSError as error:
        raise RunDirectoryError(f"cannot write {path}: {error.strerror or error}") from None
