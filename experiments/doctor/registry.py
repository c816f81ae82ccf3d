"""Which reasons the doctor knows, and in which order they are asked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from experiments.doctor.case import Case
from experiments.doctor.finding import Finding
from neat.errors import ConfigError

__all__ = ["CAUSES", "Cause", "Find", "findings", "register_cause"]


class Find(Protocol):
    """Looks at a case for one reason."""

    def __call__(self, case: Case, /) -> Finding | None:
        """Return what was found, or None; also where the case lacks what would have to be looked at."""
        ...


@dataclass(frozen=True)
class Cause:
    """A reason why nothing is learnt."""

    name: str
    """How it is called."""
    find: Find
    always: bool
    """Whether it is looked for in runs that learn, too."""


CAUSES: dict[str, Cause] = {}
"""In the order in which they are asked: what others follow from comes first."""


def register_cause(name: str, find: Find, *, always: bool = False, before: str | None = None) -> None:
    """Make a reason known.

    Args:
        name: How to call it.
        find: Looks at a case.
        always: Look for it in runs that learn, too.
        before: The reason that it is asked before; by default it is the last.

    Raises:
        ConfigError: The name is taken, or there is no such reason.
    """
    if name in CAUSES:
        raise ConfigError(f"there is a reason called {name!r} already: choose another name")
    if before is not None and before not in CAUSES:
        raise ConfigError(f"before: expected one of {', '.join(CAUSES)}, got {before!r}")
    later = [] if before is None else list(CAUSES)[list(CAUSES).index(before) :]
    CAUSES[name] = Cause(name, find, always)
    for other in later:
        CAUSES[other] = CAUSES.pop(other)


def findings(case: Case) -> Iterator[Finding]:
    """Yield what is found, the root of the trouble first."""
    for cause in list(CAUSES.values()):
        if cause.always or not case.well:
            found = cause.find(case)
            if found is not None:
                yield found
