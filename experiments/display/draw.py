"""A champion's network as a picture file."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.folder.champion import Champion
from experiments.folder.files import AnyPath
from experiments.folder.saved import SavedRun, names_for
from neat.errors import ConfigError, RunDirectoryError, did_you_mean
from neat.files.arrays import replace_file

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["write_behaviours", "write_drawing", "write_growth", "write_lineage"]

_FORMATS = ("png", "svg", "pdf", "jpg")
_TITLE = 26.0  # room for a title above a drawing, in points


def write_drawing(champion: Champion, path: AnyPath, *, theme: str = "light", innovations: bool = False) -> None:
    """Draw a champion's network into a file, on a canvas on which it has room.

    Args:
        champion: What to draw.
        path: Where; the ending says the format.
        theme: ``"light"`` or ``"dark"``.
        innovations: Whether to write innovation numbers.

    Raises:
        ConfigError: The ending is none of a picture, or the theme is unknown.
        RunDirectoryError: The file cannot be written.
    """
    path = Path(path)
    _check_format(path)
    from matplotlib.figure import Figure

    from neat.visualize import arrange, default_size, draw_genome, find_theme
    from neat.visualize.excerpt import excerpt

    names = names_for(champion.task, champion.genome, champion.names)
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


def write_growth(champions: Sequence[tuple[str, Champion]], path: AnyPath, *, theme: str = "light") -> None:
    """Draw the networks of several champions side by side into a file, every node at the same place in all.

    Args:
        champions: What to draw, each with its title.
        path: Where; the ending says the format.
        theme: ``"light"`` or ``"dark"``.

    Raises:
        ConfigError: The ending is none of a picture, or the theme is unknown.
        RunDirectoryError: The file cannot be written.
    """
    path = Path(path)
    _check_format(path)
    from matplotlib.figure import Figure

    from neat.visualize import arrange, default_size, draw_genome, find_theme, union
    from neat.visualize.excerpt import excerpts

    chosen, last = find_theme(theme), champions[-1][1]
    names = names_for(last.task, last.genome, last.names)
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
    """Draw a champion's ancestry and the births of its genes into a file; return the number of ancestors.

    Raises:
        ConfigError: The ending is none of a picture, or the theme is unknown.
        RunDirectoryError: The run has kept no lineage, or the file cannot be written.
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
    """Draw where a run's population has been into a file; return the number of dots.

    Raises:
        ConfigError: The ending is none of a picture, or the theme is unknown.
        RunDirectoryError: The run has kept no behaviours, or the file cannot be written.
    """
    path = Path(path)
    _check_format(path)
    if not run.behaved:
        raise RunDirectoryError(f"{run.path}: this run has kept no behaviours: run it with --set task.behaviour=auto")
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
    content = io.BytesIO()  # first: what goes wrong must not leave half a file
    figure.savefig(content, format=path.suffix.removeprefix(".").lower(), dpi=160)
    try:
        replace_file(path, content.getbuffer())
    except OSError as error:
        raise RunDirectoryError(f"cannot write {path}: {error.strerror or error}") from None
