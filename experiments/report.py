"""One HTML page about one or several runs: what was found, how it came about, and how to repeat it.

The page holds everything itself (styles, script, pictures) and forbids the browser to load anything from elsewhere.
"""

from __future__ import annotations

import base64
import html
import math
from collections.abc import Callable, Sequence
from functools import partial
from importlib.resources import files
from itertools import zip_longest
from typing import Any

from experiments import describe
from experiments.saved import SavedRun, names_for

__all__ = ["report_html"]

_EVOLUTION = (
    "<h3>Evolution</h3><p>Generations are counted from 0, as in the run's files; the command line says 1 for the "
    "first.</p>"
)
_SIZE = (4.3, 2.6)  # of a chart, in inches
_POLICY = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:; media-src data:"


def report_html(runs: Sequence[SavedRun], videos: Sequence[bytes | None] = ()) -> str:
    """Return the page about one run, or about several side by side.

    Args:
        runs: What to report on.
        videos: For each run an mp4 of its champion at play, or None; may be left out.

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
        _article(run, video, alone=len(runs) == 1) for run, video in zip_longest(runs, videos[: len(runs)])
    )
    body.append(f'<div class="runs">{articles}</div>')
    own = files("experiments").joinpath("report.css").read_text("utf-8")
    return "\n".join(
        [
            "<!doctype html>",
            '<html lang="en"><head><meta charset="utf-8">',
            f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">',
            '<meta name="viewport" content="width=device-width, initial-scale=1">',
            '<link rel="icon" href="data:,">',
            f"<title>{_text(title)} · neat-arena</title>",
            f"<style>{theme_css()}{own}{widget_style()}</style></head><body>",
            *body,
            f"<script>{widget_script()}</script>",
            "</body></html>\n",
        ]
    )


def _article(run: SavedRun, video: bytes | None, *, alone: bool) -> str:
    from neat.visualize.widget import WidgetStep, topology_html

    tag = "h1" if alone else "h2"
    result = run.result
    status = {"solved": "solved", "finished": "finished", "extinct": "extinct"}.get(
        str(result.get("status")), "unfinished"
    )
    if status == "finished" and run.threshold is not None:
        status = "not solved"
    badge = f'<span class="badge {"solved" if status == "solved" else "open"}">{status}</span>'
    steps = [WidgetStep(step.generation, step.fitness, step.genome) for step in run.steps]
    description = run.settings.get("description") or ""
    heading = "Champion" if len(steps) == 1 else f"Champions: {len(steps)}, one after the other"
    return "\n".join(
        [
            f"<article><{tag}>{_text(run.name)} {badge}</{tag}>",
            f'<p class="lead">{_text(": ".join(filter(None, (run.champion.task.environment, description))))}</p>',
            _definitions(_summary(run)),
            f"<h3>{heading}</h3>",
            topology_html(steps, **names_for(run.champion.task, run.champion.genome)),
            _video(video),
            _EVOLUTION if run.records else "",
            f'<div class="figures">{"".join(_charts(run))}</div>',
            _lineage(run),
            _verification(run),
            _configuration(run),
            _machine(run),
            "</article>",
        ]
    )


def _video(video: bytes | None) -> str:
    if video is None:
        return ""
    data = base64.b64encode(video).decode("ascii")
    return (
        "<h3>At play</h3><p>The game and the network that plays it: blue nodes emit positive values, orange ones "
        'negative.</p><video controls muted loop playsinline preload="auto" aria-label="the champion at play" '
        f'src="data:video/mp4;base64,{data}"></video>'
    )


def _summary(run: SavedRun) -> list[tuple[str, str]]:
    result, genome = run.result, run.champion.genome
    fresh = result.get("verification") or {}
    last = run.records[-1] if run.records else {}
    pairs = []
    if fresh:
        spread = f" ± {_number(fresh.get('sd'))} (sd)" if _several(fresh) else ""
        pairs.append(("verified mean return", f"{_number(fresh.get('mean'))}{spread}"))
    pairs += [
        ("solved at", _number(run.threshold) if run.threshold is not None else "no threshold"),
        ("training fitness", _number(run.champion.fitness)),
        ("champion", f"{genome.hidden} hidden nodes, {genome.enabled} connections"),
        ("found in generation (from 0)", _number(run.champion.generation)),
        ("generations", _number(result.get("generations", len(run.records)))),
        ("evaluations", _number(result.get("evaluations", last.get("evaluations")))),
        ("environment steps", _number(result.get("steps", last.get("steps")))),
        ("time", describe.duration(float(result.get("seconds", last.get("seconds")) or 0.0))),
        ("seed", str(run.champion.seed)),
    ]
    return pairs


def _charts(run: SavedRun) -> list[str]:
    from neat.visualize import draw_complexity, draw_cost, draw_fitness, draw_species, draw_threshold

    if not run.records:
        return []
    records, attempts = run.records, run.history.attempts
    charts: list[tuple[str, Callable[..., object]]] = [
        ("Fitness", partial(draw_fitness, records, attempts=attempts, threshold=run.threshold)),
        ("Species", partial(draw_species, records)),
        ("Complexity", partial(draw_complexity, records)),
        ("Compatibility threshold and species", partial(draw_threshold, records)),
        ("Cost", partial(draw_cost, records)),
    ]
    return [_figure(title, draw, run.name) for title, draw in charts]


def _lineage(run: SavedRun) -> str:
    from neat.ancestry import Births
    from neat.visualize import draw_births, draw_lineage

    ancestors = run.ancestors
    if not ancestors:
        return ""
    births = Births.of(run.champion.genome, run.relatives)
    born = partial(draw_births, run.champion.genome, births, until=run.champion.generation)
    return (
        f"<h3>Lineage</h3><p>The champion's {len(ancestors) - 1} ancestors, one a generation (of two parents the "
        "fitter one, whose genes the child has), what made each of them and what that did to its fitness; and the "
        "generation in which each of its genes first appeared in the run.</p>"
        f'<div class="figures">{_figure("Ancestry", partial(draw_lineage, ancestors), run.name)}'
        f"{_figure('Births of the genes', born, run.name)}</div>"
    )


def _verification(run: SavedRun) -> str:
    from neat.visualize import draw_returns

    fresh = run.result.get("verification")
    if not fresh:
        return ""
    pairs = [("episodes", _number(fresh.get("episodes"))), ("mean", _number(fresh.get("mean")))]
    if _several(fresh):
        pairs += [
            ("95% interval", f"{_number(fresh.get('low'))} to {_number(fresh.get('high'))}"),
            ("standard deviation", _number(fresh.get("sd"))),
            ("worst episode", _number(fresh.get("minimum"))),
            ("champions tried", _number(run.result.get("attempts"))),
        ]
    returns = [float(value) for value in fresh.get("returns") or [] if value is not None]
    chart = _figure("Returns", partial(draw_returns, returns, threshold=run.threshold), run.name)
    return (
        "<h3>Verification</h3><p>Fresh episodes in the environment itself, which took no part in choosing the champion."
        f'</p><div class="figures"><div>{_definitions(pairs)}</div>{chart if len(returns) > 1 else ""}</div>'
    )


def _several(verification: dict[str, Any]) -> bool:
    """Whether a verification has a spread: XOR, say, is one episode that is always the same."""
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
    from neat.visualize import draw_runs

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
    # Folders of the same name are told apart by their number.
    records = {run.name if _unique(run, runs) else f"{run.name} ({i})": run.records for i, run in enumerate(runs, 1)}
    thresholds = {run.threshold for run in runs}
    threshold = thresholds.pop() if len(thresholds) == 1 else None
    charts = []
    for over in ("generation", "evaluations"):
        draw = partial(draw_runs, records, threshold=threshold, over=over)
        charts.append(_figure(f"Best fitness by {over}", draw, "all runs"))
    return f'<div class="scroll"><table>{table}</table></div><div class="figures">{"".join(charts)}</div>'


def _unique(run: SavedRun, runs: Sequence[SavedRun]) -> bool:
    return sum(other.name == run.name for other in runs) == 1


def _figure(title: str, draw: Callable[..., object], run: str) -> str:
    from matplotlib.figure import Figure

    from neat.visualize.svg import figure_svg

    figure = Figure(figsize=_SIZE, layout="constrained")
    draw(ax=figure.add_subplot())
    return f"<figure><figcaption>{_text(title)}</figcaption>{figure_svg(figure, f'{title} of {run}')}</figure>"


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
