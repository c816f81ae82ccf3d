"""The definition of a mutation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Mutation"]


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """A mutation of genomes.

    Attributes:
        kernel: Compiled function ``kernel(nodes, n, genes, m, rates, proposal, rng) → (n, m, flags)``. It draws whether
            the
            mutation happens to a child, changes the child in place or proposes structure, and returns what happened. It
                is
            called if one of its probabilities is above 0. Its arguments are those of `neat.operators.mutate.mutate`. It
            should be inlined (`neat.compiled.kernel.inlined`), because every child goes through it and passing rates to
            functions costs a fifth of breeding; rare work belongs into a function that it calls.
        settings: Plain class of annotated fields with defaults. They become fields of ``mutation`` in experiment files
            and of the ``rates`` that kernels receive (a `typing.Literal` as the index of the choice).
        flags: Flags in lineages: names and values, each a different bit below 2**30. They are stored in files, so they
            must never change. Each is named like the setting with its probability, in capitals.
        changes: Attributes of existing genes (`neat.genes.schema`) that it may change.
        group: Its row in lineage plots (`neat.operators.registry.GROUPS`).
        always: Whether it is called even if its probabilities are 0, because it draws random numbers anyway.
        check: Checks conditions that involve several settings; takes `neat.config.MutationConfig`.
    """

    kernel: Callable[..., Any]
    settings: type
    flags: Mapping[str, int]
    group: str
    changes: tuple[str, ...] = ()
    always: bool = False
    check: Callable[[Any], None] | None = None
