"""Drawings of evolution, with Matplotlib or as SVG.

Functions that draw on axes take ``ax=`` and return the axes. They need only arrays (a genome's ``nodes`` and
``connections``) or records (see `neat.history.records`), so they work for saved and running runs.
"""

from __future__ import annotations

from neat.visualize.behaviours import draw_behaviours, draw_front, draw_novelty
from neat.visualize.comparison import draw_comparison, draw_crossover
from neat.visualize.evolution import (
    draw_complexity,
    draw_cost,
    draw_evolution,
    draw_fitness,
    draw_returns,
    draw_runs,
    draw_threshold,
)
from neat.visualize.indirect import draw_cppn, draw_quadtree, draw_substrate
from neat.visualize.layout import Layout, arrange, union
from neat.visualize.lineage import draw_births, draw_lineage
from neat.visualize.scene import default_size
from neat.visualize.species import draw_species
from neat.visualize.theme import DARK, LIGHT, Theme, find_theme
from neat.visualize.topology import draw_genome

__all__ = [
    "DARK",
    "LIGHT",
    "Layout",
    "Theme",
    "arrange",
    "default_size",
    "draw_behaviours",
    "draw_births",
    "draw_comparison",
    "draw_complexity",
    "draw_cost",
    "draw_cppn",
    "draw_crossover",
    "draw_evolution",
    "draw_fitness",
    "draw_front",
    "draw_genome",
    "draw_lineage",
    "draw_novelty",
    "draw_quadtree",
    "draw_returns",
    "draw_runs",
    "draw_species",
    "draw_substrate",
    "draw_threshold",
    "find_theme",
    "union",
]
