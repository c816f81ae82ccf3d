"""One player of the watch page as plain data: the drawing of its network, and its ancestors."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from experiments.folder.names import names_for
from experiments.settings import Experiment
from experiments.watching.following import Seen
from neat.genes.kinds import NodeKind
from neat.genes.table import Genome
from neat.history.ancestry import Ancestor
from neat.networks.decoders import decoder_of, expanded
from neat.operators.registry import Operator, operator_names
from neat.visualize.excerpt import excerpt
from neat.visualize.scene import Scene, make_scene

__all__ = ["ancestry", "number", "portrait"]

_SIZE = 340.0, 240.0
"""Width and height of the drawing, in points."""
_ANCESTORS = 40
_MOST_SMOOTH = 200
"""Up to so many connections, all points of their curves are sent; of more connections, every second point."""


def number(value: float | None) -> float | None:
    """Return a number for JSON: None if it is None or not finite."""
    return float(value) if value is not None and math.isfinite(value) else None


def portrait(
    experiment: Experiment, seen: Seen, index: int, names: tuple[tuple[str, ...], tuple[str, ...]] | None = None
) -> dict[str, Any]:
    """Return a genome of a generation as data for the page.

    Args:
        experiment: Settings of the run.
        seen: The generation.
        index: Index of the genome.
        names: Names of inputs and of outputs, if the task has any.
    """
    genome, network = seen.genomes[index], experiment.config.network
    lit = decoder_of(network).of_genes
    drawn, _ = expanded(genome, network)
    called: dict[str, Any] = dict(names_for(experiment.task, drawn, names))
    return {
        "genome": index,
        "generation": seen.generation,
        "fitness": number(float(seen.fitness[index])),
        "species": int(seen.species[index]),
        "hidden": drawn.hidden,
        "connections": drawn.enabled,
        "kind": network.kind,
        "lit": lit,
        "drawing": _drawing(drawn, called),
    }


def _drawing(genome: Genome, names: dict[str, Any]) -> dict[str, Any]:
    part = excerpt(genome, **names)
    scene: Scene = make_scene(part, *_SIZE, legend=False, input_names=part.input_names, output_names=part.output_names)
    genes = part.connections
    source = np.searchsorted(part.nodes["innovation"], genes["source"])
    every = 1 if len(scene.lines) <= _MOST_SMOOTH else 2
    return {
        "size": list(_SIZE),
        "note": part.note,
        "lines": [
            {
                "points": _thinned(line.points, every).round(1).reshape(-1).tolist(),
                "head": None if line.head is None else line.head.round(1).reshape(-1).tolist(),
                "role": line.role,
                "width": round(line.width, 2),
                "dashed": line.dashed,
                "source": int(source[i]),
                "weight": round(float(genes["weight"][i]), 4) if genes["enabled"][i] else 0.0,
            }
            for i, line in enumerate(scene.lines)
        ],
        "nodes": [
            {
                "x": round(node.x, 1),
                "y": round(node.y, 1),
                "radius": round(node.radius, 2),
                "shape": node.shape,
                "fill": node.fill,
                "outline": node.outline,
                "output": bool(part.nodes["kind"][i] == NodeKind.OUTPUT),
                "place": int(part.places[i]),
            }
            for i, node in enumerate(scene.nodes)
        ],
        "labels": [
            {
                "x": round(label.x, 1),
                "y": round(label.y, 1),
                "text": label.text,
                "size": round(label.size, 2),
                "anchor": label.anchor,
                "role": label.role,
            }
            for label in scene.labels
        ],
    }


def _thinned(points: Any, every: int) -> Any:
    return points if every == 1 or len(points) < 4 else np.vstack([points[:-1:every], points[-1:]])


def ancestry(line: Sequence[Ancestor]) -> list[dict[str, Any]]:
    """Return ancestors as data for the list on the page, at most 40, the youngest first.

    Successive generations that only copied the genome are one item.

    Args:
        line: The ancestors, the oldest first (`neat.history.ancestry.ancestral_line`).
    """
    steps: list[dict[str, Any]] = []
    for i, ancestor in enumerate(reversed(line)):
        copied = bool(ancestor.operators & Operator.ELITE) and i < len(line) - 1
        if copied and steps and steps[-1]["copies"] and i:
            steps[-1]["since"] = ancestor.generation
            continue
        words = ", ".join(name for name in operator_names(ancestor.operators) if name != "elite")
        first = i == len(line) - 1
        steps.append(
            {
                "generation": ancestor.generation,
                "since": ancestor.generation,
                "copies": copied,
                "fitness": number(ancestor.fitness),
                "gain": number(ancestor.gain),
                "made": "kept unchanged" if copied else words or ("first genome" if first else "copied"),
                "nodes": len(ancestor.nodes),
                "connections": len(ancestor.connections),
            }
        )
        if len(steps) == _ANCESTORS:
            break
    return steps
