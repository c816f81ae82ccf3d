"""One HTML page about one or several runs: the result, its history, and the settings that repeat it.

The page is one file with all styles, scripts and pictures. It forbids the browser to load anything else.
"""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from importlib.resources import files
from itertools import zip_longest
from typing import TYPE_CHECKING, Any

from environments.tasks.settings import NO_GAME
from environments.tasks.task import traits_of
from experiments.display import describe
from experiments.display.answers import answers, has_examples
from experiments.display.diversity import behaviours_part, front_part, repertoire_part, repertoire_script
from experiments.display.page import LIT, page
from experiments.folder.names import Names, names_for
from experiments.folder.saved import SavedRun
from neat.errors import NeatError

if TYPE_CHECKING:
    from experiments.display.videos import Film

__all__ = ["film_html", "report_html"]

_SMALL, _WIDE = (4.1, 2.6), (6.2, 2.9)  # sizes of charts in inches; on the page they have about these sizes
_SQUARE, _VIEWS = (4.1, 4.1), 3
"""Size of a picture of a substrate in inches, and the maximum number of pictures of one kind."""


_Chart = tuple[str, Callable[..., object], bool]
"""Title, what draws it, and whether it is wide."""


def report_html(
    runs: Sequence[SavedRun],
    films: Sequence[Film | Callable[[], Film | None] | None] = (),
    elites: Sequence[Mapping[str, bytes] | Callable[[], Mapping[str, bytes]]] = (),
) -> str:
    """Return the page about one run, or about several side by side.

    Args:
        runs: The runs.
        films: Optional; for each run a video of its champion, a function that returns one, or None. Such a function is
            called after the charts of the run are drawn.
        elites: Optional; for each run videos of elites of its repertoire, as MP4, by the names of their cells, or a
            function that returns them.

    Raises:
        ValueError: There is no run.
    """
    if not runs:
        raise ValueError("expected at least one run to report on, got none")
    from neat.visualize.svg import theme_css
    from neat.visualize.widget import widget_script, widget_style

    title = runs[0].name if len(runs) == 1 else f"{len(runs)} runs"
    body = [f"<h1>{_text(title)}</h1>"] if len(runs) > 1 else []
    if len(runs) > 1:
        body.append(_comparison(runs))
    articles = "\n".join(
        _article(run, film, elite or {}, alone=len(runs) == 1)
        for run, film, elite in zip_longest(runs, films[: len(runs)], elites[: len(runs)])
    )
    body.append(f'<div class="runs">{articles}</div>')
    own = files("experiments.display").joinpath("report.css").read_text("utf-8")
    scripts = [f"<script>{widget_script()}</script>"]
    scripts.append(f"<script>{repertoire_script()}</script>" if "data-repertoire" in articles else "")
    return page(title, f"{theme_css()}{own}{widget_style()}", [*body, *scripts])


def _article(
    run: SavedRun,
    film: Film | Callable[[], Film | None] | None,
    elites: Mapping[str, bytes] | Callable[[], Mapping[str, bytes]],
    *,
    alone: bool,
) -> str:
    from neat.visualize.widget import WidgetStep, topology_html

    tag = "h1" if alone else "h2"
    result = run.result
    status = {"solved": "solved", "finished": "finished", "extinct": "extinct"}.get(
        str(result.get("status")), "unfinished"
    )
    if status == "finished" and run.threshold is not None and not result.get("illuminates"):
        status = "not solved"
    badge = f'<span class="badge {"solved" if status == "solved" else "open"}">{status}</span>'
    steps = [WidgetStep(step.generation, step.fitness, step.genome) for step in run.steps]
    description = run.settings.get("description") or ""
    game = run.champion.task.environment
    game = game if game != NO_GAME else "a fitness function of its own"
    heading = "Champion" if len(steps) == 1 else f"Champions: all {len(steps)} of the run"
    charts = [_evolution(run), behaviours_part(run, _figure), front_part(run, _figure), _lineage(run)]
    found = film() if callable(film) else film
    return "\n".join(
        [
            f"<article><{tag}>{_text(run.name)} {badge}</{tag}>",
            f'<p class="lead">{_text(": ".join(filter(None, (game, description))))}</p>',
            _definitions(_summary(run)),
            f"<h3>{heading}</h3>",
            topology_html(steps, **_names(run)),
            _substrate(run),
            film_html(found) if run.champion.task.environment != NO_GAME else _NO_FILM,
            repertoire_part(run, elites() if callable(elites) else elites),
            *charts,
            _verification(run),
            _configuration(run),
            _machine(run),
            "</article>",
        ]
    )


def _substrate(run: SavedRun) -> str:
    """Return the part on the network of an indirect encoding, which the champion's genome, a CPPN, describes."""
    from experiments.display.draw import views

    encoding = run.champion.network.encoding
    if encoding not in ("hyperneat", "es-hyperneat"):
        return ""
    shown = ["substrate", "cppn", *(["quadtree"] if encoding == "es-hyperneat" else [])]
    figures = "".join(
        f'<figure class="small">{_drawn(draw, _SQUARE, f"{view} of {run.name}")}</figure>'
        for view in shown
        for draw in views(run.champion, view)[:_VIEWS]
    )
    return (
        "<h3>Substrate</h3><p>The champion's genome, drawn above, is a CPPN. It gives the weights of the network, "
        "whose nodes lie on a substrate. The pictures show the connections of the network, and the weights that the "
        f'CPPN gives.</p><div class="figures">{figures}</div>'
    )


def _names(run: SavedRun) -> Names:
    champion = run.champion
    return names_for(champion.task, champion.genome, champion.names, champion.network)


_NO_FILM = (
    "<h3>At play</h3><p>This run comes from a script with a fitness function of its own. It has no game, so there is "
    "no video.</p>"
)


def film_html(film: Film | None) -> str:
    """Return the part of a page with the video of a champion, or with the reason why there is none.

    For None it is empty.
    """
    if film is None:
        return ""
    if film.missing:
        return f"<h3>At play</h3><p>There is no video: {_text(film.missing)}.</p>"
    wide, narrow = (
        f"data:video/mp4;base64,{base64.b64encode(data).decode('ascii')}" for data in (film.wide, film.narrow)
    )
    return (
        f"<h3>At play</h3><p>The game, and the network that plays it. {LIT}. The chosen action is marked.</p>"
        '<video controls autoplay muted loop playsinline preload="auto" aria-label="the champion at play">'
        f'<source media="(max-width: 40rem)" src="{narrow}" type="video/mp4">'
        f'<source src="{wide}" type="video/mp4"></video>'
    )


def _stepless(run: SavedRun) -> bool:
    """Return whether the task has no environment steps, but examples or rows of a table."""
    return has_examples(run.champion.task) or traits_of(run.champion.task).rows


def _summary(run: SavedRun) -> list[tuple[str, str]]:
    result, genome = run.result, run.champion.genome
    fresh = result.get("verification") or {}
    last = run.records[-1] if run.records else {}
    pairs = []
    plain = has_examples(run.champion.task)
    if fresh and not plain:
        spread = f" ± {_number(fresh.get('sd'))} (sd)" if _several(fresh) else ""
        measure = fresh.get("measure")
        spread = "" if measure else spread
        pairs.append((f"verified {measure or 'mean return'}", f"{_number(fresh.get('mean'))}{spread}"))
    pairs += [
        ("solved when", str(result["rule"]))
        if result.get("rule")
        else ("solved at", _number(run.threshold) if run.threshold is not None else "no threshold"),
        ("training fitness", _number(run.champion.fitness)),
        (
            "champion",
            f"{describe.counted(genome.hidden, 'hidden node')}, {describe.counted(genome.enabled, 'connection')}",
        ),
        ("found in generation", _number(run.champion.generation)),
        ("generations", _number(result.get("generations", len(run.records)))),
        ("evaluations", _number(result.get("evaluations", last.get("evaluations")))),
        *([] if _stepless(run) else [("environment steps", _number(result.get("steps", last.get("steps"))))]),
        ("time", describe.duration(float(result.get("seconds", last.get("seconds")) or 0.0))),
        ("seed", str(run.champion.seed)),
    ]
    return pairs


def _evolution(run: SavedRun) -> str:
    from neat.visualize import draw_complexity, draw_cost, draw_fitness, draw_species, draw_threshold

    records, attempts = run.records, run.history.attempts
    if _stepless(run):
        records = [{**record, "steps": 0} for record in records]  # the task has no environment steps
    if not records:
        return ""
    if len(records) == 1:
        best, mean, sd = (_number(records[0].get(name)) for name in ("best", "mean", "sd"))
        return (
            f"<h3>Evolution</h3><p>One generation was enough: {_number(records[0].get('evaluations'))} random genomes. "
            f"Their best fitness was {best}, the mean {mean}, and the standard deviation {sd}.</p>"
        )
    species: list[_Chart] = [
        ("Species", partial(draw_species, records), True),
        ("Compatibility threshold and species", partial(draw_threshold, records), False),
    ]
    charts: list[_Chart] = [
        ("Fitness", partial(draw_fitness, records, attempts=attempts, threshold=run.threshold), True),
        *([] if run.illuminates else species),  # parents from a repertoire are elites, whatever their species
        ("Complexity", partial(draw_complexity, records), False),
        ("Cost", partial(draw_cost, records), False),
    ]
    drawn = "".join(_figure(title, draw, run.name, wide=wide) for title, draw, wide in charts)
    return f'<h3>Evolution</h3><p>Generations are counted from 0.</p><div class="figures">{drawn}</div>'


def _lineage(run: SavedRun) -> str:
    from neat.visualize import draw_births, draw_lineage

    ancestors = run.ancestors
    if not ancestors:
        return ""
    if len(ancestors) == 1:
        return "<h3>Lineage</h3><p>The champion is a genome of the first generation, so it has no ancestors.</p>"
    figures = _figure("Ancestry", partial(draw_lineage, ancestors), run.name, wide=True, taller=0.5)
    told = ""
    if run.births is not None:
        along, seen = run.births
        born = partial(draw_births, run.champion.genome, along, seen=seen, until=run.champion.generation)
        figures += _figure("Births of the genes", born, run.name, wide=True, taller=0.5)
        told = (
            " The second chart shows when each gene of the champion entered this line of ancestors. A thin line begins "
            "where any genome of the run first had the gene."
        )
    count = len(ancestors) - 1
    return (
        f"<h3>Lineage</h3><p>The champion's {_number(count)} ancestor{'s' if count > 1 else ''}, one per generation. "
        "Of two parents, it is the fitter one. The chart shows their fitness, the operators that made them, and "
        f"whether they were better or worse than their parents.{told}</p>"
        f'<div class="figures">{figures}</div>'
    )


def _verification(run: SavedRun) -> str:
    from neat.visualize import draw_returns

    fresh = run.result.get("verification")
    if has_examples(run.champion.task):
        return _truth_table(run)
    if not fresh:
        return ""
    if fresh.get("measure"):
        return _held_out(run, fresh)
    pairs = [("episodes", _number(fresh.get("episodes"))), ("mean", _number(fresh.get("mean")))]
    if _several(fresh):
        pairs += [
            ("95% interval", f"{_number(fresh.get('low'))} to {_number(fresh.get('high'))}"),
            ("standard deviation", _number(fresh.get("sd"))),
            ("worst episode", _number(fresh.get("minimum"))),
            ("genomes tried", _number(run.result.get("attempts"))),
        ]
    returns = [float(value) for value in fresh.get("returns") or [] if value is not None]
    chart = ""
    if len(set(returns)) > 1:
        chart = _figure("Returns", partial(draw_returns, returns, threshold=run.threshold), run.name, wide=True)
    return (
        "<h3>Verification</h3><p>Fresh episodes in the environment itself. They were not used to choose the champion."
        f'</p><div class="figures"><div class="wide">{_definitions(pairs)}</div>{chart}</div>'
    )


def _held_out(run: SavedRun, fresh: dict[str, Any]) -> str:
    """Return the champion's result on the held-out rows of a table, with a confusion matrix for classes."""
    from environments.tasks.task import make_task

    pairs = [
        ("rows", _number(fresh.get("episodes"))),
        (str(fresh["measure"]), _number(fresh.get("mean"))),
        ("95% interval", f"{_number(fresh.get('low'))} to {_number(fresh.get('high'))}"),
        ("genomes tried", _number(run.result.get("attempts"))),
    ]
    table = ""
    champion = run.champion
    with suppress(NeatError):  # the file is missing, or has changed since
        data: Any = make_task(champion.task)
        if data.classes:
            counts = data.confusion(champion.genome, champion.network)
            heads = "".join(f"<th>{_text(str(label))}</th>" for label in ("class \\ predicted", *data.classes))
            lines = (
                f"<tr><th>{_text(str(label))}</th>{''.join(f'<td>{count}</td>' for count in row)}</tr>"
                for label, row in zip(data.classes, counts.tolist(), strict=True)
            )
            table = f"<table><tr>{heads}</tr>{''.join(lines)}</table>"
    return (
        "<h3>Verification</h3><p>Held-out rows: they were not used for training or for choosing the champion."
        f"</p>{_definitions(pairs)}{table}"
    )


def _truth_table(run: SavedRun) -> str:
    names = names_for(run.champion.task, run.champion.genome, run.champion.names)
    heads = [*(names["input_names"] or ()), "wanted", *(names["output_names"] or ("output",))]
    rows = ["".join(f"<th>{_text(head)}</th>" for head in heads)]
    for answer in answers(run.champion):
        cells = [*(f"{value:g}" for value in (*answer.inputs, *answer.targets)), *(f"{v:.3f}" for v in answer.outputs)]
        rows.append("".join(f"<td>{cell.replace('-', '−')}</td>" for cell in cells))
    table = "".join(f"<tr>{row}</tr>" for row in rows)
    return f"<h3>Truth table</h3><p>The champion's outputs for every example.</p><table>{table}</table>"


def _several(verification: dict[str, Any]) -> bool:
    """Return whether a verification has several episodes, and so a spread. XOR, for example, has one."""
    return int(verification.get("episodes") or 0) > 1


def _configuration(run: SavedRun) -> str:
    if not run.settings:
        return ""
    changed = run.result.get("changed") or {}
    tables = []
    top = {key: value for key, value in run.settings.items() if not isinstance(value, dict)}
    for section, values in [("experiment", top), *((k, v) for k, v in run.settings.items() if isinstance(v, dict))]:
        rows = []
        for key, value in values.items():
            bold = ' class="changed"' if f"{section}.{key}" in changed else ""
            rows.append(f"<tr><th>{_text(key)}</th><td{bold}>{_text(_setting(value))}</td></tr>")
        if rows:
            tables.append(f"<table><caption>{_text(section)}</caption>{''.join(rows)}</table>")
    preset = _text(str(run.settings.get("preset", "default")))
    said = ", ".join(f"{_text(key)} = {_text(_setting(value))}" for key, value in changed.items()) or "nothing"
    return (
        f"<h3>Configuration</h3><p>Preset {preset}; changed from it: {said}.</p>"
        f'<details><summary>All settings</summary><div class="settings">{"".join(tables)}</div></details>'
    )


def _machine(run: SavedRun) -> str:
    machine = run.result.get("machine") or {}
    versions = machine.get("versions") or {}
    if not machine:
        return ""
    pairs = [(str(key), str(value)) for key, value in machine.items() if key != "versions"]
    pairs += [(str(key), str(value)) for key, value in versions.items()]
    return f"<details><summary>Versions and machine</summary>{_definitions(pairs)}</details>"


def _comparison(runs: Sequence[SavedRun]) -> str:
    heads = (
        "run",
        "status",
        "verified mean",
        "95% interval",
        "generations",
        "evaluations",
        "hidden",
        "connections",
        "time",
    )
    rows = []
    for run in runs:
        fresh, last = run.result.get("verification") or {}, run.records[-1] if run.records else {}
        cells = (
            run.name,
            str(run.result.get("status", "unfinished")),
            _number(fresh.get("mean")),
            f"{_number(fresh.get('low'))} to {_number(fresh.get('high'))}" if _several(fresh) else "–",
            _number(run.result.get("generations", len(run.records))),
            _number(run.result.get("evaluations", last.get("evaluations"))),
            str(run.champion.genome.hidden),
            str(run.champion.genome.enabled),
            describe.duration(float(run.result.get("seconds", last.get("seconds")) or 0.0)),
        )
        rows.append("<tr>" + "".join(f"<td>{_text(cell)}</td>" for cell in cells) + "</tr>")
    table = "<tr>" + "".join(f"<th>{head}</th>" for head in heads) + "</tr>" + "".join(rows)
    return f'<div class="scroll"><table>{table}</table></div>{_curves(runs)}'


def _curves(runs: Sequence[SavedRun]) -> str:
    """Return charts of the fitness of runs, over generations and over evaluations; each task has charts of its own."""
    from neat.visualize import draw_runs

    tasks: dict[str, list[SavedRun]] = {}
    for run in runs:
        tasks.setdefault(run.champion.task.environment, []).append(run)
    # A number distinguishes folders of the same name.
    names = [run.name if _unique(run, runs) else f"{run.name} ({i})" for i, run in enumerate(runs, 1)]
    parts = []
    for task, members in tasks.items():
        if all(len(run.records) < 2 for run in members):
            continue  # a single generation makes no curve
        records = {name: run.records for name, run in zip(names, runs, strict=True) if run in members}
        thresholds = {run.threshold for run in members}
        threshold = thresholds.pop() if len(thresholds) == 1 else None
        charts = []
        for over in ("generation", "evaluations"):
            draw = partial(draw_runs, records, threshold=threshold, over=over)
            charts.append(_figure(f"Best fitness by {over}", draw, task, wide=True))
        heading = f"<h3>{_text(task)}</h3>" if len(tasks) > 1 else ""
        parts.append(f'{heading}<div class="figures">{"".join(charts)}</div>')
    return f'<div class="page">{"".join(parts)}</div>'


def _unique(run: SavedRun, runs: Sequence[SavedRun]) -> bool:
    return sum(other.name == run.name for other in runs) == 1


def _figure(title: str, draw: Callable[..., object], run: str, *, wide: bool = False, taller: float = 0.0) -> str:
    """Return a chart. A wide one is drawn a second time, for narrow screens."""
    if not wide:
        return f'<figure class="small">{_caption(title)}{_drawn(draw, _SMALL, f"{title} of {run}")}</figure>'
    sizes = ((_WIDE[0], _WIDE[1] + taller), (_SMALL[0], _SMALL[1] + 1.4 * taller))
    pictures = "".join(
        f'<div class="{kind}">{_drawn(draw, size, f"{title} of {run}")}</div>'
        for kind, size in zip(("broad", "narrow"), sizes, strict=True)
    )
    return f'<figure class="wide">{_caption(title)}{pictures}</figure>'


def _caption(title: str) -> str:
    return f"<figcaption>{_text(title)}</figcaption>"


def _drawn(draw: Callable[..., object], size: tuple[float, float], label: str) -> str:
    from matplotlib.figure import Figure

    from neat.visualize.svg import figure_svg

    figure = Figure(figsize=size, layout="constrained")
    draw(ax=figure.add_subplot())
    return figure_svg(figure, label)


def _definitions(pairs: Sequence[tuple[str, str]]) -> str:
    items = "".join(f"<div><dt>{_text(name)}</dt><dd>{_text(value)}</dd></div>" for name, value in pairs)
    return f'<dl class="numbers">{items}</dl>'


def _text(value: str) -> str:
    return html.escape(value, quote=True)


def _number(value: Any) -> str:
    if value is None or (isinstance(value, float) and not math.isfinite(value)):
        return "–"
    if isinstance(value, float) and not value.is_integer():
        return f"{value:,.2f}".replace("-", "−")
    return f"{value:,.0f}".replace("-", "−")


def _setting(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(_setting(item) for item in value) or "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} = {_setting(item)}" for key, item in value.items()) or "none"
    return str(value)
