"""What a mutation consists of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Mutation"]


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """A mutation of genomes.

    Attributes:
        kernel: Compiled, ``kernel(nodes, n, genes, m, rates, proposal, rng) → (n, m, flags)``: draws whether it happens
            to a child at all, changes it in place or proposes structure, and tells what happened. Called where one of
            its probabilities is above 0. Arguments are those of `neat.operators.mutate.mutate`. Inlined
            (`neat.compiled.kernel.inlined`), as all that every child goes through: handing rates to functions costs a
            fifth of breeding. What happens to few children is a function of its own, called from there.
        settings: Plain class of annotated fields with defaults: they become fields of ``mutation`` in experiment files
            and of the ``rates`` that kernels get (a `typing.Literal` as the place of the choice).
        flags: What lineages tell of it: names and values, each a bit of its own below 2**30. They are written to
            files, so they never change. Each is named like the setting that is its probability, in capitals.
        changes: Attributes of genes (`neat.genes.schema`) that it may change in genes that were there before.
        group: The row of a lineage's picture that it belongs to (`neat.operators.registry.GROUPS`).
        always: Whether it is called where its probabilities are 0 too, since it draws all the same.
        check: Checks what ranges of single settings cannot say; takes `neat.config.MutationConfig`.
    """

    kernel: Callable[..., Any]
    settings: type
    flags: Mapping[str, int]
    group: str
    changes: tuple[str, ...] = ()
    always: bool = False
    check: Callable[[Any], None] | None = None
