"""Pictures as SVG for pages and notebooks: scenes without Matplotlib, Matplotlib's charts with colours that can change.

Colours are written as ``var(--name, #rrggbb)``: on a page with `theme_css` they follow the reader's light or dark
preference, anywhere else they are the light theme's.
"""

from __future__ import annotations

import dataclasses
import html
import io
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from neat.visualize.excerpt import excerpt
from neat.visualize.layout import GenomeLike, arrange
from neat.visualize.scene import Line, Node, Scene, default_size, make_scene
from neat.visualize.theme import DARK, LIGHT, Theme

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.figure import Figure
    from numpy.typing import NDArray

__all__ = ["figure_svg", "genome_svg", "path", "scene_svg", "theme_css"]


def genome_svg(
    genome: GenomeLike,
    *,
    input_names: Sequence[str] | None = None,
    output_names: Sequence[str] | None = None,
    theme: Theme | None = None,
    size: tuple[float, float] | None = None,
) -> str:
    """Return a genome drawn as an SVG element; every gene says what it is in a tooltip.

    Args:
        genome: What to draw.
        input_names: Names of the inputs.
        output_names: Names of the outputs.
        theme: Fixed colours on a background; None for colours that follow the page.
        size: Width and height in points; by default what the layout needs.
    """
    part = excerpt(genome, input_names, output_names)
    placed = arrange(part)
    width, height = size or default_size(placed)
    names: dict[str, Any] = {"input_names": part.input_names, "output_names": part.output_names}
    return scene_svg(make_scene(part, width, height, placed=placed, **names), theme, part)


def scene_svg(scene: Scene, theme: Theme | None = None, genome: GenomeLike | None = None) -> str:
    """Return a scene as an SVG element; with its genome, genes carry tooltips."""

    def colour(role: str) -> str:
        return theme.colour(role) if theme is not None else f"var(--{role}, {LIGHT.colour(role)})"

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {scene.width:.0f} {scene.height:.0f}" '
        f'width="{scene.width:.0f}" height="{scene.height:.0f}" role="img" aria-label="network" '
        'font-family="DejaVu Sans, Verdana, sans-serif" style="max-width:100%;height:auto">'
    ]
    if theme is not None:
        parts.append(f'<rect width="100%" height="100%" fill="{theme.background}"/>')
    genes = genome.connections if genome is not None else [None] * len(scene.lines)
    for line, gene in zip(scene.lines, genes, strict=True):
        tip = "" if gene is None else _connection_tip(gene)
        parts.append(f"<g>{tip}{_line(line, colour(line.role))}</g>")
    parts += [_line(line, colour(line.role)) for line in scene.legend]
    parts += [_node(node, colour) for node in scene.nodes]
    for label in scene.labels:
        halo = ""
        if label.halo:
            halo = f' stroke="{colour("background")}" stroke-width="2.5" paint-order="stroke" stroke-linejoin="round"'
        parts.append(
            f'<text x="{label.x:.1f}" y="{label.y + 0.36 * label.size:.1f}" font-size="{label.size:.1f}" '
            f'text-anchor="{label.anchor}" fill="{colour(label.role)}"{halo}>{html.escape(label.text)}</text>'
        )
    return "".join([*parts, "</svg>"])


def path(points: NDArray[np.float64]) -> str:
    """Return a polyline float64[k, 2] as the ``d`` of an SVG path."""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in points)


def theme_css() -> str:
    """Return style rules that give every colour its value for light and for dark pages."""
    rules = []
    for theme in (LIGHT, DARK):
        colours = [f"color-scheme:{theme.name}"]
        roles = [field.name for field in dataclasses.fields(Theme) if field.name not in ("name", "cycle")]
        colours += [f"--{role}:{theme.colour(role)}" for role in roles]
        colours += [f"--c{light[1:]}:{own}" for light, own in _pairs(theme).items()]
        rules.append(":root{" + ";".join(colours) + "}")
    return f"{rules[0]}@media(prefers-color-scheme:dark){{{rules[1]}}}"


def figure_svg(figure: Figure, label: str) -> str:
    """Return a figure drawn with the light theme as an SVG element whose colours follow the page.

    Args:
        figure: What to render.
        label: What the picture shows, for screen readers.
    """
    import matplotlib as mpl

    out = io.StringIO()
    fonts: Any = {"svg.fonttype": "none", "svg.hashsalt": label, "font.family": "sans-serif"}
    with mpl.rc_context(fonts):
        engine = figure.get_layout_engine()
        if engine is not None:
            engine.execute(figure)
            figure.set_layout_engine("none")  # savefig would draw everything twice, the first time for the layout
        try:
            figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, facecolor="none")
        finally:
            figure.set_layout_engine(engine)
    text = out.getvalue()
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>", "", text, flags=re.S)
    text = re.sub(r"(\d\.\d\d)\d+", r"\1", text)
    known = _pairs(LIGHT)
    for colour in known:
        text = text.replace(colour, f"var(--c{colour[1:]},{colour})")
    text = re.sub(r'<g id="([^"]*)"', r'<g class="\1"', text)  # several figures on a page would share these ids
    name = html.escape(label, quote=True)
    text = text.replace("<svg ", f'<svg role="img" aria-label="{name}" style="max-width:100%;height:auto" ', 1)
    return re.sub(r"\n\s*", "\n", text).strip()


def _pairs(theme: Theme) -> dict[str, str]:
    """Return the light theme's colours in charts, each with the same one of ``theme``."""
    names = ("background", "ink", "muted", "grid", "disjoint", "disabled", "positive", "negative")
    pairs = {LIGHT.colour(name): theme.colour(name) for name in names}
    return pairs | dict(zip(LIGHT.cycle, theme.cycle, strict=True))


def _line(line: Line, colour: str) -> str:
    dash = ' stroke-dasharray="3 2"' if line.dashed else ""
    drawn = f'<path d="{path(line.points)}" fill="none" stroke="{colour}" stroke-width="{line.width:.2f}"{dash}/>'
    return drawn if line.head is None else f'{drawn}<path d="{path(line.head)}Z" fill="{colour}"/>'


def _node(node: Node, colour: Callable[[str], str]) -> str:
    x, y, r = node.x, node.y, node.radius
    look = f'fill="{colour(node.fill)}" stroke="{colour(node.outline)}" stroke-width="{node.outline_width:.2f}"'
    if node.shape == "square":
        return f'<rect x="{x - r:.1f}" y="{y - r:.1f}" width="{2 * r:.1f}" height="{2 * r:.1f}" {look}/>'
    if node.shape == "diamond":
        corners = np.array([[x - r, y], [x, y - r], [x + r, y], [x, y + r]])
        return f'<path d="{path(corners)}Z" {look}/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}" {look}/>'


def _connection_tip(gene: np.void) -> str:
    state = "" if gene["enabled"] else ", disabled"
    text = f"gene {gene['innovation']}: {gene['source']} → {gene['target']}, weight {gene['weight']:+.4g}{state}"
    return f"<title>{html.escape(text)}</title>"
