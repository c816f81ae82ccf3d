"""Re-enable: the oldest disabled connection is enabled."""

from __future__ import annotations

from neat.compiled.kernel import inlined_uncounted, uncounted
from neat.compiled.random import uniform
from neat.operators.operator import Mutation
from neat.settings.ranges import Share

__all__ = ["MUTATION"]

_REENABLE = 128


class Settings:
    """Settings of the re-enable mutation."""

    reenable: Share = 0.0
    """Probability per child that the oldest disabled connection is enabled."""


@uncounted
def _reenable(genes):  # type: ignore[no-untyped-def]
    """Enable the oldest disabled connection, if there is one; return whether there is."""
    for c in range(genes.size):
        if genes[c].enabled == 0:
            genes[c].enabled = 1
            return True
    return False


@inlined_uncounted
def _kernel(nodes, n, genes, m, rates, proposal, rng):  # type: ignore[no-untyped-def]
    flags = 0
    if uniform(rng) < rates.reenable:
        flags = _REENABLE * _reenable(genes[:m])
    return n, m, flags


MUTATION = Mutation(
    kernel=_kernel, settings=Settings, flags={"REENABLE": _REENABLE}, group="toggle", changes=("enabled",)
)
