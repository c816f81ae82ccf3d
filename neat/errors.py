"""The exceptions of this project for mistakes that a user can make.

::

    NeatError
    ├── ConfigError         a setting is unknown, of the wrong type or out of range (also a ValueError)
    ├── GenomeError         a genome, or a file with one, breaks a rule (also a ValueError)
    ├── DataError           a data file is not in the expected format (also a ValueError)
    ├── EvaluationError     an environment or fitness function failed (also a RuntimeError)
    ├── RunDirectoryError   a run folder cannot be written, read or understood (also an OSError)
    └── MissingExtraError   an optional package is not installed (also an ImportError)

Every message is one line: what was expected, what was found, where, and the likely fix.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "ConfigError",
    "DataError",
    "EvaluationError",
    "GenomeError",
    "MissingExtraError",
    "NeatError",
    "RunDirectoryError",
    "did_you_mean",
]


class NeatError(Exception):
    """Base of every exception raised for a mistake a user can make."""


class ConfigError(NeatError, ValueError):
    """A setting is unknown, of the wrong type, or out of range."""


class GenomeError(NeatError, ValueError):
    """A genome, or a file that holds one, breaks a rule of valid genomes."""


class DataError(NeatError, ValueError):
    """A data file (examples, a saved perceptron) is damaged, too large, or not in the expected format."""


class EvaluationError(NeatError, RuntimeError):
    """An environment or a fitness function raised an exception, hung, or returned an invalid value."""


class RunDirectoryError(NeatError, OSError):
    """A run folder cannot be written, cannot be read, or contains something else."""


class MissingExtraError(NeatError, ImportError):
    """A feature needs an optional package; the message names the command that installs it."""


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return ``" (did you mean 'x'?)"`` with the nearest known name, or an empty string if none is near."""
    near = difflib.get_close_matches(name[:100], list(known), n=1, cutoff=0.6)  # an untrusted name may be very long
    return f" (did you mean {near[0]!r}?)" if near else ""
