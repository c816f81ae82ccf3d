"""The pictures of the README, made from short runs. The same seeds give the same pictures."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from environments import make_task
from environments.watching.films import write_frames
from environments.watching.stage import frame_rate
from experiments.display.draw import write_drawing, write_lineage
from experiments.display.reporters import DirectoryReporter
from experiments.display.videos import Score, network_frames
from experiments.folder.champions import ChampionsReporter
from experiments.folder.directory import RunDirectory
from experiments.folder.files import AnyPath
from experiments.folder.lineage_file import LineageReporter
from experiments.folder.names import names_for
from experiments.folder.saved import SavedRun
from experiments.loop.runner import fitted, run
from experiments.targets import load
from neat.errors import RunDirectoryError
from neat.files.arrays import replace_file
from neat.genes.table import Genome
from neat.operators.registry import Operator
from neat.population import Population

if TYPE_CHECKING:
    from experiments.settings import Experiment

__all__ = ["PLAYED", "write_gallery"]

PLAYED = (("mountain-car", "default", 2), ("xor", "paper", 3))
"""The runs behind the pictures: target, preset and seed. The animation shows the first, the charts show the second."""
_STEPS, _EVERY, _HEIGHT = 240, 2, 280  # of the animation: number of steps, interval between pictures, height in pixels
_GENERATION = 55  # last generation in which a crossover is searched
_MOST_GENES = 18


def write_gallery(folder: AnyPath) -> Iterator[Path]:
    """Play the runs, write the pictures into a folder, and yield each when it is written.

    Raises:
        RunDirectoryError: The folder cannot be written.
    """
    folder = Path(folder)
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise RunDirectoryError(f"cannot write {folder}: {error.strerror or error}") from None
    with tempfile.TemporaryDirectory() as scratch:
        player, studied = (
            _play(load(target, preset=preset, changes=[f"run.seed={seed}"]), Path(scratch) / str(number))
            for number, (target, preset, seed) in enumerate(PLAYED)
        )
        yield _playing(player, folder / "playing.gif")
        path = folder / "topology.png"
        write_drawing(studied.champion, path, innovations=True)
        yield path
        path = folder / "lineage.png"
        write_lineage(studied, path)
        yield path
        yield from _charts(studied, folder)
    target, preset, seed = PLAYED[1]
    yield _crossover(load(target, preset=preset, changes=[f"run.seed={seed}"]), folder / "crossover.png")


def _play(experiment: Experiment, folder: Path) -> SavedRun:
    run(experiment, DirectoryReporter(RunDirectory.create(folder)), ChampionsReporter(folder), LineageReporter(folder))
    return SavedRun.load(folder)


def _playing(saved: SavedRun, path: Path) -> Path:
    champion = saved.champion
    frames = network_frames(champion, Score(), seed=1, height=_HEIGHT, most_steps=_STEPS, every=_EVERY)
    write_frames(path, frames, fps=max(1, frame_rate(champion.task) // _EVERY))
    return path


def _charts(saved: SavedRun, folder: Path) -> Iterator[Path]:
    from matplotlib.figure import Figure

    from neat.visualize import draw_fitness, draw_species

    for name, draw in (("fitness", draw_fitness), ("species", draw_species)):
        figure = Figure(figsize=(6.4, 3.2), layout="constrained")
        draw(saved.records, ax=figure.add_subplot())
        yield _save(figure, folder / f"{name}.png")


def _crossover(experiment: Experiment, path: Path) -> Path:
    """Draw a crossover without mutation: of those small enough to be readable, the one whose parents differ most."""
    from matplotlib.figure import Figure

    from neat.visualize import draw_crossover

    figure = Figure(figsize=(11, 5.2))
    mother, father, child = _family(experiment)
    names: dict[str, Any] = dict(names_for(experiment.task, child))
    draw_crossover(mother, father, child, ax=figure.add_axes((0.0, 0.0, 1.0, 1.0)), **names)
    return _save(figure, path)


def _family(experiment: Experiment) -> tuple[Genome, Genome, Genome]:
    task = make_task(experiment.task)
    config = fitted(experiment.config, task)
    population = Population(config, experiment.run.seed)
    parents: list[Genome] = []
    best: tuple[list[int], tuple[Genome, Genome, Genome]] | None = None
    with task.evaluator(config.network, seed=experiment.run.seed) as evaluator:
        while best is None or population.generation < _GENERATION:
            genomes = population.ask()
            for child, row in zip(genomes, population.lineage, strict=True):
                if row["operators"] != Operator.CROSSOVER or not parents:
                    continue
                mother, father = parents[row["mother"]], parents[row["father"]]
                numbers = mother.connections["innovation"], father.connections["innovation"]
                apart = sorted(len(np.setdiff1d(*pair)) for pair in (numbers, numbers[::-1]))
                if len(np.union1d(*numbers)) <= _MOST_GENES and (best is None or apart > best[0]):
                    best = apart, (mother, father, child.copy())
            parents = [genome.copy() for genome in genomes]
            population.tell(evaluator.evaluate(genomes))
    return best[1]


def _save(figure: Any, path: Path) -> Path:
    content = io.BytesIO()
    figure.savefig(content, format="png", dpi=110)
    try:
        replace_file(path, content.getbuffer())
    except OSError as error:
        raise RunDirectoryError(f"cannot write {path}: {error.strerror or error}") from None
    return path
