"""Breeding: who makes the genomes of the next generation. Several *emitters* share one.

NEAT's reproduction makes most of them; the weight search has ``search.share``, others what ``breeding.emitters`` gives
them. One's own is a subclass of `Emitter`, registered by name (`register_emitter`).
"""

from __future__ import annotations

from neat.breeding.emitter import Emitter, Parents
from neat.registry import Registry

__all__ = ["EMITTERS", "Emitter", "Parents", "register_emitter"]

EMITTERS: Registry[type[Emitter]] = Registry(
    "emitter",
    {"search": "neat.breeding.weight_search:WeightSearch", "map-elites": "neat.breeding.map_elites:MapElites"},
)
"""Emitters beside NEAT's reproduction, by the name that ``breeding.emitters`` gives."""


def register_emitter(name: str, emitter: type[Emitter]) -> type[Emitter]:
    """Make an emitter known to ``breeding.emitters``; return it.

    Raises:
        ConfigError: The name is taken.
    """
    return EMITTERS.register(name, emitter)
