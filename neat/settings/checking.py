"""Settings records validate their own values, by the annotations of their fields.

A record calls `check_fields` as the first step of its initialisation. So settings from Python, files and the command
line are checked in the same way, and afterwards are plain Python values of the annotated types.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from neat.errors import ConfigError, did_you_mean
from neat.settings.plain import plain

__all__ = ["check", "check_fields", "check_not_negative", "check_share", "from_table", "shown"]

_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "a string"}


def check_fields(record: Any, section: str = "") -> None:
    """Check every field of a frozen record against its annotation, and convert equivalent values to that type.

    NumPy values become Python values, a whole number becomes a float if one is expected, and a list becomes a tuple.
    Annotations may be ``bool``, ``int``, ``float``, ``str``, ``Literal`` of strings, ``tuple[T, ...]``, ``dict[str,
    T]``, one of these ``| None``, and other records.

    Args:
        record: The record; its fields are replaced in place.
        section: Section name, for messages.

    Raises:
        ConfigError: A value has the wrong type or is not one of the choices; the nearest choice is suggested.
    """
    kinds = _kinds(type(record))  # type: ignore[arg-type]
    for field in dataclasses.fields(record):
        path = f"{section}.{field.name}" if section else field.name
        object.__setattr__(record, field.name, _fitted(kinds[field.name], getattr(record, field.name), path))


@functools.cache
def _kinds(record: type) -> dict[str, Any]:
    return typing.get_type_hints(record)


def _fitted(kind: Any, value: Any, path: str) -> Any:
    """Return the value converted to the annotated type."""
    if kind is Any:
        return plain(value)
    if isinstance(value, np.generic):
        value = value.item()
        if kind is int and isinstance(value, float) and value.is_integer():
            value = int(value)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (typing.Union, types.UnionType):
        (other,) = (a for a in arguments if a is not types.NoneType)
        return None if value is None else _fitted(other, value, path)
    if origin is Literal:
        if not (isinstance(value, str) and value in arguments):
            near = did_you_mean(value.lower(), arguments) if isinstance(value, str) else ""
            raise ConfigError(f"{path}: expected one of {', '.join(arguments)}, got {shown(value)}{near}")
        return value
    if origin is tuple:
        if not isinstance(value, list | tuple):
            short = isinstance(value, str) and len(value) < 50
            near = f"; write {[part.strip() for part in value.split(',')]}" if short else ""
            raise ConfigError(f"{path}: expected an array, got {shown(value)}{near}")
        return tuple(_fitted(arguments[0], item, f"{path}[{i}]") for i, item in enumerate(value))
    if origin is dict:
        if not (isinstance(value, Mapping) and all(isinstance(key, str) for key in value)):
            raise ConfigError(f"{path}: expected a table, got {shown(value)}")
        return {key: _fitted(arguments[1], item, f"{path}.{key}") for key, item in value.items()}
    if dataclasses.is_dataclass(kind):
        if not isinstance(value, kind):  # type: ignore[arg-type]
            raise ConfigError(f"{path}: expected a {kind.__name__}, got {shown(value)}")  # type: ignore[union-attr]
        return value
    found: Any = value
    if kind is float and isinstance(value, int) and not isinstance(value, bool) and value.bit_length() < 1000:
        found = float(value)
    if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
        raise ConfigError(f"{path}: expected {_WORDS[kind]}, got {shown(value)}")
    return found


def from_table(kind: Any, value: Any, path: str) -> Any:
    """Return the record described by a table of settings; any other value is returned unchanged.

    Args:
        kind: The record's class.
        value: The table.
        path: Name of the table, for messages.

    Raises:
        ConfigError: It has a setting that the record lacks; the nearest one is suggested.
    """
    if not isinstance(value, Mapping):
        return value
    known = [field.name for field in dataclasses.fields(kind)]
    for name in value:
        if name not in known:
            hint = did_you_mean(str(name), known) or f"; there are {', '.join(known)}"
            raise ConfigError(f"unknown setting {shown(f'{path}.{name}')}{hint}")
    return kind(**value)


def shown(value: Any) -> str:
    """Return a value for messages, shortened."""
    if isinstance(value, int) and value.bit_length() > 200:
        return "a number of more than 60 digits"  # Python refuses to print more than 4,300
    text = {True: "true", False: "false"}[value] if isinstance(value, bool) else " ".join(repr(value).split())
    return text if len(text) <= 60 else f"{text[:57]}..."


def check(condition: bool, path: str, expected: str, value: object) -> None:
    """Reject the value of a setting unless a condition holds.

    Args:
        condition: Whether the value is valid.
        path: ``section.field``.
        expected: The valid values, for the message.
        value: The given value.

    Raises:
        ConfigError: It is invalid.
    """
    if not condition:
        raise ConfigError(f"{path}: expected {expected}, got {shown(value)}")


def check_share(record: object, section: str, *names: str) -> None:
    """Check that fields of a record are probabilities."""
    for name in names:
        value = getattr(record, name)
        check(0.0 <= value <= 1.0, f"{section}.{name}", "a probability from 0 to 1", value)


def check_not_negative(record: object, section: str, *names: str) -> None:
    """Check that fields of a record are finite and at least 0."""
    for name in names:
        value = getattr(record, name)
        check(value >= 0 and math.isfinite(value), f"{section}.{name}", "a finite number of at least 0", value)
