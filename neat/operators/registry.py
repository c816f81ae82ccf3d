"""What follows from the list of operators: lineage flags, rows of lineage plots, and the mutation settings."""

from __future__ import annotations

from dataclasses import field
from enum import EnumMeta, IntFlag
from typing import TYPE_CHECKING

from neat.operators import MUTATIONS
from neat.operators.crossover import CROSSOVER
from neat.settings.checking import check, check_fields
from neat.settings.ranges import check_ranges, compose

__all__ = ["ELITE", "GROUPS", "INTERSPECIES", "OWN_MUTATION", "SEARCH", "MutationConfig", "Operator", "operator_names"]

ELITE, INTERSPECIES, SEARCH, OWN_MUTATION = 4096, 8192, 16384, 131072
_FLAGS = {
    "CROSSOVER": CROSSOVER,
    "ELITE": ELITE,
    "INTERSPECIES": INTERSPECIES,
    "SEARCH": SEARCH,
    "OWN_MUTATION": OWN_MUTATION,
}
for _mutation in MUTATIONS.values():
    for _name, _flag in _mutation.flags.items():
        if _flag.bit_count() != 1 or _flag >= 1 << 30 or _flag in _FLAGS.values() or _name in _FLAGS:
            raise ValueError(f"the flag {_name} = {_flag} of a mutation is no bit of its own below 2**30")
        _FLAGS[_name] = _flag

if TYPE_CHECKING:

    class _Named(EnumMeta):
        def __getattr__(cls, name: str) -> Operator: ...

    class Operator(IntFlag, metaclass=_Named):
        """The operators that made a genome, as flags in its lineage: mutations, and other ways of making genomes."""
else:
    Operator = IntFlag("Operator", sorted(_FLAGS.items(), key=lambda item: item[1]), module=__name__)
    Operator.__doc__ = "The operators that made a genome, as its lineage tells."


def operator_names(operators: Operator) -> list[str]:
    """Return the names of operators for display: ``add node``."""
    return [str(flag.name).lower().replace("_", " ") for flag in Operator if flag in operators]


def _groups() -> dict[str, Operator]:
    groups = dict.fromkeys(("add node", "add connection", "delete", "toggle", "function", "weights"), Operator(0))
    for mutation in MUTATIONS.values():
        for flag in mutation.flags.values():
            groups[mutation.group] = groups.get(mutation.group, Operator(0)) | Operator(flag)
    groups["own mutation"] = Operator(OWN_MUTATION)
    return groups | {"weight search": Operator(SEARCH), "crossover": Operator(CROSSOVER | INTERSPECIES)}


GROUPS: dict[str, Operator] = _groups()
"""Rows of lineage plots, most informative first: a step is shown in the first row that applies."""


class MutationConfig(*(mutation.settings for mutation in MUTATIONS.values())):  # type: ignore[misc]
    """How offspring mutate. All settings are probabilities per child unless stated otherwise.

    The fields are those of all mutations, each in a file of its own (`neat.operators`), and the following.
    """

    structure_exclusive: bool = False
    """Whether a child gets at most one kind of mutation, tried in this order: add node, add connection, parameters (C++
    program)."""
    own: dict[str, float] = field(default_factory=dict)
    """Probability per child of each mutation of your own (`neat.register_mutation`), by name, with its module if
    needed: ``{ "my_ideas:negate" = 0.1 }``."""

    def __post_init__(self) -> None:
        check_fields(self, "mutation")
        check_ranges(self, "mutation")
        for name, chance in self.own.items():
            check(0.0 <= chance <= 1.0, f"mutation.own.{name}", "a probability from 0 to 1", chance)
        for mutation in MUTATIONS.values():
            if mutation.check is not None:
                mutation.check(self)


compose(
    MutationConfig,
    first=(
        *("add_node", "add_connection", "connection_tries", "recurrent", "recurrent_only", "toggle", "toggle_last"),
        *("reenable", "loops", "split_oldest", "shared_weight", "delete_node", "delete_connection"),
        "structure_exclusive",
    ),
)
