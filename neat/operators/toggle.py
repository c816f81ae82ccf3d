"""Toggle: one connection is enabled or disabled."""

from __future__ import annotations

from neat.compiled.kernel import inlined_uncounted, uncounted
from neat.compiled.random import below, uniform
from neat.operators.operator import Mutation
from neat.settings.ranges import Share

__all__ = ["MUTATION"]

_TOGGLE = 64


class Settings:
    """Settings of the toggle mutation."""

    toggle: Share = 0.0
    """Probability per child that one random connection is disabled if enabled, or enabled if disabled."""
    toggle_last: bool = True
    """Whether this may disable the last enabled connection out of a node (the C++ program does not)."""


@uncounted
def _toggle(genes, last, rng):  # type: ignore[no-untyped-def]
    """Flip ``enabled`` of one random connection; return whether that happened.

    Without ``last``, the only enabled connection out of a node is left unchanged.
    """
    if genes.size == 0:
        return False
    c = below(rng, genes.size)
    if genes[c].enabled and not last:
        others = 0
        for d in range(genes.size):
            others += d != c and genes[d].enabled and genes[d].source == genes[c].source
        if others == 0:
            return False
    genes[c].enabled = 1 - genes[c].enabled
    return True


@inlined_uncounted
def _kernel(nodes, n, genes, m, rates, proposal, rng):  # type: ignore[no-untyped-def]
    flags = 0
    if uniform(rng) < rates.toggle:
        flags = _TOGGLE * _toggle(genes[:m], rates.toggle_last, rng)
    return n, m, flags


MUTATION = Mutation(kernel=_kernel, settings=Settings, flags={"TOGGLE": _TOGGLE}, group="toggle", changes=("enabled",))
