"""Breeding: how the genomes of the next generation are made.

Several *emitters* share a generation. The weight search makes the fraction ``search.share``, further emitters make the
fractions in ``breeding.emitters``, and NEAT's reproduction makes the rest. Your own emitter is a subclass of `Emitter`,
registered under a name (`register_emitter`).
"""

from __future__ import annotations

from neat.breeding.emitter import Emitter, Parents
from neat.registry import Registry

__all__ = ["EMITTERS", "Emitter", "Parents", "register_emitter"]

EMITTERS: Registry[type[Emitter]] = Registry(
    "emitter",
    {
        "search": "neat.breeding.weight_search:WeightSearch",
        "starts": "neat.breeding.starts:Starts",
        "map-elites": "neat.breeding.map_elites:MapElites",
    },
)
"""Emitters besides NEAT's reproduction, by the name used in ``breeding.emitters``."""


def register_emitter(name: str, emitter: type[Emitter]) -> type[Emitter]:
    """Register an emitter under a name for ``breeding.emitters``, and return it.

    Raises:
        ConfigError: The name is taken.
    """
    return EMITTERS.register(name, emitter)
