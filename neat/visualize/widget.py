"""An interactive drawing for web pages: hover over genes for details, step through a run's champions.

All positions are computed here, for a wide and a narrow screen, from one layout of all steps, so that nodes stay in
place; the script (``web/topology.js``) only displays them. Nothing is loaded from the network.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

import numpy as np

from neat.functions.activations import ACTIVATIONS
from neat.functions.aggregations import AGGREGATIONS
from neat.genes.kinds import NodeKind
from neat.visualize.excerpt import excerpts
from neat.visualize.layout import GenomeLike, Layout, Union, arrange, union
from neat.visualize.scene import default_size, make_scene, node_names
from neat.visualize.svg import path, scene_svg

__all__ = ["WidgetStep", "topology_html", "widget_script", "widget_style"]

_WIDE, _NARROW = 780.0, 330.0  # widths of the two drawings, in points
_KINDS = {kind.value: kind.name.lower() for kind in NodeKind}


@dataclass(frozen=True)
class WidgetStep:
    """One genome of a series: the generation it belongs to, its fitness if known, and its genes."""

    generation: int
    fitness: float | None
    genome: GenomeLike


def widget_style() -> str:
    """Return the style rules; a page that shows drawings needs them once, after `neat.visualize.svg.theme_css`."""
    return files("neat.visualize").joinpath("web/topology.css").read_text("utf-8")


def widget_script() -> str:
    """Return the script; a page that shows drawings needs it once, after the last of them."""
    return files("neat.visualize").joinpath("web/topology.js").read_text("utf-8")


def topology_html(
    steps: Sequence[WidgetStep],
    *,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
) -> str:
    """Return a drawing of one genome, or of a series with controls to step through it, as an HTML element.

    The last step is shown first, also where scripts do not run.

    Args:
        steps: At least one genome, in order.
        input_names: Names of the inputs.
        output_names: Names of the outputs.

    Raises:
        ValueError: There is no step.
        ConfigError: The number of names does not fit.
    """
    if not steps:
        raise ValueError("expected at least one genome to draw, got none")
    parts = excerpts([step.genome for step in steps], input_names, output_names)
    everything = union(parts[::-1])
    placed = arrange(everything)
    names: dict[str, Any] = {"input_names": parts[-1].input_names, "output_names": parts[-1].output_names}
    sizes = {"wide": (_WIDE, default_size(placed)[1]), "narrow": (_NARROW, max(320.0, default_size(placed)[1]))}
    largest = max(parts, key=lambda part: len(part.connections))
    data = {
        "nodes": [
            {"number": int(node["innovation"]), "kind": _KINDS[int(node["kind"])], "name": name}
            for node, name in zip(everything.nodes, node_names(everything.nodes, **names), strict=True)
        ],
        "edges": [
            {
                "number": int(gene["innovation"]),
                "source": int(placed.index(gene["source"])),
                "target": int(placed.index(gene["target"])),
            }
            for gene in everything.connections
        ],
        "views": {view: _view(everything, placed, size, names, largest) for view, size in sizes.items()},
        "steps": [_step(step, part, placed, everything) for step, part in zip(steps, parts, strict=True)],
        "scale": max(float(np.abs(step.genome.connections["weight"]).max(initial=0.0)) for step in steps) or 1.0,
        "activations": [activation.name for activation in ACTIVATIONS],
        "aggregations": list(AGGREGATIONS),
    }
    last = make_scene(parts[-1], *sizes["wide"], placed=placed, legend=False, **names)
    content = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    controls = ""
    if len(steps) > 1:
        controls = (
            '<div class="steps"><button class="previous" type="button" aria-label="previous champion">◀</button>'
            f'<input type="range" min="0" max="{len(steps) - 1}" value="{len(steps) - 1}" aria-label="champion">'
            '<button class="next" type="button" aria-label="next champion">▶</button>'
            '<button class="play" type="button">Play</button><output></output></div>'
        )
    note = f"<p>{parts[-1].note[0].upper()}{parts[-1].note[1:]}.</p>" if parts[-1].note else ""
    fresh = '<li class="fresh">new since the last step</li>' if len(steps) > 1 else ""
    return (
        f'<div data-topology><div class="canvas">{scene_svg(last, None, parts[-1])}</div>{note}{controls}'
        '<div class="about"><p class="details" aria-live="polite">Hover or tap a connection or a node.</p>'
        '<div class="spark"></div></div>'
        '<ul class="legend"><li class="positive">weight &gt; 0</li><li class="negative">weight &lt; 0</li>'
        f'<li class="disabled">disabled</li>{fresh}</ul>'
        f'<script type="application/json">{content}</script></div>'
    )


def _view(
    genome: Union, placed: Layout, size: tuple[float, float], names: dict[str, Any], largest: GenomeLike
) -> dict[str, Any]:
    """Return the places of everything on one canvas, with lines as fine as the largest genome needs."""
    scene = make_scene(genome, *size, placed=placed, legend=False, **names)
    edges = []
    for line in scene.lines:
        edge = {"d": path(line.points)}
        if line.head is not None:
            edge["head"] = path(line.head) + "Z"
        edges.append(edge)
    return {
        "width": round(scene.width),
        "height": round(scene.height),
        "size": round(make_scene(largest, *size, placed=placed, legend=False, **names).line_size, 3),
        "nodes": [[round(node.x, 1), round(node.y, 1), round(node.radius, 1)] for node in scene.nodes],
        "edges": edges,
        "labels": [
            [round(label.x, 1), round(label.y, 1), round(label.size, 1), label.anchor, label.text]
            for label in scene.labels
            if label.role == "ink"
        ],
    }


def _step(step: WidgetStep, part: GenomeLike, placed: Layout, everything: Union) -> dict[str, Any]:
    """Return the genes of one step that are drawn, by their places in the series' nodes and edges."""
    nodes, genes = part.nodes, part.connections
    places = placed.index(nodes["innovation"])
    edges = np.searchsorted(everything.connections["innovation"], genes["innovation"])
    return {
        "generation": step.generation,
        "fitness": step.fitness,
        "nodes": [
            [int(place), int(node["activation"]), int(node["aggregation"]), float(f"{node['bias']:.4g}")]
            for place, node in zip(places, nodes, strict=True)
        ],
        "genes": [
            [int(edge), float(f"{gene['weight']:.4g}"), int(gene["enabled"])]
            for edge, gene in zip(edges, genes, strict=True)
        ],
    }
