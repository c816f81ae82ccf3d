"""The causes that the doctor checks, in order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from experiments.doctor.case import Case
from experiments.doctor.finding import Finding
from neat.errors import ConfigError

__all__ = ["CAUSES", "Cause", "Find", "findings", "register_cause"]


class Find(Protocol):
    """A function that checks a case for one cause."""

    def __call__(self, case: Case, /) -> Finding | None:
        """Return the finding. It is None if the cause was not found, or if the case lacks the data for it."""
        ...


@dataclass(frozen=True)
class Cause:
    """A cause that keeps a run from learning."""

    name: str
    find: Find
    always: bool
    """Whether it is also checked for runs that learn."""


CAUSES: dict[str, Cause] = {}
"""All causes in the order of the checks. A cause from which others follow comes before them."""


def register_cause(name: str, find: Find, *, always: bool = False, before: str | None = None) -> None:
    """Register a cause.

    Args:
        name: The name of the cause.
        find: The function that checks a case.
        always: Whether to check it for runs that learn, too.
        before: The cause before which it is checked; by default it is the last.

    Raises:
        ConfigError: The name is taken, or the cause ``before`` does not exist.
    """
    if name in CAUSES:
        raise ConfigError(f"there is a cause called {name!r} already: choose another name")
    if before is not None and before not in CAUSES:
        raise ConfigError(f"before: expected one of {', '.join(CAUSES)}, got {before!r}")
    later = [] if before is None else list(CAUSES)[list(CAUSES).index(before) :]
    CAUSES[name] = Cause(name, find, always)
    for other in later:
        CAUSES[other] = CAUSES.pop(other)


def findings(case: Case) -> Iterator[Finding]:
    """Yield all findings about a case, the most basic cause first."""
    for cause in list(CAUSES.values()):
        if cause.always or not case.well:
            found = cause.find(case)
            if found is not None:
                yield found
