"""Ranges of settings as annotations, and records of settings that are composed of several parts.

A part is a plain class of annotated fields with defaults, and stands beside the code that uses it: the settings of a
mutation in the file of the mutation.
"""

from __future__ import annotations

import inspect
import math
import typing
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from neat.errors import ConfigError

__all__ = ["Amount", "Range", "Setting", "Share", "check_ranges", "compose", "part"]


class Range(NamedTuple):
    """What values a setting may have: finite numbers from ``low`` to ``high``, and how a message says so."""

    low: float
    high: float
    words: str


class Setting(NamedTuple):
    """A field of a record of settings that is made by code rather than written in a class."""

    name: str
    default: float
    text: str


Share = Annotated[float, Range(0.0, 1.0, "a probability from 0 to 1")]
Amount = Annotated[float, Range(0.0, math.inf, "a finite number of at least 0")]


def check_ranges(record: object, section: str) -> None:
    """Check every field that is annotated with a range.

    Args:
        record: A record of settings.
        section: Its name in an experiment file, for messages.

    Raises:
        ConfigError: A value is out of its range.
    """
    for name, kind in typing.get_type_hints(type(record), include_extras=True).items():
        for limits in getattr(kind, "__metadata__", ()):
            value = getattr(record, name)
            if not (limits.low <= value <= limits.high and math.isfinite(value)):
                raise ConfigError(f"{section}.{name}: expected {limits.words}, got {value!r}")


def part(name: str, fields: Sequence[tuple[Setting, Any]]) -> type:
    """Return a part of a record of settings, from fields and their annotated types."""
    types = {setting.name: kind for setting, kind in fields}
    texts = {setting.name: setting.text for setting, _ in fields}
    defaults = {setting.name: setting.default for setting, _ in fields}
    return type(name, (), {"__annotations__": types, "__texts__": texts, **defaults})


def compose(record: type, first: Sequence[str] = ()) -> None:
    """Turn a class into a frozen record of its own fields and those of its bases, which are parts.

    Args:
        record: The class.
        first: Fields that come first, in this order. Files list settings in the order of the fields, and digests of
            settings follow from that, so an order once published stays.
    """
    types = typing.get_type_hints(record, include_extras=True)
    names = [name for parts in (*record.__bases__, record) for name in inspect.get_annotations(parts)]
    record.__annotations__ = {name: types[name] for name in dict.fromkeys([*first, *names])}
    dataclass(frozen=True, kw_only=True)(record)
