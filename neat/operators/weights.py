"""Weights change: each is perturbed, replaced or left (2002 paper, section 4.1)."""

from __future__ import annotations

from typing import Any, Literal

from neat.compiled.kernel import inlined_uncounted
from neat.compiled.random import uniform
from neat.errors import ConfigError
from neat.operators.draws import perturbed, random_value
from neat.operators.operator import Mutation
from neat.settings.ranges import Amount, Share

__all__ = ["MUTATION", "WEIGHTS", "mutate_weights"]

WEIGHTS = 2
_TAILED = 10  # connections from which on a genome has a tail
_UNIFORM = 0  # of the distributions


class Settings:
    """Settings of the mutation of weights."""

    weights: Share = 0.8
    """Mutate the weights; then each weight is perturbed, replaced or left by the next two shares."""
    weight_perturb: Share = 0.9
    """Per weight: probability of a perturbation."""
    weight_replace: Share = 0.1
    """Per weight: probability of a new random weight."""
    weight_step: Amount = 0.5
    """Size of a perturbation: half-width (uniform) or deviation (normal)."""
    weight_renewal: Literal["first", "step"] = "first"
    """A new random weight is drawn like a first one, or like a perturbation: uniform in ±``weight_step`` (the C++
    program)."""
    tail: Share = 0.0
    """Mutations of weights that are not severe treat the newest connections of a genome of at least 10 by the two
    shares below: those whose place, counted from 0, is beyond (1 - ``tail``) of their number. As in the C++ program
    (0.2) that is one connection fewer than the share where the share is a whole number: 1 of 10, 2 of 11 to 15."""
    tail_perturb: Share = 0.5
    """Per weight of the tail: probability of a perturbation."""
    tail_replace: Share = 0.2
    """Per weight of the tail: probability of a new random weight."""
    weight_distribution: Literal["uniform", "normal", "scale"] = "uniform"
    """Perturbation: add a uniform or normal number, or multiply by a uniform number in [0, 2] (Creutzig 2022)."""
    severe: Share = 0.0
    """Share of weight mutations that use the two shares below instead (the C++ program's severe mutation)."""
    severe_perturb: Share = 0.7
    """Per weight of a severe mutation: probability of a perturbation."""
    severe_replace: Share = 0.2
    """Per weight of a severe mutation: probability of a new random weight."""


def _check(settings: Any) -> None:
    for name in ("weight", "severe", "tail"):
        perturb, rep = f"{name}_perturb", f"{name}_replace"
        total = getattr(settings, perturb) + getattr(settings, rep)
        if total > 1.0 + 1e-12:
            raise ConfigError(f"mutation.{perturb} + mutation.{rep}: expected a sum of at most 1, got {total!r}")


@inlined_uncounted
def _renewed(rates, rng):  # type: ignore[no-untyped-def]
    """Draw a weight that replaces another, within ±weight_limit."""
    if rates.weight_renewal:  # by the step
        return random_value(_UNIFORM, rates.weight_step, rates.weight_limit, rng)
    return random_value(rates.weight_init, rates.weight_scale, rates.weight_limit, rng)


@inlined_uncounted
def mutate_weights(genes, rates, rng):  # type: ignore[no-untyped-def]
    """Perturb, replace or leave each weight."""
    perturb, change = rates.weight_perturb, rates.weight_perturb + rates.weight_replace
    body = float(genes.size)
    if rates.severe > 0.0 and uniform(rng) < rates.severe:
        perturb, change = rates.severe_perturb, rates.severe_perturb + rates.severe_replace
    elif genes.size >= _TAILED:
        body = (1.0 - rates.tail) * genes.size
    for c in range(genes.size):
        if c > body:
            perturb, change = rates.tail_perturb, rates.tail_perturb + rates.tail_replace
        u = uniform(rng)
        if u < perturb:
            limit = rates.weight_limit
            w = perturbed(genes[c].weight, rates.weight_distribution, rates.weight_step, -limit, limit, rng)
            genes[c].weight = w
        elif u < change:
            genes[c].weight = _renewed(rates, rng)


@inlined_uncounted
def _kernel(nodes, n, genes, m, rates, proposal, rng):  # type: ignore[no-untyped-def]
    flags = 0
    if uniform(rng) < rates.weights:
        flags = WEIGHTS
        mutate_weights(genes[:m], rates, rng)
    return n, m, flags


MUTATION = Mutation(
    kernel=_kernel,
    settings=Settings,
    flags={"WEIGHTS": WEIGHTS},
    group="weights",
    changes=("weight",),
    check=_check,
    always=True,
)
