"""Mutation of weights: each weight is perturbed, replaced or kept (2002 paper, section 4.1)."""

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
_TAILED = 10  # minimum number of connections of a genome with a tail
_UNIFORM = 0  # of the distributions


class Settings:
    """Settings of the mutation of weights."""

    weights: Share = 0.8
    """Probability per child that its weights are mutated: each weight is then perturbed, replaced or kept."""
    weight_perturb: Share = 0.9
    """Probability per weight of a perturbation, if the weights are mutated."""
    weight_replace: Share = 0.1
    """Probability per weight of a new random value, if the weights are mutated."""
    weight_step: Amount = 0.5
    """Size of a perturbation: its half-width (``uniform``) or standard deviation (``normal``). Larger values search
    farther."""
    weight_renewal: Literal["first", "step"] = "first"
    """How a replaced weight is drawn: like an initial weight (``first``), or uniform in ±``weight_step`` (``step``, the
    C++ program)."""
    tail: Share = 0.0
    """Fraction of newest connections that use ``tail_perturb`` and ``tail_replace``, in genomes of at least 10
    connections and unless the mutation is severe (C++ program: 0.2). As there, only connections whose place, counted
    from 0, is above (1 - ``tail``) × their number belong to the tail: with 0.2, 1 of 10 connections and 2 of 11 to 15.
    """
    tail_perturb: Share = 0.5
    """Probability per weight of a perturbation, in the tail."""
    tail_replace: Share = 0.2
    """Probability per weight of a new random value, in the tail."""
    weight_distribution: Literal["uniform", "normal", "scale"] = "uniform"
    """Kind of perturbation: add a ``uniform`` or ``normal`` random number, or ``scale``, multiply by a uniform number
    in [0, 2] (Creutzig 2022)."""
    severe: Share = 0.0
    """Probability that a weight mutation is severe, and uses ``severe_perturb`` and ``severe_replace`` (C++ program).
    """
    severe_perturb: Share = 0.7
    """Probability per weight of a perturbation, in a severe mutation."""
    severe_replace: Share = 0.2
    """Probability per weight of a new random value, in a severe mutation."""


def _check(settings: Any) -> None:
    for name in ("weight", "severe", "tail"):
        perturb, rep = f"{name}_perturb", f"{name}_replace"
        total = getattr(settings, perturb) + getattr(settings, rep)
        if total > 1.0 + 1e-12:
            raise ConfigError(f"mutation.{perturb} + mutation.{rep}: expected a sum of at most 1, got {total!r}")


@inlined_uncounted
def _renewed(rates, rng):  # type: ignore[no-untyped-def]
    """Draw a replacement weight, clipped to ±weight_limit."""
    if rates.weight_renewal:  # by the step
        return random_value(_UNIFORM, rates.weight_step, rates.weight_limit, rng)
    return random_value(rates.weight_init, rates.weight_scale, rates.weight_limit, rng)


@inlined_uncounted
def mutate_weights(genes, rates, rng):  # type: ignore[no-untyped-def]
    """Perturb, replace or keep each weight."""
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
