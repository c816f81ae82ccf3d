"""Parts of a run's page about diversity: behaviours, the repertoire, the front."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Mapping, Sequence
from functools import partial
from importlib.resources import files
from typing import TYPE_CHECKING, Any

import numpy as np

from environments.games.maze import GOALS, WALLS
from experiments.display.describe import counted
from experiments.folder.names import names_for
from experiments.folder.saved import SavedRun
from experiments.repertoire.folder import FOLDER, outside, read_figures, read_repertoire
from experiments.repertoire.front import FRONT, read_front
from experiments.repertoire.picture import walls_behind
from neat.genes.kinds import NodeKind
from neat.genes.table import Genome
from neat.repertoires.cells import Grid
from neat.repertoires.repertoire import Repertoire

if TYPE_CHECKING:
    from collections.abc import Callable

    from matplotlib.axes import Axes

    from experiments.settings import Experiment

    Figure = Callable[..., str]

__all__ = ["behaviours_part", "behaviours_picture", "film_cells", "front_part", "repertoire_part", "repertoire_script"]

_SIDE = 440


def behaviours_picture(run: SavedRun, ax: Axes, **look: Any) -> None:
    """Draw the behaviours of a run's genomes, over the walls of the maze if the task is a maze."""
    from neat.visualize import draw_behaviours

    game = run.champion.task.environment.rpartition(":")[2]
    draw_behaviours(
        [behaved.behaviours for behaved in run.behaved],
        generations=[behaved.generation for behaved in run.behaved],
        ax=ax, walls=WALLS.get(game), goal=GOALS.get(game), **look,
    )  # fmt: skip


def behaviours_part(run: SavedRun, figure: Figure) -> str:
    """Return the part on behaviours; empty if the run stored none."""
    from neat.visualize import draw_novelty

    if not run.behaved:
        return ""
    numbers, best, mean = (
        [getattr(behaved, name) for behaved in run.behaved] for name in ("generation", "best", "mean")
    )
    figures = figure("Where the population has been", partial(behaviours_picture, run), run.name, wide=True, taller=1.6)
    if len(numbers) > 1:
        figures += figure("Score used for selection", partial(draw_novelty, numbers, best, mean), run.name, wide=True)
    method = str(run.settings.get("selection", {}).get("method", "fitness"))
    parents = (
        "elites of all cells of the repertoire" if run.illuminates else f"selected by the score {html.escape(method)}"
    )
    return (
        f"<h3>Behaviour</h3><p>Each dot is the behaviour of one genome. Parents were {parents}.</p>"
        f'<div class="figures">{figures}</div>'
    )


def front_part(run: SavedRun, figure: Figure) -> str:
    """Return the part on a run's front; empty if `neat front` has not been used on the run."""
    from neat.visualize import draw_front

    if not (run.path / FRONT).is_file():
        return ""
    front = read_front(run.path)
    members = front["members"]
    smallest = front.get("smallest")
    draw = partial(
        draw_front,
        [member["connections"] for member in members],
        [member["fitness"] for member in members],
        fresh=[member["mean"] for member in members],
        threshold=front.get("threshold"),
        chosen_size=None if smallest is None else smallest["connections"],
    )
    rows = "".join(
        f"<tr><td>{m['connections']}</td><td>{m['hidden']}</td><td>{m['fitness']:.1f}</td><td>{m['mean']:.1f}</td></tr>"
        for m in members
    )
    head = "<tr><th>connections</th><th>hidden</th><th>in training</th><th>fresh episodes</th></tr>"
    told = "None of these networks reaches the goal on fresh episodes."
    if smallest is not None:
        told = (
            f"The smallest network that reaches the goal has {counted(smallest['connections'], 'connection')} and "
            f"{counted(smallest['hidden'], 'hidden node')}. Its mean return over more fresh episodes is "
            f"{smallest['mean']:.1f}."
        )
    return (
        f"<h3>Front</h3><p>The best network of each size. {told}</p>"
        f'<div class="figures">{figure("Return against size", draw, run.name, wide=True)}'
        f'<div class="wide"><table>{head}{rows}</table></div></div>'
    )


def film_cells(run: SavedRun, count: int) -> list[str]:
    """Choose the elites of a repertoire to record as videos: the best one first, then elites far from each other.

    Returns:
        Names of cells; empty if the run has no repertoire.
    """
    if count < 1 or not (run.path / FOLDER).is_dir():
        return []
    repertoire, experiment = read_repertoire(run.path)
    settings = experiment.config.repertoire
    places = (repertoire.descriptors - settings.low) / (np.array(settings.high) - settings.low)
    chosen = [int(repertoire.fitness.argmax())]
    while len(chosen) < min(count, len(places)):
        far = np.linalg.norm(places[:, None] - places[chosen][None], axis=2).min(axis=1)
        chosen.append(int(far.argmax()))
    return [repertoire.cells.name(cell) for cell in repertoire.filled[chosen].tolist()]


def repertoire_part(run: SavedRun, films: Mapping[str, bytes]) -> str:
    """Return the part on a run's repertoire: a heat map whose cells can be clicked.

    It is empty if the run has no repertoire, or one whose number of descriptors is not two.

    Args:
        run: The run.
        films: Videos of elites, as MP4, by the name of their cell.
    """
    if not (run.path / FOLDER).is_dir():
        return ""
    repertoire, experiment = read_repertoire(run.path)
    settings = experiment.config.repertoire
    if len(settings.low) != 2 or not repertoire.genomes:
        return ""
    data = _data(run, repertoire, experiment, films)
    told = _told(read_figures(run.path))
    if beyond := outside(repertoire, experiment):
        told += f" {beyond}."
    content = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    names = settings.names or ("first descriptor", "second descriptor")
    upwards = "From bottom to top" if walls_behind(experiment) is None else "From top to bottom"
    filmed = " Outlined cells have a video." if films else ""
    return (
        f"<h3>Repertoire</h3><p>{told} From left to right: {html.escape(names[0])}, {settings.low[0]:g} to "
        f"{settings.high[0]:g}. {upwards}: {html.escape(names[1])}, {settings.low[1]:g} to "
        f"{settings.high[1]:g}. Brighter cells are fitter. Click a cell to see its network.{filmed}</p>"
        f'<div data-repertoire class="repertoire">{_map(repertoire, experiment, films)}'
        '<div><p class="details" aria-live="polite"></p><svg class="network" viewBox="0 0 420 300" role="img" '
        'aria-label="network of the chosen elite"></svg><video controls muted loop playsinline hidden></video></div>'
        f'<script type="application/json">{content}</script></div>'
    )


def repertoire_script() -> str:
    """Return the script of the heat map. A page needs it once, after the last heat map."""
    return files("experiments.display").joinpath("repertoire.js").read_text("utf-8")


def _told(data: Mapping[str, Any]) -> str:
    told = (
        f"{data['filled']:,} of {data['cells']:,} cells ({data['coverage']:.2%}), QD score {data['qd_score']:,.0f} "
        f"(offset {data['offset']:g})."
    )
    fresh = data.get("corrected")
    if fresh:
        told += (
            f" On {fresh['episodes']} fresh episodes for each elite: {fresh['coverage']:.2%}, {fresh['qd_score']:,.0f}."
        )
    return told


def _map(repertoire: Repertoire, experiment: Experiment, films: Mapping[str, bytes]) -> str:
    from matplotlib import colormaps
    from matplotlib.colors import to_hex

    settings = experiment.config.repertoire
    fitness = repertoire.fitness
    spread = float(np.ptp(fitness)) or 1.0
    colours = [to_hex(colour) for colour in colormaps["viridis"]((fitness - fitness.min()) / spread)]
    walls = walls_behind(experiment)
    low, high = np.array(settings.low), np.array(settings.high)
    marks = []
    for k, cell in enumerate(repertoire.filled.tolist()):
        name = repertoire.cells.name(cell)
        line = ' stroke="currentColor" stroke-width="1.5"' if name in films else ""
        about = f'data-elite="{k}" fill="{colours[k]}"{line}><title>cell {name}: {fitness[k]:.4g}</title>'
        if isinstance(repertoire.cells, Grid):
            columns, rows = repertoire.cells.shape
            i, j = np.unravel_index(cell, repertoire.cells.shape)
            x, y = _SIDE * i / columns, _SIDE * (rows - 1 - j if walls is None else j) / rows
            size = f'width="{_SIDE / columns:.2f}" height="{_SIDE / rows:.2f}"'
            marks.append(f'<rect x="{x:.2f}" y="{y:.2f}" {size} {about}</rect>')
        else:
            share = np.clip((repertoire.descriptors[k] - low) / (high - low), 0.0, 1.0)
            place = f'cx="{_SIDE * share[0]:.1f}" cy="{_SIDE * (1 - share[1] if walls is None else share[1]):.1f}"'
            marks.append(f'<circle {place} r="5" {about}</circle>')
    for wall in () if walls is None else walls:
        (x1, y1), (x2, y2) = _SIDE * (wall.reshape(2, 2) - low) / (high - low)
        ends = f'x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}"'
        marks.append(f'<line {ends} stroke="currentColor" stroke-width="2" pointer-events="none"></line>')
    return (
        f'<svg class="map" viewBox="0 0 {_SIDE} {_SIDE}" role="group" aria-label="heat map of the repertoire">'
        f"{''.join(marks)}</svg>"
    )


def _data(run: SavedRun, repertoire: Repertoire, experiment: Experiment, films: Mapping[str, bytes]) -> dict[str, Any]:
    first = repertoire.genomes[int(repertoire.filled[0])]
    known = names_for(experiment.task, first)
    kinds = first.nodes["kind"]
    inputs = first.nodes["innovation"][kinds <= NodeKind.BIAS].tolist()
    outputs = first.nodes["innovation"][kinds == NodeKind.OUTPUT].tolist()
    names: dict[int, str] = dict(zip(inputs, known["input_names"] or (), strict=False))
    names |= dict(zip(outputs, known["output_names"] or (), strict=False))
    if (kinds == NodeKind.BIAS).any():
        names[inputs[-1]] = "bias"
    settings = experiment.config.repertoire
    return {
        "folder": str(run.path),
        "first": int(repertoire.fitness.argmax()),
        "inputs": inputs,
        "outputs": outputs,
        "names": {str(number): name for number, name in names.items()},
        "descriptors": list(settings.names or ("first", "second")),
        "elites": [
            {
                "cell": repertoire.cells.name(cell),
                "fitness": float(f"{repertoire.fitness[k]:.5g}"),
                "descriptors": [float(f"{value:.4g}") for value in repertoire.descriptors[k]],
                "found": int(repertoire.found[cell]),
                **_network(repertoire.genomes[cell]),
            }
            for k, cell in enumerate(repertoire.filled.tolist())
        ],
        "films": {
            name: f"data:video/mp4;base64,{base64.b64encode(film).decode('ascii')}" for name, film in films.items()
        },
    }


def _network(genome: Genome) -> dict[str, Sequence[Any]]:
    enabled = genome.connections[genome.connections["enabled"] != 0]
    depths = _depths(genome, enabled)
    hidden = genome.nodes["kind"] == NodeKind.HIDDEN
    return {
        "hidden": [[int(n), int(d)] for n, d in zip(genome.nodes["innovation"][hidden], depths[hidden], strict=True)],
        "edges": [[int(g["source"]), int(g["target"]), float(f"{g['weight']:.3g}")] for g in enabled],
    }


def _depths(genome: Genome, enabled: Any) -> Any:
    """Return the length of the longest path from the inputs to each node, int64, shape (nodes,).

    In a cycle it is the length of some long path.
    """
    numbers = genome.nodes["innovation"]
    source, target = np.searchsorted(numbers, enabled["source"]), np.searchsorted(numbers, enabled["target"])
    depths = np.zeros(len(numbers), np.int64)
    for _ in range(min(len(numbers), 30)):
        deeper = depths.copy()
        np.maximum.at(deeper, target, depths[source] + 1)
        if (deeper == depths).all():
            break
        depths = deeper
    return np.maximum(depths, 1)
