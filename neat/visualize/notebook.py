"""How genomes and networks show themselves in a notebook."""

from __future__ import annotations

from neat.visualize.layout import GenomeLike
from neat.visualize.svg import genome_svg
from neat.visualize.theme import LIGHT

__all__ = ["picture"]

_LARGEST = 400  # nodes; a picture of more says nothing and takes long


def picture(genome: GenomeLike) -> str | None:
    """Return a genome as SVG for ``_repr_svg_``, or None (the notebook then shows the text) if it is very large."""
    if len(genome.nodes) > _LARGEST:
        return None
    return genome_svg(genome, theme=LIGHT)
