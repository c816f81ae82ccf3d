"""The heat map of a repertoire: fitness of the elites as a function of two descriptors."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from environments.games.maze import WALLS
from experiments.folder.files import AnyPath, explained
from experiments.settings import Experiment
from neat.repertoires.cells import Grid
from neat.repertoires.repertoire import Repertoire
from neat.visualize.theme import LIGHT

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable

__all__ = ["draw_heat_map", "walls_behind", "write_heat_map"]


def walls_behind(experiment: Experiment) -> NDArray[np.float64] | None:
    """Return the walls of the maze (float64, shape (walls, 4)) if the descriptors are positions in one, else None.

    Such a map is drawn like the maze: y points down.
    """
    task = experiment.task
    return WALLS.get(task.environment) if task.behaviour in ("info", "auto") else None


def draw_heat_map(repertoire: Repertoire, experiment: Experiment, ax: Axes) -> None:
    """Draw a repertoire with two descriptors: cells of a grid as boxes, other cells as dots at their elites.

    Args:
        repertoire: The elites.
        experiment: The run's settings.
        ax: The axes to draw on.

    Raises:
        ValueError: The repertoire does not have two descriptors.
    """
    settings, theme = experiment.config.repertoire, LIGHT
    if len(settings.low) != 2:
        raise ValueError(f"a heat map needs two descriptors, this repertoire has {len(settings.low)}")
    (x0, y0), (x1, y1) = settings.low, settings.high
    if isinstance(repertoire.cells, Grid):
        values = np.full(repertoire.cells.total, np.nan)
        values[repertoire.filled] = repertoire.fitness
        picture = values.reshape(repertoire.cells.shape).T
        shown: ScalarMappable = ax.imshow(
            picture, origin="lower", extent=(x0, x1, y0, y1), aspect="auto", interpolation="nearest"
        )
    else:
        places = np.clip(repertoire.descriptors, settings.low, settings.high)
        shown = ax.scatter(places[:, 0], places[:, 1], c=repertoire.fitness, s=14, marker="s")
        ax.set_xlim(x0, x1)
        ax.set_ylim(y0, y1)
    walls = walls_behind(experiment)
    if walls is not None:
        for ax0, ay0, bx0, by0 in walls:
            ax.plot([ax0, bx0], [ay0, by0], color=theme.ink, linewidth=1.0, solid_capstyle="round")
        ax.set(xlim=(x0, x1), ylim=(y1, y0))
    bar = ax.figure.colorbar(shown, ax=ax, pad=0.02)
    bar.set_label("fitness", color=theme.muted, fontsize=8)
    bar.ax.tick_params(colors=theme.muted, labelsize=7, length=0)
    bar.outline.set_visible(False)
    names = settings.names or ("first descriptor", "second descriptor")
    ax.set_xlabel(names[0], color=theme.muted, fontsize=8)
    ax.set_ylabel(names[1], color=theme.muted, fontsize=8)
    ax.tick_params(colors=theme.muted, labelsize=7, length=0)
    ax.set_facecolor("#ececea")
    ax.spines[:].set_visible(False)
    count = len(repertoire.genomes)
    title = f"{count:,} of {repertoire.cells.total:,} cells, QD score {repertoire.score(settings.offset):,.0f}"
    ax.set_title(title, color=theme.ink, fontsize=9, loc="left")


def write_heat_map(repertoire: Repertoire, experiment: Experiment, folder: AnyPath) -> Path | None:
    """Draw a repertoire as ``heatmap.png`` in a folder, and return its path.

    A repertoire without elites, or without exactly two descriptors, is not drawn; None is returned.

    Raises:
        RunDirectoryError: The file cannot be written.
    """
    if len(experiment.config.repertoire.low) != 2 or not repertoire.genomes:
        return None
    from experiments.display.canvas import draw_offscreen

    draw_offscreen()
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6.4, 4.8), dpi=150, facecolor=LIGHT.background, layout="constrained")
    draw_heat_map(repertoire, experiment, figure.add_subplot())
    path = Path(folder) / "heatmap.png"
    with explained(path, "write to"):
        figure.savefig(path)
    return path
