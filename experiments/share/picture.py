"""The drawing of a network for the page, as SVG, and which value of the network lights which node."""

from __future__ import annotations

import html
from collections.abc import Sequence

import numpy as np

from neat.exporters.policy_plan import PolicyPlan
from neat.genes.kinds import NodeKind
from neat.genes.table import Genome
from neat.visualize.excerpt import excerpt
from neat.visualize.layout import arrange
from neat.visualize.scene import Node, default_size, make_scene
from neat.visualize.svg import path

__all__ = ["network_svg", "slots"]


_WIDTH, _LEAST = 330.0, 240.0
"""Width and minimum height of the drawing in points: readable on a phone."""


def slots(genome: Genome, policy: PolicyPlan) -> list[int | None]:
    """Return the slot of each node gene in the plan of its network; None for a node without effect on the outputs."""
    plan = policy.network
    sensors = int(plan.sensors[0])
    active = {int(gene): sensors + 1 + j for j, gene in enumerate(plan.node_gene) if gene >= 0}
    found: list[int | None] = []
    inputs = 0
    for place, kind in enumerate(genome.nodes["kind"].tolist()):
        if kind == NodeKind.INPUT.value:
            found.append(inputs)
            inputs += 1
        elif kind == NodeKind.BIAS.value:
            found.append(plan.inputs)
        else:
            found.append(active.get(place))
    return found


def network_svg(
    genome: Genome, input_names: Sequence[str] | None, output_names: Sequence[str] | None
) -> tuple[str, str]:
    """Return the drawing as an SVG element, and a note on what was left out of it.

    ``data-node`` of a node is its index in the genome; ``data-from`` of a connection is the index of its source node.
    """
    part = excerpt(genome, input_names, output_names)
    placed = arrange(part)
    scene = make_scene(
        part,
        _WIDTH,
        max(_LEAST, default_size(placed)[1]),
        placed=placed,
        legend=False,
        input_names=part.input_names,
        output_names=part.output_names,
    )
    place = dict(zip(part.nodes["innovation"].tolist(), part.places.tolist(), strict=True))
    parts = [f'<svg viewBox="0 0 {scene.width:.0f} {scene.height:.0f}" role="img" aria-label="the network">']
    for line, gene in zip(scene.lines, part.connections, strict=True):
        if not gene["enabled"]:
            continue
        head = "" if line.head is None else f'<path class="head" d="{path(line.head)}Z"/>'
        parts.append(
            f'<g class="edge {line.role}" data-from="{place[int(gene["source"])]}">'
            f'<path d="{path(line.points)}" stroke-width="{line.width:.2f}"/>{head}</g>'
        )
    parts += [
        f'<g class="node" data-node="{number}">{_shape(node)}</g>'
        for node, number in zip(scene.nodes, part.places.tolist(), strict=True)
    ]
    parts += [
        f'<text x="{label.x:.1f}" y="{label.y + 0.36 * label.size:.1f}" font-size="{label.size:.1f}" '
        f'text-anchor="{label.anchor}">{html.escape(label.text)}</text>'
        for label in scene.labels
        if label.role == "ink"
    ]
    return "".join([*parts, "</svg>"]), part.note


def _shape(node: Node) -> str:
    x, y, r = node.x, node.y, node.radius
    if node.shape == "square":
        return f'<rect x="{x - r:.1f}" y="{y - r:.1f}" width="{2 * r:.1f}" height="{2 * r:.1f}"/>'
    if node.shape == "diamond":
        return f'<path d="{path(np.array([[x - r, y], [x, y - r], [x + r, y], [x, y + r]]))}Z"/>'
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{r:.1f}"/>'
